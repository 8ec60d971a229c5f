"""A whole partition in memory and in virtual time: a log, schedulers that come and go, workers that misbehave.

Nothing here decides. Schedulers are the real `Scheduling`, the log is the real `MemoryLog`; what is simulated is
who takes a turn when, which replies are lost, and what the clock says.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from journeyman import events as e
from journeyman.admission import admit
from journeyman.breaker_verdicts import Rules
from journeyman.decide import Limits
from journeyman.errors import EpochPassedError, ServerUnavailableError
from journeyman.ids import IdMaker
from journeyman.log.api import Appended, Log
from journeyman.log.memory_log import MemoryLog
from journeyman.outbox import Outbox
from journeyman.partition import Partition, fold
from journeyman.proposals import Idempotency, Proposal
from journeyman.scheduling import PAGE, Scheduling
from journeyman.snapshot import Snapshot
from journeyman.verify import Verifier
from support.snapshots import restored

HEARTBEAT_TIMEOUT_MS = 1_000
LEASE_MS = 600
START_MS = 1_700_000_000_000
#: Without breakers: those of `BREAKERS` open and close within what happens in a simulated world.
LIMITS = Limits(poison_attempts=3, wait_max_ms=20_000)
BREAKERS = Rules(5_000, 4, 0.5, 3, 400, 3_000, 2)


class CutLog(MemoryLog):
    """A log behind a wire that can lose the next commit: the request on its way, or the reply on its way back.

    `page` is the most entries that one read brings.
    """

    lose = ""
    page = PAGE

    def commit(self, proposals: Sequence[Proposal], *, epoch: int, number: int, cursor: e.Offset) -> Appended:
        lose, self.lose = self.lose, ""
        if lose == "request":
            raise ServerUnavailableError("the request was lost")
        reply = super().commit(proposals, epoch=epoch, number=number, cursor=cursor)
        if lose == "reply":
            raise ServerUnavailableError("the reply was lost")
        return reply

    def read(self, after: e.Offset, *, count: int = 100, block_ms: int | None = None) -> list[e.Entry]:
        return super().read(after, count=min(count, self.page), block_ms=block_ms)


class SimulatedScheduler:
    """One scheduler's process: the real rhythm, one turn at a time."""

    def __init__(self, name: str, world: World, partition: Partition | None = None) -> None:
        self.name = name
        self.epoch: int | None = None
        self._world = world
        self._renew_ms = 0
        self.scheduling = Scheduling(
            world.log,
            world.limits,
            heartbeat_timeout_ms=HEARTBEAT_TIMEOUT_MS,
            partition=partition,
            outbox=Outbox(world.neighbours, f"{world.log.partition}/{name}") if world.neighbours else None,
        )

    @property
    def partition(self) -> Partition:
        return self.scheduling.partition

    def turn(self, *, renew: bool = True) -> bool:
        """Renew or try for the lease, read a page, decide once. True where something was read or decided."""
        if renew and self._world.now_ms >= self._renew_ms:
            self._elect(self._world.now_ms)
        read = self.scheduling.follow()
        return self.decide() or read > 0

    def read(self, entries: int) -> None:
        """Read a few entries, and leave the rest of the log for later."""
        self._world.log.page = entries
        self.scheduling.follow()
        self._world.log.page = PAGE

    def decide(self) -> bool:
        """Decide once on what has been read, which may be old news. True where something was."""
        if self.epoch is None:
            return False
        try:
            now_ms = self._world.now_ms
            return self.scheduling.settle(self.epoch, now_ms, silent=self.scheduling.silent(now_ms)) is not None
        except EpochPassedError:
            self.epoch = None
        except ServerUnavailableError:
            pass
        return True

    def follow_to_the_end(self) -> None:
        while self.scheduling.follow() == PAGE:
            pass

    def _elect(self, now_ms: int) -> None:
        self.follow_to_the_end()
        election = self._world.log.elect(self.name, lease_ms=LEASE_MS, epoch_floor=self.partition.epoch)
        begins = election.epoch is not None and election.epoch != self.epoch
        self.epoch = election.epoch
        self._renew_ms = now_ms + LEASE_MS // 3
        if begins:
            self.scheduling.begin_term()
            self.follow_to_the_end()


class World:
    """The log, the clock, and what an onlooker knows who has read every entry.

    neighbours: what leads to the other partitions, where there are some.
    """

    def __init__(
        self, partition: int = 0, neighbours: Callable[[int], Log] | None = None, limits: Limits = LIMITS
    ) -> None:
        self.now_ms = START_MS
        self.limits = limits
        self.neighbours = neighbours
        self.log = CutLog(now_ms=lambda: self.now_ms, partition=partition)
        self.onlooker = Partition()
        self.verifier = Verifier()
        self.injected: set[str] = set()
        self.snapshots: list[Snapshot] = []
        self._ids = IdMaker(partition)
        self._number = 0

    # --- reading ---------------------------------------------------------------------------------------

    def look(self) -> None:
        """Let the onlooker and the verifier read what is new."""
        while entries := self.log.read(self.onlooker.offset, count=PAGE):
            for entry in entries:
                self.onlooker.apply(entry)
                if entry.offset.entry in self.injected:
                    self.verifier.pass_over(entry)
                else:
                    self.verifier.take(entry)

    def whole_log(self) -> list[e.Entry]:
        return self._after(e.BEGINNING)

    def _after(self, offset: e.Offset) -> list[e.Entry]:
        entries: list[e.Entry] = []
        while page := self.log.read(entries[-1].offset if entries else offset, count=PAGE):
            entries += page
        return entries

    def events(self) -> list[e.Event]:
        return [record.event for entry in self.whole_log() for record in entry.records()]

    def refolded(self, snapshot: Snapshot | None = None) -> Partition:
        """Return the fold of the whole log, or of what comes after a snapshot onto it."""
        if snapshot is None:
            return fold(self.whole_log())
        return fold(self._after(e.Offset(*snapshot.offset)), restored(snapshot))

    # --- writing ---------------------------------------------------------------------------------------

    def next_number(self) -> int:
        self._number += 1
        return self._number

    def append(self, *proposals: Proposal) -> Appended:
        return self.log.append(proposals, caller="client", number=self.next_number())

    def inject(self, data: bytes) -> e.Offset:
        """Write an entry behind everybody's back."""
        offset = self.log.write_raw(data)
        self.injected.add(offset.entry)
        return offset

    def new_id(self) -> str:
        return self._ids.make(self.now_ms, self._number << 30)

    def submit(self, jobs: Sequence[e.JobSubmitted], idempotency: Idempotency | None = None) -> Appended:
        return self.append(admit(jobs, self.now_ms, idempotency))
