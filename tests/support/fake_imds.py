"""An instance metadata service of one pretended EC2 instance: version 2 only, as IMDSv2 is where it is required.

What it says is set by attributes, from any thread: `target_state`, `spot`, `rebalance`. None: not found.
"""

from __future__ import annotations

import secrets
import time
from datetime import UTC, datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import msgspec

_TOKEN = "X-aws-ec2-metadata-token"
_ROOT = "/latest/meta-data/"


class FakeImds:
    """A running service. `url` is where it answers; `close()` ends it."""

    def __init__(self, instance: str) -> None:
        self.instance = instance
        self.target_state: str | None = "InService"
        self.spot: str | None = None
        self.rebalance: str | None = None
        #: Paths that were asked for with a valid token, and how often a token was given.
        self.asked: list[str] = []
        self.tokens: set[str] = set()
        self.given = 0
        outer = self

        class Handler(_Handler):
            imds = outer

        class Server(ThreadingHTTPServer):
            daemon_threads = True

        self._server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        serve = {"poll_interval": 0.05}
        self._thread = Thread(target=self._server.serve_forever, kwargs=serve, name=f"imds of {instance}", daemon=True)
        self._thread.start()

    def interrupt(self, within_s: float) -> None:
        """Say that this spot instance is gone in so many seconds."""
        self.spot = msgspec.json.encode({"action": "terminate", "time": _written(within_s)}).decode()

    def recommend_to_rebalance(self) -> None:
        """Say that it may be interrupted soon."""
        self.rebalance = msgspec.json.encode({"noticeTime": _written(0.0)}).decode()

    def forget_tokens(self) -> None:
        """Take no token that was given so far."""
        self.tokens.clear()

    def said(self, path: str) -> str | None:
        return {
            "instance-id": self.instance,
            "autoscaling/target-lifecycle-state": self.target_state,
            "spot/instance-action": self.spot,
            "events/recommendations/rebalance": self.rebalance,
        }.get(path)

    def close(self) -> None:
        """Answer no more."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(2)


def _written(within_s: float) -> str:
    return datetime.fromtimestamp(time.time() + within_s, UTC).isoformat().replace("+00:00", "Z")


class _Handler(BaseHTTPRequestHandler):
    imds: FakeImds
    timeout = 5

    def do_PUT(self) -> None:
        if self.path != "/latest/api/token" or not self.headers.get(f"{_TOKEN}-ttl-seconds", "").isdigit():
            self._send(HTTPStatus.BAD_REQUEST, "")
            return
        token = secrets.token_hex(8)
        self.imds.tokens.add(token)
        self.imds.given += 1
        self._send(HTTPStatus.OK, token)

    def do_GET(self) -> None:
        if self.headers.get(_TOKEN, "") not in self.imds.tokens:
            self._send(HTTPStatus.UNAUTHORIZED, "")
            return
        path = self.path.removeprefix(_ROOT)
        self.imds.asked.append(path)
        text = self.imds.said(path)
        self._send(HTTPStatus.NOT_FOUND if text is None else HTTPStatus.OK, text or "")

    def _send(self, status: HTTPStatus, text: str) -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass
