"""The server is at its memory limit, or its disk is full. New jobs are refused with a time to come back; what was
accepted is kept, and when there is room again everything goes on without a hand.

At the memory limit jobs go on ending. With a full disk nothing can be written, so what ends waits to be said; with
appendfsync always the server gives up, and is started again by whoever supervises it.
"""

from __future__ import annotations

from contextlib import ExitStack, closing
from typing import Any

from chaos.client import Client
from chaos.frame import Outcome, Row, Stage
from chaos.reading import Logs
from support.servers import TestServer, start_valkey
from support.small_disk import small_disk
from support.system import System
from support.waiting import wait_for

ROUNDS = 2
REFUSED_S = 60.0
DISK_MB = 16
UNLIMITED = 0


def _run_memory(stage: Stage) -> Outcome:
    system = stage.system(workers=2)
    client = stage.client(system)
    recovered, refusals = 0.0, set()
    with closing(Logs(system.settings)) as logs:
        for _ in range(ROUNDS):
            client.submit(20, sleep_ms=300)
            with client.submitting(per_s=60):
                client.await_accepted(30)
                limit(system.server, reached=True)
                refusals.add(_refusal(client))
            # Finishing goes on: all of it ends while the limit is reached.
            accepted = [job_id for one in client.told() if one.answer == "ok" for job_id in one.job_ids]
            logs.await_completed(accepted, REFUSED_S)
            since = stage.now()
            limit(system.server, reached=False)
            recovered = max(recovered, client.recovery(since))
    verdict = stage.settle(system, client)
    return verdict.outcome(faults=ROUNDS, recovery_s=recovered, refused_with=", ".join(sorted(refusals)))


def limit(server: TestServer, *, reached: bool) -> None:
    """Set a memory limit that is reached already, or none."""
    with server.client() as connection:
        used: Any = connection.info("memory")
        connection.config_set("maxmemory", used["used_memory"] // 2 if reached else UNLIMITED)


def _refusal(client: Client) -> str:
    """Wait until jobs are refused; return the status. It must say when to come back."""
    seen = len(client.told())

    def refused() -> bool:
        return any(one.detail[:4] in {"429:", "503:"} for one in client.told()[seen:])

    wait_for(refused, "a refusal", timeout_s=REFUSED_S, every_s=0.05)
    answer = client.post("/jobs", {"type": "chaos.mark", "payload": {"mark": "refused"}})
    assert answer is not None
    assert answer.status_code in {429, 503}, f"{answer.status_code}: {answer.text}"
    assert int(answer.headers["retry-after"]) >= 1
    return str(answer.status_code)


def _run_disk(stage: Stage, *, aof: str, durability: str) -> Outcome:
    mounted = ExitStack()
    disk = mounted.enter_context(small_disk(stage.directory / "disk", DISK_MB))
    stage.at_the_end(mounted.close)
    server = start_valkey(disk.path / "server", aof=aof)
    stage.at_the_end(server.stop)
    system = stage.system(workers=2, server=server, durability=durability)
    client = stage.client(system)
    recovered, refusals, gave_up = 0.0, set(), 0
    for _ in range(ROUNDS):
        client.submit(10, sleep_ms=200)
        with client.submitting(per_s=60):
            client.await_accepted(30)
            disk.fill()
            refusals.add(_refusal(client))
            stage.pause(0.5, 1.5)
            since = stage.now()
            disk.make_room()
            gave_up += _supervise(system)
            recovered = max(recovered, client.recovery(since))
            client.await_accepted(20)
    verdict = stage.settle(system, client)
    return verdict.outcome(
        faults=ROUNDS,
        recovery_s=recovered,
        refused_with=", ".join(sorted(refusals)),
        server_gave_up=gave_up,
    )


def _supervise(system: System) -> bool:
    """Start the server again where it has ended."""
    if system.server.process.poll() is None:
        return False
    system.start("server")
    return True


ROWS = [
    Row(
        "memory-full",
        "the server is at its memory limit",
        "503 with Retry-After, finishing goes on, recovers without a hand",
        _run_memory,
    ),
    Row(
        "disk-full-everysec",
        "the disk under the append-only file is full (appendfsync everysec)",
        "503 with Retry-After, nothing lost, recovers without a hand",
        lambda stage: _run_disk(stage, aof="everysec", durability="process-crash"),
        needs=("linux", "root", "small-disk"),
    ),
    Row(
        "disk-full-always",
        "the disk under the append-only file is full (appendfsync always)",
        "503 with Retry-After, nothing lost, recovers without a hand",
        lambda stage: _run_disk(stage, aof="always", durability="power-loss"),
        needs=("linux", "root", "small-disk"),
    ),
]
