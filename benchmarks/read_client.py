"""Asks a dashboard that serves a read model that is there already, over one kept connection."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http import client as http_client
from pathlib import Path
from typing import Any

from benchmarks.system import free_port, wait_until


@contextmanager
def served(path: Path) -> Iterator[http_client.HTTPConnection]:
    """Serve the file from another process; give a kept connection to it."""
    port = free_port()
    process = subprocess.Popen([sys.executable, "-m", "benchmarks.read_server", str(path), str(port)])
    connection = http_client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        wait_until(lambda: _answering(connection), "the dashboard to answer")
        yield connection
    finally:
        connection.close()
        process.terminate()
        process.wait()


def _answering(connection: http_client.HTTPConnection) -> bool:
    try:
        return ask(connection, "/health/ready") >= 0
    except OSError:
        connection.close()
        return False


def ask(connection: http_client.HTTPConnection, path: str) -> float:
    """Return how long an answer took, in milliseconds."""
    started = time.perf_counter()
    get(connection, path)
    return (time.perf_counter() - started) * 1000


def get(connection: http_client.HTTPConnection, path: str) -> Any:
    """Return what the answer says."""
    connection.request("GET", path)
    answer = connection.getresponse()
    text = answer.read()
    if answer.status != HTTPStatus.OK:
        raise AssertionError(f"{path} was answered with {answer.status}")
    return json.loads(text)
