"""Changing over HTTP what exists: jobs, queues, workers, dead letters; over a log in memory and over a real server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from journeyman import events as e
from journeyman.ids import compose
from journeyman.proposals import Join, Proposal
from support.ingest import Api, end, events, log_of, problem, records, serving_over

NOBODY = compose(1_732_247_000_000, 1, 0)


@pytest.fixture(params=["memory", "valkey"])
def api(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Api]:
    url = request.getfixturevalue("server_url") if request.param == "valkey" else ""
    with serving_over(url, tmp_path) as running:
        yield running


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/jobs/{}/cancel"), ("DELETE", "/jobs/{}"), ("PATCH", "/jobs/{}"), ("POST", "/jobs/{}/retry")],
)
@pytest.mark.parametrize("job_id", [NOBODY, "nonsense", "x" * 24, "%00", "é"])
def test_a_job_nobody_knows_is_not_found(api: Api, method: str, path: str, job_id: str) -> None:
    body = {"json": {"priority": 1}} if method == "PATCH" else {}
    problem(api.request(method, path.format(job_id), **body), 404)


def test_a_cancel_is_in_the_log(api: Api) -> None:
    first, second = api.submit(), api.submit()
    assert api.post(f"/jobs/{first}/cancel").status_code == 202
    answer = api.delete(f"/jobs/{second}")
    assert answer.status_code == 202
    assert events(log_of(api))[-2:] == [e.JobCancelRequested(first), e.JobCancelRequested(second)]
    assert answer.headers["journeyman-offset"] == str(records(log_of(api))[-1].offset)
    problem(api.post(f"/jobs/{first}/cancel", json={"why": "so"}), 400)


@pytest.mark.parametrize("how", ["failed", "cancelled"])
def test_an_ended_job_is_not_cancelled_again_but_can_be_retried(api: Api, how: str) -> None:
    job_id = api.submit()
    problem(api.post(f"/jobs/{job_id}/retry"), 409)
    end(api, job_id, how)
    problem(api.post(f"/jobs/{job_id}/cancel"), 409)
    problem(api.patch(f"/jobs/{job_id}", json={"priority": 1}), 409)
    answer = api.post(f"/jobs/{job_id}/retry")
    assert answer.status_code == 202
    assert answer.json() == {"id": job_id, "generation": 2, "status": "pending"}
    redriven = events(log_of(api))[-1]
    assert isinstance(redriven, e.JobRedriven)
    assert (redriven.generation, redriven.attempt) == (2, 3 if how == "failed" else 0)
    problem(api.post(f"/jobs/{job_id}/retry"), 409)


def test_a_waiting_job_gets_another_priority_and_a_running_one_does_not(api: Api) -> None:
    job_id = api.submit()
    answer = api.patch(f"/jobs/{job_id}", json={"priority": "critical"})
    assert answer.json() == {"id": job_id, "priority": 20, "status": "pending"}
    assert events(log_of(api))[-1] == e.JobReprioritised(job_id, 20)
    join(api, "w-1")
    assert len(log_of(api).claim("w-1", 1, 1, queues=["default"], types=["synthetic"]).jobs) == 1
    assert "running" in problem(api.patch(f"/jobs/{job_id}", json={"priority": 1}), 409)["detail"]


@pytest.mark.parametrize(
    ("body", "status"), [({}, 422), ({"priority": 21}, 422), ({"priority": "x"}, 422), ({"queue": "q"}, 400), ([], 400)]
)
def test_a_change_names_a_priority_and_nothing_else(api: Api, body: Any, status: int) -> None:
    problem(api.patch(f"/jobs/{api.submit()}", json=body), status)


def join(api: Api, worker: str) -> None:
    joined = e.WorkerJoined(worker, "host", 1, "0", ("default",), ("synthetic",), 1)
    log_of(api).append(
        [Proposal((joined,), None, (Join(worker, ("default",), ("synthetic",)),))], caller="test", number=1
    )


def test_queues_are_paused_and_resumed(api: Api) -> None:
    assert api.post("/queues/images/pause").json() == {"queue": "images", "paused": True}
    assert api.post("/queues/images/resume", json={}).json() == {"queue": "images", "paused": False}
    assert events(log_of(api)) == [e.QueuePaused("images"), e.QueueResumed("images")]
    problem(api.post("/queues/a%20b/pause"), 422)


def test_breakers_are_opened_and_closed_by_hand(api: Api) -> None:
    join(api, "w-1")
    job_id = api.submit()
    assert api.post("/breakers/synthetic/open").json() == {"type": "synthetic", "state": "open"}
    assert claimed(api, 1) == []
    assert api.post("/breakers/synthetic/close", json={}).json() == {"type": "synthetic", "state": "closed"}
    assert claimed(api, 2) == [job_id]
    turned = [event for event in events(log_of(api)) if isinstance(event, (e.BreakerOpened, e.BreakerClosed))]
    assert turned == [e.BreakerOpened("synthetic", "manual"), e.BreakerClosed("synthetic", "manual")]
    problem(api.post("/breakers/a%20b/open"), 422)


def claimed(api: Api, number: int) -> list[str]:
    jobs = log_of(api).claim("w-1", number, 5, queues=("default",), types=("synthetic",)).jobs
    return [job.body.job_id for job in jobs]


def test_a_worker_is_drained_on_request(api: Api) -> None:
    join(api, "w-1")
    answer = api.post("/workers/w-1/drain")
    assert answer.json() == {"id": "w-1", "status": "draining"}
    assert events(log_of(api))[-1] == e.WorkerDraining("w-1", "request")
    assert log_of(api).beat("w-1", {}).drain
    problem(api.post("/workers/w-2/drain"), 404)
    problem(api.post("/workers/%20/drain"), 404)


def redrive(api: Api, **wanted: Any) -> tuple[int, int]:
    """Redrive; return how many matched and how many were redriven."""
    answer = api.post("/dead-letter/redrive", json=wanted)
    assert answer.status_code == 202, answer.text
    done = answer.json()
    assert bool(done["redrive_id"]) == (done["redriven"] > 0)
    return done["matched"], done["redriven"]


def redrives(api: Api) -> list[e.JobRedriven]:
    return [event for event in events(log_of(api)) if isinstance(event, e.JobRedriven)]


def test_dead_letters_are_redriven_by_filter_limit_and_rate(api: Api) -> None:
    jobs = [api.submit() for _ in range(4)]
    for job_id in jobs:
        end(api, job_id, "failed")

    assert redrive(api, dry_run=True) == (4, 0)
    assert redrive(api, type="other") == (0, 0)
    assert redrive(api, queue="other") == (0, 0)
    assert redrive(api, error_fingerprint="other") == (0, 0)
    assert redrive(api, error_fingerprint="f00d", limit=1) == (4, 1)
    assert redrive(api, rate_per_s=1, queue="default") == (3, 3)
    assert redrive(api) == (0, 0)
    due = [event.due_ms for event in redrives(api)]
    assert due[:2] == [0, 0]
    assert due[3] - due[2] == 1_000
    problem(api.post("/dead-letter/redrive", json={"rate_per_s": 0}), 422)
    problem(api.post("/dead-letter/redrive", json={"rate_per_s": 1e-300}), 422)
    problem(api.post("/dead-letter/redrive", json={"stop_on_failures": 0}), 422)
    problem(api.post("/dead-letter/redrive", json={"all": True}), 400)


@pytest.mark.parametrize("chosen", [{"type": "t2"}, {"queue": "q2"}, {"error_fingerprint": "cafe"}])
def test_one_type_queue_or_cause_is_redriven_and_the_others_are_left(api: Api, chosen: dict[str, str]) -> None:
    others = [api.submit() for _ in range(2)]
    wanted = api.submit(type=chosen.get("type", "synthetic"), queue=chosen.get("queue", "default"))
    for job_id in others:
        end(api, job_id, "failed")
    end(api, wanted, "failed", fingerprint=chosen.get("error_fingerprint", "f00d"))

    assert redrive(api, dry_run=True, **chosen) == (1, 0)
    assert redrives(api) == []
    assert redrive(api, **chosen) == (1, 1)
    assert [event.job_id for event in redrives(api)] == [wanted]
    assert redrive(api, dry_run=True) == (2, 0)


def test_a_redrive_that_may_stop_says_so_with_each_job_and_what_its_error_was(api: Api) -> None:
    jobs = [api.submit() for _ in range(3)]
    for job_id in jobs:
        end(api, job_id, "failed")
    answer = api.post("/dead-letter/redrive", json={"stop_on_failures": 2, "rate_per_s": 5})
    found = redrives(api)
    assert {event.redrive for event in found} == {answer.json()["redrive_id"]}
    assert {event.stop_on_failures for event in found} == {2}
    assert {event.error for event in found} == {e.Error("ValueError", fingerprint="f00d")}
    assert sorted(event.job_id for event in found) == sorted(jobs)
