"""What a claimer listens to: the doorbells of all its partitions, as one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from journeyman.log.api import Brought


class Bell(Protocol):
    """The doorbell of one partition: see `journeyman.log.doorbell`."""

    def wait(self, timeout_ms: float) -> bool:
        """Wait until it rings or somebody wakes the waiting thread; tell whether it rang."""
        ...

    def brought(self) -> Sequence[Brought]:
        """Return what came with rings since last asked."""
        ...

    def wake(self) -> None:
        """End the present wait, or the next one where nobody waits."""
        ...

    def close(self) -> None:
        """Hang up."""
        ...


class Bells(Protocol):
    """Doorbells of several partitions: see `journeyman.log.doorbells`. brought: only to who offers to take jobs."""

    def wait(self, timeout_ms: float) -> Sequence[int]:
        """Wait until one rings or somebody wakes the waiting thread; return the indices of those that rang."""
        ...

    def brought(self) -> Sequence[Brought]:
        """Return what came with rings since last asked."""
        ...

    def wake(self) -> None:
        """End the present wait, or the next one where nobody waits."""
        ...

    def close(self) -> None:
        """Hang up."""
        ...


class OneBell:
    """The bell of the only partition there is."""

    def __init__(self, bell: Bell) -> None:
        self._bell = bell
        self.brought = bell.brought
        self.wake = bell.wake
        self.close = bell.close

    def wait(self, timeout_ms: float) -> Sequence[int]:
        """Wait until it rings or somebody wakes the waiting thread."""
        return (0,) if self._bell.wait(timeout_ms) else ()
