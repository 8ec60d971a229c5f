"""Several partitions in one read model: what each log says, and what is made of it together."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from journeyman import events as e
from journeyman.log.api import WorkerBeat
from journeyman.reasons import Explanation
from journeyman_dashboard import retention, store
from journeyman_dashboard.queries import fleet, histories, lines, lookup
from journeyman_dashboard.streams import EventFilter, read_stretch
from journeyman_dashboard.wiring import merged
from support.read_model import Model, T


@pytest.fixture
def model() -> Iterator[Model]:
    made = Model()
    yield made
    made.connection.close()


def explained(model: Model, job_id: str) -> Explanation:
    return lines.explain_job(model.connection, model.row(job_id), model.at)


def told(model: Model, job_id: str) -> list[str]:
    return [item.event for item in histories.history(model.connection, model.row(job_id)).items]


@pytest.fixture
def family(model: Model) -> tuple[str, str]:
    """Give a parent in partition 3 and its child in partition 0, which the parent's log knows of."""
    model.at_home = 3
    parent = model.submit("p")
    model.at_home = 0
    child = model.submit("c", depends_on=(parent,))
    model.at_home = 3
    model.commit(e.DependencyWatched(parent, child))
    model.at_home = 0
    model.commit(e.JobBlocked(child, (parent,)))
    return parent, child


def test_a_child_waits_for_its_parent_then_to_be_told_then_for_nobody(model: Model, family: tuple[str, str]) -> None:
    parent, child = family
    assert (explained(model, child).blocked_by, "to end" in explained(model, child).detail) == ((parent,), True)
    model.at_home = 3
    model.complete(parent)
    assert "to be told" in explained(model, child).detail
    assert explained(model, child).blocked_by == (parent,)
    model.commit(e.DependencyResolved(child, parent, "completed"))
    assert explained(model, child).blocked_by == (parent,)
    model.at_home = 0
    model.commit(e.DependencyResolved(child, parent, "completed"), e.JobBlocked(child, (parent,)))
    assert explained(model, child).blocked_by == ()


def test_a_parent_that_was_answered_for_no_longer_counts_whatever_becomes_of_it(
    model: Model, family: tuple[str, str]
) -> None:
    parent, child = family
    model.commit(e.DependencyResolved(child, parent, "reopened"))
    assert model.row(parent).phase == "ready"
    assert explained(model, child).blocked_by == ()


def test_a_parent_elsewhere_that_nobody_knows_is_one_to_be_told_of(model: Model) -> None:
    child = model.submit("c", depends_on=("9" * 22 + "01",))
    assert explained(model, child).blocked_by == ("9" * 22 + "01",)


def test_each_event_between_partitions_is_in_one_history(model: Model, family: tuple[str, str]) -> None:
    parent, child = family
    for model.at_home in (0, 3):
        model.commit(e.DependencyResolved(child, parent, "completed"))
    assert told(model, parent) == ["job.submitted", "job.released", "dependency.watched"]
    assert told(model, child) == ["job.submitted", "job.blocked", "dependency.resolved"]
    first = histories.history(model.connection, model.row(parent)).items[0]
    assert first.offset.startswith(f"3:{T}-0")


def test_followers_hear_once_how_a_parent_elsewhere_ended(model: Model, family: tuple[str, str]) -> None:
    parent, child = family
    ends = {}
    for model.at_home in (3, 0):
        ends[model.at_home] = model.commit(e.DependencyResolved(child, parent, "completed"))
    wanted = EventFilter(event=("dependency.resolved",))
    place, text = read_stretch(model.connection, wanted, dict.fromkeys(ends, e.BEGINNING), ends)
    assert text.count(b"event: dependency.resolved") == 1
    assert place == ends


def test_a_worker_that_one_partition_lost_is_lost_whatever_the_others_say(model: Model) -> None:
    joined = e.WorkerJoined("w-1", "h", 1, "1", ("default",), ("t",), 1)
    for model.at_home in range(3):
        model.commit(joined)
    assert len(lines.live_workers(model.connection)) == 1

    def states() -> list[str]:
        return [one.state for one in fleet.workers(model.connection, [], now_ms=model.at, everyone=False)]

    assert states() == ["joined"]
    model.at_home = 1
    model.commit(e.WorkerLost("w-1", "no heartbeat"))
    assert states() == ["lost"]
    model.at_home = 0
    model.commit(e.WorkerLeft("w-1"))
    assert states() == ["lost"]
    assert lines.live_workers(model.connection) == []


def test_a_queue_is_paused_until_every_partition_has_resumed_it(model: Model) -> None:
    for model.at_home in range(2):
        model.commit(e.QueuePaused("mail"))
    assert lookup.paused_queues(model.connection) == {"mail"}
    assert [one.name for one in lines.queues(model.connection, model.at)] == ["mail"]
    model.commit(e.QueueResumed("mail"))
    assert lookup.paused_queues(model.connection) == {"mail"}
    model.at_home = 0
    model.commit(e.QueueResumed("mail"))
    assert lookup.paused_queues(model.connection) == set()


def test_a_job_submitted_before_others_is_found_by_its_time_though_it_came_late(model: Model) -> None:
    early = model.at
    for name in "abc":
        model.submit(name)
    middle = model.at
    model.at_home, model.late_ms = 2, {2: 3_000}
    model.submit("late")
    model.at_home = 0
    model.submit("d")
    assert model.find(submitted_before_ms=middle) == ["a", "b", "c", "late00000000000000000002"]
    assert model.find(submitted_after_ms=middle) == ["d"]
    assert model.find("-submitted_at", submitted_after_ms=early)[:2] == ["d", "late00000000000000000002"]


def test_retention_takes_jobs_out_of_their_partitions_set(model: Model) -> None:
    model.at_home = 5
    model.complete(model.submit("a"))
    sets = "SELECT name FROM postings WHERE kind = 'partition'"
    assert model.connection.execute(sets).fetchall() == [("5",)]
    with store.transaction(model.connection):
        retention.delete_step(model.connection, 0, model.at)
    assert model.connection.execute(sets).fetchall() == []


def test_a_workers_heartbeats_are_one_with_all_that_it_runs() -> None:
    first = WorkerBeat("w-1", 5, {"rss_bytes": 1, "running": [{"job_id": "a", "attempt": 1}]})
    last = WorkerBeat("w-1", 9, {"rss_bytes": 2, "running": [{"job_id": "b", "attempt": 1}]})
    (one,) = merged([[last], [first]])
    running = one.facts["running"]
    assert isinstance(running, list)
    assert (one.at_ms, one.facts["rss_bytes"]) == (9, 2)
    assert [attempt["job_id"] for attempt in running] == ["b", "a"]


def test_a_pass_of_retention_goes_on_behind_a_young_job_of_another_partition(
    model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "STEP_JOBS", 2)
    model.at += 100_000
    for name in "ab":
        model.complete(model.submit(name))
    model.at_home, model.late_ms = 1, {1: 100_000}
    for name in "cdef":
        model.complete(model.submit(name))
    cut, after = model.at - 100_000, 0
    assert len(model.find()) == 6
    model.at_home = 0
    model.submit("g")
    model.submit("h")
    for _ in range(4):
        after = retention.delete_step(model.connection, after, cut)
        if not after:
            break
    assert [name[0] for name in model.find()] == list("abgh")
    assert after == 0
