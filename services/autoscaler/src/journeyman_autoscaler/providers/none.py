"""Nobody: workers are started by somebody else, who may read what the autoscaler thinks of their number."""

from __future__ import annotations

from collections.abc import Mapping


class NoProvider:
    """Applies nothing. Decisions are still recorded, as advice."""

    name = "none"
    applies = False

    def apply(self, desired: int, running: Mapping[int, int]) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""
