"""The stream of events, read as a browser would."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from journeyman import events as e
from journeyman.log.memory_log import MemoryLog
from journeyman_dashboard import streams
from journeyman_dashboard.routes import events
from support.dashboard import Dashboard, Writer, dashboard
from support.waiting import wait_for


class Told(NamedTuple):
    id: str
    event: str
    data: dict[str, Any]


@pytest.fixture
def writer() -> Writer:
    return Writer(MemoryLog())


@pytest.fixture
def board(writer: Writer, tmp_path: Path) -> Iterator[Dashboard]:
    with dashboard(writer.log, tmp_path) as served:
        yield served


@contextmanager
def follow(board: Dashboard, query: str = "", last: str | None = None) -> Iterator[Iterator[Told]]:
    """Open a stream; gives its events. The stream stands where it begins before this returns."""
    headers = {"Last-Event-ID": last} if last else {}
    with httpx.stream("GET", f"{board.url}/events{query}", headers=headers, timeout=10) as answer:
        assert answer.status_code == 200, answer.read()
        assert answer.headers["content-type"].startswith("text/event-stream")
        lines = answer.iter_lines()
        for line in lines:
            if not line:
                break
        yield parsed(lines)


def parsed(lines: Iterator[str]) -> Iterator[Told]:
    fields: dict[str, str] = {}
    for line in lines:
        if line:
            name, _, value = line.partition(": ")
            fields[name] = value
        elif "data" in fields:
            yield Told(fields["id"], fields["event"], json.loads(fields["data"]))
            fields = {}


def take(told: Iterator[Told], count: int) -> list[Told]:
    return [next(told) for _ in range(count)]


def test_a_stream_begins_now_and_tells_what_happens(board: Dashboard, writer: Writer) -> None:
    writer.completed()
    board.get("/stats", min_offset=str(writer.log.end()))
    with follow(board) as told:
        job = writer.submitted(payload='{"n":1}')
        submitted, released = take(told, 2)
    assert (submitted.event, released.event) == ("job.submitted", "job.released")
    assert submitted.data["data"]["job_id"] == job
    assert submitted.data["data"]["payload"] == {"n": 1}
    assert submitted.data["offset"] == submitted.id
    assert submitted.data["at"].endswith("Z")


def test_a_stream_resumes_behind_the_last_event_that_was_seen(board: Dashboard, writer: Writer) -> None:
    with follow(board) as told:
        writer.completed()
        first = take(told, 2)
    writer.completed()
    with follow(board, last=first[-1].id) as told:
        rest = take(told, 6)
    assert [one.event for one in first + rest] == [
        *("job.submitted", "job.released", "job.started", "job.succeeded") * 2
    ]
    ids = [e.Offset.parse(one.id) for one in first + rest]
    assert ids == sorted(set(ids))


def test_a_stream_resumes_by_parameter_too(board: Dashboard, writer: Writer) -> None:
    writer.completed()
    with follow(board, "?last_event_id=0-0") as told:
        assert [one.event for one in take(told, 2)] == ["job.submitted", "job.released"]


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("event=job.succeeded", 2),
        ("event=job.succeeded&event=job.started", 5),
        ("status=completed", 2),
        ("type=mail", 4),
        ("queue=post", 5),
        ("worker=w-1", 4),
        ("tag=k:v", 4),
        ("type=mail&event=job.started", 1),
    ],
)
def test_filters_leave_what_was_asked_for(board: Dashboard, writer: Writer, query: str, count: int) -> None:
    writer.completed("other")
    writer.completed("mail", queue="post", tags={"k": "v"})
    writer.append(e.QueuePaused("post"))
    end = writer.append(e.JobStarted("z" * 24, 1, "w-9"))
    with follow(board, f"?last_event_id=0-0&min_offset={end}&{query}") as told:
        found = take(told, count)
        marker = writer.completed("mail", queue="post", tags={"k": "v"})
        assert next(told).data["data"].get("job_id") == marker
    assert len(found) == count


def test_a_stream_of_one_job_tells_of_that_job_alone(board: Dashboard, writer: Writer) -> None:
    job = writer.completed()
    writer.completed()
    again = writer.append(e.JobRedriven(job, 2, 1, "test.job", "default", 10, 3))
    with follow(board, f"?last_event_id=0-0&job_id={job}&min_offset={again}") as told:
        assert {one.data["data"]["job_id"] for one in take(told, 5)} == {job}


def test_a_quiet_stream_is_kept_alive_by_comments(board: Dashboard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "HEARTBEAT_S", 0.05)
    with httpx.stream("GET", f"{board.url}/events", timeout=10) as answer:
        comments = (line for line in answer.iter_lines() if line.startswith(":"))
        assert next(comments) == ": from here on"
        assert "behind the log" in next(comments)


def test_a_long_past_comes_in_stretches_and_whole(board: Dashboard, writer: Writer) -> None:
    for start in range(0, 1_500, 500):
        writer.append(*(e.JobStarted(f"{start + index:024d}", 1, "w-1") for index in range(500)))
    with follow(board, "?last_event_id=0-0") as told:
        assert [one.data["data"]["job_id"] for one in take(told, 1_500)] == [f"{n:024d}" for n in range(1_500)]


def crowd(board: Dashboard, writer: Writer) -> socket.socket:
    """Open a stream with a long past by hand, and read nothing of it."""
    for start in range(0, 50_000, 500):
        end = writer.append(*(e.JobStarted(f"{start + index:024d}", 1, "w-1" * 20) for index in range(500)))
    board.get("/stats", min_offset=str(end))
    host, port = board.url.removeprefix("http://").split(":")
    client = socket.create_connection((host, int(port)))
    client.sendall(b"GET /events?last_event_id=0-0 HTTP/1.1\r\nHost: here\r\n\r\n")
    wait_for(lambda: board.model.streams.open == 1, "the stream to be open")
    return client


def test_a_client_that_goes_in_the_middle_leaves_no_stream_behind(board: Dashboard, writer: Writer) -> None:
    crowd(board, writer).close()
    wait_for(lambda: board.model.streams.open == 0, "the stream to be closed")


def test_a_client_that_takes_nothing_is_let_go(
    board: Dashboard, writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "STALL_S", 0.1)
    client = crowd(board, writer)
    wait_for(lambda: board.model.streams.open == 0, "the stream to be closed")
    client.close()


def test_streams_are_counted_and_bounded(board: Dashboard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "STREAMS_MAX", 1)
    with follow(board):
        assert board.http.get("/events").status_code == 503
    wait_for(lambda: board.model.streams.open == 0, "the stream to be closed")
    with follow(board):
        pass
