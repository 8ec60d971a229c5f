"""Everything the scheduler may conclude, as a pure function from a partition's state and the time.

`decide` looks at the jobs on the agenda and says what follows, as proposals. It judges *states*, not events:
asked again about the same state it concludes the same, so a scheduler that died between deciding and
committing, or half way through a long list, loses and repeats nothing.

The state is the fold of a prefix of the log, and workers and clients go on appending behind it. Conclusions
about a job that a worker may have claimed meanwhile are therefore guarded. A refused one is no error: the fact
that beat it is further on in the log and will put the job on the agenda again when it is read.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import assert_never

import msgspec

from journeyman import events as e
from journeyman import jobs, retry
from journeyman.breaker_verdicts import JUDGED_MAX, judge
from journeyman.conclusions import Conclusions, Given, Limits, Round
from journeyman.dependencies import conclude_blocked, conclude_owed
from journeyman.partition import PRIORITY_MAX, Partition
from journeyman.proposals import Bury, Interrupt, Leave, Open, Orphaned, Push, Release, Silent, Standing, Void, place
from journeyman.redrives import Redrive
from journeyman.watchers import UNSURE, WAITS, Edge

__all__ = ["Limits", "Round", "advance", "decide", "next_due_ms", "reopen", "settle", "unsure_parents"]

#: How many jobs and owed answers one round looks at: each yields at most one event, a commit holds at most 1,000.
ROUND_MAX = 900
#: How many of these are answers owed to other partitions.
OWED_MAX = 300
#: How many messages end a round early: each of its jobs may have a thousand parents.
MESSAGES_MAX = 2_000
#: How many unreadable events one round reports.
QUARANTINED_MAX = 90


#: A suspect that stands in line for longer holds up the next one no more: nobody may be there to take it.
TRIAL_WAIT_MS = 30_000


#: A line is swept when it names this many more jobs than could stand in it twice over.
LINE_SLACK = 1_000


def unsure_parents(partition: Partition) -> list[str]:
    """Return the parents whose outcome `decide` must be told: they ended before their child was known."""
    wanted: dict[str, None] = {}
    for job_id in _first(partition):
        job = partition.jobs.get(job_id)
        if isinstance(job, jobs.Blocked):
            wanted.update(dict.fromkeys(sorted(job.unsure)))
    for edge in _owed(partition):
        if partition.watchers.status(edge) == UNSURE:
            wanted[edge.parent] = None
    return list(wanted)


def advance(partition: Partition, now_ms: int, limits: Limits) -> None:
    """Put on the agenda what time alone has made decidable: due jobs, and jobs that waited too long."""
    timers = partition.timers
    while timers and timers[0][0] <= now_ms:
        due_ms, job_id = heapq.heappop(timers)
        job = partition.jobs.get(job_id)
        if isinstance(job, (jobs.Scheduled, jobs.Retrying)) and job.due_ms == due_ms:
            partition.note(job_id, True)
    partition.breakers.advance(now_ms)
    oldest_ms, standing_in = now_ms - limits.wait_max_ms, partition.jobs
    for (queue, priority), line in partition.lines.items():
        while line and queue not in partition.paused:
            job = standing_in.get(line[0])
            if type(job) is jobs.Ready and job.placed == priority and job.plan.queue == queue:
                if job.since_ms > oldest_ms:
                    break
                partition.note(line[0], True)
            line.popleft()
        if len(line) > LINE_SLACK + 2 * len(partition.jobs):
            # The head stands on, so those behind it that have long gone were never dropped.
            standing = [job_id for job_id in line if partition.stands_since(job_id, queue, priority) is not None]
            line.clear()
            line.extend(standing)


def next_due_ms(partition: Partition) -> int | None:
    """Return when the next timer rings, if any does."""
    return min([timers[0][0] for timers in (partition.timers, partition.breakers.timers) if timers], default=None)


def decide(
    partition: Partition,
    now_ms: int,
    limits: Limits,
    outcomes: Mapping[str, str],
    silent: Sequence[str] = (),
    silent_since_ms: int = 0,
    told: Mapping[Edge, str] = {},
) -> Round:
    """Conclude what can be concluded now, for at most `ROUND_MAX` jobs and owed answers.

    outcomes (those of :func:`unsure_parents`), told: see `Given`. silent: workers not heard of since `silent_since_ms`.
    Call again after the proposals were committed and read back, and after a message was acknowledged.
    """
    given = Given(now_ms, limits, outcomes, told)
    conclusions = Conclusions()
    for worker in silent[:ROUND_MAX]:
        conclusions.guarded(e.WorkerLost(worker), Silent(worker, silent_since_ms), (Leave(worker),))
    settled = []
    for job_id in _first(partition):
        settled.append(job_id)
        job = partition.jobs.get(job_id)
        if job is not None:
            _conclude(conclusions, partition, job_id, job, given)
        if len(conclusions.messages) >= MESSAGES_MAX:
            break
    judged = list(islice(partition.breakers.agenda, JUDGED_MAX))
    for type_ in judged:
        if verdict := judge(partition.breakers, type_, now_ms, limits.breakers):
            conclusions.propose(verdict)
    owed = _owed(partition)
    conclude_owed(conclusions, partition.watchers, owed, given)
    for offset, reason in islice(partition.undecodable.items(), QUARANTINED_MAX):
        conclusions.plain(e.LogQuarantined(str(offset), reason[:512]))
    return Round(
        conclusions.proposals(), settled, conclusions.postponed, conclusions.messages, conclusions.noted, owed, judged
    )


def settle(partition: Partition, concluded: Round) -> None:
    """Take what a round looked at off the agenda, before anything more is read: a later fact puts it back."""
    for job_id in concluded.settled:
        partition.note(job_id, False)
    for edge in concluded.owed:
        partition.watchers.owed.pop(edge, None)
    for type_ in concluded.judged:
        partition.breakers.agenda.pop(type_, None)


def reopen(partition: Partition, concluded: Round) -> None:
    """Put on the agenda again what a round looked at that may never have been committed."""
    for job_id in concluded.settled:
        if job_id in partition.jobs:
            partition.note(job_id, True)
    for edge in concluded.owed:
        look_again(partition, edge)
    partition.breakers.agenda.update(dict.fromkeys(concluded.judged))


def look_again(partition: Partition, edge: Edge) -> bool:
    """Put on the agenda what a message was about: the child that is here, or the answer that is owed.

    False where there is neither any longer.
    """
    child = partition.jobs.get(edge.child)
    if isinstance(child, jobs.Blocked) and edge.parent in child.untold:
        partition.note(edge.child, True)
        return True
    if partition.watchers.status(edge) in (None, WAITS):
        return False
    partition.watchers.owed[edge] = None
    return True


def look_again_at_edges(partition: Partition) -> None:
    """Put on the agenda everything that other partitions may have to be told."""
    for job_id, job in partition.jobs.items():
        if isinstance(job, jobs.Blocked) and job.untold:
            partition.note(job_id, True)
    partition.watchers.owe_all()


def _first(partition: Partition) -> list[str]:
    return list(islice(partition.agenda, ROUND_MAX - min(len(partition.watchers.owed), OWED_MAX)))


def _owed(partition: Partition) -> list[Edge]:
    return list(islice(partition.watchers.owed, OWED_MAX))


def _conclude(out: Conclusions, partition: Partition, job_id: str, job: jobs.Job, given: Given) -> None:
    now_ms, limits = given.now_ms, given.limits
    if isinstance(job, (jobs.Scheduled, jobs.Ready)) and (stopped := partition.redrives.stopped(job_id)):
        _conclude_stopped(out, job_id, job, *stopped)
        return
    match job:
        case jobs.Scheduled() | jobs.Retrying():
            if job.due_ms <= now_ms:
                out.release(job_id, job)
        case jobs.Blocked():
            conclude_blocked(out, job_id, job, given)
        case jobs.Failed():
            _conclude_failed(out, job_id, job, now_ms)
        case jobs.Orphaned():
            _conclude_orphaned(out, partition, job_id, job, now_ms, limits)
        case jobs.Withdrawn():
            stands = (Void(place(job_id, job.attempt + 1, job.moves, job.generation)),) if job.in_line else ()
            out.cancel(job_id, job, "requested", None, stands)
        case jobs.Ready():
            _conclude_ready(out, job_id, job, now_ms, limits)
        case jobs.Running() | jobs.Cancelling():
            if job.worker not in partition.workers:
                reason = partition.gone.get(job.worker, "its worker is gone")
                out.guarded(
                    partition.casualties.lost(job.worker, job.attempt, job_id, reason),
                    Orphaned(job_id, job.attempt, job.worker),
                    (Release(job_id),),
                )
            elif isinstance(job, jobs.Cancelling):
                out.guarded(None, Open(job_id), (Interrupt(job_id),))
        case _:
            assert_never(job)


def _conclude_failed(out: Conclusions, job_id: str, job: jobs.Failed, now_ms: int) -> None:
    if not job.retryable:
        _bury(out, job_id, job, "permanent", job.error)
    elif job.failures >= job.plan.max_attempts:
        _bury(out, job_id, job, "attempts_exhausted", job.error)
    else:
        delay_ms = job.retry_after_ms
        if delay_ms is None:
            delay_ms = retry.delay_ms(job.plan.backoff, job.failures, retry.spread(job_id, job.attempt))
        out.plain(e.JobRetryScheduled(job_id, job.attempt + 1, now_ms + delay_ms, delay_ms))


def _conclude_orphaned(
    out: Conclusions, partition: Partition, job_id: str, job: jobs.Orphaned, now_ms: int, limits: Limits
) -> None:
    """Release the job again, unless it has lost its last worker.

    A worker takes all its jobs with it when one of them kills it, so most that lost a worker are innocent. Before the
    loss that would make it poison, a job is therefore tried without the others: suspects at their last chance
    are released one at a time.
    """
    if job.losses >= limits.poison_attempts:
        evidence = partition.casualties.against.get(job_id)
        _bury(out, job_id, job, "poison", _poison(job, evidence), evidence)
    elif job.losses < limits.poison_attempts - 1:
        out.release(job_id, job)
    else:
        if out.on_trial is None:
            out.on_trial = any(_is_on_trial(partition.jobs[one], now_ms, limits) for one in partition.suspects)
        if out.on_trial:
            out.postponed.append(job_id)
        else:
            out.on_trial = True
            out.release(job_id, job)


def _is_on_trial(job: jobs.Job, now_ms: int, limits: Limits) -> bool:
    if job.losses < limits.poison_attempts - 1:
        return False
    if isinstance(job, jobs.Ready):
        return job.since_ms > now_ms - TRIAL_WAIT_MS
    return isinstance(job, (jobs.Running, jobs.Cancelling))


def _conclude_ready(out: Conclusions, job_id: str, job: jobs.Ready, now_ms: int, limits: Limits) -> None:
    attempt = job.attempt + 1
    if job.placed != job.plan.priority:
        here, there = (place(job_id, attempt, moves, job.generation) for moves in (job.moves, job.moves + 1))
        out.guarded(
            e.JobReleased(job_id, attempt, job.plan.priority, job.moves + 1, job.generation),
            Standing(job_id),
            (Void(here), Push(job.plan.queue, job.plan.priority, job.plan.type, (there,))),
        )
    elif job.since_ms <= now_ms - limits.wait_max_ms and job.placed < PRIORITY_MAX:
        out.guarded(e.JobReprioritised(job_id, PRIORITY_MAX), Standing(job_id), ())


def _conclude_stopped(
    out: Conclusions, job_id: str, job: jobs.Scheduled | jobs.Ready, name: str, redrive: Redrive
) -> None:
    """Make a dead letter again of a job whose redrive has stopped before it was its turn."""
    former = redrive.waiting[job_id]
    why = f"not tried again: {redrive.failed} other jobs of redrive {name} had failed again"
    error = e.Error(former.type, why, "", former.fingerprint)
    dead = e.JobDeadLettered(job_id, job.attempt, "redrive_stopped", error)
    if isinstance(job, jobs.Ready):
        stands = Void(place(job_id, job.attempt + 1, job.moves, job.generation))
        out.guarded(dead, Standing(job_id), (stands, _burial(job_id, job, error)))
    else:
        out.plain(dead, _burial(job_id, job, error))


def _bury(
    out: Conclusions, job_id: str, job: jobs.Job, reason: str, error: e.Error, evidence: e.Evidence | None = None
) -> None:
    if evidence is not None:
        # Its last lines are the error's.
        evidence = msgspec.structs.replace(evidence, log="")
    out.plain(e.JobDeadLettered(job_id, job.attempt, reason, error, evidence), _burial(job_id, job, error))


def _burial(job_id: str, job: jobs.Job, error: e.Error) -> Bury:
    return Bury(job_id, job.attempt, job.generation, job.plan.type, job.plan.queue, error.type, error.fingerprint)


def _poison(job: jobs.Orphaned, evidence: e.Evidence | None) -> e.Error:
    message = f"{job.losses} workers were lost while they ran it; the last one: {job.reason}"
    return e.Error("Poison", message, evidence.log if evidence else "", "poison")
