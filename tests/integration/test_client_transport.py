"""Both clients on a real socket, against a server that does exactly what it is told, misbehaviour included."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest

from journeyman.client import AsyncClient, Client, NewJob, OverloadedError, UnreachableError

JOB = json.dumps({"id": "a", "type": "t", "status": "completed", "phase": "completed"})


def http(body: str, status: str = "200 OK", **headers: str) -> bytes:
    """Write a whole response; underscores in header names are dashes."""
    more = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{more}\r\n{body}".encode()


def stream(*events: str) -> bytes:
    """Write an event stream that breaks off after these."""
    head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
    return (head + "".join(events)).encode()


class Scripted:
    """A server on a free port that gives these answers in turn; an empty one cuts the connection."""

    def __init__(self, *answers: bytes) -> None:
        self.answers = list(answers)
        self.requests: list[str] = []
        self.connections = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self.connections += 1
                with connection, suppress(OSError):
                    self._talk(connection)

    def _talk(self, connection: socket.socket) -> None:
        with connection.makefile("rb") as lines:
            while self.answers:
                head = b""
                while not head.endswith(b"\r\n\r\n"):
                    line = lines.readline()
                    if not line:
                        return
                    head += line
                length = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
                body = lines.read(int(length[0].split(b":")[1])) if length else b""
                self.requests.append((head + body).decode())
                answer = self.answers.pop(0)
                connection.sendall(answer)
                if not answer or b"Connection: close" in answer:
                    return

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(10)


class Blocking:
    """The async client as the blocking one is used, so that one test serves both."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self._runner = asyncio.Runner()
        self._client = self._runner.run(self._open(*arguments, **options))

    async def _open(self, *arguments: Any, **options: Any) -> AsyncClient:
        return AsyncClient(*arguments, **options)

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            made = getattr(self._client, name)(*arguments, **options)
            return self._iterate(made) if isinstance(made, AsyncGenerator) else self._runner.run(self._await(made))

        return call

    async def _await(self, made: Any) -> Any:
        return await made

    def _iterate(self, made: AsyncGenerator[Any, None]) -> Iterator[Any]:
        try:
            with suppress(StopAsyncIteration):
                while True:
                    yield self._runner.run(self._await(anext(made)))
        finally:
            self._runner.run(self._await(made.aclose()))

    def close(self) -> None:
        self._runner.run(self._client.close())
        self._runner.close()


Make = Callable[..., Any]


@pytest.fixture(params=[Client, Blocking], ids=["blocking", "async"])
def make(request: pytest.FixtureRequest) -> Iterator[Make]:
    """Give a function that starts a server with these answers and returns it with a client of it."""
    made: list[Any] = []

    def make(*answers: bytes, **options: Any) -> tuple[Scripted, Any]:
        server = Scripted(*answers)
        client = request.param(server.url, dashboard_url=server.url, **options)
        made.extend((client, server))
        return server, client

    yield make
    for thing in made:
        thing.close()


def test_connections_are_used_again(make: Make) -> None:
    server, client = make(*[http(JOB)] * 5)
    for _ in range(5):
        client.job("a")
    assert server.connections == 1


def test_a_submit_whose_reply_is_lost_is_sent_again_with_the_same_key(make: Make) -> None:
    server, client = make(b"", http('{"id":"a","type":"t"}', "202 Accepted"))
    job = client.submit("t", {"n": 1})
    assert job.id == "a"
    first, second = server.requests
    key = next(line for line in first.split("\r\n") if line.lower().startswith("idempotency-key:"))
    assert key in second
    assert second.endswith('{"type":"t","payload":{"n":1}}')


def test_a_redrive_whose_reply_is_lost_is_not_sent_again(make: Make) -> None:
    server, client = make(b"", http("{}"))
    with pytest.raises(UnreachableError):
        client.redrive(type="t")
    assert len(server.requests) == 1


def test_a_pause_asked_for_is_made(make: Make) -> None:
    server, client = make(http("{}", "503 Service Unavailable", Retry_After="0.05"), http(JOB))
    assert client.job("a").succeeded
    assert len(server.requests) == 2


def test_patience_ends(make: Make) -> None:
    server, client = make(*[http('{"detail":"full"}', "429 Too Many Requests")] * 3, retries=2)
    with pytest.raises(OverloadedError, match="full"):
        client.submit("t")
    assert len(server.requests) == 3


def test_a_read_after_a_write_names_its_offset(make: Make) -> None:
    server, client = make(http('{"ids":["a"]}', "202 Accepted", Journeyman_Offset="7-0/2"), http(JOB))
    (job,) = client.submit_many([NewJob(type="t")])
    assert client.wait(job.id).succeeded
    assert "min_offset=7-0%2F2" in server.requests[1].split("\r\n")[0]


def test_a_listing_is_read_page_by_page(make: Make) -> None:
    first = json.dumps({"items": [json.loads(JOB)] * 2, "next_cursor": "c"})
    second = json.dumps({"items": [json.loads(JOB)], "next_cursor": None})
    server, client = make(http(first), http(second))
    assert len(list(client.list(status=["failed", "cancelled"], tag={"team": "a"}))) == 3
    assert "status=failed&status=cancelled&tag=team%3Aa&limit=500" in server.requests[0]
    assert "cursor=c" in server.requests[1]


def test_a_listing_stops_where_it_was_told_to(make: Make) -> None:
    page = json.dumps({"items": [json.loads(JOB)] * 2, "next_cursor": "c"})
    server, client = make(http(page))
    assert len(list(client.list(limit=2))) == 2
    assert "limit=2" in server.requests[0]


def test_events_go_on_where_the_connection_broke(make: Make) -> None:
    server, client = make(
        stream(": hello\n\n", "id: 1-0/0\nevent: job.started\ndata: {}\n\n", "id: 2-0/0\nevent: job.lost\nda"),
        http("{}", "503 Service Unavailable", Retry_After="0.05", Connection="close"),
        stream("id: 2-0/0\nevent: job.lost\ndata: {}\n\n"),
    )
    events = client.events(queue="images")
    assert [next(events).offset for _ in range(2)] == ["1-0/0", "2-0/0"]
    events.close()
    assert "last-event-id" not in server.requests[0].lower()
    assert "last-event-id: 1-0/0" in server.requests[1].lower()
    assert "last-event-id: 1-0/0" in server.requests[2].lower()
    assert all("GET /events?queue=images" in request for request in server.requests)
