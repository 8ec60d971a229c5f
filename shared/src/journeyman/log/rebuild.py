"""Write every key of a partition anew from its log.

Done by a scheduler when the functions say that derived keys are missing (`RebuildNeededError`). Until `meta` is
written, last of all, every function refuses, so nobody sees half a rebuild; the lease is held meanwhile, so
that only one scheduler does it; and one that dies half way leaves the refusal in place for the next one, who
begins by deleting what it finds.

What comes back: bodies, holds, lines, dead letters, ends within the retention, paused queues, and registered workers
(whose heartbeat starts now). What does not: the idempotency keys' stored answers.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from journeyman import events as e
from journeyman import jobs
from journeyman.codec import encode_event
from journeyman.log import wire
from journeyman.log.redis_log import HOUR_MS, RedisLog
from journeyman.partition import Partition
from journeyman.proposals import place

if TYPE_CHECKING:
    import redis

_log = logging.getLogger(__name__)

PAGE = 500
LOCK_MS = 600_000

_pack = msgspec.msgpack.encode


class Rebuilt(NamedTuple):
    """What a rebuild wrote. `bodiless`: open jobs whose submission the log no longer holds."""

    open_jobs: int
    ready: int
    held: int
    dead: int
    ended: int
    bodiless: int


class _Ends:
    """How jobs ended, read from the log: what the keys `dead` and `ended` hold."""

    def __init__(self) -> None:
        self.completed: dict[str, e.Offset] = {}
        self.cancelled: dict[str, tuple[int, int, int]] = {}
        self.dead: dict[str, tuple[Any, ...]] = {}
        self._attempt: dict[str, int] = {}
        self._generation: dict[str, int] = {}
        self._place: dict[str, tuple[str, str]] = {}

    def read(self, record: e.Record) -> None:
        event = record.event
        match event:
            case e.JobSubmitted():
                self._place[event.job_id] = (event.type, event.queue)
            case e.JobStarted():
                self._attempt[event.job_id] = event.attempt
            case e.JobReturned():
                self._attempt[event.job_id] = event.attempt - 1
            case e.JobSucceeded():
                self.completed[event.job_id] = record.offset
                self._forget(event.job_id)
            case e.JobCancelled():
                attempt, generation = self._numbers(event.job_id)
                self.cancelled[event.job_id] = (record.at_ms, attempt, generation)
            case e.JobDeadLettered():
                attempt, generation = self._numbers(event.job_id)
                type_, queue = self._place.get(event.job_id, ("", ""))
                facts = (record.at_ms, attempt, generation, type_, queue, event.error.type, event.error.fingerprint)
                self.dead[event.job_id] = facts
            case e.JobRedriven():
                self.dead.pop(event.job_id, None)
                self.cancelled.pop(event.job_id, None)
                self._generation[event.job_id] = event.generation
                self._attempt[event.job_id] = event.attempt
            case _:
                pass

    def _numbers(self, job_id: str) -> tuple[int, int]:
        return self._attempt.get(job_id, 0), self._generation.get(job_id, 1)

    def _forget(self, job_id: str) -> None:
        for known in (self._attempt, self._generation, self._place):
            known.pop(job_id, None)


def rebuild(log: RedisLog, scheduler: str, partition: Partition) -> Rebuilt | None:
    """Rebuild the keys from the log and `partition`, its fold up to the end; None where another scheduler is at it."""
    if not log.client.set(log.keys.of("leader"), scheduler, nx=True, px=LOCK_MS):
        return None
    log.drop_derived(log.keys.of("leader"), log.keys.snapshot)
    ends = _Ends()
    for record in _records(log):
        ends.read(record)
    bodies = _write_bodies(log, partition, ends)
    ready, held = _write_lines(log, partition)
    _write_workers(log, partition)
    log.client.hset(log.keys.meta, mapping={"schema": "1", "epoch": partition.epoch})
    log.client.delete(log.keys.of("leader"))
    rebuilt = Rebuilt(
        len(partition.jobs),
        ready,
        held,
        len(ends.dead),
        len(ends.completed) + len(ends.cancelled),
        sum(job_id not in bodies for job_id in partition.jobs),
    )
    _log.warning("the keys derived from the log were missing and have been rebuilt", extra=rebuilt._asdict())
    return rebuilt


def _records(log: RedisLog) -> Iterator[e.Record]:
    offset = e.BEGINNING
    while entries := log.read(offset, count=PAGE):
        for entry in entries:
            yield from entry.records()
        offset = entries[-1].offset


def _submissions(log: RedisLog) -> Iterator[tuple[e.JobSubmitted, bytes]]:
    offset = e.BEGINNING
    while commits := log.read_commits(offset, count=PAGE):
        for entry, commit in commits:
            yield from wire.submissions(entry, commit)
        offset = commits[-1][0]


def _write_bodies(log: RedisLog, partition: Partition, ends: _Ends) -> set[str]:
    """Write open jobs, dead letters and ends; return the open jobs that have a body."""
    now_ms = log.now_ms()
    keys = log.keys
    found: set[str] = set()
    pipe = log.client.pipeline(transaction=False)
    for event, place_ in _submissions(log):
        job_id, body = event.job_id, encode_event(event)
        if job_id in partition.jobs:
            found.add(job_id)
            pipe.hset(keys.bodies, job_id, place_)
        elif job_id in ends.dead:
            pipe.hset(keys.dead, job_id, _with_body(ends.dead[job_id], body))
        elif job_id in ends.cancelled:
            at_ms, attempt, generation = ends.cancelled[job_id]
            _remember(pipe, log, at_ms, now_ms, job_id, b"x" + _with_body((attempt, generation), body))
        _flush(pipe)
    for job_id, offset in ends.completed.items():
        _remember(pipe, log, offset.ms, now_ms, job_id, b"c" + str(offset).encode())
        _flush(pipe)
    pipe.execute()
    return found


def _with_body(facts: tuple[Any, ...], body: bytes) -> bytes:
    return b"\x92" + _pack(facts) + body


def _remember(pipe: redis.client.Pipeline, log: RedisLog, at_ms: int, now_ms: int, job_id: str, value: bytes) -> None:
    left_ms = 25 * HOUR_MS - (now_ms - at_ms)
    if left_ms > 0:
        key = log.keys.of("ended", at_ms // HOUR_MS)
        pipe.hset(key, job_id, value)
        pipe.pexpire(key, left_ms)


def _write_lines(log: RedisLog, partition: Partition) -> tuple[int, int]:
    """Write lines and holds; return how many jobs stand and how many are held."""
    keys = log.keys
    standing = [(_since_ms(job), job_id, job) for job_id, job in partition.jobs.items() if _stands(job)]
    standing.sort(key=lambda item: item[:2])
    held = 0
    pipe = log.client.pipeline(transaction=False)
    for _, job_id, job in standing:
        assert isinstance(job, (jobs.Ready, jobs.Withdrawn))
        line = f"{job.placed}:{job.plan.type}"
        text = place(job_id, job.attempt + 1, job.moves, job.generation)
        pipe.rpush(keys.of("ready", job.plan.queue, line), text)
        pipe.zadd(keys.of("ready", job.plan.queue), {line: job.placed})
        pipe.sadd(keys.of("queues"), job.plan.queue)
        _flush(pipe)
    for job_id, state in partition.jobs.items():
        spent = _spent(state)
        if spent:
            pipe.hset(keys.held, job_id, f"{spent}:")
        if isinstance(state, (jobs.Running, jobs.Cancelling)):
            held += 1
            pipe.hset(keys.held, job_id, f"{state.attempt}:{state.worker}")
        if isinstance(state, jobs.Cancelling):
            pipe.hset(keys.of("stop", state.worker), job_id, state.attempt)
        _flush(pipe)
    for queue in partition.paused:
        pipe.sadd(keys.paused, queue)
    pipe.execute()
    return len(standing), held


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


def _write_workers(log: RedisLog, partition: Partition) -> None:
    now_ms = log.now_ms()
    for worker, record in partition.workers.items():
        log.client.zadd(log.keys.beats, {worker: now_ms})
        lists = {"queues": record.queues, "types": record.types}
        mapping = {name: "\n" + "\n".join(items) + "\n" for name, items in lists.items()}
        log.client.hset(log.keys.of("worker", worker), mapping=mapping)


def _flush(pipe: redis.client.Pipeline) -> None:
    if len(pipe) >= PAGE:
        pipe.execute()
