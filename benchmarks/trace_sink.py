"""A collector that takes every span and keeps none: what sending costs, without what a real one costs.

Run as `python -m benchmarks.trace_sink`; it prints its address and goes on until it is ended.
"""

from __future__ import annotations

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Sink(BaseHTTPRequestHandler):
    """Answers every request that all is well."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """Read a batch of spans."""
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", 0), Sink)
    print(f"http://127.0.0.1:{server.server_address[1]}", flush=True)
    server.serve_forever()
