"""Health and metrics over HTTP, for the services that serve nothing else: scheduler, worker, autoscaler.

`/health/live` answers 200 while the process can answer at all; `/health/ready` asks the service, and answers 503
with its words when it is not; `/metrics` is the process's Prometheus registry. It runs on a daemon thread of its
own, so a busy service still answers; a question that fails is a service that is not ready.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import msgspec
from prometheus_client import REGISTRY

from journeyman.errors import JourneymanError, SettingsError
from journeyman.exposition import exposed

_log = logging.getLogger(__name__)

#: Says whether the service can do its work, and what stands in its way (or how it is).
Ready = Callable[[], tuple[bool, str]]


class HealthServer:
    """A running health endpoint. `port` is the one it got; `close()` ends it."""

    def __init__(self, server: ThreadingHTTPServer) -> None:
        self._server = server
        self.port: int = server.server_address[1]
        self._thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, name="health", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop answering and give the port back."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=2)


def serve_health(port: int, ready: Ready, host: str = "127.0.0.1") -> HealthServer:
    """Answer on `host:port` (port 0: any free one) until closed. Raises SettingsError where the port is taken."""

    class Handler(_Handler):
        ask = staticmethod(ready)

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        allow_reuse_address = True

    try:
        return HealthServer(Server((host, port), Handler))
    except OSError as error:
        raise SettingsError(f"cannot listen on {host}:{port} for health and metrics: {error.strerror}") from None


class _Handler(BaseHTTPRequestHandler):
    ask: Ready
    timeout = 5

    def do_GET(self) -> None:
        """Answer one request."""
        match self.path.partition("?")[0]:
            case "/health/live":
                self._json(HTTPStatus.OK, "live")
            case "/health/ready":
                able, words = self._ready()
                self._json(HTTPStatus.OK if able else HTTPStatus.SERVICE_UNAVAILABLE, words)
            case "/metrics":
                body, content_type = exposed(REGISTRY, self.headers.get("Accept", ""))
                self._send(HTTPStatus.OK, content_type, body)
            case _:
                self._json(HTTPStatus.NOT_FOUND, "not found")

    def _ready(self) -> tuple[bool, str]:
        try:
            return type(self).ask()
        except JourneymanError as error:
            return False, str(error)
        except Exception:  # noqa: BLE001 - not ready, whatever it is; it is logged
            _log.exception("the readiness check itself failed")
            return False, "the readiness check failed; the log has more"

    def _json(self, status: HTTPStatus, detail: str) -> None:
        body = {"status": "ok" if status is HTTPStatus.OK else "unavailable", "detail": detail}
        self._send(status, "application/json", msgspec.json.encode(body))

    def _send(self, status: HTTPStatus, content_type: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Write nothing: a probe every few seconds is no news."""
