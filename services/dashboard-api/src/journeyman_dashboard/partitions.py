"""The partitions that are followed: each with its log, which is opened when its server can be reached."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from journeyman.errors import ServerUnavailableError
from journeyman.events import Offset
from journeyman.log.api import Appended, StoredOutcome, WorkerBeat
from journeyman.log.turns import Turn
from journeyman.proposals import Proposal
from journeyman_dashboard.recognition import Recognisable

_log = logging.getLogger(__name__)


class DashboardLog(Recognisable, Protocol):
    """What the dashboard needs of a log; see `journeyman.log.api`."""

    def now_ms(self) -> int:
        """Return the server's time."""
        ...

    def checkpoint(self, reader: str, offset: Offset) -> None:
        """Say how far `reader` has read; nothing behind it is trimmed."""
        ...

    def close(self) -> None:
        """Close its connections."""
        ...

    def append(self, proposals: Sequence[Proposal], *, caller: str, number: int) -> Appended:
        """Append what clients want known; for bulks."""
        ...

    def outcomes(self, job_ids: Iterable[str]) -> dict[str, StoredOutcome]:
        """Return how those of these jobs ended that have ended and are still remembered."""
        ...

    def readers(self) -> dict[str, Offset]:
        """Return how far every registered reader has read."""
        ...

    def restored_ms(self) -> int:
        """Return when the log was last brought back from an archive; 0 where it never was."""
        ...

    def turn(self, name: str) -> Turn:
        """Return the turn of some work on this partition that one replica does for all."""
        ...

    def beats(self) -> list[WorkerBeat]:
        """Return the last heartbeat of every registered worker."""
        ...


class Partition:
    """A partition and its log."""

    def __init__(self, number: int, open_log: Callable[[], DashboardLog]) -> None:
        self.number = number
        self._open = open_log
        self._opening = threading.Lock()
        #: None until its server has been reached.
        self.opened: DashboardLog | None = None

    def log(self) -> DashboardLog:
        """Return the log, opened where it is not yet. Raises what opening it raises."""
        with self._opening:
            if self.opened is None:
                self.opened = self._open()
            return self.opened


def open_all(partitions: Iterable[Partition]) -> None:
    """Open the logs whose servers can be reached. Raises ServerUnavailableError where that is none of them.

    Raises whatever else opening a log raises.
    """
    away: dict[int, ServerUnavailableError] = {}
    reached = False
    for partition in partitions:
        try:
            partition.log()
            reached = True
        except ServerUnavailableError as error:
            away[partition.number] = error
    for number, trouble in away.items():
        if not reached:
            raise trouble
        _log.warning("partition %d: %s; going on without it for now", number, trouble)
