"""What people see: tables and short texts, made of the API's answers. Nothing here asks or prints."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from rich.console import Group
from rich.table import Table
from rich.text import Text

from journeyman.cli import words
from journeyman.cli.output import narrow, table
from journeyman.client.views import (
    BreakerList,
    DeadLetterPage,
    ErrorView,
    ExplanationView,
    HistoryView,
    JobPage,
    JobView,
    QuantilesView,
    QueueList,
    ScalingList,
    StatsView,
    WorkerList,
    WorkerView,
)

if TYPE_CHECKING:
    from rich.console import RenderableType

__all__ = [
    "JobPage",
    "breakers",
    "dead_letters",
    "explanation",
    "history",
    "job",
    "jobs",
    "queues",
    "scaling",
    "stats",
    "workers",
]

IDS_SHOWN = 10


def facts(*pairs: tuple[str, str]) -> Table:
    """Lay out names and values, without those that have none."""
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    for name, value in pairs:
        if value not in ("", words.NOTHING):
            grid.add_row(name, words.harmless(value))
    return grid


def job(view: JobView) -> RenderableType:
    """Show one job: what it is, how it stands, what came of it."""
    title = Text.assemble((words.state(view.status, view.phase), words.STYLES.get(view.status, "")), f"  {view.type}")
    grid = facts(
        ("id", view.id),
        ("queue", f"{view.queue}, priority {view.priority}"),
        ("attempt", f"{view.attempt} of {view.max_attempts}" if view.attempt else f"none yet of {view.max_attempts}"),
        ("generation", str(view.generation) if view.generation > 1 else ""),
        ("submitted", words.moment(view.submitted_at)),
        ("started", _after(view.started_at, view.submitted_at)),
        ("finished", _after(view.finished_at, view.started_at)),
        ("due", words.moment(view.due_at) if view.status == "pending" else ""),
        ("progress", _progress(view)),
        ("waits for", _ids(view.depends_on)),
        ("awaited by", _ids(view.dependents)),
        ("tags", " ".join(f"{name}:{value}" for name, value in view.tags.items())),
        ("payload", words.one_line(view.payload) if view.payload not in (None, {}) else ""),
        ("result", words.one_line(view.result) if view.succeeded else ""),
        ("error", f"{view.error.type}: {view.error.message}" if view.error else ""),
        ("trace", view.trace_id or ""),
    )
    parts: list[RenderableType] = [title, grid]
    if len(view.attempts) > 1:
        parts.append(_attempts(view))
    if view.error and view.error.traceback:
        parts.append(Text(words.harmless(view.error.traceback.rstrip()), style="dim"))
    return Group(*parts)


def _after(at: datetime | None, before: datetime | None) -> str:
    waited = words.between(before, at)
    return words.moment(at) + (f"  (after {waited})" if waited != words.NOTHING else "")


def _progress(view: JobView) -> str:
    return f"{view.progress.percent:.0f} %  {view.progress.message}".rstrip() if view.progress else ""


def _ids(ids: Sequence[str]) -> str:
    more = f" and {len(ids) - IDS_SHOWN} more" if len(ids) > IDS_SHOWN else ""
    return " ".join(ids[:IDS_SHOWN]) + more


def _attempts(view: JobView) -> Table:
    rows = table("attempt", "worker", "outcome", "started", "took", "error", right=("attempt", "took"), wrap=("error",))
    for one in view.attempts:
        error = f"{one.error.type}: {words.one_line(one.error.message)}" if one.error else ""
        took = words.between(one.started_at, one.finished_at)
        rows.add_row(str(one.number), one.worker, one.outcome or "running", words.clock(one.started_at), took, error)
    return rows


def jobs(views: Sequence[JobView]) -> RenderableType:
    """Show many jobs, a line each."""
    if narrow():
        rows = table("id", "type", "phase", "submitted")
        for view in views:
            submitted = words.moment(view.submitted_at).partition(".")[0]
            rows.add_row(view.id, view.type, Text(view.phase, style=words.STYLES.get(view.status, "")), submitted)
        return rows
    rows = table("id", "type", "status", "queue", "priority", "attempt", "submitted", "ran", right=("priority", "ran"))
    for view in views:
        rows.add_row(
            view.id,
            view.type,
            Text(words.state(view.status, view.phase), style=words.STYLES.get(view.status, "")),
            view.queue,
            str(view.priority),
            f"{view.attempt}/{view.max_attempts}",
            words.moment(view.submitted_at),
            words.between(view.started_at, view.finished_at),
        )
    return rows


def explanation(view: ExplanationView) -> RenderableType:
    """Say why a job is where it is."""
    return Group(
        Text(words.harmless(view.detail) or view.reason.replace("_", " ")),
        facts(
            ("reason", view.reason),
            ("waits for", _ids(view.blocked_by)),
            ("position", "" if view.position is None else str(view.position)),
            ("expected in", words.span(view.eta_ms)),
        ),
    )


def history(view: HistoryView) -> RenderableType:
    """Show events as a timeline: where in the log, when, how long after the one before, and what it says.

    Where there is little room, what an event says stands beneath it.
    """
    beneath = narrow()
    columns = ("offset", "at", "after", "event") if beneath else ("offset", "at", "after", "event", "data")
    rows = table(*columns, right=("after",), wrap=(columns[-1],))
    previous: datetime | None = None
    for item in view.items:
        at = words.clock(item.at) if beneath else words.moment(item.at)
        data = words.fields(item.data, without=("job_id", "at_ms", "event"))
        told = (Text.assemble(item.event, ("\n" + data, "dim")),) if beneath and data else (item.event, data)
        rows.add_row(item.offset, at, words.between(previous, item.at), *told[: len(columns) - 3])
        previous = item.at or previous
    return rows


def queues(view: QueueList) -> RenderableType:
    """Show the queues, a line each."""
    numbers = ("depth", "processing", "oldest", "in/s", "out/s", "empty in")
    rows = table("queue", "state", *numbers, right=numbers)
    for queue in view.items:
        rows.add_row(
            queue.name,
            Text("paused", style="yellow") if queue.paused else Text("open", style="green"),
            str(queue.depth),
            str(queue.processing),
            words.span(queue.oldest_wait_ms),
            f"{queue.rate_in_per_s:.1f}",
            f"{queue.rate_out_per_s:.1f}",
            words.span(queue.eta_ms),
        )
    return rows


def breakers(view: BreakerList) -> RenderableType:
    """Show the circuit breakers, a line each, the open ones first."""
    more = () if narrow() else ("failures", "since", "until")
    rows = table("type", "state", "reason", "waiting", *more, right=("waiting", "failures"))
    for breaker in sorted(view.items, key=lambda one: (one.state == "closed", one.type)):
        cells = (
            breaker.type,
            Text(breaker.state.replace("_", "-"), style=words.BREAKERS.get(breaker.state, "")),
            breaker.reason.replace("_", " "),
            str(breaker.waiting),
            f"{breaker.failures} of {breaker.calls}" if breaker.calls else "",
            words.moment(breaker.since),
            words.moment(breaker.until) if breaker.state == "open" and breaker.until else "",
        )
        rows.add_row(*cells[: 4 + len(more)])
    return rows


def workers(view: WorkerList, now: datetime | None = None) -> RenderableType:
    """Show the workers, a line each. `now` is for the age of heartbeats."""
    numbers = ("slots", "running", "memory", "cpu", "heartbeat")
    more = () if narrow() else ("host", "pid", "queues")
    rows = table("worker", "state", *numbers, *more, right=("pid", *numbers))
    for worker in view.items:
        cells = (
            worker.id,
            worker.state,
            str(worker.slots),
            str(len(worker.running)),
            words.size(worker.rss_bytes),
            words.NOTHING if worker.cpu_percent is None else f"{worker.cpu_percent:.0f} %",
            _heartbeat(worker, now),
            worker.host,
            str(worker.pid),
            ", ".join(worker.queues),
        )
        rows.add_row(*cells[: 7 + len(more)])
    return rows


def _heartbeat(worker: WorkerView, now: datetime | None) -> str:
    at = worker.last_heartbeat_at
    return words.moment(at) if now is None or at is None else f"{words.between(at, now)} ago"


def scaling(view: ScalingList) -> RenderableType:
    """Show the autoscaler's decisions, a line each, the last first."""
    rows = table("at", "provider", "workers", "why", right=("workers",), wrap=("why",))
    for one in view.items:
        rows.add_row(words.moment(one.at), one.provider, f"{one.previous} → {one.desired}", words.harmless(one.reason))
    return rows


