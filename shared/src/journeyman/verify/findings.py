"""What a pass finds: broken promises with their offsets, as many as anybody would read, and the number of the rest."""

from __future__ import annotations

from typing import NamedTuple

from journeyman import events as e

#: Found at more places than this, something is so wrong that more offsets would not help. The rest is counted.
VIOLATIONS_KEPT = 10_000
#: Entries that cannot be read are told of up to here, and counted beyond.
UNDECODABLE_KEPT = 10_000


class Violation(NamedTuple):
    """A promise that does not hold: which, where, and in words. `of`: log, keys or read model."""

    promise: str
    offset: e.Offset
    detail: str
    of: str = "log"


class Report(NamedTuple):
    """What a pass found. `undecodable`: what was stepped over; it is reported, and is no violation by itself.

    left_off: how many more violations, and how many more undecodable ones, there were than are listed.
    """

    events: int
    jobs: int
    unfinished: int
    violations: list[Violation]
    undecodable: list[e.Undecodable]
    left_off: int = 0
    undecodable_left_off: int = 0


class Findings:
    """Collects violations, up to `VIOLATIONS_KEPT`."""

    def __init__(self) -> None:
        self.violations: list[Violation] = []
        #: Of jobs whose submission may have been trimmed: what counts only where the log was not.
        self.if_whole: list[Violation] = []
        self.undecodable: list[e.Undecodable] = []
        self.left_off = 0
        self.left_off_if_whole = 0
        self.undecodable_left_off = 0

    def add(self, violation: Violation) -> None:
        """Take one in."""
        if len(self.violations) < VIOLATIONS_KEPT:
            self.violations.append(violation)
        else:
            self.left_off += 1

    def add_if_whole(self, violation: Violation) -> None:
        """Take in one that counts only where nothing is missing from the log's beginning."""
        if len(self.if_whole) < VIOLATIONS_KEPT:
            self.if_whole.append(violation)
        else:
            self.left_off_if_whole += 1

    def step_over(self, undecodable: tuple[e.Undecodable, ...]) -> None:
        """Take in what could not be read."""
        room = max(UNDECODABLE_KEPT - len(self.undecodable), 0)
        self.undecodable += undecodable[:room]
        self.undecodable_left_off += len(undecodable[room:])
