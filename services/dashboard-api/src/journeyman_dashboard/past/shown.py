"""Connections that show the past, and what a query says before it reads rows of jobs: which ones it is going to read.

On a connection that shows the present this does nothing. In the past a job's row is made when it is asked for.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from typing import Literal, Protocol, TypeAlias

from journeyman_dashboard.postings import lives_in
from journeyman_dashboard.queries.remembered import RememberedSets

#: Numbers from the first on, and before the second.
Span = tuple[int, int]

#: What the rollups of a name are of.
RollupsOf: TypeAlias = Literal["type", "queue"]


class Picture(Protocol):
    """What a connection shows; see `picture`."""

    #: Number by partition before which the jobs are that there were.
    ends: dict[int, int]

    @property
    def sets(self) -> RememberedSets:
        """The sets as they were."""
        ...

    def last_entry(self, job_id: str) -> int:
        """Return the last entry that there was in the log that a job's events are in."""
        ...

    def spans(self, wanted: Mapping[int, Span]) -> dict[int, Span]:
        """Narrow the numbers that are wanted, by partition, to the jobs that there were."""
        ...

    def show(self, numbers: Iterable[int]) -> None:
        """Make the rows of these jobs readable, of those that there were."""
        ...

    def show_ids(self, ids: Iterable[str]) -> None:
        """Make the rows of these jobs readable, of those that there were."""
        ...

    def show_rollups(self, column: RollupsOf, name: str) -> None:
        """Make all rollups of a type or a queue readable, not only those of late."""
        ...


class PastConnection(sqlite3.Connection):
    """A connection on which the tables that change are as they were."""

    picture: Picture


def picture_of(connection: sqlite3.Connection) -> Picture | None:
    """Return what a connection shows; None for the present."""
    return connection.picture if isinstance(connection, PastConnection) else None


def show(connection: sqlite3.Connection, numbers: Iterable[int]) -> None:
    """Make the rows of these jobs readable."""
    if isinstance(connection, PastConnection):
        connection.picture.show(numbers)


def show_ids(connection: sqlite3.Connection, ids: Iterable[str]) -> None:
    """Make the rows of these jobs readable."""
    if isinstance(connection, PastConnection):
        connection.picture.show_ids(ids)


def show_rollups(connection: sqlite3.Connection, column: RollupsOf, name: str) -> None:
    """Make all rollups of a type or a queue readable, not only those of late."""
    if isinstance(connection, PastConnection):
        connection.picture.show_rollups(column, name)


def existed(connection: sqlite3.Connection, n: int, job_id: str) -> bool:
    """Tell whether a job that there is was there already."""
    return not isinstance(connection, PastConnection) or n < connection.picture.ends.get(lives_in(job_id), 0)
