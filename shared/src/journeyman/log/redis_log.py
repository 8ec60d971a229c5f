"""The log on a Redis or Valkey server: one partition, over one connection pool, safe to share between threads.

It sends what `wire.py` builds, translates the server's errors into ours, and loads the functions when the
server does not have them (a new server, or somebody deleted them). It never decides.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import redis
from redis import exceptions as x

from journeyman.codec import decode_commit
from journeyman.errors import EpochPassedError, HistoryLostError, ServerUnavailableError, WorkerLostError
from journeyman.events import BEGINNING, Entry, Event, JobSubmitted, Offset
from journeyman.log import wire
from journeyman.log.api import (
    Appended,
    Beaten,
    Claimed,
    DeadLetter,
    Election,
    Finished,
    Outcome,
    StoredOutcome,
    Wants,
    WorkerBeat,
)
from journeyman.log.calls import Calls
from journeyman.log.doorbell import Doorbell
from journeyman.log.keys import Keys
from journeyman.log.refusals import translate, translated
from journeyman.proposals import Proposal, brings_jobs

_log = logging.getLogger(__name__)

HOUR_MS = 3_600_000
#: How many fields or members one look-up reads at a time.
PAGE = 1_000
#: How long a `replica` append waits for the acknowledgement of a replica.
REPLICA_WAIT_MS = 1_000


class Health(NamedTuple):
    """What readiness and back-pressure look at.

    used_memory, maxmemory: bytes (maxmemory 0: no limit). open_jobs: jobs that have not ended. durable: whether the
    server could keep the promised durability when asked. detail: why not, in words.
    """

    used_memory: int
    maxmemory: int
    open_jobs: int
    durable: bool
    detail: str


class RedisLog:
    """One partition of the log. Implements `journeyman.log.api.Log`, whose docstrings say what the calls do."""

    def __init__(
        self,
        client: redis.Redis,
        *,
        namespace: str = "jm",
        partition: int = 0,
        replicated: bool = False,
        durability: Callable[[], tuple[bool, str]] | None = None,
    ) -> None:
        #: Untyped: redis-py types every reply as bytes or str, and here it is always bytes.
        self.client: Any = client
        self.partition = partition
        self.keys = Keys(namespace, partition)
        self._calls = Calls(client, self.keys.fixed)
        self._replicated = replicated
        self._durability = durability

    def close(self) -> None:
        """Close every connection."""
        self._calls.close()
        self.client.close()

    # --- the functions ---------------------------------------------------------------------------------

    @translated
    def load_functions(self) -> None:
        """Load this version's functions, unless the server has them."""
        self._calls.load()

    @translated
    def append(self, proposals: Sequence[Proposal], *, caller: str, number: int) -> Appended:
        """Append what clients, workers and the autoscaler want known."""
        arguments = wire.append_arguments(proposals, caller, number)
        function = "submit" if any(map(brings_jobs, proposals)) else "append"
        if not self._replicated:
            return wire.appended(self._calls.call(function, arguments))
        reply, acknowledged = self._calls.call_and_wait(function, arguments, REPLICA_WAIT_MS)
        if not acknowledged:
            # The primary has it: whoever asks again under this number waits for a replica again.
            raise ServerUnavailableError("no replica acknowledged the commit in time")
        return wire.appended(reply)

    @translated
    def commit(self, proposals: Sequence[Proposal], *, epoch: int, number: int, cursor: Offset) -> Appended:
        """Append the scheduler's decisions."""
        try:
            return wire.appended(self._calls.call("commit", wire.commit_arguments(proposals, epoch, number, cursor)))
        except x.ResponseError as error:
            passed = translate(error)
            if isinstance(passed, EpochPassedError):
                raise EpochPassedError(epoch, passed.current) from None
            raise

    @translated
    def claim(
        self,
        worker: str,
        number: int,
        count: int,
        *,
        queues: Sequence[str],
        types: Sequence[str],
        wanted: Wants = None,
        offer: bool = False,
        received: int | None = None,
    ) -> Claimed:
        """Take ready jobs and start them."""
        arguments = wire.claim_arguments(worker, number, count, queues, types, wanted, offer, received)
        return wire.claimed(self._worker_call(worker, "claim", arguments))

    @translated
    def finish(self, worker: str, number: int, outcomes: Sequence[Outcome]) -> Finished:
        """Append the outcomes of attempts the worker still holds."""
        return wire.finished(self._worker_call(worker, "finish", wire.finish_arguments(worker, number, outcomes)))

    @translated
    def beat(self, worker: str, facts: Mapping[str, object]) -> Beaten:
        """Renew the worker's heartbeat."""
        return wire.beaten(self._worker_call(worker, "beat", wire.beat_arguments(worker, facts)))

    def _worker_call(self, worker: str, function: str, arguments: wire.Arguments) -> Any:
        try:
            return self._calls.call(function, arguments)
        except x.ResponseError as error:
            if str(error).startswith("JMLOST"):
                raise WorkerLostError(worker) from None
            raise

    @translated
    def elect(self, scheduler: str, *, lease_ms: int, epoch_floor: int = 0) -> Election:
        """Take or renew the scheduler's lease."""
        return wire.elected(self._calls.call("elect", wire.elect_arguments(scheduler, lease_ms, epoch_floor)))

    @translated
    def resign(self, scheduler: str) -> None:
        """Give the lease back, if `scheduler` has it, so that a standby need not wait it out."""
        key = self.keys.of("leader")
        if self.client.get(key) == scheduler.encode():
            self.client.delete(key)

    # --- reading ---------------------------------------------------------------------------------------

    @translated
    def read(self, after: Offset, *, count: int = 100, block_ms: int | None = None) -> list[Entry]:
        """Return the next entries."""
        reply = self.client.xread({self.keys.log: after.entry}, count=count, block=block_ms)
        streams = list(reply.values()) if isinstance(reply, dict) else [items for _, items in reply or ()]
        return wire.entries(streams[0]) if streams else []

    @translated
    def read_on(self, after: Offset, *, count: int = 100) -> list[Entry]:
        """Return the next entries of a log that still has the one before."""
        if after[:2] == BEGINNING[:2]:
            return self.read(after, count=count)
        found = self.client.xrange(self.keys.log, min=after.entry, count=count + 1)
        if not found or found[0][0].decode() != after.entry:
            raise HistoryLostError(f"the log has no entry {after.entry} any more")
        return wire.entries(found[1:])

    @translated
    def read_commits(self, after: Offset, *, count: int = 100) -> list[tuple[Offset, bytes]]:
        """Return the next entries with the bytes of their commits, without reading these."""
        reply = self.client.xrange(self.keys.log, min=f"({after.entry}", count=count)
        return [(Offset.parse(entry.decode()), fields.get(b"c", b"")) for entry, fields in reply]

    @translated
    def end(self) -> Offset:
        """Return the place of the last commit."""
        last = self.client.xrevrange(self.keys.log, count=1)
        return Offset.parse(last[0][0].decode()) if last else BEGINNING

    @translated
    def at(self, offset: Offset) -> Event | None:
        """Return the event at an offset."""
        found = self.client.xrange(self.keys.log, offset.entry, offset.entry)
        if not found:
            return None
        events = decode_commit(found[0][1].get(b"c", b"\x90"), offset).events
        return events[offset.index] if offset.index < len(events) else None

    # --- looking things up -----------------------------------------------------------------------------

    @translated
    def now_ms(self) -> int:
        """Return the server's time."""
        seconds, micros = self.client.time()
        return int(seconds) * 1000 + int(micros) // 1000

    @translated
    def bodies(self, job_ids: Sequence[str]) -> dict[str, JobSubmitted]:
        """Return the bodies of open jobs."""
        found: dict[str, JobSubmitted] = {}
        for page in _pages(job_ids):
            values = self.client.hmget(self.keys.bodies, page)
            present = {job_id: value for job_id, value in zip(page, values, strict=True) if value is not None}
            places = {job_id: place for job_id, value in present.items() if (place := wire.body_place(value))}
            commits = self._commits(dict.fromkeys(place.entry for place in places.values()))
            for job_id, value in present.items():
                place = places.get(job_id)
                data = place.cut(commits.get(place.entry, b"")) if place else value
                if data:
                    found[job_id] = wire.body(data)
        return found

    def _commits(self, entries: Iterable[str]) -> dict[str, bytes]:
        """Return the commits of these entries, as they stand in the log."""
        pipe = self.client.pipeline(transaction=False)
        for entry in entries:
            pipe.xrange(self.keys.log, entry, entry)
        return {found[0][0].decode(): found[0][1][b"c"] for found in pipe.execute() if found}

    @translated
    def keep(self, job_ids: Iterable[str]) -> int:
        """Move the bodies of those of these jobs that are open out of the log, for it is about to be trimmed."""
        return sum(self._calls.call("keep", wire.keep_arguments(page))[1] for page in _pages(list(job_ids)))

    @translated
    def outcomes(self, job_ids: Iterable[str]) -> dict[str, StoredOutcome]:
        """Return how jobs ended."""
        found: dict[str, StoredOutcome] = {}
        for page in _pages(list(job_ids)):
            for job_id, value in zip(page, self.client.hmget(self.keys.dead, page), strict=True):
                if value is not None:
                    dead = wire.dead_letter(job_id.encode(), value)
                    found[job_id] = StoredOutcome("failed", None, dead.body, dead.attempt, dead.generation)
            found |= self._ended([job_id for job_id in page if job_id not in found])
        return found

    def _ended(self, job_ids: list[str]) -> dict[str, StoredOutcome]:
        found: dict[str, StoredOutcome] = {}
        retention = int(self.client.hget(self.keys.meta, "retention") or 24 * HOUR_MS)
        hour = self.now_ms() // HOUR_MS
        for back in range(-(-retention // HOUR_MS) + 1):
            wanted = [job_id for job_id in job_ids if job_id not in found]
            if not wanted:
                break
            values = self.client.hmget(self.keys.of("ended", hour - back), wanted)
            for job_id, value in zip(wanted, values, strict=True):
                if value is not None:
                    found[job_id] = wire.stored_outcome(value)
        return found

    def dead_letters(self) -> Iterator[DeadLetter]:
        """Return every dead letter."""
        cursor, seen = 0, set[bytes]()
        while True:
            cursor, page = self._dead_page(cursor)
            for job_id, value in page.items():
                if job_id not in seen:
                    seen.add(job_id)
                    yield wire.dead_letter(job_id, value)
            if cursor == 0:
                return

    @translated
    def _dead_page(self, cursor: int) -> tuple[int, dict[bytes, bytes]]:
        cursor, page = self.client.hscan(self.keys.dead, cursor, count=PAGE)
        return cursor, page

    @translated
    def silent(self, since_ms: int) -> list[str]:
        """Return the workers that have not beaten since."""
        return [worker.decode() for worker in self.client.zrangebyscore(self.keys.beats, "-inf", since_ms)]

    @translated
    def beats(self) -> list[WorkerBeat]:
        """Return the last heartbeat of every worker."""
        result = []
        for worker, at_ms in self.client.zrange(self.keys.beats, 0, -1, withscores=True):
            facts = self.client.hget(self.keys.of("worker", worker.decode()), "facts")
            result.append(wire.worker_beat(worker, at_ms, facts))
        return result

    # --- keeping house ---------------------------------------------------------------------------------

    def doorbell(self, worker: str) -> Doorbell:
        """Return the worker's doorbell, listening from now on, on a connection of its own."""
        return Doorbell(self.client, self.keys.of("bell", worker))

    @translated
    def health(self) -> Health:
        """Return what readiness and back-pressure look at."""
        memory = self.client.info("memory")
        open_jobs = int(self.client.hlen(self.keys.bodies))
        durable, detail = self._durability() if self._durability else (True, "")
        return Health(int(memory["used_memory"]), int(memory.get("maxmemory", 0)), open_jobs, durable, detail)

    @translated
    def checkpoint(self, reader: str, offset: Offset) -> None:
        """Say that `reader` has read up to `offset`; nothing after it is trimmed."""
        self._calls.call("note", wire.note_arguments("readers", reader, offset.entry))

    @translated
    def readers(self) -> dict[str, Offset]:
        """Return how far every registered reader has read."""
        told = self.client.hgetall(self.keys.readers)
        return {reader.decode(): Offset.parse(offset.decode()) for reader, offset in told.items()}

    @translated
    def heard(self) -> dict[str, int]:
        """Return when (by the server's clock) every registered reader last said how far it has read."""
        told = self.client.hgetall(self.keys.of("readers", "heard"))
        return {reader.decode(): int(at_ms) for reader, at_ms in told.items()}

    @translated
    def forget_reader(self, reader: str) -> None:
        """Strike a reader off; what it has not read may then be trimmed."""
        self.client.hdel(self.keys.readers, reader)
        self.client.hdel(self.keys.of("readers", "heard"), reader)

    @translated
    def trim(self, before: Offset) -> int:
        """Drop whole nodes of entries older than `before`; return how many entries went."""
        gone = 0
        # The server drops a bounded number at a time.
        while step := int(self.client.xtrim(self.keys.log, minid=before.entry, approximate=True)):
            gone += step
        return gone

    @translated
    def remember_for(self, retention_ms: int) -> None:
        """Set how long outcomes are remembered."""
        self.note("retention", retention_ms)

    @translated
    def snapshot_place(self) -> bytes | None:
        """Return where the scheduler's last snapshot is, as it was stored."""
        place: bytes | None = self.client.get(self.keys.snapshot)
        return place

    @translated
    def place_snapshot(self, place: bytes) -> None:
        """Store where the scheduler's last snapshot is."""
        self._calls.call("note", wire.note_arguments("snapshot", "", place))

    @translated
    def born_ms(self) -> int:
        """Return when the server began this log; 0 where it has not, or where the keys were rebuilt since."""
        return int(self.client.hget(self.keys.meta, "born") or 0)

    @translated
    def restored_ms(self) -> int:
        """Return when this log was last brought back from an archive; 0 where it never was."""
        return int(self.client.hget(self.keys.meta, "restored") or 0)

    @translated
    def epoch(self) -> int:
        """Return the epoch of who was elected last."""
        return int(self.client.hget(self.keys.meta, "epoch") or 0)

    @translated
    def noted(self, field: str) -> int:
        """Return a number that was noted beside the log; 0 where none was."""
        return int(self.client.hget(self.keys.meta, field) or 0)

    @translated
    def note(self, field: str, number: int) -> None:
        """Note a number beside the log."""
        self._calls.call("note", wire.note_arguments("meta", field, str(number)))

    @translated
    def drop_derived(self, *keep: str) -> int:
        """Delete every key of the partition but the log and those to keep. The scheduler rebuilds them from it."""
        dropped, page = 0, list[bytes]()
        kept = {key.encode() for key in (self.keys.log, *keep)}
        for key in self.client.scan_iter(match=self.keys.everything_derived(), count=PAGE):
            if key not in kept:
                page.append(key)
            if len(page) == PAGE:
                dropped += int(self.client.unlink(*page))
                page.clear()
        return dropped + (int(self.client.unlink(*page)) if page else 0)


def _pages(items: Sequence[str]) -> Iterator[list[str]]:
    for first in range(0, len(items), PAGE):
        yield list(items[first : first + PAGE])
