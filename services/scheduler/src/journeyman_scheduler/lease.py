"""Who leads. One scheduler per partition holds a lease; the others try again when it runs out.

Authority is the epoch, not the lease: `commit` refuses every epoch but the present one. The lease only keeps a
standby from asking too early, so a clock that runs wrong costs availability at worst, never two voices.
"""

from __future__ import annotations

import time

from journeyman import failpoints
from journeyman.log.redis_log import RedisLog

#: A leader renews this many times within one lease.
RENEWALS = 3


class Lease:
    """The hold of one scheduler on the lease."""

    def __init__(self, log: RedisLog, scheduler: str, lease_ms: int) -> None:
        self.scheduler = scheduler
        self.epoch: int | None = None
        self.now_ms = 0
        #: The highest epoch it ever had, also in a history that the server has lost since.
        self._highest = 0
        self._log = log
        self._lease_ms = lease_ms
        self._next = 0.0

    def due(self) -> bool:
        """Tell whether it is time to renew, or to try."""
        return time.monotonic() >= self._next

    def wait_ms(self) -> int:
        """Return how long until `due`."""
        return max(int((self._next - time.monotonic()) * 1000), 0)

    def elect(self, epoch_floor: int) -> bool:
        """Renew the lease, or try to take it. True where a new term begins here."""
        held = self.epoch
        failpoints.hit("scheduler.before_elect")
        floor = max(epoch_floor, self._highest)
        election = self._log.elect(self.scheduler, lease_ms=self._lease_ms, epoch_floor=floor)
        failpoints.hit("scheduler.after_elect")
        self.epoch, self.now_ms = election.epoch, election.now_ms
        self._highest = max(self._highest, election.epoch or 0)
        wait_ms = self._lease_ms / RENEWALS
        if election.epoch is None:
            # Look often enough to follow a leader that resigned, and at once when its lease runs out.
            wait_ms = min(wait_ms, max(election.lease_left_ms, 1))
        self._next = time.monotonic() + wait_ms / 1000
        return election.epoch is not None and election.epoch != held

    def put_off(self) -> None:
        """Let it be due again in a while."""
        self._next = time.monotonic() + self._lease_ms / RENEWALS / 1000

    def lost(self) -> None:
        """Somebody else leads: stand by."""
        self.epoch = None

    def resign(self) -> None:
        """Give the lease back."""
        if self.epoch is not None:
            self._log.resign(self.scheduler)
            self.epoch = None
            self._next = 0.0
