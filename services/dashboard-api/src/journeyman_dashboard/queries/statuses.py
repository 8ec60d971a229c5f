"""How many jobs are in which status: of those that a filter leaves, or of some that are named."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Sequence
from typing import Literal

import msgspec

from journeyman_dashboard.past.shown import show, show_ids
from journeyman_dashboard.queries.filters import JobFilter, spelled_out
from journeyman_dashboard.queries.lookup import shut
from journeyman_dashboard.queries.remembered import RememberedSets
from journeyman_dashboard.queries.selection import select
from journeyman_dashboard.queries.values import as_json
from journeyman_dashboard.rows import STATUS_OF_PHASE


def count_by_status(connection: sqlite3.Connection, wanted: JobFilter, sets: RememberedSets | None) -> dict[str, int]:
    """Count by the sets, so whatever has to be looked at one by one (`searched`) is not looked at."""
    wanted, closed = spelled_out(connection, wanted), shut(connection)
    found = {}
    for status in wanted.status or dict.fromkeys(STATUS_OF_PHASE.values()):
        one = msgspec.structs.replace(wanted, status=(status,))
        found[status] = select(connection, sets, one, closed).count()[0]
    return {status: count for status, count in found.items() if count}


def statuses_of(
    connection: sqlite3.Connection, named: Sequence[str] | Sequence[int], column: Literal["id", "n"]
) -> dict[str, int]:
    """Count those of these jobs that are known; `named` by id or number."""
    show_ids(connection, (str(one) for one in named)) if column == "id" else show(connection, map(int, named))
    rows = connection.execute(
        f"SELECT phase, count(*) FROM json_each(?) JOIN jobs ON jobs.{column} = value GROUP BY phase",  # noqa: S608 - constants
        (as_json(named),),
    )
    found: Counter[str] = Counter()
    for phase, count in rows:
        found[STATUS_OF_PHASE[phase]] += count
    return dict(found)
