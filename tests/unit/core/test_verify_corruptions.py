"""The verifier against the catalogue of corruptions: whole lives, each spoilt in every way, at many places.

What is spoilt is found in one of three ways. By the log alone: whatever decides who may do what, and when. By the keys
on the server, which the good log has left behind: whatever changes what is so now. Or only by a copy, an archive or the
read model, because it has left no other trace: what was asked for and answered (payloads, results, limits, words), and
the events that other events do not need. These two lists are short, and stand here.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache

import pytest

from journeyman import events as e
from journeyman.verify import Verifier
from support.corruptions import INJECTORS, Injector, byte_flipped, entry_truncated, spaced
from support.disagreement import disagreement
from support.hypothesis_profiles import share
from support.lives import Lives, Raw

SEEDS = range(4)
#: Places at which each log is spoilt in each way.
PLACES = share(15)

#: Events that no other event needs: without one of them, or with one more, a log is as good as before.
NEEDED_BY_NOTHING = frozenset(
    {
        e.BreakerClosed,
        e.BreakerHalfOpened,
        e.BreakerOpened,
        e.FleetScaled,
        e.JobBlocked,
        e.JobCancelRequested,  # of a job that ended otherwise, or was asked for more than once
        e.JobProgressed,
        e.JobReprioritised,
        e.JobRetryScheduled,  # of a job that was cancelled instead
        e.LogQuarantined,
        e.LogTrimmed,
        e.QueuePaused,  # where nothing of the queue started meanwhile, and it was opened again
        e.QueueResumed,
        e.SchedulerElected,  # whose scheduler decided nothing
        e.WorkerDraining,
        e.WorkerJoined,  # of a worker that is there
        e.WorkerLeft,
        e.WorkerLost,
    }
)
#: Fields that say what was asked for and what came of it. All others say who, which and when, and are checked.
CONTENT: dict[type[e.Event], frozenset[str]] = {
    e.JobSubmitted: frozenset(
        {
            "backoff",
            "depends_on",
            "due_ms",
            "idempotency",
            "max_attempts",
            "on_dependency_failure",
            "payload",
            "payload_blob",
            "priority",
            "queue",
            "tags",
            "timeout_ms",
            "traceparent",
            "type",
        }
    ),
    e.JobReleased: frozenset({"priority"}),
    e.JobSucceeded: frozenset({"result", "result_blob", "run_us"}),
    e.JobFailed: frozenset({"error", "retry_after_ms", "retryable", "run_us"}),
    e.JobReturned: frozenset({"reason"}),
    e.JobLost: frozenset({"evidence", "reason", "running"}),
    e.JobDeadLettered: frozenset({"error", "evidence", "reason"}),
    e.JobCancelled: frozenset({"error", "reason"}),
    e.JobRedriven: frozenset(
        {
            "backoff",
            "due_ms",
            "error",
            "max_attempts",
            "priority",
            "queue",
            "redrive",
            "stop_on_failures",
            "timeout_ms",
            "type",
        }
    ),
}


@cache
def lives(seed: int) -> Lives:
    return Lives(seed)


def passed(entries: Sequence[Raw]) -> Verifier:
    verifier = Verifier(0)
    for entry in entries:
        verifier.take(entry.read())
    return verifier


def test_lives_that_were_not_spoilt_are_good() -> None:
    for seed in SEEDS:
        verifier = passed(spaced(lives(seed).entries))
        assert verifier.report().violations == []
        assert disagreement(lives(seed).world.log.derived, verifier.book) == []


def test_lives_are_varied_enough_to_be_spoilt() -> None:
    kinds = {type(record.event) for seed in SEEDS for entry in lives(seed).entries for record in entry.read().records()}
    unspoken = {e.JobBlocked, e.WorkerDraining, e.LogTrimmed, e.LogQuarantined, e.FleetScaled}
    assert {
        e.JobCancelled,
        e.JobDeadLettered,
        e.JobLost,
        e.JobRedriven,
        e.JobReturned,
        e.WorkerLost,
    } <= kinds | unspoken


@pytest.mark.parametrize("injector", INJECTORS, ids=lambda one: one.__name__)
def test_every_corruption_is_found_or_changes_nothing(injector: Injector) -> None:
    how: Counter[str] = Counter()
    for seed in SEEDS:
        good, draw = spaced(lives(seed).entries), random.Random(seed)
        for _ in range(PLACES):
            bad = injector(draw, list(good))
            if bad is not None:
                how[found_by(bad, good, seed)] += 1
    assert how["log"] > 0 or injector.__name__ == "events_swapped"
    if injector.__name__ in ALWAYS_BY_THE_LOG:
        assert set(how) == {"log"}


#: What no log that keeps the promises can look like, wherever it is done.
ALWAYS_BY_THE_LOG = frozenset(
    {
        "child_before_parent",
        "early_start",
        "entries_swapped",
        "entry_truncated",
        "entry_twice",
        "key_used_twice",
        "other_attempt_reports",
        "second_end",
        "stranger_reports",
        "submitted_twice",
    }
)


def found_by(bad: Sequence[Raw], good: Sequence[Raw], seed: int) -> str:
    """Return who finds it; fails where nobody does who should."""
    verifier = passed(bad)
    report = verifier.report()
    if report.violations or report.undecodable:
        return "log"
    if disagreement(lives(seed).world.log.derived, verifier.book):
        return "keys"
    before, after = stories(good), stories(bad)
    if before == after:
        return "nobody, for every job's story is the same"
    for change in changes(before, after):
        assert may_be_told_only_by_a_copy(*change), change
    return "a copy"


Story = list[tuple[e.Event, bool]]


def stories(entries: Sequence[Raw]) -> dict[object, Story]:
    """Return what is said of each job, worker, queue and kind of other events, and whether a scheduler says it."""
    told: dict[object, Story] = {}
    for entry in entries:
        for record in entry.read().records():
            event = record.event
            names = (getattr(event, name, None) for name in ("job_id", "worker", "queue", "type"))
            about = next((name for name in names if name is not None), type(event))
            told.setdefault(about, []).append((event, entry.epoch is not None))
    return told


def changes(before: dict[object, Story], after: dict[object, Story]) -> Iterator[tuple[Story, Story]]:
    """Give what was taken out of each story that changed, and what was put in."""
    for about in before.keys() | after.keys():
        one, other = before.get(about, []), after.get(about, [])
        if one != other:
            counts = Counter(map(repr, one)), Counter(map(repr, other))
            out = [said for said in one if counts[0][repr(said)] > counts[1][repr(said)]]
            yield out, [said for said in other if counts[1][repr(said)] > counts[0][repr(said)]]


def may_be_told_only_by_a_copy(out: Story, put_in: Story) -> bool:
    if all(type(event) in NEEDED_BY_NOTHING for event, _ in (*out, *put_in)):
        return True
    if len(out) != 1 or len(put_in) != 1 or type(out[0][0]) is not type(put_in[0][0]):
        return False
    one, other = out[0][0], put_in[0][0]
    changed = {name for name in one.__struct_fields__ if getattr(one, name) != getattr(other, name)}
    return out[0][1] == put_in[0][1] and changed <= CONTENT.get(type(one), frozenset())


@pytest.mark.parametrize("injector", [byte_flipped, entry_truncated], ids=lambda one: one.__name__)
def test_no_damage_to_bytes_makes_the_pass_fail(injector: Injector) -> None:
    draw = random.Random(7)
    for seed in SEEDS:
        bad = list(lives(seed).entries)
        for _ in range(20):
            bad = injector(draw, bad) or bad
        passed(bad).report()
