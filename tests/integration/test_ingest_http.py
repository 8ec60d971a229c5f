"""Submitting over HTTP, and what else ingest answers; over a log in memory and over a real server."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from journeyman import events as e
from journeyman.blobs import FileBlobStore
from journeyman.ids import is_job_id
from support.ingest import Api, events, log_of, problem, records, serving_over

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.fixture(params=["memory", "valkey"])
def api(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Api]:
    url = request.getfixturevalue("server_url") if request.param == "valkey" else ""
    with serving_over(url, tmp_path) as running:
        yield running


# --- submitting ------------------------------------------------------------------------------------------


def test_a_job_is_answered_with_its_id_and_stands_in_the_log(api: Api) -> None:
    answer = api.post("/jobs", json={"type": "synthetic", "payload": {"a": 1}, "priority": "high", "tags": {"k": "v"}})
    assert answer.status_code == 202
    body = answer.json()
    assert is_job_id(body["id"])
    assert answer.headers["location"] == f"/jobs/{body['id']}"
    assert {**body, "id": "", "submitted_at": ""} == {
        "id": "",
        "type": "synthetic",
        "queue": "default",
        "priority": 15,
        "status": "pending",
        "submitted_at": "",
        "durability": "memory",
    }
    submitted, released = records(log_of(api))
    assert submitted.event == e.JobSubmitted(
        body["id"], "synthetic", priority=15, payload='{"a":1}', released=True, tags={"k": "v"}
    )
    assert isinstance(released.event, e.JobReleased)
    assert answer.headers["journeyman-offset"] == str(released.offset)
    assert body["submitted_at"].endswith("Z")


@pytest.mark.parametrize("path", ["/jobs", "/jobs/"])
def test_a_path_with_a_slash_behind_it_is_answered_alike(api: Api, path: str) -> None:
    answer = api.post(path, json={"type": "t"})
    assert answer.status_code == 202
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["location"] == f"/jobs/{answer.json()['id']}"
    assert answer.headers["journeyman-offset"]
    refused = api.post(path, json={"type": "t", "priority": 99})
    assert problem(refused, 422)["errors"][0]["path"] == "$.priority"
    text = api.get("/metrics").text
    assert 'journeyman_ingest_requests_total{method="POST",route="/jobs",status="202"} 1.0' in text
    assert 'journeyman_ingest_requests_total{method="POST",route="/jobs",status="422"} 1.0' in text


def test_the_type_may_be_in_the_path(api: Api) -> None:
    assert api.post("/types/mail/jobs", json={"queue": "q"}).json()["type"] == "mail"
    assert problem(api.post("/types/mail/jobs", json={"type": "other"}), 422)["errors"][0]["path"] == "$.type"
    problem(api.post("/types/a%20b/jobs", json={}), 422)


def test_a_trace_context_goes_with_the_job(api: Api) -> None:
    api.post("/jobs", json={"type": "t"}, headers={"traceparent": TRACE})
    api.post("/jobs", json={"type": "t"}, headers={"traceparent": "nonsense"})
    found = [event.traceparent for event in events(log_of(api)) if isinstance(event, e.JobSubmitted)]
    assert found == [TRACE, ""]


def test_a_large_payload_goes_to_the_blob_store(api: Api, tmp_path: Path) -> None:
    api.submit(payload="x" * 20_000)
    (job,) = [event for event in events(log_of(api)) if isinstance(event, e.JobSubmitted)]
    assert job.payload == ""
    assert job.payload_blob is not None
    assert FileBlobStore(tmp_path / "blobs").get(job.payload_blob) == b'"' + b"x" * 20_000 + b'"'


@pytest.mark.parametrize(
    ("body", "status", "path"),
    [
        (b"", 400, "$"),
        (b"{", 400, "$"),
        (b"\xff", 400, "$"),
        (b"null", 400, "$"),
        (b'{"type":"t","payload":"\\ud800"}', 400, "$"),
        (b'{"type":"t","payload":1e999}', 400, "$.payload"),
        (b'{"type":"t","payload":"\xff"}', 400, "$.payload"),
        (b'{"type":"t","payload":' + b"[" * 50_000 + b"}", 422, "$"),
        (b'{"type":"t","payload":' + b"[" * 64 + b"]" * 64 + b"}", 422, "$.payload"),
        (b'{"type":"t","prio":1}', 400, "$.prio"),
        (b'{"type":"t","priority":21}', 422, "$.priority"),
        (b'{"type":"t","depends_on":["x"]}', 422, "$.depends_on[0]"),
        (b'{"type":"t","payload":"' + b"x" * (1 << 20) + b'"}', 413, "$.payload"),
    ],
)
def test_a_body_that_cannot_be_a_job_is_a_problem_with_a_path(api: Api, body: bytes, status: int, path: str) -> None:
    answer = api.post("/jobs", content=body, headers={"content-type": "application/json"})
    assert problem(answer, status)["errors"][0]["path"] == path
    assert not events(log_of(api))


def test_a_body_beyond_the_limit_is_refused_announced_or_not(api: Api) -> None:
    def chunks(count: int) -> Any:
        async def stream() -> Any:
            for _ in range(count):
                yield b"x" * 65_536

        return stream()

    headers = {"content-type": "application/json"}
    problem(api.post("/jobs", content=b" " * 1_300_000, headers=headers), 413)
    problem(api.post("/jobs", content=chunks(30), headers=headers), 413)
    problem(api.post("/jobs/batch", content=b" " * (9 << 20), headers=headers), 413)
    problem(api.post("/jobs/batch", content=chunks(200), headers=headers), 413)


def test_other_media_types_methods_and_paths_are_problems_too(api: Api) -> None:
    problem(api.post("/jobs", content=b"{}", headers={"content-type": "text/plain"}), 415)
    problem(api.post("/jobs", data={"type": "t"}), 415)
    problem(api.post("/jobs", content=b"{}", headers={"content-type": "application/x-ndjson"}), 415)
    answer = api.get("/jobs")
    assert "POST" in answer.headers["allow"]
    problem(answer, 405)
    problem(api.get("/no/such/path"), 404)


# --- batches ---------------------------------------------------------------------------------------------


def test_a_batch_answers_ids_in_order_and_enters_the_log_parents_first(api: Api) -> None:
    answer = api.post(
        "/jobs/batch",
        json={
            "jobs": [
                {"type": "sum", "depends_on": ["ref:a", "ref:b"]},
                {"type": "a", "ref": "a"},
                {"type": "b", "ref": "b"},
            ]
        },
    )
    assert answer.status_code == 202
    total, a, b = answer.json()["ids"]
    submitted = [event for event in events(log_of(api)) if isinstance(event, e.JobSubmitted)]
    assert [(job.type, job.job_id) for job in submitted] == [("a", a), ("b", b), ("sum", total)]
    assert submitted[-1].depends_on == (a, b)
    assert answer.headers["journeyman-offset"] == str(records(log_of(api))[-1].offset)


def test_a_batch_may_be_one_job_a_line(api: Api) -> None:
    headers = {"content-type": "application/x-ndjson"}
    answer = api.post("/jobs/batch", content=b'{"type":"a"}\n{"type":"b"}\n', headers=headers)
    assert len(answer.json()["ids"]) == 2
    broken = problem(api.post("/jobs/batch", content=b'{"type":"a"}\n{"type":\n', headers=headers), 400)
    assert broken["errors"][0]["path"] == "$.jobs[1]"
    assert "line 2" in broken["errors"][0]["message"]


def test_one_bad_job_refuses_the_whole_batch(api: Api) -> None:
    jobs = [{"type": "a"}, {"type": "b", "priority": 99}]
    assert problem(api.post("/jobs/batch", json={"jobs": jobs}), 422)["errors"][0]["path"] == "$.jobs[1].priority"
    cycle = [{"type": "a", "ref": "a", "depends_on": ["ref:b"]}, {"type": "b", "ref": "b", "depends_on": ["ref:a"]}]
    assert "cycle" in problem(api.post("/jobs/batch", json={"jobs": cycle}), 422)["detail"]
    assert not events(log_of(api))


def test_ten_thousand_jobs_are_one_batch_and_one_more_is_too_many(api: Api) -> None:
    jobs = [{"type": "t", "payload": {"n": number}} for number in range(10_000)]
    ids = api.post("/jobs/batch", json={"jobs": jobs}).json()["ids"]
    assert len(set(ids)) == 10_000
    assert ids == sorted(ids)
    problem(api.post("/jobs/batch", json={"jobs": [*jobs, jobs[0]]}), 413)
    assert sum(isinstance(event, e.JobSubmitted) for event in events(log_of(api))) == 10_000


# --- idempotency -----------------------------------------------------------------------------------------


def test_the_same_key_and_request_get_the_first_answer_again(api: Api) -> None:
    headers = {"idempotency-key": "once"}
    first = api.post("/jobs", json={"type": "t", "payload": {"a": 1, "b": 2}}, headers=headers)
    again = api.post("/jobs", json={"payload": {"b": 2, "a": 1}, "type": "t"}, headers=headers)
    assert again.status_code == 202
    assert again.content == first.content
    assert again.headers["idempotency-replayed"] == "true"
    assert "idempotency-replayed" not in first.headers
    assert again.headers["location"] == first.headers["location"]
    assert again.headers["journeyman-offset"] == first.headers["journeyman-offset"]
    assert sum(isinstance(event, e.JobSubmitted) for event in events(log_of(api))) == 1


def test_the_same_key_for_another_request_is_refused(api: Api) -> None:
    headers = {"idempotency-key": "once"}
    api.post("/jobs", json={"type": "t"}, headers=headers)
    assert problem(api.post("/jobs", json={"type": "u"}, headers=headers), 422)["type"].endswith(
        "idempotency-key-reused"
    )
    assert api.post("/types/u/jobs", json={}, headers=headers).status_code == 202


def test_a_batch_is_idempotent_as_a_whole(api: Api) -> None:
    headers = {"idempotency-key": "once"}
    jobs = {"jobs": [{"type": "a"}, {"type": "b"}]}
    first = api.post("/jobs/batch", json=jobs, headers=headers)
    again = api.post("/jobs/batch", json=jobs, headers=headers)
    assert again.json() == first.json()
    assert again.headers["idempotency-replayed"] == "true"
    assert sum(isinstance(event, e.JobSubmitted) for event in events(log_of(api))) == 2


def test_two_requests_with_one_key_at_the_same_time_are_one_job(api: Api) -> None:
    async def both() -> list[httpx.Response]:
        return await asyncio.gather(
            *[api.client.post("/jobs", json={"type": "t"}, headers={"idempotency-key": "k"}) for _ in range(8)]
        )

    answers = api.run(both())
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.content for answer in answers}) == 1
    assert sum("idempotency-replayed" in answer.headers for answer in answers) == 7


@pytest.mark.parametrize("key", ["", "x" * 256])
def test_a_key_that_cannot_be_is_malformed(api: Api, key: str) -> None:
    problem(api.post("/jobs", json={"type": "t"}, headers={"idempotency-key": key}), 400)


# --- the rest --------------------------------------------------------------------------------------------


def test_jobs_are_generated_from_a_template(api: Api) -> None:
    answer = api.post(
        "/dev/generate-jobs",
        json={"count": 1_201, "type": "t", "payload_template": {"name": "n{i}", "n": 1}, "priority": "low"},
    )
    assert answer.status_code == 202
    jobs = [event for event in events(log_of(api)) if isinstance(event, e.JobSubmitted)]
    assert [json.loads(job.payload) for job in jobs] == [{"name": f"n{index}", "n": 1} for index in range(1_201)]
    assert {job.priority for job in jobs} == {5}
    assert answer.json() == {"count": 1_201, "first_id": jobs[0].job_id, "last_id": jobs[-1].job_id}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"type": "t"}, 400),
        ({"count": 0, "type": "t"}, 422),
        ({"count": 100_001, "type": "t"}, 422),
        ({"count": 1, "type": "t", "payload_template": []}, 400),
        ({"count": 1, "type": "t", "payload_template": {"a": "x" * 20_000}}, 413),
    ],
)
def test_generating_has_its_limits(api: Api, body: dict[str, Any], status: int) -> None:
    problem(api.post("/dev/generate-jobs", json=body), status)


def test_probes_metrics_and_the_schema_answer(api: Api) -> None:
    api.submit()
    api.get("/nowhere")
    assert api.get("/health/live").status_code == 200
    assert api.get("/health/ready").status_code == 200
    text = api.get("/metrics").text
    assert 'journeyman_ingest_requests_total{method="POST",route="/jobs",status="202"} 1.0' in text
    assert "journeyman_ingest_appended_events_total 1.0" in text
    assert "journeyman_ingest_group_commit_proposals_count 1.0" in text
    assert 'route="unknown",status="404"' in text


def test_the_schema_names_every_route_with_its_bodies(api: Api) -> None:
    schema = api.get("/schema/openapi.json").json()
    assert api.get("/schema").json() == schema
    problem(api.get("/schema/no-such-page"), 404)
    assert api.get("/schema/openapi.yaml").status_code == 200
    assert {f"{method.upper()} {path}" for path, operations in schema["paths"].items() for method in operations} >= {
        "POST /jobs",
        "POST /jobs/batch",
        "POST /types/{job_type}/jobs",
        "POST /jobs/{job_id}/cancel",
        "DELETE /jobs/{job_id}",
        "PATCH /jobs/{job_id}",
        "POST /jobs/{job_id}/retry",
        "POST /dead-letter/redrive",
        "POST /queues/{queue}/pause",
        "POST /queues/{queue}/resume",
        "POST /breakers/{type}/open",
        "POST /breakers/{type}/close",
        "POST /workers/{worker}/drain",
        "POST /dev/generate-jobs",
        "GET /health/live",
        "GET /health/ready",
        "GET /metrics",
    }
    submit = schema["paths"]["/jobs"]["post"]
    fields = submit["requestBody"]["content"]["application/json"]["schema"]["properties"]
    assert fields["payload"]["description"]
    assert fields["backoff"]["properties"]["initial_ms"]["default"] == 1000
    assert "application/problem+json" in submit["responses"]["422"]["content"]


def test_every_kind_of_problem_is_explained(api: Api) -> None:
    kind = problem(api.post("/jobs", json={}), 400)["type"]
    assert api.get(kind).json()["meaning"]
    problem(api.get("/problems/none"), 404)
