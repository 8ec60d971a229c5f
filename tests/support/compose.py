"""The whole system in containers, from the repository's own docker-compose.yml, under a name and on ports of its own.

Needs Docker with Compose; tests that ask for it are skipped loudly where there is none.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest

from journeyman.client import Client, NotFoundError
from support.servers import free_port
from support.waiting import wait_for

ROOT = Path(__file__).parents[2]
#: What is different in tests: quick to notice what is gone.
QUICK = ROOT / "tests/containers/quick.yml"
SERVICES = ("ingest", "scheduler", "worker", "autoscaler", "dashboard")
PASSWORD = "for-this-test"
BUILD_S = 600
#: Of a container that was just started; machines may be slow.
READY_S = 180
FLOW_EVERY_S = 0.02


def docker(*arguments: str, timeout_s: float = 60) -> str:
    """Run docker and return what it says. Raises RuntimeError with its words where it fails."""
    return _said(["docker", *arguments], dict(os.environ), timeout_s)


def _said(command: list[str], environ: dict[str, str], timeout_s: float) -> str:
    done = subprocess.run(
        command, env=environ, cwd=ROOT, capture_output=True, text=True, timeout=timeout_s, check=False
    )
    if done.returncode:
        raise RuntimeError(
            f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout[-3000:]}{done.stderr[-3000:]}"
        )
    return done.stdout


def need_docker() -> None:
    """Skip the test where there is no Docker that answers, or no Compose; .ci/run says so too."""
    if shutil.which("docker") is None:
        pytest.skip("docker is not installed")
    try:
        docker("info", "--format", "{{.ServerVersion}}", timeout_s=20)
        docker("compose", "version")
    except (RuntimeError, subprocess.TimeoutExpired) as error:
        pytest.skip(f"docker does not answer, or has no compose: {str(error).splitlines()[-1]}")


class Stack:
    """The containers of one run. `close` removes them, their volumes and their images."""

    def __init__(self) -> None:
        self.project = f"journeyman-{secrets.token_hex(4)}"
        self._ports = {"INGEST_PORT": str(free_port()), "DASHBOARD_PORT": str(free_port())}
        self.ingest_url = f"http://127.0.0.1:{self._ports['INGEST_PORT']}"
        self.dashboard_url = f"http://127.0.0.1:{self._ports['DASHBOARD_PORT']}"
        passwords = {f"{user.upper()}_PASSWORD": PASSWORD for user in (*SERVICES, "operator")}
        addresses = {"INGEST_URL": self.ingest_url, "DASHBOARD_URL": self.dashboard_url}
        # The pages take most of a build and are tested elsewhere: where they were built already, those will do.
        pages = (ROOT / "services/dashboard-api/src/journeyman_dashboard/ui_dist/index.html").exists()
        self._environ = {
            **os.environ,
            **self._ports,
            **addresses,
            **passwords,
            "DOCKER_BUILDKIT": "1",
            "UI": "prebuilt" if pages else "built",
        }

    def compose(self, *arguments: str, timeout_s: float = READY_S, **environ: str) -> str:
        """Run `docker compose` for this stack; `environ` is added to its environment."""
        files = ("-f", str(ROOT / "docker-compose.yml"), "-f", str(QUICK))
        command = ["docker", "compose", "--project-name", self.project, "--project-directory", str(ROOT), *files]
        return _said([*command, *arguments], {**self._environ, **environ}, timeout_s)

    def build(self, *services: str, revision: str = "first") -> None:
        """Build the images, of all services or of these."""
        self.compose("build", "--quiet", *services, timeout_s=BUILD_S, REVISION=revision)

    def up(self, *arguments: str) -> None:
        """Start what does not run, and wait until everything is healthy."""
        self.compose(
            "up", "--detach", "--no-build", "--wait", "--wait-timeout", str(READY_S), *arguments, timeout_s=READY_S + 60
        )

    def containers(self, service: str) -> list[str]:
        """Return the ids of a service's containers, running or not."""
        return self.compose("ps", "--all", "--quiet", service).split()

    def inspect(self, service: str) -> dict[str, Any]:
        """Return what Docker knows of a service's first container."""
        found: list[dict[str, Any]] = json.loads(docker("inspect", self.containers(service)[0]))
        return found[0]

    def kill(self, service: str) -> None:
        """End every container of a service as a crash would."""
        docker("kill", *self.containers(service))

    def valkey(self, *arguments: str, user: str = "operator") -> str:
        """Send a command to the server as one of its users."""
        login = ("--user", user, "--pass", PASSWORD, "--no-auth-warning")
        return self.compose("exec", "-T", "valkey", "valkey-cli", *login, *arguments)

    def verify(self) -> str:
        """Run `journeyman verify` beside the services. Raises RuntimeError where a promise is broken."""
        url = f"JOURNEYMAN_REDIS_URL=redis://operator:{PASSWORD}@valkey:6379/0"
        return self.compose("exec", "-T", "-e", url, "dashboard", "journeyman", "verify")

    def client(self, retries: int = 10) -> Client:
        """Return a client of this system; it outlasts the absence of ingest."""
        return Client(self.ingest_url, dashboard_url=self.dashboard_url, retries=retries)

    def close(self) -> None:
        """Remove everything that was made."""
        self.compose("down", "--volumes", "--rmi", "local", "--timeout", "10", "--remove-orphans")


class Traffic:
    """Submits jobs one by one until left, and then waits until every accepted one has completed."""

    def __init__(self, stack: Stack) -> None:
        self.accepted: list[str] = []
        self._stack = stack
        self._enough = Event()
        self._failures: list[Exception] = []
        self._thread = Thread(target=self._submit, name="traffic", daemon=True)

    def __enter__(self) -> Traffic:
        self._thread.start()
        self.goes_on()
        return self

    def _submit(self) -> None:
        try:
            with self._stack.client(retries=100) as client:
                while not self._enough.wait(FLOW_EVERY_S):
                    self.accepted.append(client.submit("synthetic", {"sleep_ms": 20}).id)
        except Exception as error:  # noqa: BLE001 - told by whoever waits for it
            self._failures.append(error)

    def goes_on(self, more: int = 20) -> None:
        """Wait until so many more jobs were accepted."""
        wanted = len(self.accepted) + more
        wait_for(lambda: self._failures or len(self.accepted) >= wanted, "jobs to be accepted", timeout_s=READY_S)
        assert not self._failures, self._failures

    def __exit__(self, *error: object) -> None:
        self._enough.set()
        self._thread.join(READY_S)
        if error[0] is None:
            self.goes_on(more=0)
            self._await_completed()

    def _await_completed(self) -> None:
        waiting = set(self.accepted)
        with self._stack.client() as client:

            def left() -> set[str]:
                waiting.difference_update([job_id for job_id in list(waiting)[:50] if _completed(client, job_id)])
                return waiting

            wait_for(lambda: not left(), "every accepted job to complete", timeout_s=READY_S, every_s=0.1)


def _completed(client: Client, job_id: str) -> bool:
    try:
        return client.job(job_id).status == "completed"
    except NotFoundError:
        # The read model is not that far yet. If it never knows the job, waiting for it ends in vain.
        return False


def eventually(ask: Callable[[], object], what: str) -> None:
    """Wait as long as a slow machine may take."""
    wait_for(ask, what, timeout_s=READY_S, every_s=0.2)
