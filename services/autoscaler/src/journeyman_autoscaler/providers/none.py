"""Nobody: workers are started by somebody else, who may read what the autoscaler thinks of their number."""

from __future__ import annotations

from collections.abc import Mapping

from journeyman_autoscaler.limits import Bounds
from journeyman_autoscaler.providers import Held


class NoProvider:
    """Applies nothing. Decisions are still recorded, as advice."""

    name = "none"
    applies = False
    outlasts = False
    trouble = ""
    bounds: Bounds | None = None

    def apply(self, desired: int, workers: Mapping[str, Held]) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""
