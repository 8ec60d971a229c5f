"""A server for tests in a container, by testcontainers, in the place of one that this machine has.

JOURNEYMAN_TEST_SERVER says where the servers of fixtures run. `local`, the default: on this machine. `container`: all
in containers. `auto`: those of integration tests where Docker answers and has the image already, and Redis where none
is installed; conformance tests have the embedded Valkey. Tests that kill a server, or look at its files, start one on
this machine all the same.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from functools import cache
from typing import Any

from support.servers import CLUSTERED, TestServer, free_port, log_options

#: What a fixture's server is made of, and the program in it.
IMAGES = {"valkey": ("valkey/valkey:8", "valkey-server"), "redis": ("redis:7", "redis-server")}
#: Read here, because the variable is kept out of the tests themselves.
WANTED = os.environ.get("JOURNEYMAN_TEST_SERVER", "local")


def in_container(name: str, *, if_possible: bool) -> bool:
    """Say whether a fixture's server of this name runs in a container; without a word to the contrary, `if_possible`.

    Raises ValueError for an unknown wish.
    """
    if WANTED not in ("auto", "container", "local"):
        raise ValueError(f"JOURNEYMAN_TEST_SERVER is container, local or auto, not {WANTED}")
    return not CLUSTERED and (
        WANTED == "container" or (WANTED == "auto" and if_possible and _has_image(IMAGES[name][0]))
    )


@cache
def _has_image(image: str) -> bool:
    if shutil.which("docker") is None:
        return False
    try:
        asked = subprocess.run(["docker", "image", "inspect", image], capture_output=True, timeout=20, check=False)
    except subprocess.TimeoutExpired:
        return False
    return asked.returncode == 0


class ContainerServer(TestServer):
    """A running server in a container, on a port of this machine that stays its own."""

    def __init__(self, name: str) -> None:
        from testcontainers.core.container import DockerContainer
        from testcontainers.core.wait_strategies import LogMessageWaitStrategy

        image, program = IMAGES[name]
        options = {**log_options(""), "enable-debug-command": "yes", "save": "", "protected-mode": "no", "bind": "*"}
        command = [program, *[part for option, value in options.items() for part in (f"--{option}", value)]]
        self.name = name
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.container: Any = (
            DockerContainer(image)
            .with_bind_ports(6379, self.port)
            .with_command(command)
            .waiting_for(LogMessageWaitStrategy("Ready to accept connections"))
        )
        self.container.start()

    def kill(self) -> None:
        """End it as a crash would (SIGKILL)."""
        self.container.get_wrapped_container().kill()

    def restart(self) -> None:
        """Start it again on the same port, after `kill`; empty, for it has no file."""
        self.container.get_wrapped_container().start()

    def stop(self) -> None:
        """Remove it."""
        self.container.stop()
