"""What goes wrong in a simulation, when, and to whom: all of it drawn from the seed.

Some faults strike at a step: whichever process is about to go on dies, or stands still, there; so every place at which
a process waits is hit sooner or later. The others come by the clock: bad weather, cuts, trouble with the server, clocks
that are set, a lease that is deleted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from simulation.clients import Desk
from simulation.hosts import Host
from simulation.kernel import SECOND, Kernel, Process
from simulation.network import FAIR, Network, Weather
from simulation.services import ServiceProcess

#: What a stop of the server may cost: nothing, the last second (`everysec`), what the replica had not.
LOSSES = ("nothing", "everysec", "failover")
HOUR_US = 3_600 * SECOND


class Hazards(NamedTuple):
    """How often what goes wrong: steps between two strikes, seconds between two troubles, and which may come.

    loss: what a stop of the server may cost: nothing, its tail (`everysec`), what the replica had not (`failover`).
    """

    steps: int
    seconds: float
    loss: str


class Faults:
    """Brings about the faults of one run, until `heal`."""

    def __init__(self, kernel: Kernel, network: Network, hosts: Sequence[Host], desk: Desk, hazards: Hazards) -> None:
        self.counts: Counter[str] = Counter()
        self._kernel = kernel
        self._network = network
        self._hosts = hosts
        self._desk = desk
        self.hazards = hazards
        self._healed = False
        #: When what is written now and acknowledged may still be lost: from, to.
        self.windows: list[tuple[int, int]] = []
        self._behind_since = 0

    def begin(self) -> None:
        """Begin to do harm."""
        self._kernel.on_fault = self._strike
        self._next_strike()
        self._next_trouble()

    def heal(self) -> None:
        """Stop doing harm, and undo what does not undo itself."""
        self._healed = True
        self._kernel.next_fault = 0
        self._network.weather = FAIR
        self._network.cut.clear()
        self._network.deaf.clear()
        self._desk.lossy = 0.0
        self._network.server.catch_up()
        for host in self._hosts:
            if host.process is not None:
                host.process.runs_from = 0
        self._kernel.note("faults", "heal")

    def _count(self, what: str, whom: str = "") -> None:
        self.counts[what] += 1
        self._kernel.note("faults", f"{what} {whom}")

    # --- at a step -------------------------------------------------------------------------------------

    def _next_strike(self) -> None:
        self._kernel.next_fault = (
            self._kernel.steps + 1 + int(self._kernel.random.expovariate(1.0) * self.hazards.steps)
        )

    def _strike(self, process: Process) -> None:
        if self._healed:
            return
        self._next_strike()
        if not isinstance(process, ServiceProcess):
            return
        if self._kernel.random.random() < 0.6:
            self._count(f"{process.kind} killed", process.name)
            process.crash("kill -9")
        else:
            span_us = self._span(20)
            self._count(f"{process.kind} stopped", f"{process.name} for {span_us / SECOND:.1f} s")
            self._kernel.stand_still(process, span_us)

    def _span(self, most_s: float) -> int:
        """Return a time, as likely short as long."""
        return int(SECOND * 0.05 * (most_s / 0.05) ** self._kernel.random.random())

    # --- by the clock ----------------------------------------------------------------------------------

    def _next_trouble(self) -> None:
        self._kernel.at(
            self._kernel.now + 1 + int(self._kernel.random.expovariate(1.0) * self.hazards.seconds * SECOND),
            self._trouble,
        )

    def _trouble(self) -> None:
        if self._healed:
            return
        self._next_trouble()
        bring = self._kernel.random.choices(
            (self._storm, self._cut, self._server_trouble, self._clocks, self._lease, self._slow), (30, 20, 20, 8, 6, 8)
        )[0]
        bring()

    def _storm(self) -> None:
        random = self._kernel.random
        bad = [random.choice((0.0, 0.0, 0.02, 0.1, 0.3)) for _ in range(6)]
        lost_request, lost_reply, broken, twice, late, lost_ring = bad
        self._network.weather = Weather(
            lost_request, lost_reply, broken, twice, late, lost_ring, late_us=self._span(10) + 1
        )
        self._desk.lossy = random.choice((0.0, 0.1, 0.3))
        self._count("storm", str(bad))
        self._kernel.at(self._kernel.now + self._span(20), self._clear)

    def _clear(self) -> None:
        self._network.weather = FAIR
        self._desk.lossy = 0.0

    def _cut(self) -> None:
        host = self._kernel.random.choice(self._hosts)
        process = host.process
        if process is None:
            return
        until = self._kernel.now + self._span(30)
        way = self._kernel.random.choice(("both ways", "requests", "replies"))
        if way != "replies":
            self._network.cut[process] = until
        if way != "requests":
            self._network.deaf[process] = until
        self._count(f"cut: {way}", f"{process.name} for {(until - self._kernel.now) / SECOND:.1f} s")

    def _slow(self) -> None:
        self._network.weather = Weather(delay_us=self._span(2) + 1)
        self._count("slow network", f"{self._network.weather.delay_us} us")
        self._kernel.at(self._kernel.now + self._span(20), self._clear)

    def _lease(self) -> None:
        self._count("lease deleted")
        self._network.server.log.lose_lease()

    def _clocks(self) -> None:
        host = self._kernel.random.choice(self._hosts)
        host.wall_us = self._kernel.random.randrange(-HOUR_US, HOUR_US)
        if host.process is not None:
            host.process.wall_us = host.wall_us
        self._count("clock set", f"{host.name} {host.wall_us / SECOND:+.0f} s")

    def _server_trouble(self) -> None:
        server, random = self._network.server, self._kernel.random
        if not server.up:
            return
        if self.hazards.loss != "nothing" and random.random() < 0.6:
            self._count("replica behind" if self.hazards.loss == "failover" else "disk behind")
            if not server.is_behind():
                server.fall_behind()
                self._behind_since = self._kernel.now
            # What is not on the disk is a second old at most, or two where the disk is slow.
            span_us = self._span(2 if self.hazards.loss == "everysec" else 15)
            ends = random.random()
            self._kernel.at(self._kernel.now + span_us, self._fail_over if ends < 0.7 else server.catch_up)
            return
        self._count("server restarted")
        server.stop(self._span(6), lose_tail=False, step_us=self._step())

    def _fail_over(self) -> None:
        server = self._network.server
        if self._healed or not server.up or not server.is_behind():
            return
        self._count("failover to a stale replica" if self.hazards.loss == "failover" else "restart without the tail")
        self.windows.append((self._behind_since, self._kernel.now))
        server.stop(self._span(6), lose_tail=True, step_us=self._step())

    def _step(self) -> int:
        """Return how far the next server's clock is ahead of this one's."""
        random = self._kernel.random
        return random.choice((0, 0, random.randrange(500_000)))
