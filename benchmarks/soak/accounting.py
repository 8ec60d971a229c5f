"""The reckoning at the end: everything has ended, once, and the dashboard and `verify` say the same."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Iterator
from typing import Any, NamedTuple

from benchmarks.soak.load import Load
from benchmarks.system import System, wait_until
from journeyman.events import Entry, Offset
from journeyman.verify import verify

END_S = 60.0
#: The dashboard's series reaches so far back.
WINDOW = "6h"


class Finding(NamedTuple):
    """One thing that was looked at, in words, and whether it is as it should be."""

    good: bool
    text: str


def close(system: System, load: Load) -> list[Finding]:
    """Stop submitting, let everything end, and look."""
    load.rate = 0.0
    _wait_until_all_ended(load)
    ledger = load.ledger
    wrong = ledger.complaints()
    ends = ", ".join(f"{count:,} {how}" for how, count in sorted(ledger.ended.items()))
    seen = ", ".join(f"{count:,} {tag}" for tag, count in sorted(ledger.seen.items()))
    right = ledger.ended == {"completed": ledger.accepted_count - load.cancels, "cancelled": load.cancels}
    findings = [
        Finding(
            not wrong,
            f"{ledger.accepted_count:,} jobs accepted, each ended once in the log: {', '.join(wrong) or ends}",
        ),
        Finding(right, f"{load.cancels:,} of them were cancelled, all others were to complete"),
        Finding(not ledger.seen["job.lost"] and not ledger.seen["worker.lost"], f"on the way: {seen}"),
        Finding(ledger.trims > 0, f"the log was trimmed {ledger.trims:,} times, by {ledger.trimmed_entries:,} entries"),
    ]
    findings.append(_by_the_dashboard(system, load))
    findings.append(_by_verify(system))
    return findings


def _wait_until_all_ended(load: Load) -> None:
    """Wait until nothing is open, or until the time is over: then what is open is told as a complaint."""
    deadline = time.monotonic() + END_S
    while load.open_count() and time.monotonic() < deadline:
        load.check()
        time.sleep(0.1)


def _by_the_dashboard(system: System, load: Load) -> Finding:
    end = system.log.end()
    wait_until(lambda: Offset.parse(_stats(system)["offset"]) >= end, "the dashboard to read the log", END_S)
    stats = _stats(system)
    told = {how: sum(point[how] for point in stats["series"]) for how in ("completed", "failed", "cancelled")}
    same = told == {how: load.ledger.ended[how] for how in told}
    nothing_open = stats["jobs"]["pending"] == stats["jobs"]["processing"] == 0
    return Finding(same and nothing_open and not stats["quarantined"], f"the dashboard counts the same: {told}")


def _stats(system: System) -> Any:
    with urllib.request.urlopen(f"{system.dashboard_url}/stats?window={WINDOW}", timeout=30) as answer:
        return json.load(answer)


def _by_verify(system: System) -> Finding:
    found = verify(_entries(system))
    broken = "; ".join(f"{one.promise} at {one.offset}: {one.detail}" for one in found.violations[:3])
    text = f"verify, on the {found.events:,} events that are left: {broken or 'every promise holds'}"
    return Finding(not found.violations, text)


def _entries(system: System) -> Iterator[Entry]:
    after = Offset(0, 0)
    while entries := system.log.read(after, count=100):
        yield from entries
        after = entries[-1].offset
