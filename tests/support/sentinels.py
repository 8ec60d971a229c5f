"""A primary, two replicas and three sentinels, each behind a proxy, so that they can be parted. All as one server.

A network is parted by who calls whom, and on one machine everybody has one address. So each has a source address of its
own to be told apart by (all of 127.0.0.0/8 is this machine, on Linux), and what others know of it is its proxy:

    minority: the primary and the first sentinel, which knows it by its own port, and who asks that sentinel
    majority: the replicas and the other two, who know the primary by its proxy, and who asks them
"""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import redis

from journeyman.log.connect import connect
from support.servers import TestServer, free_port, start_alone
from support.tcp_proxy import TcpProxy
from support.waiting import wait_for

SERVICE = "jobs"
QUORUM = 2
DOWN_AFTER_MS = 1_000
FAILOVER_TIMEOUT_MS = 3_000
#: Source addresses.
OF_MINORITY, OF_REPLICAS = "127.0.0.2", "127.0.0.3"
READY_S = 60.0


class Watched(TestServer):
    """What sentinels watch. `url` asks the majority's sentinels; `minority_url` the one at the first primary's side."""

    __test__ = False

    def __init__(self, binary: str, directory: Path, options: Mapping[str, str]) -> None:
        self.name = "watched"
        self.binary = binary
        self.directory = directory
        self._open = ExitStack()
        self._servers: list[TestServer] = []
        self._sentinels: list[int] = []
        self.proxies: list[TcpProxy] = []
        self._sentinel_proxies: list[TcpProxy] = []
        self._dead: list[TestServer] = []
        more = {**options, "protected-mode": "no", "repl-diskless-sync-delay": "0"}
        try:
            self._start_servers(more)
            self._start_sentinels()
            wait_for(self._is_ready, "the sentinels to know each other and the replicas", timeout_s=READY_S)
        except BaseException:
            self.stop()
            raise
        majority = ",".join(f"127.0.0.1:{port}" for port in self._sentinels[1:])
        self.url = f"redis+sentinel://{majority}/{SERVICE}"
        self.minority_url = f"redis+sentinel://127.0.0.1:{self._sentinels[0]}/{SERVICE}"
        self._look()

    # --- in the place of one server --------------------------------------------------------------------

    def client(self) -> redis.Redis:
        """Return a client of the primary, to be closed by the caller."""
        return connect(self.url)

    def kill(self) -> None:
        """End the primary as the loss of its machine would: with everything that is still on its way."""
        primary = self.primary()
        self.proxies[self._servers.index(primary)].cut()
        primary.kill()
        self._dead.append(primary)

    def restart(self) -> None:
        """Start again what was killed; the sentinels make a replica of it."""
        while self._dead:
            self._dead.pop().restart()
        self._look()

    def stop(self) -> None:
        """End everything."""
        self._open.close()

    def _look(self) -> None:
        primary = self.primary()
        self.port, self.process = primary.port, primary.process

    # --- what one does to it ---------------------------------------------------------------------------

    def primary(self) -> TestServer:
        """Return the server that the majority's sentinels call the primary."""
        with redis.Redis(port=self._sentinels[-1], socket_timeout=5) as sentinel:
            _, port = sentinel.sentinel_get_master_addr_by_name(SERVICE)
        ports = {proxy.port: server for proxy, server in zip(self.proxies, self._servers, strict=True)}
        return ports[int(port)]

    def first(self) -> TestServer:
        """Return the server that was the primary at first."""
        return self._servers[0]

    def part(self) -> None:
        """Cut the first primary and its sentinel off from the others."""
        self.proxies[0].black_hole()
        self._sentinel_proxies[0].black_hole()
        for proxy in (*self.proxies[1:], *self._sentinel_proxies[1:]):
            proxy.black_hole(source=OF_MINORITY)

    def part_replicas(self) -> None:
        """Let the replicas hear nothing more from the first primary; the sentinels do."""
        self.proxies[0].black_hole(source=OF_REPLICAS)

    def put_away(self, ms: float) -> None:
        """Let the replicas be so far away from the first primary."""
        self.proxies[0].delay(ms, source=OF_REPLICAS)

    def heal(self) -> None:
        """Join what was parted."""
        for proxy in (*self.proxies, *self._sentinel_proxies):
            proxy.heal()

    def is_whole(self) -> bool:
        """Tell whether the primary has both others as replicas, and these have caught up with it."""
        with suppress(redis.RedisError), redis.Redis(port=self.primary().port, socket_timeout=5) as client:
            told: Any = client.info("replication")
            states = [told.get(f"slave{number}", {}).get("state") for number in range(2)]
            return bool(states == ["online", "online"])
        return False

    # --- starting --------------------------------------------------------------------------------------

    def _start_servers(self, options: Mapping[str, str]) -> None:
        for number in range(3):
            source = {"bind-source-addr": OF_REPLICAS} if number else {}
            follows = {"replicaof": f"127.0.0.1 {self.proxies[0].port}"} if number else {}
            server = start_alone(
                f"node-{number}", self.binary, self.directory / f"node-{number}", {**options, **source}
            )
            self._open.callback(server.stop)
            self._servers.append(server)
            self.proxies.append(self._proxy(server.port))
            with redis.Redis(port=server.port) as client:
                client.config_set("replica-announce-ip", "127.0.0.1")
                client.config_set("replica-announce-port", self.proxies[-1].port)
                if follows:
                    client.replicaof("127.0.0.1", self.proxies[0].port)
            # What it is told while it runs holds after a crash too.
            server.options |= {"replica-announce-port": str(self.proxies[-1].port)}

    def _start_sentinels(self) -> None:
        for number in range(3):
            port = free_port()
            self._sentinels.append(port)
            self._sentinel_proxies.append(self._proxy(port))
            home = self.directory / f"sentinel-{number}"
            home.mkdir()
            watched = self._servers[0].port if number == 0 else self.proxies[0].port
            lines = [
                f"port {port}",
                "bind 127.0.0.1",
                "protected-mode no",
                *([f"bind-source-addr {OF_MINORITY}"] if number == 0 else []),
                f"dir {home}",
                f"sentinel monitor {SERVICE} 127.0.0.1 {watched} {QUORUM}",
                f"sentinel down-after-milliseconds {SERVICE} {DOWN_AFTER_MS}",
                f"sentinel failover-timeout {SERVICE} {FAILOVER_TIMEOUT_MS}",
                "sentinel announce-ip 127.0.0.1",
                f"sentinel announce-port {self._sentinel_proxies[-1].port}",
            ]
            config = home / "sentinel.conf"
            config.write_text("\n".join(lines) + "\n")
            with (home / "sentinel.log").open("wb") as output:
                process = subprocess.Popen(
                    [self.binary, config, "--sentinel"], stdin=subprocess.DEVNULL, stdout=output, stderr=output
                )
            self._open.callback(_end, process)

    def _proxy(self, port: int) -> TcpProxy:
        proxy = TcpProxy(port)
        self._open.callback(proxy.close)
        return proxy

    def _is_ready(self) -> bool:
        for port in self._sentinels:
            try:
                with redis.Redis(port=port, socket_timeout=5) as sentinel:
                    known: Any = sentinel.sentinel_master(SERVICE)
            except redis.RedisError:
                return False
            if (int(known["num-slaves"]), int(known["num-other-sentinels"])) != (2, 2):
                return False
        return self.is_whole()


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
