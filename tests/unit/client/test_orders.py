from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from journeyman.client import orders
from journeyman.client.orders import NewJob, batch_bodies, to_json
from journeyman.events import Backoff


def test_a_job_says_only_what_was_said() -> None:
    assert to_json(NewJob(type="t")) == {"type": "t"}


def test_a_job_is_written_in_the_words_of_the_api() -> None:
    job = NewJob(
        type="image.thumbnail",
        payload={"path": "a.png"},
        queue="images",
        priority="high",
        depends_on=["ref:first"],
        on_dependency_failure="run",
        delay="5s",
        max_attempts=5,
        backoff=Backoff(initial_ms=10),
        timeout=timedelta(seconds=30),
        tags={"team": "a"},
        ref="second",
    )
    assert to_json(job) == {
        "type": "image.thumbnail",
        "payload": {"path": "a.png"},
        "queue": "images",
        "priority": "high",
        "depends_on": ["ref:first"],
        "on_dependency_failure": "run",
        "delay_ms": 5_000,
        "max_attempts": 5,
        "backoff": {"initial_ms": 10, "multiplier": 2.0, "max_ms": 60_000, "jitter": True},
        "timeout_ms": 30_000,
        "tags": {"team": "a"},
        "ref": "second",
    }


def test_falsy_values_are_said_too() -> None:
    assert to_json(NewJob(type="t", payload=0, priority=0, delay=0)) == {
        "type": "t",
        "payload": 0,
        "priority": 0,
        "delay_ms": 0,
    }


def test_a_moment_needs_its_timezone() -> None:
    moment = datetime(2030, 1, 31, 18, tzinfo=UTC)
    assert to_json(NewJob(type="t", run_at=moment))["run_at"] == "2030-01-31T18:00:00+00:00"
    with pytest.raises(ValueError, match="timezone"):
        to_json(NewJob(type="t", run_at=moment.replace(tzinfo=None)))


def test_an_option_that_does_not_exist_is_refused() -> None:
    with pytest.raises(TypeError, match="priorty"):
        NewJob(type="t", priorty=1)  # type: ignore[call-arg]


def test_no_jobs_are_no_batches() -> None:
    assert batch_bodies([]) == []


def test_jobs_are_cut_into_batches_of_the_largest_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(orders, "BATCH_JOBS_MAX", 2)
    bodies = batch_bodies([NewJob(type=str(number)) for number in range(5)])
    types = [[job["type"] for job in msgspec.json.decode(body)["jobs"]] for body in bodies]
    assert types == [["0", "1"], ["2", "3"], ["4"]]


def test_no_batch_is_larger_than_the_server_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(orders, "BATCH_BYTES_MAX", 100)
    bodies = batch_bodies([NewJob(type="t", payload="x" * 20) for _ in range(9)])
    assert len(bodies) > 1
    assert all(len(body) <= 100 for body in bodies)
    assert sum(len(msgspec.json.decode(body)["jobs"]) for body in bodies) == 9


@pytest.mark.parametrize("refers", [NewJob(type="t", ref="a"), NewJob(type="t", depends_on=["ref:a"])])
def test_jobs_that_refer_to_each_other_stay_together(refers: NewJob, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(orders, "BATCH_JOBS_MAX", 2)
    assert len(batch_bodies([NewJob(type="t")] * 4 + [refers])) == 1
