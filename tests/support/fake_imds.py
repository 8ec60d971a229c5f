"""An instance metadata service of one pretended EC2 instance: version 2 only, as IMDSv2 is where it is required.

What it says is set by attributes, from any thread: `target_state`, `spot`, `rebalance`. None: not found.
"""

from __future__ import annotations

import secrets
import time
from datetime import UTC, datetime
from http import HTTPStatus

import msgspec

from support.http_endpoint import HttpEndpoint, TextHandler

_TOKEN = "X-aws-ec2-metadata-token"
_ROOT = "/latest/meta-data/"


class FakeImds(HttpEndpoint):
    """A running service."""

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

        super().__init__(f"imds of {instance}", Handler)

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


def _written(within_s: float) -> str:
    return datetime.fromtimestamp(time.time() + within_s, UTC).isoformat().replace("+00:00", "Z")


class _Handler(TextHandler):
    imds: FakeImds

    def do_PUT(self) -> None:  # noqa: N802 - as http.server calls it
        if self.path != "/latest/api/token" or not self.headers.get(f"{_TOKEN}-ttl-seconds", "").isdigit():
            self.send(HTTPStatus.BAD_REQUEST, "")
            return
        token = secrets.token_hex(8)
        self.imds.tokens.add(token)
        self.imds.given += 1
        self.send(HTTPStatus.OK, token)

    def do_GET(self) -> None:  # noqa: N802 - as http.server calls it
        if self.headers.get(_TOKEN, "") not in self.imds.tokens:
            self.send(HTTPStatus.UNAUTHORIZED, "")
            return
        path = self.path.removeprefix(_ROOT)
        self.imds.asked.append(path)
        text = self.imds.said(path)
        self.send(HTTPStatus.NOT_FOUND if text is None else HTTPStatus.OK, text or "")
