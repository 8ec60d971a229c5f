"""Who starts and stops workers when the policy has decided how many there should be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol


class Provider(Protocol):
    """Applies decisions. Calls return at once; what takes time goes on between them."""

    name: str
    applies: bool
    """Whether it does what it is told. If not, the number of workers is what the log says, and decisions are advice."""

    def apply(self, desired: int, running: Mapping[int, int]) -> None:
        """Make it so many workers, and replace those that died. Call it again and again, changed or not.

        running: attempts run at this moment by process id of the worker, to choose whom to stop.
        """
        ...

    def close(self) -> None:
        """Stop everything it started, in good order and bounded time."""
        ...
