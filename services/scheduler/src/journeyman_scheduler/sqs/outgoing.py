"""What is to be sent, highest class first, and up to where in the log everything was sent. Pure.

Places of a higher class overtake those of a lower one that were read before. So how far the forwarder has come is up to
where *all* places have been sent.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

from journeyman.events import Offset
from journeyman.log.api import Wanted
from journeyman.sqs.messages import CLASSES, class_of


class _Page:
    """What was read at once: up to where, and how much of it was not sent yet."""

    __slots__ = ("left", "offset")

    def __init__(self, offset: Offset, left: int) -> None:
        self.offset = offset
        self.left = left


class Slice(NamedTuple):
    """The next places to send, of one class, and why they are sent."""

    of_class: int
    places: list[Wanted]
    why: str


class Outgoing:
    """Places that wait to be sent."""

    def __init__(self) -> None:
        self._waiting: list[deque[tuple[Wanted, _Page | None, str]]] = [deque() for _ in CLASSES]
        self._pages: deque[_Page] = deque()

    def __len__(self) -> int:
        return sum(map(len, self._waiting))

    def clear(self) -> None:
        """Forget everything."""
        for waiting in self._waiting:
            waiting.clear()
        self._pages.clear()

    def read(self, places: Sequence[Wanted], up_to: Offset) -> None:
        """Add what a page of the log released; it ends at `up_to`."""
        page = _Page(up_to, len(places))
        self._pages.append(page)
        for wanted in places:
            self._waiting[class_of(wanted.priority)].append((wanted, page, "released"))

    def again(self, places: Sequence[Wanted], why: str = "again") -> None:
        """Add what is sent once more."""
        for wanted in places:
            self._waiting[class_of(wanted.priority)].append((wanted, None, why))

    def next(self, most: int) -> Slice | None:
        """Return what to send next, and leave it here until `sent`; None where there is nothing."""
        for of_class, waiting in enumerate(self._waiting):
            if waiting:
                why = waiting[0][2]
                places: list[Wanted] = []
                for wanted, _, reason in waiting:
                    if reason != why or len(places) == most:
                        break
                    places.append(wanted)
                return Slice(of_class, places, why)
        return None

    def sent(self, these: Slice) -> None:
        """Take out what `next` returned."""
        for _ in these.places:
            _, page, _ = self._waiting[these.of_class].popleft()
            if page is not None:
                page.left -= 1

    def up_to(self) -> Offset | None:
        """Return up to where everything was sent since this was last asked; None where that is no further."""
        reached = None
        while self._pages and self._pages[0].left == 0:
            reached = self._pages.popleft().offset
        return reached
