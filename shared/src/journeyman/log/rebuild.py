"""Write every key of a partition anew from its log.

Done by a scheduler when the functions say that derived keys are missing (`RebuildNeededError`), or when somebody has
demanded it, and by `journeyman rebuild --from-archive`. Everything is written beside the keys in use, under
`rebuild:…`, and takes their place in one step at the end. Until then every function refuses, so nobody sees half a
rebuild; the lease is held meanwhile, so that only one does it; and one that dies half way leaves nothing but what the
next one deletes first. Where a connection breaks, the whole begins anew.

What comes back: bodies, holds, lines, dead letters, ends within the retention, paused queues, shut types, and
registered workers (whose heartbeat starts now). What is not derived from the log is left as it is: stored answers to
idempotent requests and to numbered calls, readers, the snapshot. Where it was deleted, it does not come back. What a
trimmed log does not tell any more is told by the archive, and where there is none by the keys that were there before.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
from redis import exceptions as x

from journeyman import jobs
from journeyman.archive import Chain
from journeyman.errors import ServerUnavailableError
from journeyman.log.keys import Keys
from journeyman.log.raw_entries import RawLog
from journeyman.log.rebuild_source import HOUR_MS, KEPT_MS, Ends, Source
from journeyman.log.redis_log import RedisLog
from journeyman.log.refusals import translated
from journeyman.partition import Partition
from journeyman.proposals import place

if TYPE_CHECKING:
    import redis

PAGE = 500
#: For how long nobody else may begin; renewed on the way.
LOCK_MS = 60_000
#: Where a rebuild writes.
BESIDE = "rebuild"
#: What is not derived from the log, and idle workers and their records, which are only a note of who to ring.
_LEFT_AS_IT_IS = ("log", "meta", "leader", "snapshot", "readers", "readers:", "idem:", "caller:", "idle:", "worker:")
_PLACE_SIZE = 14

_pack = msgspec.msgpack.encode


class Rebuilt(NamedTuple):
    """What a rebuild wrote. `bodiless`: open jobs whose submission is nowhere any more."""

    open_jobs: int
    ready: int
    held: int
    dead: int
    ended: int
    bodiless: int


class _LockLostError(Exception):
    """Somebody else has taken the lease."""


def demand_rebuild(log: RedisLog) -> None:
    """Have every function refuse, until a scheduler has written the keys anew."""
    pipe = log.client.pipeline(transaction=True)
    freeze(pipe, log.keys)
    pipe.delete(log.keys.of("leader"))
    pipe.execute()


def freeze(pipe: redis.client.Pipeline, keys: Keys) -> None:
    """Have every function refuse: there is a log, be it an empty one, and no mark that keys are derived from it."""
    pipe.hdel(keys.meta, "schema")
    pipe.xgroup_create(keys.log, "freeze", mkstream=True)
    pipe.xgroup_destroy(keys.log, "freeze")


@translated
def forget_answers(log: RedisLog) -> None:
    """Forget what was answered to requests and calls that may be repeated: the log that holds what they did is gone."""
    for pattern in (log.keys.of("idem", "*"), log.keys.of("caller", "*")):
        for page in _pages(log.client.scan_iter(match=pattern, count=PAGE)):
            log.client.unlink(*page)


@translated
def hold(log: RedisLog, scheduler: str) -> bool:
    """Keep everybody else from rebuilding; False where somebody else is at it."""
    lock = log.keys.of("leader")
    return bool(log.client.set(lock, scheduler, nx=True, px=LOCK_MS)) or log.client.get(lock) == scheduler.encode()


@translated
def rebuild(log: RedisLog, scheduler: str, partition: Partition, chain: Chain | None = None) -> Rebuilt | None:
    """Rebuild the keys from the log and `partition`, its fold up to the end; None where another scheduler is at it.

    chain: what the archive has of this log. Raises ServerUnavailableError where it has to be begun anew.
    """
    if not hold(log, scheduler):
        return None
    try:
        return _Rebuild(log, scheduler, partition, chain).run()
    except (_LockLostError, x.WatchError):
        return None


class _Rebuild:
    def __init__(self, log: RedisLog, scheduler: str, partition: Partition, chain: Chain | None) -> None:
        self._log = log
        self._client = log.client
        self._keys = log.keys
        self._name = scheduler.encode()
        self._partition = partition
        self._source = Source(RawLog(log), chain, self._alive)
        self._now_ms = log.now_ms()
        #: Keys that are written, as they will be called, and how long the lists among them must be.
        self._written: set[str] = set()
        self._lengths: dict[str, int] = {}

    def run(self) -> Rebuilt:
        self._alive()
        self._drop_beside()
        # A leader that does not know yet that everything is refused would otherwise go on in between.
        self._client.hdel(self._keys.meta, "schema")
        ends = self._source.ends(self._now_ms)
        bodiless = self._write_bodies(ends)
        self._write_ends(ends)
        if self._source.unknown:
            bodiless -= self._take_over(ends, bodiless)
        ready, held = self._write_lines(ends), self._write_holds()
        self._write_gates()
        self._write_workers()
        self._check_lengths()
        self._swap()
        ended = len(ends.completed) + len(ends.cancelled)
        return Rebuilt(len(self._partition.jobs), ready, held, len(ends.dead), ended, len(bodiless))

    # --- the lock ------------------------------------------------------------------------------------------

    def _alive(self) -> None:
        lock = self._keys.of("leader")
        if self._client.get(lock) != self._name:
            raise _LockLostError
        self._client.pexpire(lock, LOCK_MS)

    # --- writing beside ------------------------------------------------------------------------------------

    def _beside(self, key: str) -> str:
        """Return under which name a key is written until it takes the place of the present one."""
        self._written.add(key)
        return self._keys.of(BESIDE, key.removeprefix(self._keys.prefix))

    def _pipe(self) -> redis.client.Pipeline:
        pipe: redis.client.Pipeline = self._client.pipeline(transaction=False)
        return pipe

    def _flush(self, pipe: redis.client.Pipeline, *, at: int = PAGE) -> None:
        if len(pipe) >= at:
            pipe.execute()
            self._alive()

    def _drop_beside(self) -> None:
        for page in _pages(self._client.scan_iter(match=self._keys.of(BESIDE, "*"), count=PAGE)):
            self._client.unlink(*page)

    def _write_bodies(self, ends: Ends) -> set[str]:
        """Write the bodies of open jobs; return the jobs that have none."""
        target = self._beside(self._keys.bodies)
        gone: dict[str, bytes] = {}
        bodiless = set()
        pipe = self._pipe()
        for job_id in self._partition.jobs:
            value = ends.places.get(job_id)
            if value is None:
                bodiless.add(job_id)
            elif self._source.stands(value):
                pipe.hset(target, job_id, value)
            else:
                gone[job_id] = value
            self._flush(pipe)
        for job_id, body in self._source.bodies(gone):
            pipe.hset(target, job_id, body)
            self._flush(pipe)
        self._flush(pipe, at=1)
        return bodiless

    def _write_ends(self, ends: Ends) -> None:
        pipe = self._pipe()
        dead = self._beside(self._keys.dead)
        recent = {job_id for job_id, facts in ends.cancelled.items() if facts[0] > self._now_ms - KEPT_MS}
        wanted = {job_id: ends.places[job_id] for job_id in (*ends.dead, *recent) if job_id in ends.places}
        for job_id, body in self._source.bodies(wanted):
            if job_id in ends.dead:
                pipe.hset(dead, job_id, _with_body(ends.dead[job_id], body))
            else:
                at_ms, *numbers = ends.cancelled[job_id]
                self._remember(pipe, at_ms, job_id, b"x" + _with_body(tuple(numbers), body))
            self._flush(pipe)
        for job_id, offset in ends.completed.items():
            self._remember(pipe, offset.ms, job_id, b"c" + str(offset).encode())
            self._flush(pipe)
        self._flush(pipe, at=1)

    def _remember(self, pipe: redis.client.Pipeline, at_ms: int, job_id: str, value: bytes) -> None:
        left_ms = KEPT_MS - (self._now_ms - at_ms)
        if left_ms > 0:
            key = self._beside(self._keys.of("ended", at_ms // HOUR_MS))
            pipe.hset(key, job_id, value)
            pipe.pexpire(key, left_ms)

    def _take_over(self, ends: Ends, bodiless: set[str]) -> set[str]:
        """Take what the log was trimmed of from the keys that were there before; return who has a body thereby."""
        pipe = self._pipe()
        found = set()
        for job_id, value in self._fields(self._keys.bodies):
            if job_id in bodiless and len(value) != _PLACE_SIZE:
                found.add(job_id)
                pipe.hset(self._beside(self._keys.bodies), job_id, value)
                self._flush(pipe)
        hours = [key.decode() for key in self._client.scan_iter(match=self._keys.of("ended", "*"), count=PAGE)]
        for key in (self._keys.dead, *hours):
            left_ms = int(self._client.pttl(key))
            for job_id, value in self._fields(key):
                if job_id not in self._partition.jobs and job_id not in ends.redriven and job_id not in ends.places:
                    pipe.hsetnx(self._beside(key), job_id, value)
                    if left_ms > 0:
                        pipe.pexpire(self._beside(key), left_ms)
                    self._flush(pipe)
        self._flush(pipe, at=1)
        return found

    def _fields(self, key: str) -> Iterator[tuple[str, bytes]]:
        for job_id, value in self._client.hscan_iter(key, count=PAGE):
            yield job_id.decode(), value

    def _write_lines(self, ends: Ends) -> int:
        """Write the lines; return how many jobs stand in them. Of one millisecond, who was submitted first is first."""
        keys = self._keys
        standing = [
            (_since_ms(job), ends.places.get(job_id, b""), job_id, job)
            for job_id, job in self._partition.jobs.items()
            if _stands(job)
        ]
        standing.sort(key=lambda item: item[:3])
        pipe = self._pipe()
        for _, _, job_id, job in standing:
            assert isinstance(job, (jobs.Ready, jobs.Withdrawn))
            name = f"{job.placed}:{job.plan.type}"
            line = keys.of("ready", job.plan.queue, name)
            self._lengths[line] = self._lengths.get(line, 0) + 1
            pipe.rpush(self._beside(line), place(job_id, job.attempt + 1, job.moves, job.generation))
            if self._lengths[line] == 1:
                pipe.zadd(self._beside(keys.of("ready", job.plan.queue)), {name: job.placed})
                pipe.sadd(self._beside(keys.of("queues")), job.plan.queue)
            self._flush(pipe)
        self._flush(pipe, at=1)
        return len(standing)

    def _write_holds(self) -> int:
        """Write who holds what; return how many jobs are held."""
        held = 0
        pipe = self._pipe()
        for job_id, state in self._partition.jobs.items():
            spent = _spent(state)
            if spent:
                pipe.hset(self._beside(self._keys.held), job_id, f"{spent}:")
            if isinstance(state, (jobs.Running, jobs.Cancelling)):
                held += 1
                pipe.hset(self._beside(self._keys.held), job_id, f"{state.attempt}:{state.worker}")
            if isinstance(state, jobs.Cancelling):
                pipe.hset(self._beside(self._keys.of("stop", state.worker)), job_id, state.attempt)
            self._flush(pipe)
        self._flush(pipe, at=1)
        return held

    def _write_gates(self) -> None:
        pipe = self._pipe()
        for queue in self._partition.paused:
            pipe.sadd(self._beside(self._keys.paused), queue)
        for type_, (by, permits) in self._partition.breakers.permits().items():
            pipe.hset(self._beside(self._keys.valves), type_, f"{permits}:{by}")
        pipe.execute()

    def _write_workers(self) -> None:
        pipe = self._pipe()
        for worker, record in self._partition.workers.items():
            pipe.zadd(self._beside(self._keys.beats), {worker: self._now_ms})
            lists = {"queues": record.queues, "types": record.types}
            # The record itself stays: it holds the worker's last calls, which may be repeated.
            mapping: Any = {name: "\n" + "\n".join(items) + "\n" for name, items in lists.items()}
            pipe.hset(self._keys.of("worker", worker), mapping=mapping)
        pipe.execute()

    # --- taking their place --------------------------------------------------------------------------------

    def _check_lengths(self) -> None:
        """See that no place was pushed twice, as a broken connection may do."""
        pipe = self._pipe()
        for line in self._lengths:
            pipe.llen(self._beside(line))
        if pipe.execute() != list(self._lengths.values()):
            raise ServerUnavailableError("the connection broke in the middle of a rebuild")

    def _swap(self) -> None:
        keys = self._keys
        present = {key.decode() for key in self._client.scan_iter(match=keys.everything_derived(), count=PAGE)}
        beside = keys.of(BESIDE, "")
        ready = {key for key in self._written if beside + key.removeprefix(keys.prefix) in present}
        workers = {keys.of("worker", worker) for worker in self._partition.workers}
        stale = sorted(
            key
            for key in present - ready
            if not key.startswith(beside)
            and (not self._is_left(key) or _is_record(key, keys.of("worker", ""), workers))
        )
        with self._client.pipeline(transaction=True) as pipe:
            # What watches is not repeated by the library when its connection breaks, and repeating it would be wrong.
            pipe.watch(keys.of("leader"))
            if pipe.get(keys.of("leader")) != self._name:
                raise _LockLostError
            pipe.multi()
            for page in _pages(stale):
                pipe.unlink(*page)
            for key in sorted(ready):
                pipe.rename(beside + key.removeprefix(keys.prefix), key)
            pipe.hset(keys.meta, mapping={"schema": "1", "epoch": max(self._partition.epoch, self._log.epoch())})
            if keys.valves in ready:
                pipe.hset(keys.meta, "shut", "1")
            else:
                pipe.hdel(keys.meta, "shut")
            pipe.delete(keys.of("leader"))
            pipe.execute()

    def _is_left(self, key: str) -> bool:
        name = key.removeprefix(self._keys.prefix)
        return any(name == left or (left.endswith(":") and name.startswith(left)) for left in _LEFT_AS_IT_IS)


def _is_record(key: str, prefix: str, of_workers: set[str]) -> bool:
    """Tell whether this is the record of a worker that is not registered."""
    return key.startswith(prefix) and key not in of_workers


def _with_body(facts: tuple[Any, ...], body: bytes) -> bytes:
    return b"\x92" + _pack(facts) + body


def _pages(items: Any) -> Iterator[list[Any]]:
    page = []
    for item in items:
        page.append(item)
        if len(page) == PAGE:
            yield page
            page = []
    if page:
        yield page


def _stands(job: jobs.Job) -> bool:
    """Tell whether the job stands in a line, also one whose cancellation is asked for and not decided."""
    return isinstance(job, jobs.Ready) or (isinstance(job, jobs.Withdrawn) and job.in_line)


def _since_ms(job: jobs.Job) -> int:
    return job.since_ms if isinstance(job, jobs.Ready) else 0


def _spent(job: jobs.Job) -> int:
    """Return the attempt that is over while the next has not been released; 0 where there is none."""
    if isinstance(job, (jobs.Failed, jobs.Retrying)):
        return job.attempt
    return job.attempt + 1 if isinstance(job, jobs.Scheduled) and job.moves else 0
