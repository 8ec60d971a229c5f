"""The two calls of Auto Scaling that moto does not know: they are taken and noted here, and nothing else is.

`CompleteLifecycleAction` and `RecordLifecycleActionHeartbeat`, in AWS's query protocol. Point `AWS_ENDPOINT_URL` (or
`AWS_ENDPOINT_URL_AUTO_SCALING`) of a process that makes only these at `url`.
"""

from __future__ import annotations

from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import NamedTuple
from urllib.parse import parse_qs

COMPLETE = "CompleteLifecycleAction"
HEARTBEAT = "RecordLifecycleActionHeartbeat"


class Action(NamedTuple):
    """One call."""

    name: str
    group: str
    hook: str
    instance: str
    result: str


class LifecycleActions:
    """A running endpoint. `actions` are the calls it took, in order."""

    def __init__(self) -> None:
        self.actions: list[Action] = []
        #: While this is set, every call is answered as a service does that is not well.
        self.away = False
        self.refused = 0
        outer = self

        class Handler(_Handler):
            endpoint = outer

        class Server(ThreadingHTTPServer):
            daemon_threads = True

        self._server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        serve = {"poll_interval": 0.05}
        self._thread = Thread(target=self._server.serve_forever, kwargs=serve, name="lifecycle actions", daemon=True)
        self._thread.start()

    def of(self, name: str, instance: str = "") -> list[Action]:
        """Return the calls of a name (for an instance)."""
        return [each for each in list(self.actions) if each.name == name and instance in ("", each.instance)]

    def close(self) -> None:
        """Answer no more."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(2)


class _Handler(BaseHTTPRequestHandler):
    endpoint: LifecycleActions
    timeout = 5

    def do_POST(self) -> None:
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
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/xml")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass
