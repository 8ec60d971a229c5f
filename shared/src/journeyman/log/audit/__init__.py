"""Do the keys of a partition say what its log says? Read beside a pass of `journeyman.verify`, which is the fold.

Every function changes log and keys in one step. So what one transaction reads, together with the place of the last
entry, is exact: the pass is taken up to that place, and what the keys said there is compared with what the log said
there. Nothing is compared with what it was a moment ago, so a busy system gives no false alarm. Long keys are read in
parts, each exact by itself; what looks wrong in a part is looked at again, exactly.

Looked at: bodies, held, ready, queues, dead, ended (within the retention), paused, valves, beats, worker, meta's epoch.
Not: what the log does not say (idempotency answers, callers, the lease, readers, who is idle, whom to interrupt).

Of a log that was trimmed, keys of jobs that it does not know are left unjudged.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from journeyman import events as e
from journeyman.log.audit.ends import Ends
from journeyman.log.audit.jobs import OpenJobs
from journeyman.log.audit.lines import Lines
from journeyman.log.audit.look import ENOUGH, Look, pages
from journeyman.log.redis_log import RedisLog
from journeyman.log.refusals import translated
from journeyman.verify import Verifier, Violation


@translated
def audit(log: RedisLog, verifier: Verifier, follow: Callable[[e.Offset], None]) -> list[Violation]:
    """Compare the keys of a partition with a pass over its log; return what differs.

    follow: takes the pass up to an entry, and no further. The pass goes on while this runs.
    """
    look = Look(log, verifier, follow)
    jobs, ends = OpenJobs(look), Ends(look)
    if Small(look).check():
        for part in (jobs.check, jobs.check_extra, ends.check_dead_letters, ends.check, Lines(look).check):
            if not look.enough:
                part()
    return look.found


@translated
def has_entry(log: RedisLog, offset: e.Offset) -> bool:
    """Tell whether there is an entry at a place."""
    return bool(log.client.xrange(log.keys.log, offset.entry, offset.entry))


@translated
def missing_entries(log: RedisLog, verifier: Verifier) -> list[Violation]:
    """Return what the server itself knows of entries that were taken out of the log, by hand or otherwise."""
    if not log.client.exists(log.keys.log):
        return []
    facts = log.client.xinfo_stream(log.keys.log)
    deleted = facts.get("max-deleted-entry-id") or b"0-0"
    gone = int(facts.get("entries-added", facts["length"])) - int(facts["length"])
    found = []
    if deleted != b"0-0":
        place = e.Offset.parse(deleted.decode())
        what = f"entries were deleted from the log on the server; the last of them is {place.entry}"
        found.append(Violation("I6", place, what))
    elif gone > 0 and not verifier.book.trimmed:
        what = f"{gone} entries are gone from the log on the server, and nothing says that it was trimmed"
        found.append(Violation("I6", e.BEGINNING, what))
    return found


class Small:
    """What is small: meta, workers, queues that are paused, breakers that are open."""

    def __init__(self, look: Look) -> None:
        self._look = look

    def check(self) -> bool:
        """Look at meta, workers, queues and breakers. False where the keys are gone, and nothing can be compared."""
        keys, book = self._look.keys, self._look.book
        schema, epoch, paused, valves, beats = self._look.at_once(
            ("HGET", keys.meta, "schema"),
            ("HGET", keys.meta, "epoch"),
            ("SMEMBERS", keys.paused),
            ("HGETALL", keys.valves),
            ("ZRANGE", keys.beats, 0, -1),
        )
        if schema is None:
            if book.lives or self._look.verifier.events:
                self._look.blame("the keys derived from the log are gone; a scheduler rebuilds them when one runs")
            return False
        if int(epoch or 0) < self._look.verifier.epoch:
            what = f"the key {keys.meta} has epoch {int(epoch or 0)}; the log has had epoch {self._look.verifier.epoch}"
            self._look.blame(what, "I5")
        self._sets("paused queue", keys.paused, {name.decode() for name in paused}, book.paused)
        pairs = dict(zip(valves[::2], valves[1::2], strict=True)) if isinstance(valves, list) else valves
        said = {f"{type_.decode()}={value.decode()}" for type_, value in pairs.items()}
        shut = {f"{type_}={permits}:{by}" for type_, (by, permits) in book.shut.items()}
        self._sets("open breaker", keys.valves, said, shut)
        there = {worker for worker, present in book.workers.items() if present}
        self._sets("worker", keys.beats, {name.decode() for name in beats}, there)
        self._records_of(sorted(there))
        return True

    def _sets(self, what: str, key: str, found: set[str], expected: set[str]) -> None:
        for name in sorted(expected - found)[:ENOUGH]:
            self._look.blame(f"{what} {name} of the log is missing from the key {key}")
        for name in sorted(found - expected)[:ENOUGH]:
            if not self._look.partial:
                self._look.blame(f"{what} {name} stands in the key {key}, and the log does not say so")

    def _records_of(self, workers: Sequence[str]) -> None:
        for page in pages(workers):
            replies = self._look.at_once(*(("EXISTS", self._look.keys.of("worker", worker)) for worker in page))
            for worker, there in zip(page, replies, strict=True):
                if not there and self._look.book.workers.get(worker):
                    self._look.blame(
                        f"the key {self._look.keys.of('worker', worker)} of a registered worker is missing"
                    )
