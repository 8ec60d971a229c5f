"""The temporary tables of a picture: made like those that they shadow, and the rollups that queries ask for.

The statements that make a table are those that made the one in the file.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable

from journeyman_dashboard.checkpoints import SMALL_TABLES, Checkpoint, state_of
from journeyman_dashboard.past.shown import RollupsOf
from journeyman_dashboard.queries.rates import RATE_SPAN_MS
from journeyman_dashboard.queries.values import as_json
from journeyman_dashboard.retention import SERIES_KEPT_MS
from journeyman_dashboard.rows import BUCKET_MS, Rollup
from journeyman_dashboard.store import read_rollup, rollup_columns

#: Shadowed, with their indices.
_TABLES = (*SMALL_TABLES, "jobs", "attempts", "dependencies", "rollups")
#: Shadowed by what there was of them.
_VIEWS = ("scaling", "quarantine")
_MADE = re.compile(r"CREATE (TABLE|INDEX|VIEW) ")
_COLUMNS = "bucket_ms, queue, type, submitted, started, completed, failed, cancelled, waits, runs, born_e"
_OLDEST = (
    "(SELECT min(until_e) FROM rollups_history AS l "
    "WHERE l.bucket_ms = h.bucket_ms AND l.queue = h.queue AND l.type = h.type AND l.until_e >= ?3)"
)


def make_tables(connection: sqlite3.Connection, last_e: Iterable[int]) -> None:
    """Make the tables, empty. last_e: the last entries that there were, of each partition."""
    made = connection.execute(
        "SELECT sql FROM main.sqlite_master WHERE sql IS NOT NULL AND "
        "(type = 'view' OR tbl_name IN (SELECT value FROM json_each(?))) ORDER BY type = 'view', type = 'index'",
        (as_json(_TABLES),),
    ).fetchall()
    for (sql,) in made:
        kind = sql.split()[1]
        temporary = "CREATE INDEX temp." if kind == "INDEX" else f"CREATE TEMP {kind} "
        connection.execute(_MADE.sub(temporary, sql, count=1))
    ends = connection.execute(
        "SELECT partition, ms, seq FROM json_each(?) JOIN main.entries ON e = value", (as_json(last_e),)
    ).fetchall()
    known = " OR ".join(f"(partition = {p} AND (ms, seq) <= ({ms}, {seq}))" for p, ms, seq in ends) or "0"
    for table in _VIEWS:
        connection.execute(f"CREATE TEMP VIEW {table} AS SELECT * FROM main.{table} WHERE {known}")  # noqa: S608 - numbers


def fill_small(connection: sqlite3.Connection, checkpoint: Checkpoint) -> None:
    """Put into the small tables what was in them at a checkpoint."""
    for table, rows in state_of(connection, checkpoint).items():
        if rows:
            marks = ", ".join("?" * len(rows[0]))
            connection.executemany(f"INSERT INTO temp.{table} VALUES ({marks})", rows)  # noqa: S608 - constants


def fill_rollups(connection: sqlite3.Connection, checkpoint: Checkpoint, ms: int) -> None:
    """Take over the rollups of a checkpoint: the whole for as long as a series may be, its parts of late."""
    since, lately = ms - SERIES_KEPT_MS - BUCKET_MS, ms - RATE_SPAN_MS - BUCKET_MS
    wanted = "bucket_ms >= ?1 AND (queue = '' OR bucket_ms >= ?2) AND born_e <= ?3"
    values = (since, lately, checkpoint.e)
    connection.execute(f"INSERT INTO temp.rollups SELECT * FROM main.rollups WHERE {wanted}", values)  # noqa: S608 - constants
    connection.execute(
        f"REPLACE INTO temp.rollups SELECT {_COLUMNS} FROM rollups_history AS h "  # noqa: S608
        f"WHERE {wanted} AND until_e = {_OLDEST}",
        values,
    )


def fill_rollups_of(
    connection: sqlite3.Connection, checkpoint: Checkpoint, ms: int, column: RollupsOf, name: str, others: Iterable[str]
) -> None:
    """Take over the rollups of a type, or of a queue, that `fill_rollups` left out.

    What was folded since the checkpoint is there. others: the queues, or the types, of which all is there already.
    """
    since, lately = ms - SERIES_KEPT_MS - BUCKET_MS, ms - RATE_SPAN_MS - BUCKET_MS
    other = "queue" if column == "type" else "type"
    rest = f"{other} NOT IN (SELECT value FROM json_each(?5))"  # noqa: S608 - constants
    wanted = f"bucket_ms >= ?1 AND bucket_ms < ?2 AND born_e <= ?3 AND {column} = ?4 AND queue <> '' AND {rest}"
    values = (since, lately, checkpoint.e, name, as_json(others))
    found: dict[tuple[int, str, str], Rollup] = {}
    for statement in (
        f"SELECT {_COLUMNS} FROM main.rollups WHERE {wanted}",  # noqa: S608 - constants
        f"SELECT {_COLUMNS} FROM rollups_history AS h WHERE {wanted} AND until_e = {_OLDEST}",  # noqa: S608
        f"SELECT {_COLUMNS} FROM temp.rollups WHERE {wanted.replace('born_e <= ?3', '?3 = ?3')}",  # noqa: S608
    ):
        is_since = "temp." in statement
        for bucket_ms, queue, type_, *rest in connection.execute(statement, values).fetchall():
            key, rollup = (bucket_ms, queue, type_), read_rollup(rest)
            if is_since and key in found:
                found[key].add(rollup)
            else:
                found[key] = rollup
    connection.executemany(
        "REPLACE INTO temp.rollups VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        ((*key, *rollup_columns(rollup)) for key, rollup in found.items()),
    )
