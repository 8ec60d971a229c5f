"""The dashboard's answers over HTTP, from a log in memory."""

from __future__ import annotations

import pytest
from litestar.testing import TestClient

from journeyman import events as e
from journeyman.log.memory_log import MemoryLog
from journeyman_dashboard.app import build_app
from journeyman_dashboard.routes import parameters
from journeyman_dashboard.routes.about import Surroundings
from support.dashboard import Dashboard, Writer

JOB_KEYS = (
    "id type queue priority status phase payload result error progress attempt max_attempts attempts depends_on "
    "dependents tags submitted_at started_at finished_at trace_id generation"
)
UNKNOWN = "0" * 24


def test_what_was_written_is_read_with_its_offset(board: Dashboard, writer: Writer) -> None:
    for _ in range(20):
        job = writer.completed(result='{"n":1}', payload='{"x":[1]}')
        told = board.get(f"/jobs/{job}", min_offset=str(board_end(writer)))
        assert (told["status"], told["result"], told["payload"]) == ("completed", {"n": 1}, {"x": [1]})


def board_end(writer: Writer) -> e.Offset:
    return writer.log.end()


def test_a_job_has_the_keys_of_the_contract(board: Dashboard, writer: Writer) -> None:
    job = writer.completed()
    assert set(JOB_KEYS.split()) <= set(board.get(f"/jobs/{job}", min_offset=str(writer.log.end())))


def test_an_offset_that_does_not_come_is_a_504(board: Dashboard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parameters, "MIN_OFFSET_WAIT_S", 0.05)
    told = board.get("/stats", 504, min_offset="9999999999999-0/0")
    assert "is not in the read model yet" in str(told["detail"])


@pytest.mark.parametrize(
    ("query", "path"),
    [
        ("/jobs?colour=red", "colour"),
        ("/stats?limit=3", "limit"),
        ("/jobs?status=open", "status"),
        ("/jobs?phase=open", "phase"),
        ("/jobs?sort=size", "sort"),
        ("/jobs?limit=501", "limit"),
        ("/jobs?limit=x", "limit"),
        ("/jobs?priority_min=21", "priority_min"),
        ("/jobs?cursor=abc", "cursor"),
        ("/jobs?tag=plain", "tag"),
        ("/jobs?submitted_after=noon", "submitted_after"),
        ("/stats?window=1d", "window"),
        ("/jobs?min_offset=now", "min_offset"),
        ("/events?last_event_id=x", "last_event_id"),
        (f"/jobs/{UNKNOWN}?verbose=1", "verbose"),
    ],
)
def test_a_wrong_parameter_is_a_400_that_names_it(board: Dashboard, query: str, path: str) -> None:
    answer = board.http.get(query)
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert [one["path"] for one in answer.json()["errors"]] == [path]


@pytest.mark.parametrize("path", ["", "/history", "/explain", "/graph", "/result"])
@pytest.mark.parametrize("job", [UNKNOWN, "nonsense"])
def test_an_unknown_job_is_a_404(board: Dashboard, job: str, path: str) -> None:
    answer = board.http.get(f"/jobs/{job}{path}")
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")


def test_other_routes_and_methods_are_problems_too(board: Dashboard) -> None:
    for answer in (board.http.get("/nowhere"), board.http.post("/jobs")):
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["status"] == answer.status_code


def test_a_result_is_there_once_the_job_has_completed(board: Dashboard, writer: Writer) -> None:
    job = writer.submitted()
    told = board.get(f"/jobs/{job}/result", 409, min_offset=str(writer.log.end()))
    assert (told["job_status"], told["job_phase"]) == ("pending", "ready")
    writer.append(e.JobStarted(job, 1, "w-1"), e.JobSucceeded(job, 1, "w-1", "[1, 2]"))
    assert board.get(f"/jobs/{job}/result", min_offset=str(writer.log.end())) == {"result": [1, 2]}


def test_a_failed_job_has_its_error_for_a_result(board: Dashboard, writer: Writer) -> None:
    job = writer.submitted()
    error = e.Error("ValueError", "no", "trace", "f1")
    writer.append(e.JobStarted(job, 1, "w-1"), e.JobFailed(job, 1, "w-1", error))
    writer.append(e.JobDeadLettered(job, 1, "permanent", error))
    told = board.get(f"/jobs/{job}/result", 409, min_offset=str(writer.log.end()))
    assert told["job_status"] == "failed"
    assert told["error"] == {"type": "ValueError", "message": "no", "traceback": "trace", "fingerprint": "f1"}


