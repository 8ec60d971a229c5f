"""Who starts and stops workers when the policy has decided how many there should be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, Protocol

from journeyman_autoscaler.limits import Bounds


class Held(NamedTuple):
    """What the log knows of a worker. running: attempts at this moment. instance: the EC2 instance; "": not told."""

    host: str
    pid: int
    instance: str = ""
    running: int = 0
    draining: bool = False


class Provider(Protocol):
    """Applies decisions. Calls return at once; what takes time goes on between them."""

    name: str
    applies: bool
    """Whether it does what it is told. If not, the number of workers is what the log says, and decisions are advice."""
    outlasts: bool
    """Whether its workers outlast the autoscaler: then it begins with the number that the log says was decided last."""

    @property
    def trouble(self) -> str:
        """What keeps it from doing what it was told; "": nothing."""
        ...

    @property
    def bounds(self) -> Bounds | None:
        """How many workers it allows, whatever the settings say; None where it does not matter, or is not known."""
        ...

    def apply(self, desired: int, workers: Mapping[str, Held]) -> None:
        """Make it so many workers, and replace those that died. Call it again and again, changed or not.

        workers: those that the log knows, by their ids, to choose whom to stop.
        """
        ...

    def close(self) -> None:
        """End, in good order and bounded time, together with the workers that do not outlast it."""
        ...
