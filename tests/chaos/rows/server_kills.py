"""`kill -9` of the server: what it has written to its file system is what it comes back with."""

from __future__ import annotations

from functools import partial
from typing import Any

import redis

from chaos.frame import Outcome, Row, Stage
from support.servers import TestServer
from support.waiting import wait_for

ROUNDS = 3
PER_S = 120.0
#: Longer than the disk may take; the server does not live that long.
PAUSE_MS = 60_000


def _await_written(server: TestServer) -> None:
    """Wait until the server's disk has kept up, with no more to write: further calls are not answered any more.

    With `everysec` a server whose last sync is still under way holds back what it has acknowledged since, for two
    seconds at most, and loses it when it is killed. Which machine is that slow is not for a test to say.
    """
    with redis.Redis(port=server.port) as connection:

        def written() -> bool:
            told: Any = connection.info("persistence")
            return not told["aof_pending_bio_fsync"] and not told["aof_buffer_length"]

        connection.client_pause(PAUSE_MS, all=False)
        wait_for(written, "the disk to keep up", timeout_s=30, every_s=0.002)


def _run(fsync: str, stage: Stage) -> Outcome:
    server = stage.server(aof=fsync)
    system = stage.system(server=server, durability="process-crash")
    client = stage.client(system)
    recovered = []
    with client.submitting(PER_S):
        for _ in range(ROUNDS):
            client.await_accepted(50)
            stage.pause(0.0, 1.0)
            if fsync == "everysec":
                _await_written(server)
            system.kill("server")
            stage.pause(0.0, 1.5)
            since = stage.now()
            system.start("server")
            recovered.append(client.recovery(since))
    return stage.settle(system, client).outcome(faults=ROUNDS, recovery_s=max(recovered))


ROWS = [
    Row(
        f"kill-9-server-aof-{fsync}",
        f"kill -9 of the server, {ROUNDS} times; `appendfsync {fsync}`, durability `process-crash`",
        "0 acknowledged jobs lost",
        partial(_run, fsync),
        quick=fsync == "everysec",
    )
    for fsync in ("always", "everysec")
]