def test_values_in_the_blob_store_are_fetched_for_one_job_and_named_in_lists(board: Dashboard, writer: Writer) -> None:
    blob = board.blobs.put(b'{"big":"payload"}')
    result = board.blobs.put(b'"big result"')
    job = writer.submitted(payload="", payload_blob=blob)
    writer.append(e.JobStarted(job, 1, "w-1"), e.JobSucceeded(job, 1, "w-1", "", 5, result))
    told = board.get(f"/jobs/{job}", min_offset=str(writer.log.end()))
    assert (told["payload"], told["result"]) == ({"big": "payload"}, "big result")
    assert board.get(f"/jobs/{job}/result") == {"result": "big result"}
    items = board.get("/jobs")["items"]
    assert isinstance(items, list)
    assert (items[0]["payload"], items[0]["payload_blob"]["size"]) == (None, blob.size)


def test_a_blob_that_is_gone_is_null_in_the_job_and_a_502_as_result(board: Dashboard, writer: Writer) -> None:
    job = writer.submitted()
    gone = e.Blob("aa/" + "a" * 64, 3, "a" * 64)
    writer.append(e.JobStarted(job, 1, "w-1"), e.JobSucceeded(job, 1, "w-1", "", 5, gone))
    told = board.get(f"/jobs/{job}", min_offset=str(writer.log.end()))
    assert told["result"] is None
    assert told["result_blob"] is not None
    board.get(f"/jobs/{job}/result", 502)


def test_a_job_that_is_not_json_inside_does_not_break_the_list(board: Dashboard, writer: Writer) -> None:
    job = writer.submitted(payload="{not json")
    assert board.get(f"/jobs/{job}", min_offset=str(writer.log.end()))["payload"] == "{not json"


def test_live_workers_are_told_with_their_heartbeat(board: Dashboard, log: MemoryLog, writer: Writer) -> None:
    from journeyman.proposals import Join, Proposal

    joined = e.WorkerJoined("w-1", "box", 7, "1.0", ("default",), ("test.job",), 4)
    log.append([Proposal((joined,), None, (Join("w-1", ("default",), ("test.job",)),))], caller="w-1", number=1)
    log.beat("w-1", {"rss_bytes": 4096, "cpu_percent": 12.5, "running": []})
    told = board.get("/workers", min_offset=str(log.end()))
    assert told["live"] is True
    items = told["items"]
    assert isinstance(items, list)
    assert (items[0]["id"], items[0]["rss_bytes"], items[0]["last_heartbeat_at"] is None) == ("w-1", 4096, False)


@pytest.mark.parametrize("path", ["/queues", "/types", "/dead-letter", "/scaling", "/breakers", "/schedules"])
def test_lists_are_empty_on_an_empty_log(board: Dashboard, path: str) -> None:
    assert board.get(path)["items"] == []


def test_it_is_ready_once_it_has_caught_up(board: Dashboard, writer: Writer) -> None:
    job = writer.submitted()
    board.get(f"/jobs/{job}", min_offset=str(writer.log.end()))
    assert board.get("/health/ready")["status"] == "ok"
    assert board.get("/health/live")["status"] == "ok"


def test_metrics_count_events_and_requests(board: Dashboard, writer: Writer) -> None:
    writer.completed()
    board.get("/stats", min_offset=str(writer.log.end()))
    text = board.http.get("/metrics").text
    assert "journeyman_dashboard_projected_events_total 4.0" in text
    assert 'journeyman_dashboard_requests_total{method="GET",route="/stats",status="200"} 1.0' in text
    assert "journeyman_dashboard_lag_seconds" in text


def test_the_schema_names_every_route_and_parameter(board: Dashboard) -> None:
    schema = board.http.get("/schema").json()
    assert board.http.get("/schema/openapi.json").json() == schema
    listing = schema["paths"]["/jobs"]["get"]["parameters"]
    assert {"status", "phase", "tag", "q", "sort", "cursor", "min_offset"} <= {one["name"] for one in listing}
    assert "/jobs/{job_id}/explain" in schema["paths"]
    for path in ("/jobs", "/stats", "/types/{kind}"):
        assert "Journeyman-Offset" in schema["paths"][path]["get"]["responses"]["200"]["headers"]


