"""Which transport the tests' systems use: `JOURNEYMAN_TEST_TRANSPORT`, `redis` or `sqs`. `make test-sqs` sets it.

With `sqs` the first system that is started in this process starts moto as a server too, and every system has queues of
its own there.
"""

from __future__ import annotations

import atexit
import functools
import os
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from support.aws import MotoServer
from support.servers import free_port
from support.waiting import wait_for

TRANSPORT = os.environ.get("JOURNEYMAN_TEST_TRANSPORT", "redis")
#: The share of the load under which systems are broken. Moto needs milliseconds for every call, on the same processors.
LOAD = 1.0 if TRANSPORT == "redis" else 0.15


class MotoProcess(MotoServer):
    """Moto in a process of its own: whole systems have more to say to it than a thread beside the test can answer."""

    def __init__(self) -> None:
        self.port = free_port()
        self.endpoint_url = f"http://127.0.0.1:{self.port}"
        self._clients: dict[str, Any] = {}
        program = Path(sys.executable).with_name("moto_server")
        command = [str(program), "-H", "127.0.0.1", "-p", str(self.port)]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        atexit.register(self.stop)
        wait_for(self._answers, "moto to listen", timeout_s=60)

    def _answers(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def stop(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.wait()


@functools.cache
def _amazon() -> MotoServer:
    return MotoProcess()


def settings_of_transport() -> dict[str, Any]:
    """Return what settings say of the transport."""
    if TRANSPORT == "redis":
        return {}
    return {"transport": "sqs", "sqs_prefix": _amazon().unique("q"), "sqs_visibility_ms": 10_000}


def environ_of_transport() -> Mapping[str, str]:
    """Return the variables that processes need for it, beside the settings."""
    return {} if TRANSPORT == "redis" else _amazon().environ()
