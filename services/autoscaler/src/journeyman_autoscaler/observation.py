"""What the policy sees of the fleet at one moment. Data alone; `observe.py` makes it from the log."""

from __future__ import annotations

import msgspec


class Waiting(msgspec.Struct, frozen=True):
    """Jobs that came at about the same time and wait. work_ms: how long they will hold a slot, together."""

    age_ms: float
    jobs: int
    work_ms: float


class Demand(msgspec.Struct, frozen=True):
    """What one priority of one queue asks for.

    waits: the oldest first. sudden, recent, past: work that comes, as the number of slots it keeps busy: surely of the
    last seconds, and over the last half minute and two minutes without what came all at once (that waits, and is
    counted there). growth: by which share more is expected when a worker ordered now is ready.
    """

    queue: str
    priority: int
    waits: tuple[Waiting, ...] = ()
    sudden: float = 0.0
    recent: float = 0.0
    past: float = 0.0
    growth: float = 0.0


class Observation(msgspec.Struct, frozen=True):
    """The fleet at one moment.

    backlog: ready jobs per queue that some worker may claim (not of paused queues, not of types nobody knows or whose
    circuit breaker is not closed); demands: the same jobs, and what comes, by queue and priority, the highest first.
    service_ms: mean time in user code; None before the first job ended. running_age_ms: mean age of running attempts;
    running_long: how many of them have run so long that to start them anew would be a waste.
    workers: those that have joined and do not drain. slots: jobs that one worker runs at once; 0 before the first
    joined. desired: the number that was decided last; None before any was. coming: how long ago workers were ordered
    that have not joined, the oldest order first. start_up_ms: how long it takes until an ordered one has joined; None
    until one has. raised_ms, changed_ms: when the number was last raised, and changed at all; None: never.
    """

    at_ms: int
    backlog: dict[str, int] = {}
    running: int = 0
    arrival_per_s: float = 0.0
    service_ms: float | None = None
    running_age_ms: float = 0.0
    running_long: int = 0
    workers: int = 0
    slots: int = 0
    demands: tuple[Demand, ...] = ()
    desired: int | None = None
    coming: tuple[int, ...] = ()
    start_up_ms: float | None = None
    raised_ms: int | None = None
    changed_ms: int | None = None

    @property
    def waiting(self) -> int:
        """Ready jobs in all queues together."""
        return sum(self.backlog.values())