def test_no_other_origin_is_let_in_by_default(board: Dashboard) -> None:
    answer = board.http.get("/stats", headers={"Origin": "http://elsewhere.example"})
    assert not [name for name in answer.headers if name.startswith("access-control")]


def test_another_origin_that_is_named_may_read_how_far_an_answer_is(board: Dashboard) -> None:
    origin = "http://ui.example"
    with TestClient(build_app(board.model, Surroundings(origins=(origin,)))) as client:
        answer = client.get("/config", headers={"Origin": origin})
    assert answer.headers["access-control-allow-origin"] == origin
    assert "Journeyman-Offset" in answer.headers["access-control-expose-headers"]


def test_every_screen_shows_the_moment_that_is_asked_for(board: Dashboard, writer: Writer) -> None:
    job = writer.submitted(queue="mail", payload='{"x":1}')
    then = str(writer.log.end())
    writer.append(e.JobStarted(job, 1, "w-1"))
    writer.append(e.JobSucceeded(job, 1, "w-1"), e.QueuePaused("mail"))
    writer.submitted(queue="mail")
    board.get("/stats", min_offset=str(writer.log.end()))
    told = board.get("/jobs", as_of=then)
    assert [(one["id"], one["phase"], one["payload"]) for one in told["items"]] == [(job, "ready", {"x": 1})]  # type: ignore[attr-defined]
    assert (told["total"], told["total_is_exact"]) == (1, True)
    assert board.get(f"/jobs/{job}", as_of=then)["status"] == "pending"
    assert len(board.get(f"/jobs/{job}/history", as_of=then)["items"]) == 2  # type: ignore[arg-type]
    assert board.get("/stats", as_of=then)["jobs"]["total"] == 1  # type: ignore[index]
    assert board.get("/queues", as_of=then)["items"][0]["paused"] is False  # type: ignore[index]
    for path in ("types", "workers", "breakers", "scaling", "dead-letter", f"jobs/{job}/explain", f"jobs/{job}/graph"):
        board.get(f"/{path}", as_of=then)
    board.get("/jobs", 400, as_of="soon")
    assert board.get("/jobs", as_of="9999999999999")["total"] == 2


def test_what_is_notable_is_listed_now_and_as_of_then(board: Dashboard, writer: Writer) -> None:
    job = writer.submitted("mail")
    dead = writer.append(
        e.JobStarted(job, 1, "w-1"), e.JobDeadLettered(job, 1, "permanent", e.Error("E", "no", "", "f"))
    )
    paused = writer.append(e.QueuePaused("post"))
    told: list[dict[str, object]] = board.get("/notable", min_offset=str(paused))["items"]  # type: ignore[assignment]
    assert [(one["event"], one["words"]) for one in told] == [
        ("queue.paused", "queue post was paused"),
        ("job.dead_lettered", "a job of mail failed for good: E: no"),
    ]
    assert (told[1]["job_id"], told[1]["fingerprint"], told[1]["offset"]) == (job, "f", str(dead))
    assert board.get("/notable", as_of=str(dead))["items"] == told[1:]
    assert board.get("/notable", before=str(paused), limit=1)["items"] == told[1:]
    for wrong in ("soon", "1-0/0,1:1-0/0", "7:1-0/0"):
        assert board.get("/notable", 400, before=wrong)["errors"][0]["path"] == "before"  # type: ignore[index]


def test_the_ui_is_told_where_ingest_is(board: Dashboard) -> None:
    told = board.get("/config")
    assert (told["ingest_url"], told["environment"]) == ("http://127.0.0.1:8000", "development")
    assert told["version"]
    assert "as_of" in told["features"]  # type: ignore[operator]
    assert told["trace_url"] == ""


def test_jobs_are_searched_by_payload_age_and_error(board: Dashboard, writer: Writer) -> None:
    job = writer.submitted("image.big", payload='{"user":{"id":42}}')
    writer.submitted("image.small", payload='{"user":{"id":7}}')
    end = str(writer.log.end())

    def found(**query: object) -> list[str]:
        return [one["id"] for one in board.get("/jobs", 200, min_offset=end, **query)["items"]]  # type: ignore[attr-defined]

    assert found(payload="user.id:42", type="image*", age=["<1h"]) == [job]
    assert found(age=">1h") == []
    assert found(error_fingerprint="f1") == []
    assert board.get("/jobs", 400, payload="user")["errors"][0]["path"] == "payload"  # type: ignore[index]
    board.get("/jobs", 400, age="old")
