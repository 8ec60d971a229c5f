"""What the policy answers, and what it remembers between two answers."""

from __future__ import annotations

import msgspec


class Decision(msgspec.Struct, frozen=True):
    """How many workers there should be, and why."""

    desired: int
    reason: str


class Memory(msgspec.Struct, frozen=True):
    """When the number was last raised, and last changed at all; None: never.

    The log says so, too. This is for decisions that could not be recorded, or have not been read yet.
    """

    raised_ms: int | None = None
    changed_ms: int | None = None

    def raised_within(self, span_ms: int, now_ms: int) -> bool:
        """Tell whether the number was raised so short a time ago."""
        return self.raised_ms is not None and now_ms - self.raised_ms < span_ms

    def changed_within(self, span_ms: int, now_ms: int) -> bool:
        """Tell whether the number was changed so short a time ago."""
        return self.changed_ms is not None and now_ms - self.changed_ms < span_ms
