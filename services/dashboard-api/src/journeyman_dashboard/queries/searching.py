"""Searching jobs for a text (`q`): the id begins with it, or the type, the error or the payload contains it.

And for values in their payloads (`payload`), and for what their latest error says (`error`).

No index knows texts; what the other filters leave is looked at, job by job. That is bounded: a request looks at
so many jobs, and so many bytes of the log, then answers with what it has found and with a cursor from which the next
goes on. An entry without the text says no for all payloads in it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

import msgspec

from journeyman.events import JobSubmitted
from journeyman_dashboard.past.shown import show
from journeyman_dashboard.payloads import payload_holds
from journeyman_dashboard.places import entry_of
from journeyman_dashboard.queries.entries import event_in, parts_of
from journeyman_dashboard.queries.filters import EVERYTHING, JobFilter, spelled_out
from journeyman_dashboard.queries.lookup import shut
from journeyman_dashboard.queries.remembered import RememberedSets
from journeyman_dashboard.queries.selection import select
from journeyman_dashboard.queries.values import as_json
from journeyman_dashboard.views import error_view

#: Jobs that one search looks at, and bytes of their entries. (In other orders than that of submission, nearly every
#: job is in another entry.)
SEARCHED_MAX = 2_500
SEARCHED_BYTES_MAX = 2_000_000
#: Numbers that are found at once where nothing has to be searched for.
MATCHING_MAX = 1_000_000
_AT_ONCE = 256
_ENTRIES_KEPT = 8

Key = tuple[int, int]


def matching(
    connection: sqlite3.Connection, wanted: JobFilter, behind: int, sets: RememberedSets | None
) -> tuple[list[int], int | None]:
    """Return the numbers of jobs that match, the oldest first, and behind which to go on; None where there are no more.

    All of them at once, or as many as one search may look at.
    """
    wanted = spelled_out(connection, wanted)
    selection = select(connection, sets, wanted, shut(connection))
    numbers = selection.numbers("ASC", (behind + 1, EVERYTHING[1]))
    if not wanted.searched():
        return list(islice(numbers, MATCHING_MAX + 1)), None
    search = Search(connection, wanted, SEARCHED_MAX, SEARCHED_BYTES_MAX)
    found = [n for _, n in search.among((n, n) for n in numbers)]
    return found, search.last[1] if search.stopped and search.last is not None else None


class Search:
    """Looks at jobs as they come, as long as it may."""

    def __init__(self, connection: sqlite3.Connection, wanted: JobFilter, jobs_max: int, bytes_max: int) -> None:
        self._connection = connection
        self._text = wanted.q.encode().lower()
        self._error = wanted.error.lower()
        self._terms = wanted.payload
        self._jobs_left = jobs_max
        self._bytes_left = bytes_max
        #: The events of entries that have the text in them, and None for those that have not.
        self._entries: dict[int, list[msgspec.Raw] | None] = {}
        #: The last job looked at.
        self.last: Key | None = None
        #: Whether there were more jobs than it could look at.
        self.stopped = False

    def among(self, keys: Iterable[Key]) -> Iterator[Key]:
        """Yield those of (key, number) whose job has the text, until that is enough looking."""
        ahead = iter(keys)
        while chunk := list(islice(ahead, _AT_ONCE)):
            rows = self._rows([n for _, n in chunk])
            for key in chunk:
                if self._jobs_left <= 0 or self._bytes_left <= 0:
                    self.stopped = True
                    return
                self._jobs_left -= 1
                self.last = key
                row = rows.get(key[1])
                if row is not None and self._has(*row):
                    yield key

    def _rows(self, numbers: list[int]) -> dict[int, tuple[Any, ...]]:
        show(self._connection, numbers)
        found = self._connection.execute(
            "SELECT n, jobs.id, jobs.type, error, submission FROM json_each(?) JOIN jobs ON n = value",
            (as_json(numbers),),
        )
        return {n: rest for n, *rest in found}

    def _has(self, job_id: str, kind: str, error: str | None, submission: int) -> bool:
        if self._error and not self._failed_of(error):
            return False
        if self._terms and not payload_holds(self._payload(submission, b""), self._terms):
            return False
        if not self._text or job_id.encode().startswith(self._text) or self._text in kind.encode().lower():
            return True
        if error is not None and self._text in error.encode().lower():
            return True
        return self._text in self._payload(submission, self._text).encode().lower()

    def _failed_of(self, text: str | None) -> bool:
        error = error_view(text)
        return error is not None and self._error in f"{error.type}: {error.message}".lower()

    def _payload(self, submission: int, text: bytes) -> str:
        """Return a payload; it may be left out where its entry does not contain `text`, in whatever case."""
        if not submission:
            return "{}"
        parts = self._entry(entry_of(submission), text)
        event = event_in(parts, submission) if parts else None
        return event.payload if isinstance(event, JobSubmitted) else ""

    def _entry(self, entry: int, text: bytes) -> list[msgspec.Raw] | None:
        if entry not in self._entries:
            found = self._connection.execute("SELECT data FROM commits WHERE e = ?", (entry,)).fetchone()
            data: bytes = found[0] if found is not None else b""
            self._bytes_left -= len(data)
            while len(self._entries) >= _ENTRIES_KEPT:
                del self._entries[next(iter(self._entries))]
            self._entries[entry] = parts_of(data) if data and (self._terms or text in data.lower()) else None
        return self._entries[entry]