def stats(view: StatsView) -> RenderableType:
    """Show the system at a glance."""
    counts = table(*view.jobs, "dead letters", right=(*view.jobs, "dead letters"))
    counts.add_row(*(str(count) for count in view.jobs.values()), str(view.dead_letter))
    return Group(
        counts,
        facts(
            ("throughput", f"{view.throughput_per_s:.1f} jobs/s"),
            ("waiting", _quantiles(view.queue_latency_ms)),
            ("running", _quantiles(view.run_time_ms)),
            ("read up to", f"{view.offset or 'the beginning'}, {words.span(view.lag_ms)} behind"),
        ),
    )


def _quantiles(times: QuantilesView) -> str:
    return f"p50 {words.span(times.p50)}, p95 {words.span(times.p95)}, p99 {words.span(times.p99)}"


def dead_letters(page: DeadLetterPage) -> RenderableType:
    """Show dead letters, a line each, and their causes."""
    more = () if narrow() else ("queue", "failed", "attempts", "fingerprint")
    rows = table("id", "type", *more, "error", right=("attempts",), wrap=("error",))
    for view in page.items:
        error = view.error or ErrorView(type="")
        facts = (view.queue, words.moment(view.finished_at), str(view.attempt), error.fingerprint)
        rows.add_row(view.id, view.type, *facts[: len(more)], f"{error.type}: {words.one_line(error.message)}")
    also = () if narrow() else ("types", "last")
    causes = table("fingerprint", "jobs", *also, "cause", right=("jobs",), wrap=("cause",))
    for group in page.groups:
        said = (" ".join(group.types), words.moment(group.last_at))
        cause = f"{group.error_type}: {words.one_line(group.message)}"
        causes.add_row(group.fingerprint, str(group.count), *said[: len(also)], cause)
    return Group(rows, Text(), causes) if page.groups else rows
