"""The two calls of Auto Scaling that moto does not know: they are taken and noted here, and nothing else is.

`CompleteLifecycleAction` and `RecordLifecycleActionHeartbeat`, in AWS's query protocol. Point `AWS_ENDPOINT_URL` (or
`AWS_ENDPOINT_URL_AUTO_SCALING`) of a process that makes only these at `url`.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import NamedTuple
from urllib.parse import parse_qs

from support.http_endpoint import HttpEndpoint, TextHandler

COMPLETE = "CompleteLifecycleAction"
HEARTBEAT = "RecordLifecycleActionHeartbeat"


class Action(NamedTuple):
    """One call."""

    name: str
    group: str
    hook: str
    instance: str
    result: str


class LifecycleActions(HttpEndpoint):
    """A running endpoint. `actions` are the calls it took, in order."""

    def __init__(self) -> None:
        self.actions: list[Action] = []
        #: While this is set, every call is answered as a service does that is not well.
        self.away = False
        self.refused = 0
        outer = self

        class Handler(_Handler):
            endpoint = outer

        super().__init__("lifecycle actions", Handler)

    def of(self, name: str, instance: str = "") -> list[Action]:
        """Return the calls of a name (for an instance)."""
        return [each for each in list(self.actions) if each.name == name and instance in ("", each.instance)]


class _Handler(TextHandler):
    endpoint: LifecycleActions

    def do_POST(self) -> None:  # noqa: N802 - as http.server calls it
        form = parse_qs(self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode())

        def said(name: str) -> str:
            return form.get(name, [""])[0]

        name = said("Action")
        if self.endpoint.away:
            self.endpoint.refused += 1
            self._send(HTTPStatus.SERVICE_UNAVAILABLE, "")
        elif name in (COMPLETE, HEARTBEAT):
            whose = (said("AutoScalingGroupName"), said("LifecycleHookName"), said("InstanceId"))
            self.endpoint.actions.append(Action(name, *whose, said("LifecycleActionResult")))
            self._send(HTTPStatus.OK, f"<{name}Response><{name}Result/></{name}Response>")
        else:
            error = f"<Error><Code>InvalidAction</Code><Message>{name}</Message></Error>"
            self._send(HTTPStatus.BAD_REQUEST, f"<ErrorResponse>{error}</ErrorResponse>")

    def _send(self, status: HTTPStatus, text: str) -> None:
        self.send(status, text, "text/xml")
