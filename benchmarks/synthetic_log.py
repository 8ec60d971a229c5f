"""A log as a busy system would have written it, without having run one: entries for a read model to be folded from.

Types belong to queues, a few of them make up most jobs, workers come and go, one job in three has tags; most jobs
complete, some fail once before, some for good; the last ones are still waiting or running. The same `jobs` give
the same log. It keeps every promise.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from journeyman import events as e
from journeyman.codec import encode_commit
from journeyman.ids import IdMaker

BEGAN_MS = 1_732_000_000_000
JOBS_PER_COMMIT = 250
COMMIT_EVERY_MS = 25
#: Commits from a job's submission to its start, and from there to its end.
LAG = 30
#: Share of the jobs, the latest, that have not ended.
OPEN_SHARE = 0.01
WORKERS_AT_ONCE = 10
#: Commits after which the next ten workers are there.
SHIFT = 400
CUSTOMERS = 1_000

#: (queue, type, weight)
KINDS = (
    ("default", "data-processing", 40),
    ("default", "report-generation", 20),
    ("images", "image-processing", 15),
    ("images", "image.thumbnail", 10),
    ("mail", "email-sending", 8),
    ("mail", "mail.digest", 4),
    ("slow", "archive.export", 2),
    ("slow", "archive.purge", 1),
)
PRIORITIES = ((10, 80), (5, 12), (15, 6), (20, 2))
PAYLOAD = '{"echo":"' + "x" * 88 + '"}'
ERROR = e.Error("ValueError", "the file has no header", "", "f00dcafe")


class Commit(NamedTuple):
    """An entry as the server would hand it out. `epoch`: of the scheduler whose commit it is."""

    offset: e.Offset
    data: bytes
    events: int
    epoch: int | None = None


def worker_at(commit: int, number: int) -> str:
    """Return the id of one of the workers that are there when a commit is written."""
    return f"w-{commit // SHIFT:05d}{number % WORKERS_AT_ONCE:05d}"


def commits(jobs: int) -> Iterator[Commit]:
    """Yield the log of so many jobs."""
    draw = random.Random(jobs)
    ids = IdMaker()
    groups: list[list[e.JobSubmitted]] = []
    last_to_end = int(jobs * (1 - OPEN_SHARE)) // JOBS_PER_COMMIT
    total = -(-jobs // JOBS_PER_COMMIT)
    yield _commit(BEGAN_MS - 1, 0, [e.SchedulerElected(1, "s")], epoch=1)
    for turn in range(total + 2 * LAG):
        at_ms = BEGAN_MS + turn * COMMIT_EVERY_MS
        if turn < total:
            count = min(JOBS_PER_COMMIT, jobs - turn * JOBS_PER_COMMIT)
            groups.append(_submitted(draw, ids, at_ms, count))
            yield _commit(at_ms, 0, [event for job in groups[turn] for event in _released(job)])
        starting, ending = turn - LAG, turn - 2 * LAG
        if 0 <= starting < last_to_end:
            yield _commit(at_ms, 1, [*_shift(starting), *_started(groups[starting], starting)])
        if 0 <= ending < last_to_end:
            yield from _endings(draw, groups[ending], ending, at_ms)
            groups[ending] = []


def _commit(at_ms: int, seq: int, events: Sequence[e.Event], epoch: int | None = None) -> Commit:
    return Commit(e.Offset(at_ms, seq), encode_commit(events), len(events), epoch)


def _shift(turn: int) -> list[e.Event]:
    """Return what is said of workers before jobs start: those of the next shift come, those of the last one left."""
    if turn % SHIFT:
        return []
    said: list[e.Event] = []
    for number in range(WORKERS_AT_ONCE):
        types = tuple(kind for _, kind, _ in KINDS)
        said.append(e.WorkerJoined(worker_at(turn, number), "host", number, "1", ("*",), types, 8))
        if turn >= 2 * SHIFT:
            said.append(e.WorkerLeft(worker_at(turn - 2 * SHIFT, number)))
    return said


def _submitted(draw: random.Random, ids: IdMaker, at_ms: int, count: int) -> list[e.JobSubmitted]:
    kinds = draw.choices(KINDS, [weight for *_, weight in KINDS], k=count)
    priorities = draw.choices(PRIORITIES, [weight for _, weight in PRIORITIES], k=count)
    return [
        e.JobSubmitted(ids.make(at_ms, draw.getrandbits(60)), kind, queue, priority, payload=PAYLOAD, tags=_tags(draw))
        for (queue, kind, _), (priority, _) in zip(kinds, priorities, strict=True)
    ]


def _tags(draw: random.Random) -> dict[str, str]:
    if draw.random() > 0.33:
        return {}
    environment = "prod" if draw.random() < 0.9 else "staging"
    return {"env": environment, "customer": f"c{draw.randrange(CUSTOMERS)}"}


def _released(job: e.JobSubmitted) -> tuple[e.Event, e.Event]:
    return job, e.JobReleased(job.job_id, 1, job.priority)


def _started(group: Sequence[e.JobSubmitted], turn: int) -> list[e.Event]:
    return [e.JobStarted(job.job_id, 1, worker_at(turn, number)) for number, job in enumerate(group)]


def _endings(draw: random.Random, group: Sequence[e.JobSubmitted], turn: int, at_ms: int) -> Iterator[Commit]:
    """Yield how a group's attempts ended, what the scheduler made of it, and how those went that were tried again."""
    ended: list[e.Event] = []
    decided: list[e.Event] = []
    again: list[e.Event] = []
    for number, job in enumerate(group):
        worker, fate = worker_at(turn, number), draw.random()
        key = (job.job_id, 1, worker)
        if fate < 0.95:
            ended.append(e.JobSucceeded(*key, '{"rows":12}', draw.randrange(100, 900_000)))
        elif fate < 0.98:
            ended.append(e.JobFailed(*key, ERROR, 1_000))
            decided.append(e.JobRetryScheduled(job.job_id, 2, at_ms, 0))
            decided.append(e.JobReleased(job.job_id, 2, job.priority))
            again.append(e.JobStarted(job.job_id, 2, worker))
            again.append(e.JobSucceeded(job.job_id, 2, worker, "null", 2_000))
        elif fate < 0.99:
            ended.append(e.JobFailed(*key, ERROR, 1_000, retryable=False))
            decided.append(e.JobDeadLettered(job.job_id, 1, "permanent", ERROR))
        else:
            ended += (e.JobCancelRequested(job.job_id), e.JobReturned(*key, "interrupted"))
            decided.append(e.JobCancelled(job.job_id))
    for seq, (events, epoch) in enumerate(((ended, None), (decided, 1), (again, None)), 2):
        if events:
            yield _commit(at_ms, seq, events, epoch)
