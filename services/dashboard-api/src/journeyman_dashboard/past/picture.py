"""The read model at one moment: a connection on which what has changed since is shadowed by temporary tables.

Small tables are filled when it is opened, rows of jobs when they are asked for (`show`). What never changes is read
from the file. Whoever uses it holds its lock.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from pathlib import Path

from journeyman_dashboard.checkpoints import Checkpoint, latest
from journeyman_dashboard.past.moments import Cut
from journeyman_dashboard.past.replay import (
    Replayed,
    Stretch,
    existing,
    known_jobs,
    read_stretch,
    replay_jobs,
    replay_stretch,
)
from journeyman_dashboard.past.sets import PastSets
from journeyman_dashboard.past.shown import RollupsOf, Span
from journeyman_dashboard.past.tables import fill_rollups, fill_rollups_of, fill_small, make_tables
from journeyman_dashboard.places import entry_of
from journeyman_dashboard.postings import lives_in
from journeyman_dashboard.queries.filters import EVERYTHING
from journeyman_dashboard.queries.values import as_json
from journeyman_dashboard.rows import JOB_COLUMNS, JobRow
from journeyman_dashboard.schema import open_past
from journeyman_dashboard.store import Cursor, read_cursors, roll_up, write_cursor, write_jobs, write_small

#: Rows of jobs that are kept from question to question.
ROWS_MAX = 60_000

_COLUMNS = ", ".join(f"jobs.{name}" for name in JOB_COLUMNS)


class PastPicture:
    """The read model in the file at `path` as it was at a cut."""

    def __init__(self, path: Path, cut: Cut) -> None:
        self.lock = threading.Lock()
        #: Whether whoever holds the lock is to close it.
        self.dropped = False
        self.connection = open_past(path)
        self.connection.picture = self
        self.ends = dict(cut.ends)
        self._last_e = dict(cut.last_e)
        self._cut = cut
        self._checkpoint = Checkpoint()
        self._shown: set[int] = set()
        #: Types of which all rollups are there.
        self._rolled_up: dict[RollupsOf, set[str]] = {"type": set(), "queue": set()}
        self._sets: PastSets | None = None

    @property
    def sets(self) -> PastSets:
        """The sets as they were."""
        assert self._sets is not None
        return self._sets

    def close(self) -> None:
        """Close the connection."""
        self.connection.close()

    def paint(self) -> None:
        """Fill the tables, once, and make room for more rows; at the beginning of each transaction."""
        if self._sets is not None:
            if len(self._shown) > ROWS_MAX:
                self._forget_rows()
            return
        connection = self.connection
        checkpoint = self._checkpoint = latest(connection, self._cut.before_e)
        stretch = read_stretch(connection, checkpoint.e, self._last_e)
        (forgotten_ms,) = connection.execute("SELECT forgotten_ms FROM numbering").fetchone()
        make_tables(connection, self._last_e.values())
        fill_small(connection, checkpoint)
        fill_rollups(connection, checkpoint, self._cut.ms)
        jobs = known_jobs(connection, "id", stretch.jobs())
        earlier = {job_id: job for job_id, job in jobs.items() if job.n < checkpoint.next_n}
        before = replay_jobs(connection, earlier, dict.fromkeys(earlier, checkpoint.e))
        changes = replay_stretch(stretch, before.jobs, jobs)
        write_small(connection, changes)
        roll_up(connection, changes.rollups)
        self._move_cursors(stretch)
        rows = [row for row in existing(changes.jobs.values()) if self._there(row)]
        before.attempts += changes.attempts
        before.dependencies += changes.dependencies
        before.heard += changes.heard
        self._keep(rows, before)
        self._sets = PastSets(checkpoint, rows, some_forgotten=forgotten_ms > 0)

    def _move_cursors(self, stretch: Stretch) -> None:
        cursors = read_cursors(self.connection)
        for partition, entry in zip(stretch.partitions, stretch.entries, strict=True):
            before = cursors.get(partition, Cursor(partition))
            offset = entry.offset._replace(index=max(len(entry.events) - 1, 0))
            cursors[partition] = before._replace(offset=offset, events=before.events + len(entry.events))
        for cursor in cursors.values():
            write_cursor(self.connection, cursor)

    def show_rollups(self, column: RollupsOf, name: str) -> None:
        """Make all rollups of a type or a queue readable, not only those of late."""
        if name not in self._rolled_up[column]:
            others = self._rolled_up["queue" if column == "type" else "type"]
            fill_rollups_of(self.connection, self._checkpoint, self._cut.ms, column, name, others)
            self._rolled_up[column].add(name)

    # --- rows of jobs ----------------------------------------------------------------------------------

    def show(self, numbers: Iterable[int]) -> None:
        """Make the rows of these jobs readable, of those that there were."""
        self._show("n", [n for n in set(numbers) if n not in self._shown])

    def show_ids(self, ids: Iterable[str]) -> None:
        """Make the rows of these jobs readable, of those that there were."""
        self._show("id", set(ids))

    def _show(self, column: str, values: Iterable[object]) -> None:
        found = self.connection.execute(
            f"SELECT {_COLUMNS} FROM json_each(?) JOIN main.jobs ON jobs.{column} = value",  # noqa: S608 - constants
            (as_json(values),),
        )
        rows = [row for row in (JobRow(*columns) for columns in found) if row.n not in self._shown and self._there(row)]
        ends = {row.id: self.last_entry(row.id) for row in rows}
        as_they_are = [row for row in rows if _last_entry(row) <= ends[row.id]]
        others = {row.n for row in rows} - {row.n for row in as_they_are}
        self._copy(as_they_are)
        jobs = known_jobs(self.connection, "n", others)
        changes = replay_jobs(self.connection, jobs, ends)
        self._keep(existing(changes.jobs.values()), changes)

    def _there(self, row: JobRow) -> bool:
        return row.n < self.ends.get(lives_in(row.id), 0)

    def _copy(self, rows: list[JobRow]) -> None:
        """Take over jobs of which nothing has been heard since."""
        changes = Replayed({}, {})
        several = as_json(row.n for row in rows if row.attempt > 1 or row.generation > 1)
        changes.attempts = self.connection.execute(
            "SELECT a.* FROM json_each(?) JOIN main.attempts AS a ON a.n = value", (several,)
        ).fetchall()
        changes.dependencies = self.connection.execute(
            "SELECT d.* FROM json_each(?) JOIN main.dependencies AS d ON child = value",
            (as_json(row.n for row in rows if row.parents),),
        ).fetchall()
        self._keep(rows, changes)

    def _keep(self, rows: Iterable[JobRow], changes: Replayed) -> None:
        kept = [row for row in rows if row.n not in self._shown]
        self._shown.update(row.n for row in kept)
        write_jobs(self.connection, kept, changes)

    def _forget_rows(self) -> None:
        self._shown.clear()
        for table in ("jobs", "attempts", "dependencies"):
            self.connection.execute(f"DELETE FROM temp.{table}")  # noqa: S608 - constants

    def last_entry(self, job_id: str) -> int:
        """Return the last entry that there was in the log that a job's events are in."""
        return self._last_e[lives_in(job_id)]

    def spans(self, wanted: Mapping[int, Span]) -> dict[int, Span]:
        """Narrow the numbers that are wanted, by partition, to the jobs that there were."""
        cut = {}
        for partition, end in self.ends.items():
            low, high = wanted.get(partition, EVERYTHING)
            cut[partition] = (low, min(high, end))
        return cut


def _last_entry(row: JobRow) -> int:
    return entry_of(int.from_bytes(row.places[-8:], "big")) if row.places else 0
