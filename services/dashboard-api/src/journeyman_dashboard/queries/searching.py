"""Searching jobs for a text (`q`): the id begins with it, or the type, the error or the payload contains it.

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
from journeyman_dashboard.places import entry_of
from journeyman_dashboard.queries.entries import event_in, parts_of
from journeyman_dashboard.queries.values import as_json

_AT_ONCE = 256
_ENTRIES_KEPT = 8

Key = tuple[int, int]


class Search:
    """Looks at jobs as they come, as long as it may."""

    def __init__(self, connection: sqlite3.Connection, text: str, jobs_max: int, bytes_max: int) -> None:
        self._connection = connection
        self._text = text.encode().lower()
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
        if job_id.encode().startswith(self._text) or self._text in kind.encode().lower():
            return True
        if error is not None and self._text in error.encode().lower():
            return True
        return bool(submission) and self._in_payload(submission)

    def _in_payload(self, submission: int) -> bool:
        parts = self._entry(entry_of(submission))
        if not parts:
            return False
        event = event_in(parts, submission)
        return isinstance(event, JobSubmitted) and self._text in event.payload.encode().lower()

    def _entry(self, entry: int) -> list[msgspec.Raw] | None:
        if entry not in self._entries:
            found = self._connection.execute("SELECT data FROM commits WHERE e = ?", (entry,)).fetchone()
            data: bytes = found[0] if found is not None else b""
            self._bytes_left -= len(data)
            while len(self._entries) >= _ENTRIES_KEPT:
                del self._entries[next(iter(self._entries))]
            self._entries[entry] = parts_of(data) if self._text in data.lower() else None
        return self._entries[entry]
