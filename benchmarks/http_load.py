"""A lean HTTP load generator in a process of its own: so many connections, each asking again as soon as it is answered.

It knows just enough HTTP/1.1 to send one request over and over and to find the end of an answer, so that what is
measured is the server. `run_apart` starts it (`python -m benchmarks.http_load`, settings on stdin) and reads what it
measured. Anything but a 202 ends it.
"""

from __future__ import annotations

import re
import select
import socket
import subprocess
import sys
import time
from typing import NamedTuple
from urllib.parse import urlsplit

import msgspec

_LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)
_ACCEPTED = b"HTTP/1.1 202"
#: Read at once; an answer to a thousand jobs is half of it.
READ_BYTES = 1 << 16


class Load(NamedTuple):
    """What to send, and how often: `requests` in all, over `connections`."""

    path: str
    body: bytes
    connections: int
    requests: int


class Done(NamedTuple):
    """What was measured: from the first request to the last answer, its own processor time, each answer's wait."""

    seconds: float
    cpu_s: float
    waits_ms: list[float]


class _Connection:
    """A connection that waits for an answer. All read into one `buffer`: a new one each costs more than the reading."""

    def __init__(self, host: str, port: int, buffer: memoryview) -> None:
        self._buffer = buffer
        self.socket = socket.create_connection((host, port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.asked_at = 0.0
        self._got = b""

    def ask(self, request: bytes) -> None:
        self.asked_at = time.perf_counter()
        self.socket.sendall(request)

    def answered(self) -> bool:
        """Read what is there and tell whether the answer is complete. Raises RuntimeError for one that is no 202."""
        size = self.socket.recv_into(self._buffer)
        if not size:
            raise RuntimeError("the server hung up")
        self._got += self._buffer[:size]
        head, blank, body = self._got.partition(b"\r\n\r\n")
        if not blank:
            return False
        length = _LENGTH.search(head)
        if length is None or len(body) < int(length[1]):
            return False
        if not head.startswith(_ACCEPTED):
            raise RuntimeError(f"the server answered {self._got[:300]!r}")
        self._got = b""
        return True


def run(url: str, load: Load) -> Done:
    """Send the load from this process."""
    place = urlsplit(url)
    host, port = place.hostname or "", place.port or 80
    head = (
        f"POST {load.path} HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(load.body)}\r\n\r\n"
    )
    request = head.encode() + load.body
    buffer = memoryview(bytearray(READ_BYTES))
    connections = [_Connection(host, port, buffer) for _ in range(min(load.connections, load.requests))]
    by_number = {connection.socket.fileno(): connection for connection in connections}
    poll = select.epoll()
    for number in by_number:
        poll.register(number, select.EPOLLIN)
    waits_ms: list[float] = []
    started, left = time.perf_counter(), load.requests - len(connections)
    for connection in connections:
        connection.ask(request)
    while len(waits_ms) < load.requests:
        for number, _ in poll.poll():
            connection = by_number[number]
            if connection.answered():
                waits_ms.append((time.perf_counter() - connection.asked_at) * 1000)
                if left:
                    left -= 1
                    connection.ask(request)
    return Done(time.perf_counter() - started, time.process_time(), waits_ms)


def run_apart(url: str, load: Load) -> Done:
    """Send the load from a process of its own. Raises RuntimeError, in its words, where it failed."""
    order = msgspec.json.encode((url, load))
    ended = subprocess.run(
        [sys.executable, "-m", "benchmarks.http_load"], input=order, capture_output=True, check=False
    )
    if ended.returncode:
        raise RuntimeError(ended.stderr.decode().strip().rpartition("\n")[2])
    return msgspec.json.decode(ended.stdout, type=Done)


if __name__ == "__main__":
    _url, _load = msgspec.json.decode(sys.stdin.buffer.read(), type=tuple[str, Load])
    sys.stdout.buffer.write(msgspec.json.encode(run(_url, _load)))
