"""I5, one voice, and the order of entries: what can be judged of a commit without looking at its events.

A scheduler's commit says its epoch and its cursor, the last entry that it had read. A new epoch begins with its
election. The cursor names an entry that is there, before the commit, and moves forward within an epoch; so an entry
that is missing is often missed by the next commit already.
"""

from __future__ import annotations

from journeyman import events as e
from journeyman.verify.book import Book

#: Entries behind the last cursor that are remembered. A scheduler that is further behind has its cursor believed.
ENTRIES_MAX = 200_000

_Place = tuple[int, int]


class Authority:
    """What was said last, and by whom."""

    def __init__(self) -> None:
        self.epoch = 0
        self._cursor: _Place = (0, 0)
        self._last: _Place = (0, 0)
        #: The entries that the next cursor may name, in order. A dict, for its order.
        self._entries: dict[_Place, None] = {}
        #: Cursors before this are believed.
        self._known_from: _Place | None = None

    def take(self, book: Book, entry: e.Entry) -> None:
        """Judge where an entry stands, and whose it is."""
        place = entry.offset[:2]
        if place <= self._last:
            book.blame("I6", f"entry {entry.offset.entry} does not come after entry {_written(self._last)}")
        if entry.epoch is not None:
            self._judge(book, entry, entry.epoch)
        self.note(place)

    def note(self, place: _Place) -> None:
        """Remember that there is an entry."""
        self._last = max(place, self._last)
        self._entries[place] = None
        if self._known_from is None:
            self._known_from = place
        if len(self._entries) > ENTRIES_MAX:
            oldest = next(iter(self._entries))
            del self._entries[oldest]
            self._known_from = max(self._known_from, (oldest[0], oldest[1] + 1))

    def _judge(self, book: Book, entry: e.Entry, epoch: int) -> None:
        first = entry.events[0] if entry.events else None
        if epoch < self.epoch:
            book.blame("I5", f"a commit of epoch {epoch} follows one of epoch {self.epoch}")
            return
        if epoch > self.epoch:
            elected = isinstance(first, e.SchedulerElected) and first.epoch == epoch
            if not elected and not (first is None and entry.undecodable):
                self._not_elected(book, epoch)
            self.epoch, self._cursor = epoch, (0, 0)
        if entry.cursor:
            self._judge_cursor(book, entry.cursor)

    def _not_elected(self, book: Book, epoch: int) -> None:
        what = f"a commit of epoch {epoch}, and no scheduler was elected for it"
        if self.epoch:
            book.blame("I5", what)
        else:
            book.blame_if_whole("I5", what)

    def _judge_cursor(self, book: Book, text: str) -> None:
        try:
            cursor = e.Offset.parse(text)[:2]
        except ValueError:
            book.blame("I5", f"the commit says that its scheduler had read up to {text!r}, which is no entry")
            return
        if cursor == self._cursor:
            return
        if cursor < self._cursor:
            read = f"{_written(cursor)}, and the one before up to {_written(self._cursor)}"
            book.blame("I5", f"the commit's scheduler had read up to {read}")
            return
        if cursor not in self._entries and cursor > (0, 0) and not self._is_forgotten(cursor):
            book.blame("I6", f"the commit's scheduler had read entry {_written(cursor)}, and there is none")
        self._cursor = cursor
        for place in list(self._before(cursor)):
            del self._entries[place]

    def _is_forgotten(self, cursor: _Place) -> bool:
        return self._known_from is None or cursor < self._known_from

    def _before(self, cursor: _Place) -> list[_Place]:
        passed = []
        for place in self._entries:
            if place >= cursor:
                break
            passed.append(place)
        return passed


def elected(book: Book, event: e.SchedulerElected, authority: Authority, seen: int) -> None:
    """Judge that a scheduler's term begins. `seen`: the highest epoch before this entry."""
    if not book.decided:
        book.blame("I5", f"{e.tag_of(event)}, and no scheduler said it")
    elif event.epoch <= seen:
        book.blame("I5", f"epoch {event.epoch} was elected after epoch {seen}")
    authority.epoch = max(authority.epoch, event.epoch)


def _written(place: _Place) -> str:
    return f"{place[0]}-{place[1]}"
