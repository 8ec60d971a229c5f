"""What is notable, in words: "the breaker of image.thumbnail opened: 20 failures in a row". Pure.

A sentence says all that there is to say, so it can be read out; what it is of (`Links`) may be shown as links besides.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from signal import Signals
from typing import Any, NamedTuple

from journeyman_dashboard.notable import Links


class Told(NamedTuple):
    """Events that are alike: how often, what the latest is of, what else is known of it.

    others: they are of several kinds, of which nothing is known.
    """

    event: str
    times: int
    links: Links
    facts: Mapping[str, Any]
    others: bool = False


def in_words(told: Told) -> str:
    """Say what happened."""
    if told.others:
        return _OTHERS.get(told.event, "{n} more events").format(n=told.times)
    say = _WORDS.get(told.event)
    return told.event if say is None else say(told)


def _several(told: Told, one: str, many: str) -> str:
    """Return the words for one, or those for several with their number."""
    return one if told.times == 1 else f"{told.times} {many}"


def _dead_lettered(told: Told) -> str:
    kind = told.links.type
    if told.facts.get("reason") == "redrive_stopped":
        return f"a redrive stopped: {_several(told, 'a job stays a dead letter', 'jobs stay dead letters')}"
    if told.facts.get("reason") == "poison":
        jobs = _several(told, f"a job of {kind} is poison", f"jobs of {kind} are poison")
        return f"{jobs}: the workers that ran {'it' if told.times == 1 else 'them'} died{_death(told.facts)}"
    jobs = _several(told, f"a job of {kind}", f"jobs of {kind}")
    message = str(told.facts.get("message") or "").strip().split("\n", 1)[0]
    error = f"{told.facts.get('error')}: {message}" if message else told.facts.get("error")
    return f"{jobs} failed for good: {error}"


def _lost(told: Told) -> str:
    attempts = _several(told, f"an attempt of {told.links.type} was", f"attempts of {told.links.type} were")
    if told.times > 1:
        return f"{attempts} lost with their workers"
    return f"{attempts} lost with worker {told.links.worker}{_because(told.facts)}{_death(told.facts)}"


def _redriven(told: Told) -> str:
    whom = _several(told, f"a job of {told.links.type} is", "jobs are")
    if not told.facts.get("redrive"):
        whom = _several(told, f"a job of {told.links.type} is", f"jobs of {told.links.type} are")
    stop = told.facts.get("stop_on_failures")
    return f"{whom} tried again{f', until {stop} of them fail' if stop else ''}"


def _opened(told: Told) -> str:
    failures, calls = told.facts.get("failures"), told.facts.get("calls")
    why = {
        "consecutive_failures": f"{failures} failures in a row",
        "failure_ratio": f"{failures} of {calls} attempts failed",
        "probe_failed": "a job that was let through failed again",
        "manual": "by hand",
    }
    reason = str(told.facts.get("reason"))
    return f"the breaker of {told.links.type} opened: {why.get(reason, reason)}"


def _half_opened(told: Told) -> str:
    probes = told.facts.get("probes")
    return f"the breaker of {told.links.type} lets {probes} {'job' if probes == 1 else 'jobs'} through, to try it"


def _closed(told: Told) -> str:
    why = {"probes_succeeded": "its jobs succeed again", "manual": "by hand"}
    reason = str(told.facts.get("reason"))
    return f"the breaker of {told.links.type} closed: {why.get(reason, reason)}"


def _paused(told: Told) -> str:
    return f"queue {told.links.queue} was paused"


def _resumed(told: Told) -> str:
    return f"queue {told.links.queue} goes on"


def _joined(told: Told) -> str:
    slots, host = told.facts.get("slots"), told.facts.get("host")
    return _several(told, f"worker {told.links.worker} joined on {host}, with {slots} slots", "workers joined")


def _draining(told: Told) -> str:
    by = {"signal": "by a signal", "request": "by request", "autoscaler": "by the autoscaler"}
    how = by.get(str(told.facts.get("by")), "")
    return f"{_several(told, f'worker {told.links.worker} drains', 'workers drain')}{f', {how}' if how else ''}"


def _left(told: Told) -> str:
    return _several(told, f"worker {told.links.worker} left", "workers left")


def _worker_lost(told: Told) -> str:
    running = told.facts.get("running")
    held = f", and with it {running} running {'job' if running == 1 else 'jobs'}" if running else ""
    return f"worker {told.links.worker} was lost{_because(told.facts)}{_death(told.facts)}{held}"


def _scaled(told: Told) -> str:
    facts = told.facts
    return f"{facts.get('previous')} → {facts.get('desired')} workers: {facts.get('reason')}"


def _elected(told: Told) -> str:
    return _several(
        told,
        f"scheduler {told.facts.get('scheduler')} took over (epoch {told.facts.get('epoch')})",
        f"times a scheduler took over (epoch {told.facts.get('epoch')})",
    )


def _trimmed(told: Told) -> str:
    entries, segment = told.facts.get("entries"), told.facts.get("segment")
    expired = ", ".join(map(str, told.facts.get("expired") or ()))
    what = _several(told, f"{entries} entries left the log", "times entries left the log")
    kept = "; the archive has them" if segment else ""
    return f"{what}{kept}{f'; nothing is kept any more for {expired}' if expired else ''}"


def _quarantined(told: Told) -> str:
    where = told.facts.get("offset")
    what = _several(told, f"an event of the log at {where} was", "events of the log were")
    return f"{what} not understood by {told.facts.get('reader')}: {told.facts.get('reason')}"


_WORDS: dict[str, Callable[[Told], str]] = {
    "job.dead_lettered": _dead_lettered,
    "job.lost": _lost,
    "job.redriven": _redriven,
    "breaker.opened": _opened,
    "breaker.half_opened": _half_opened,
    "breaker.closed": _closed,
    "queue.paused": _paused,
    "queue.resumed": _resumed,
    "worker.joined": _joined,
    "worker.draining": _draining,
    "worker.left": _left,
    "worker.lost": _worker_lost,
    "fleet.scaled": _scaled,
    "scheduler.elected": _elected,
    "log.trimmed": _trimmed,
    "log.quarantined": _quarantined,
}
_OTHERS = {
    "job.dead_lettered": "{n} more jobs failed for good, of other types or errors",
    "job.lost": "{n} more attempts were lost, of other types",
    "job.redriven": "{n} more jobs are tried again",
    "breaker.opened": "breakers of other types opened {n} times",
    "breaker.half_opened": "breakers of other types were tried {n} times",
    "breaker.closed": "breakers of other types closed {n} times",
    "queue.paused": "other queues were paused {n} times",
    "queue.resumed": "other queues were resumed {n} times",
    "worker.lost": "{n} more workers were lost",
    "fleet.scaled": "{n} more decisions on the number of workers",
    "log.quarantined": "{n} more events of the log were not understood",
}


def _because(facts: Mapping[str, Any]) -> str:
    reason = facts.get("reason")
    return f": {reason}" if reason else ""


def _death(facts: Mapping[str, Any]) -> str:
    """Say how a worker died, where that is known."""
    found = facts.get("evidence")
    if not found:
        return ""
    if found["out_of_memory"]:
        how = "out of memory"
    elif found["signal"]:
        how = _signal(found["signal"])
    else:
        how = "" if found["exit_code"] is None else f"exit code {found['exit_code']}"
    memory = f"{found['rss_bytes'] >> 20} MiB at its last heartbeat" if found["rss_bytes"] else ""
    where = f"process {found['pid']} on {found['host']}" if found["host"] else ""
    said = ", ".join(part for part in (how, memory, where) if part)
    return f" ({said})" if said else ""


def _signal(number: int) -> str:
    try:
        return Signals(number).name
    except ValueError:
        return f"signal {number}"
