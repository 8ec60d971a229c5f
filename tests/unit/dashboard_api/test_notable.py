"""What a person wants to know of: what is alike is one, nothing pushes out anything else, and the past knows it too."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from journeyman import events as e
from journeyman_dashboard import checkpoints, noting
from journeyman_dashboard.past.moments import AsOf
from journeyman_dashboard.queries.notable import NotableView, Place, notable
from support.moments import Past
from support.random_logs import JOBS, logs
from support.read_model import ERROR, Model, T

DEATH = e.Evidence("host-1", 42, 9, None, True, 512 << 20, "secret lines")


@pytest.fixture
def model() -> Model:
    """Give an empty read model."""
    return Model()


def told(model: Model, limit: int = 500) -> list[NotableView]:
    return notable(model.connection, limit=limit)


def words(model: Model) -> list[str]:
    return [one.words for one in told(model)]


def dead(model: Model, name: str, error: e.Error = ERROR) -> e.JobDeadLettered:
    return e.JobDeadLettered(model.submit(name), 1, "attempts_exhausted", error)


@pytest.mark.parametrize(
    ("event", "said"),
    [
        (e.BreakerOpened("t", "consecutive_failures", 20, 20, T), "the breaker of t opened: 20 failures in a row"),
        (e.BreakerOpened("t", "failure_ratio", 11, 20, T), "the breaker of t opened: 11 of 20 attempts failed"),
        (e.BreakerOpened("t", "manual"), "the breaker of t opened: by hand"),
        (e.BreakerHalfOpened("t", 1), "the breaker of t lets 1 job through, to try it"),
        (e.BreakerClosed("t", "probes_succeeded"), "the breaker of t closed: its jobs succeed again"),
        (e.QueuePaused("mail"), "queue mail was paused"),
        (e.QueueResumed("mail"), "queue mail goes on"),
        (e.WorkerJoined("w-1", "h", 1, "1", ("q",), ("t",), 4), "worker w-1 joined on h, with 4 slots"),
        (e.WorkerDraining("w-1", "autoscaler"), "worker w-1 drains, by the autoscaler"),
        (e.WorkerLeft("w-1"), "worker w-1 left"),
        (
            e.WorkerLost("w-1", "no heartbeat", DEATH, ("a", "b")),
            "worker w-1 was lost: no heartbeat (out of memory, 512 MiB at its last heartbeat, process 42 on host-1), "
            "and with it 2 running jobs",
        ),
        (e.WorkerLost("w-1", "", e.Evidence("h", 7, 11)), "worker w-1 was lost (SIGSEGV, process 7 on h)"),
        (e.FleetScaled("local", 4, 1, "the backlog grows"), "1 → 4 workers: the backlog grows"),
        (e.SchedulerElected(3, "s-1"), "scheduler s-1 took over (epoch 3)"),
        (e.LogTrimmed("5-0", 300, 2), "300 entries left the log; the archive has them"),
        (e.LogTrimmed("5-0", 3, 0, ("d",)), "3 entries left the log; nothing is kept any more for d"),
        (
            e.LogQuarantined("5-0/1", "no such event"),
            "an event of the log at 5-0/1 was not understood by scheduler: no such event",
        ),
    ],
)
def test_events_of_the_system_are_said_in_words(model: Model, event: e.Event, said: str) -> None:
    offset = model.commit(event)
    (one,) = told(model)
    assert (one.words, one.event, one.count) == (said, e.tag_of(event), 1)
    assert one.offset == one.first_offset == str(offset)


def test_events_of_jobs_are_said_in_words_and_lead_to_their_jobs(model: Model) -> None:
    job = model.submit("a", type="mail", queue="post")
    model.start(job)
    model.commit(e.JobLost(job, 1, "w-1", "no heartbeat"))
    assert words(model) == ["an attempt of mail was lost with worker w-1: no heartbeat"]
    model.commit(e.JobDeadLettered(job, 1, "poison", ERROR, DEATH))
    model.commit(e.JobRedriven(job, 2, 1, "mail", "post", 10, 3, redrive="r", stop_on_failures=5))
    redriven, poison, _ = told(model)
    assert redriven.words == "a job of mail is tried again, until 5 of them fail"
    assert poison.words.startswith("a job of mail is poison: the workers that ran it died (out of memory, 512 MiB")
    assert "secret" not in poison.words
    assert (poison.job_id, poison.type, poison.queue, poison.fingerprint) == (job, "mail", "post", "f1")


def test_what_is_alike_within_a_minute_is_one(model: Model) -> None:
    jobs = [dead(model, name) for name in ("a", "b", "c")]
    model.at = T - T % 60_000 + 600_000
    first = model.commit(jobs[0])
    last = model.commit(jobs[1])
    (one,) = told(model)
    assert one.words == "2 jobs of t failed for good: ValueError: no such file"
    assert (one.count, one.first_offset, one.offset, one.job_id) == (2, str(first), str(last), jobs[1].job_id)
    model.at += 60_000
    model.commit(jobs[2])
    assert [one.count for one in told(model)] == [1, 2]


def test_a_storm_is_a_line_a_minute_and_pushes_out_nothing(model: Model) -> None:
    model.commit(e.BreakerOpened("t", "manual"))
    jobs = [dead(model, f"j{number}") for number in range(5)]
    for _ in range(200):
        model.commit(*jobs * 20)
    (rows,) = model.connection.execute("SELECT count(*) FROM notable").fetchone()
    assert rows <= 6
    assert sum(one.count for one in told(model)) == 20_001
    assert words(model)[-1] == "the breaker of t opened: by hand"


def test_a_storm_of_all_kinds_is_bounded_too(model: Model) -> None:
    model.commit(e.QueuePaused("mail"))
    job = model.submit("a")
    for minute in range(20):
        model.at = T + minute * 60_000
        errors = [e.Error("E", str(number), "", f"{minute}-{number}") for number in range(400)]
        model.commit(*(e.JobDeadLettered(job, 1, "permanent", error) for error in errors))
    (rows,) = model.connection.execute("SELECT count(*) FROM notable").fetchone()
    assert rows <= noting.KEPT + noting.KINDS_MAX + 2
    found = words(model)
    assert "391 more jobs failed for good, of other types or errors" not in found
    assert "390 more jobs failed for good, of other types or errors" in found
    assert found[-1] == "queue mail was paused"


def test_workers_and_queues_count_once_however_many_partitions_tell_of_them(model: Model) -> None:
    for model.at_home in (0, 1, 2):
        model.commit(e.WorkerJoined("w-1", "h", 1, "1", ("q",), ("t",), 4))
        model.commit(e.JobDeadLettered(model.submit(f"a{model.at_home}"), 1, "permanent", ERROR))
    assert words(model) == [
        "3 jobs of t failed for good: ValueError: no such file",
        "worker w-1 joined on h, with 4 slots",
    ]
    assert told(model)[0].offset.startswith("2:")


def test_what_is_further_back_is_asked_for_by_the_last_offset(model: Model) -> None:
    offsets = [model.commit(e.QueuePaused(f"q{number}")) for number in range(5)]
    (first, second) = told(model, limit=2)
    assert [first.offset, second.offset] == [str(offset) for offset in offsets[:2:-1]]
    place = e.read_offset(second.offset)[1]
    older = notable(model.connection, limit=50, before=Place(*place, 0))
    assert [one.offset for one in older] == [str(offset) for offset in offsets[2::-1]]


def test_texts_of_strangers_are_cut_and_stay_texts(model: Model) -> None:
    message = '<img src=x onerror="alert(1)">\n' + "x" * 100_000
    model.commit(dead(model, "a", e.Error("E", message, "", "f")))
    (one,) = told(model)
    assert one.words == 'a job of t failed for good: E: <img src=x onerror="alert(1)">'


@settings(max_examples=100, deadline=None)
@given(logs(), st.data())
def test_it_is_the_same_in_whatever_batches_the_log_is_read(entries: list[e.Entry], data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.sets(st.integers(0, len(entries)))) | {0, len(entries)})
    with mock.patch.multiple(noting, KINDS_MAX=1, KEPT=2), TemporaryDirectory() as directory:
        found = []
        for name, batches in (("one", [entries]), ("many", [entries[a:b] for a, b in pairwise(cuts)])):
            past = Past(Path(directory) / name)
            for batch in batches:
                past.project(batch)
            found.append(past.connection.execute("SELECT * FROM notable").fetchall())
            past.close()
    assert found[0] == found[1]


@settings(max_examples=25, deadline=None)
@given(logs(), st.data())
def test_a_moment_has_what_was_notable_then(entries: list[e.Entry], data: st.DataObject) -> None:
    bounds = mock.patch.multiple(noting, KINDS_MAX=1, KEPT=2)
    often = mock.patch.multiple(checkpoints, EVENTS_BETWEEN=6, ENTRIES_BETWEEN=4)
    with bounds, often, TemporaryDirectory() as directory:
        past, said = Past(Path(directory)), []
        for entry in entries:
            offset = past.project([entry])
            if data.draw(st.booleans()):
                said.append((offset, past.says(offset.ms, JOBS)["notable"]))
        for offset, then in said:
            assert past.said(AsOf({0: offset}, offset.ms), JOBS)["notable"] == then
        past.close()
