"""Types of jobs: what workers said of them, how they fared, what they failed of."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from journeyman import events as e
from journeyman.ids import compose
from journeyman.type_descriptions import TypeDescription, write_descriptions
from journeyman_dashboard import retention, store
from journeyman_dashboard.past.moments import AsOf
from journeyman_dashboard.queries import errors
from journeyman_dashboard.queries.types import TypeDetail, TypeView, type_detail, types
from support.moments import Past
from support.read_model import Model, T

HOUR_MS = 3_600_000
SCHEMA = {"type": "object", "properties": {"path": {"type": "string"}}}


@pytest.fixture
def model() -> Model:
    return Model()


def joined(worker: str = "w-1", known: tuple[str, ...] = ("t",), **told: TypeDescription) -> e.WorkerJoined:
    return e.WorkerJoined(worker, "h", 1, "1", ("*",), known, 4, write_descriptions(told).text)


def listed(model: Model) -> dict[str, TypeView]:
    return {view.type: view for view in types(model.connection, model.at)}


def detail(model: Model, kind: str = "t", window_ms: int = HOUR_MS) -> TypeDetail:
    found = type_detail(model.connection, kind, now_ms=model.at, window_ms=window_ms)
    assert found is not None
    return found


def test_a_type_is_as_the_last_worker_that_told_of_it_said(model: Model) -> None:
    model.commit(joined("w-1", t=TypeDescription(SCHEMA, "First.", "images", 5, 1_000)))
    model.commit(joined("w-2", t=TypeDescription(None, "Second.", "mail", 7, 2_000)))
    model.commit(e.WorkerJoined("w-3", "h", 1, "1", ("*",), ("t",), 4))
    view = detail(model)
    assert (view.description, view.queue, view.max_attempts, view.timeout_ms) == ("Second.", "mail", 7, 2_000)
    assert (view.has_schema, view.schema) == (False, None)
    model.commit(joined("w-4", t=TypeDescription(SCHEMA)))
    assert detail(model).schema is not None
    assert listed(model)["t"].has_schema


def test_what_a_worker_says_of_types_that_it_does_not_know_does_not_count(model: Model) -> None:
    model.commit(joined(known=("t",), other=TypeDescription(SCHEMA)))
    assert list(listed(model)) == ["t"]
    assert not listed(model)["t"].has_schema


@pytest.mark.parametrize("text", ["{", "[]", "7", '{"t": []}', '{"t": {"schema": 7}}', '{"t": {"max_attempts": -1}}'])
def test_what_is_no_description_is_passed_over(model: Model, text: str) -> None:
    model.commit(e.WorkerJoined("w-1", "h", 1, "1", ("*",), ("t",), 4, text))
    assert listed(model)["t"].queue is None


def test_a_type_stays_for_a_day_after_its_last_worker_left(model: Model) -> None:
    model.commit(joined(t=TypeDescription(SCHEMA)))
    model.commit(e.WorkerLeft("w-1"))
    assert (listed(model)["t"].workers, listed(model)["t"].has_schema) == (0, True)
    model.at += 25 * HOUR_MS
    assert listed(model) == {}
    with store.transaction(model.connection):
        retention.delete_small(model.connection, model.at, model.at)
    assert model.connection.execute("SELECT count(*) FROM described").fetchone() == (0,)


def test_a_type_of_nothing_is_not_known(model: Model) -> None:
    assert type_detail(model.connection, "t", now_ms=model.at, window_ms=HOUR_MS) is None


def test_lengths_are_counted_exactly_without_gaps(model: Model) -> None:
    for number, run_us in enumerate((1_000, 1_000, 40_000, 3_000_000)):
        job = model.submit(f"a{number}")
        model.commit(e.JobStarted(job, 1, "w-1"))
        model.commit(e.JobSucceeded(job, 1, "w-1", "null", run_us))
    model.complete(model.submit("other", type="other"))
    span = detail(model).span
    buckets = span.run_time.buckets
    assert (span.run_time.count, span.queue_latency.count, span.completed, span.success_rate) == (4, 4, 4, 1.0)
    assert [bucket.count for bucket in buckets if bucket.count] == [2, 1, 1]
    assert all(one.to_ms == other.from_ms for one, other in pairwise(buckets))
    assert buckets[0].from_ms <= 1.0 < buckets[0].to_ms
    assert buckets[-1].from_ms <= 3_000 < buckets[-1].to_ms
    assert sum(point.completed for point in span.series) == 4


def test_a_window_holds_only_what_is_in_it(model: Model) -> None:
    model.complete(model.submit("a"))
    model.at += 2 * HOUR_MS
    model.kill(model.submit("b"))
    assert (detail(model).span.success_rate, detail(model).span.failed) == (0.0, 1)
    assert detail(model, window_ms=6 * HOUR_MS).span.success_rate == 0.5


def test_errors_of_jobs_and_of_earlier_attempts_are_grouped(model: Model) -> None:
    timeout, other = e.Error("Timeout", "slow", "", "f-slow"), e.Error("ValueError", "no such file", "", "f-file")
    recovered = model.submit("a")
    for attempt, error in ((1, timeout), (2, timeout), (3, other)):
        model.commit(e.JobStarted(recovered, attempt, "w-1"), e.JobFailed(recovered, attempt, "w-1", error))
    model.commit(e.JobStarted(recovered, 4, "w-1"), e.JobSucceeded(recovered, 4, "w-1"))
    dead = model.submit("b")
    model.kill(dead, timeout)
    model.kill(model.submit("c", type="other"), timeout)
    slow, file = detail(model).errors
    assert (slow.error_type, slow.count, slow.jobs, slow.dead, slow.job_id) == ("Timeout", 3, 2, 1, dead)
    assert (file.message, file.count, file.jobs, file.dead, file.job_id) == ("no such file", 1, 1, 0, recovered)
    assert slow.first_at is not None
    assert slow.last_at is not None
    assert slow.first_at < slow.last_at
    assert detail(model).errors_are_exact
    assert detail(model).errors_sample == errors.ErrorSample(None, None)


def test_more_errors_than_are_looked_at_are_said_to_be_more(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(errors, "JOBS_MAX", 2)
    for name in "abc":
        model.kill(model.submit(name))
    assert (detail(model).errors[0].count, detail(model).errors_are_exact) == (2, False)
    assert detail(model).errors_sample == errors.ErrorSample(2, None)


def test_attempts_of_all_types_are_looked_at_for_earlier_errors(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(errors, "ATTEMPTS_MAX", 2)
    for name, kind in (("a", "t"), ("b", "other"), ("c", "other")):
        job = model.submit(name, type=kind)
        model.commit(e.JobStarted(job, 1, "w-1"), e.JobFailed(job, 1, "w-1", e.Error("E", "", "", "f")))
        model.commit(e.JobStarted(job, 2, "w-1"), e.JobSucceeded(job, 2, "w-1"))
    assert (detail(model).errors, detail(model).errors_are_exact) == ([], False)
    assert detail(model).errors_sample == errors.ErrorSample(None, 2)
    assert [group.count for group in detail(model, "other").errors] == [2]


def test_a_moment_has_the_figures_of_a_type_as_they_were(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("journeyman_dashboard.checkpoints.EVENTS_BETWEEN", 7)
    past, said = Past(tmp_path), []
    ids = [compose(T, number, 0) for number in range(12)]
    for number, job in enumerate(ids):
        at = T + number * 150_000
        commits: list[list[e.Event | None]] = [
            [e.JobSubmitted(job, "t"), e.JobReleased(job, 1, 10)],
            [e.JobStarted(job, 1, "w-1"), e.JobFailed(job, 1, "w-1", e.Error("E", "", "", f"f{number % 2}"), 5_000)],
            [e.JobStarted(job, 2, "w-1"), e.JobSucceeded(job, 2, "w-1", "null", 7_000 * number)],
            [joined(f"w-{number}", t=TypeDescription(SCHEMA, f"as in {number}"))],
        ]
        for step, events in enumerate(commits):
            offset = past.project([e.Entry(e.Offset(at + step * 20_000, 0), events)])
            said.append((offset, past.says(offset.ms, ids[:2])))
    for offset, then in reversed(said):
        assert past.said(AsOf({0: offset}, offset.ms), ids[:2]) == then
    past.close()
