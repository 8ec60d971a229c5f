"""The stream of events, read as a browser would."""

from __future__ import annotations

import json
import re
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from journeyman import events as e
from journeyman.entries import read_position, write_position
from journeyman.log.memory_log import MemoryLog
from journeyman_dashboard import streams
from journeyman_dashboard.positions import reached
from journeyman_dashboard.routes import streaming
from journeyman_dashboard.schema import FILE_NAME, open_for_reading
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
        else:
            if "data" in fields:
                yield Told(fields.get("id", ""), fields["event"], json.loads(fields["data"]))
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


def crowd(board: Dashboard, writer: Writer, query: str = "last_event_id=0-0") -> socket.socket:
    """Open a stream with a long past by hand, and read nothing of it."""
    for start in range(0, 50_000, 500):
        end = writer.append(*(e.JobStarted(f"{start + index:024d}", 1, "w-1" * 20) for index in range(500)))
    board.get("/stats", min_offset=str(end))
    host, port = board.url.removeprefix("http://").split(":")
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 64 * 1024)
    client.connect((host, int(port)))
    client.sendall(f"GET /events?{query} HTTP/1.1\r\nHost: here\r\n\r\n".encode())
    wait_for(lambda: board.model.streams.open == 1, "the stream to be open")
    return client


def test_a_client_that_goes_in_the_middle_leaves_no_stream_behind(board: Dashboard, writer: Writer) -> None:
    crowd(board, writer).close()
    wait_for(lambda: board.model.streams.open == 0, "the stream to be closed")


def test_a_client_that_takes_nothing_is_let_go(
    board: Dashboard, writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streaming, "STALL_S", 0.1)
    client = crowd(board, writer)
    wait_for(lambda: board.model.streams.open == 0, "the stream to be closed")
    client.close()


def test_what_a_client_takes_nothing_of_is_not_read_for_it(
    board: Dashboard, writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    stretches: list[int] = []

    def read(*args: Any) -> streams.Stretch:
        place, text = read_stretch(*args)
        stretches.append(len(text))
        return place, text

    read_stretch = streams.read_stretch
    monkeypatch.setattr(streams, "read_stretch", read)
    client = crowd(board, writer)
    wait_for(lambda: bool(stretches), "the stream to be read")
    seen: list[int] = []
    while len(seen) < 5 or seen[-1] != seen[-5]:
        seen.append(len(stretches))
        board.get("/stats", min_offset=str(writer.completed() and writer.log.end()))
        time.sleep(0.1)
    # What the server and the sockets hold: of some 12 megabytes.
    assert sum(stretches) < 10 * 1024 * 1024
    client.close()


def test_a_stretch_of_large_events_is_cut_by_its_weight(board: Dashboard, writer: Writer, tmp_path: Path) -> None:
    payload = json.dumps({"text": "x" * 16_000})
    for _ in range(4):
        writer.append(*(e.JobSubmitted(writer.job_id(), "t", payload=payload) for _ in range(50)))
    board.get("/stats", min_offset=str(writer.log.end()))
    reader = open_for_reading(tmp_path / FILE_NAME)
    place = {0: e.BEGINNING}
    told = 0
    while place != board.model.reach.position:
        place, text = streams.read_stretch(reader, streams.EventFilter(), place, board.model.reach.position)
        assert len(text) < streams.STRETCH_BYTES + 20_000
        told += text.count(b"event: job.submitted")
    assert told == 200
    reader.close()


def test_pulses_come_to_those_who_ask_for_them(
    board: Dashboard, writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "PULSE_S", 0.05)
    monkeypatch.setattr(streams, "HEARTBEAT_S", 0.05)
    writer.completed()
    end = writer.log.end()
    with follow(board, f"?pulse=true&min_offset={end}") as told:
        for pulse in take(told, 3):
            assert (pulse.id, pulse.event) == ("", "pulse")
            assert pulse.data["offset"] == str(end)
            assert pulse.data["at"].endswith("Z")
            assert 0 <= pulse.data["lag_ms"] < 5_000
        job = writer.submitted()
        first = next(one for one in told if one.event != "pulse")
    assert first.data["data"]["job_id"] == job
    with follow(board, "?last_event_id=0-0") as told:
        assert "pulse" not in {one.event for one in take(told, 6)}


def test_what_was_read_before_a_stream_began_can_be_told_from_what_has_to_be_read_again(
    board: Dashboard, writer: Writer
) -> None:
    read = read_position(board.http.get("/jobs").headers["Journeyman-Offset"])
    job = writer.completed()
    board.get("/stats", min_offset=str(writer.log.end()))
    with follow(board, "?pulse=true") as told:
        begins = next(told)
    assert begins.event == "pulse"
    assert begins.data["offset"] == str(writer.log.end())
    assert not reached(read, read_position(begins.data["offset"]))
    again = board.http.get("/jobs", params={"min_offset": begins.data["offset"]})
    assert reached(read_position(again.headers["Journeyman-Offset"]), read_position(begins.data["offset"]))
    assert [one["id"] for one in again.json()["items"]] == [job]


def test_an_answer_holds_everything_up_to_the_offset_that_it_tells(board: Dashboard, writer: Writer) -> None:
    ends = []
    for _ in range(30):
        writer.submitted()
        ends.append({0: writer.log.end()})
        answer = board.http.get("/jobs")
        told = read_position(answer.headers["Journeyman-Offset"])
        assert answer.json()["total"] >= sum(reached(told, end) for end in ends)
    board.get("/stats", min_offset=write_position(ends[-1]))
    assert reached(read_position(board.http.get("/stats").headers["Journeyman-Offset"]), ends[-1])
    assert "Journeyman-Offset" not in board.http.get("/health/live").headers


def test_a_stream_that_is_far_behind_goes_on_from_now_and_says_how_much_was_left_out(
    board: Dashboard, writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for count in (1, 20, 400):
        end = writer.append(*(e.JobStarted(f"{count:012d}{index:012d}", 1, "w-1") for index in range(count)))
    monkeypatch.setattr(streams, "SKIP_BEHIND_S", -1.0)
    with follow(board, f"?skip=true&last_event_id=0-0&min_offset={end}") as told:
        (skipped,) = take(told, 1)
    assert (skipped.event, skipped.id) == ("skipped", str(end))
    assert skipped.data == {"events": 421, "after": "0-0/0", "offset": str(end)}
    monkeypatch.setattr(streams, "SKIP_BEHIND_S", 5.0)
    with follow(board, f"?skip=true&last_event_id=0-0&min_offset={end}") as told:
        assert [one.event for one in take(told, 421)] == ["job.started"] * 421


def test_a_slow_client_that_wants_the_present_gets_there(
    board: Dashboard, writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "SKIP_BEHIND_S", 0.3)
    client = crowd(board, writer, "skip=true&last_event_id=0-0")
    client.settimeout(10)
    time.sleep(0.5)
    data, gap = b"", re.compile(rb'event: skipped\ndata: {"events":(\d+)')
    while not (found := gap.search(data)):
        data += client.recv(1 << 20)
    told = data.count(b"event: job.started")
    assert told + int(found[1]) == 50_000
    client.close()


def test_streams_are_counted_and_bounded(board: Dashboard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "STREAMS_MAX", 1)
    with follow(board):
        assert board.http.get("/events").status_code == 503
    wait_for(lambda: board.model.streams.open == 0, "the stream to be closed")
    with follow(board):
        pass
