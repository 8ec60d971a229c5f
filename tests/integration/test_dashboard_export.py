"""All jobs that match as lines of JSON, over HTTP: the same as a list page by page, whatever is in them."""

from __future__ import annotations

import json
import re
import socket
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from journeyman import events as e
from journeyman.admission import admit
from journeyman.log.memory_log import MemoryLog
from journeyman_dashboard import exports
from journeyman_dashboard.queries import exporting
from journeyman_dashboard.reading import TooSlowError
from support.dashboard import Dashboard, Writer
from support.waiting import wait_for

HOSTILE = [
    '{"a":\n"line\\nbreak",\r\n"b":"\\u2028 \\u0000"}',
    '"</script><script>alert(1)</script>"',
    '{"\\"},{":"\\u202egnp.exe"}',
    '"\U0001f680 ü"',
    "[[[[[1e99]]]]]",
]


def export(board: Dashboard, log: MemoryLog, **params: Any) -> list[dict[str, Any]]:
    """Return the jobs of an export of what is in the log by now."""
    answer = board.http.get("/jobs/export", params={"min_offset": str(log.end()), **params})
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == "application/x-ndjson"
    return [json.loads(line) for line in answer.text.split("\n")[:-1]]


def many(log: MemoryLog, count: int) -> None:
    """Submit jobs, a hundred at a time."""
    writer = Writer(log)
    jobs = [e.JobSubmitted(writer.job_id(), "many", payload=f'{{"n":{n},"x":"{"x" * 2000}"}}') for n in range(count)]
    for start in range(0, count, 100):
        proposals = [admit([job], log.now_ms()) for job in jobs[start : start + 100]]
        log.append(proposals, caller=f"client-{jobs[start].job_id}", number=1)


def test_it_has_what_a_list_has_in_the_same_order(board: Dashboard, writer: Writer, log: MemoryLog) -> None:
    for n in range(6):
        writer.submitted(f"image.{n % 2}", priority=n, payload=f'{{"user":{{"id":{n}}}}}')
    writer.completed("mail", result='{"sent":true}')
    queries: list[dict[str, Any]] = [
        {},
        {"type": "image*", "sort": "-priority"},
        {"payload": "user.id:4"},
        {"status": "completed", "sort": "-duration"},
        {"q": "mail"},
        {"age": "<1h", "priority_min": 3, "sort": "submitted_at"},
    ]
    for params in queries:
        listed = board.http.get("/jobs", params={"min_offset": str(log.end()), **params})
        assert export(board, log, **params) == listed.json()["items"]
    assert export(board, log, type="nothing") == []


def test_pages_are_joined_without_a_seam(board: Dashboard, log: MemoryLog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporting, "PAGE", 7)
    many(log, 100)
    for sort in ("submitted_at", "-submitted_at", "-priority", "duration"):
        numbers = [job["payload"]["n"] for job in export(board, log, sort=sort)]
        assert sorted(numbers) == list(range(100))
    assert [job["payload"]["n"] for job in export(board, log, sort="submitted_at", payload="n:9*")] == []
    assert [job["payload"]["n"] for job in export(board, log, payload="n:93")] == [93]


def test_hostile_strings_stay_in_their_lines(board: Dashboard, writer: Writer, log: MemoryLog) -> None:
    for payload in HOSTILE:
        writer.submitted(payload=payload, tags={"t": "a\nb"})
    told = export(board, log, sort="submitted_at")
    assert [job["payload"] for job in told] == [json.loads(payload) for payload in HOSTILE]
    assert {job["tags"]["t"] for job in told} == {"a\nb"}


def test_it_is_a_file_named_by_its_moment(board: Dashboard, writer: Writer, log: MemoryLog) -> None:
    writer.submitted()
    name = r'attachment; filename="jobs-\d{4}-\d\d-\d\dT\d{6}Z\.ndjson"'
    assert re.fullmatch(name, board.http.get("/jobs/export").headers["Content-Disposition"])
    params = {"as_of": "2020-01-02T03:04:05.678Z"}
    past = board.http.get("/jobs/export", params=params)
    assert (past.text, past.headers["Cache-Control"]) == ("", "no-store")
    assert past.headers["Content-Disposition"] == 'attachment; filename="jobs-2020-01-02T030405Z.ndjson"'


def test_as_of_shows_jobs_as_they_were(board: Dashboard, writer: Writer, log: MemoryLog) -> None:
    job = writer.submitted()
    then = str(log.end())
    writer.append(e.JobStarted(job, 1, "w-1"))
    writer.submitted()
    assert [one["status"] for one in export(board, log, as_of=then)] == ["pending"]
    assert [one["status"] for one in export(board, log)] == ["pending", "processing"]


@pytest.mark.parametrize(
    ("query", "status", "path"),
    [("colour=red", 400, "colour"), ("limit=3", 400, "limit"), ("sort=size", 400, "sort"), ("as_of=x", 400, "as_of")],
)
def test_what_cannot_be_exported_is_said_before_it_begins(board: Dashboard, query: str, status: int, path: str) -> None:
    answer = board.http.get(f"/jobs/export?{query}")
    assert answer.status_code == status
    assert answer.json()["errors"][0]["path"] == path


def test_jobs_that_come_while_it_is_under_way_are_not_in_it(
    board: Dashboard, log: MemoryLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    many(log, 1_000)
    board.get("/stats", min_offset=str(log.end()))
    with board.http.stream("GET", "/jobs/export", params={"sort": "submitted_at"}) as answer:
        lines = answer.iter_lines()
        next(lines)
        wait_for(lambda: log.now_ms() > board.model.reach.latest_ms() + 1, "another millisecond")
        many(log, 100)
        board.get("/stats", min_offset=str(log.end()))
        assert sum(1 for _ in lines) == 999


def test_a_client_that_goes_away_lets_the_next_begin(board: Dashboard, log: MemoryLog) -> None:
    many(log, 6_000)
    board.get("/stats", min_offset=str(log.end()))
    address = urlsplit(board.url)
    clients = []
    for _ in range(exports.UNDER_WAY_MAX):
        client = socket.create_connection((address.hostname, address.port), timeout=10)
        client.sendall(b"GET /jobs/export HTTP/1.1\r\nHost: here\r\n\r\n")
        assert b"200" in client.recv(2_000)
        clients.append(client)
    told = board.http.get("/jobs/export")
    assert (told.status_code, told.headers["Retry-After"]) == (503, "5")
    for client in clients:
        client.close()
    wait_for(lambda: board.model.exports.under_way == 0, "the exports to end")
    assert len(export(board, log)) == 6_000


def test_one_that_breaks_off_does_not_look_whole(
    board: Dashboard, log: MemoryLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    many(log, 1_000)
    board.get("/stats", min_offset=str(log.end()))
    whole, asked = exporting.export_page, []

    def slow(*args: Any, **kwargs: Any) -> Any:
        asked.append(1)
        if len(asked) > 1:
            raise TooSlowError("too slow")
        return whole(*args, **kwargs)

    monkeypatch.setattr(exports, "export_page", slow)
    monkeypatch.setattr(exports, "BACKOFF_S", (0.0, 0.0))
    with board.http.stream("GET", "/jobs/export") as answer, pytest.raises(httpx.RemoteProtocolError):
        answer.read()
    assert answer.status_code == 200
    assert len(asked) == 4
    wait_for(lambda: board.model.exports.under_way == 0, "the export to end")
