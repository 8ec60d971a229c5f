"""Something that answers over HTTP on this machine, in threads of its own: what pretended services are made of."""

from __future__ import annotations

from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread


class HttpEndpoint:
    """A running server of `handler`'s answers. `url` is where it is; `close()` ends it."""

    def __init__(self, name: str, handler: type[BaseHTTPRequestHandler]) -> None:
        class Server(ThreadingHTTPServer):
            daemon_threads = True

        self._server = Server(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        serve = {"poll_interval": 0.05}
        self._thread = Thread(target=self._server.serve_forever, kwargs=serve, name=name, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Answer no more."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(2)


class TextHandler(BaseHTTPRequestHandler):
    """Answers with text, and says nothing of it on standard error."""

    timeout = 5

    def send(self, status: HTTPStatus, text: str, content_type: str = "text/plain") -> None:
        """Answer."""
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass
