"""The figures that metrics tell of: totals since the log's beginning, and how things stand.

Their cost does not depend on how many jobs there are; the longest wait in a queue looks at a bounded number of them.
"""

from __future__ import annotations

import sqlite3
from collections import Counter

import msgspec

from journeyman_dashboard.queries.breakers import STATES, states
from journeyman_dashboard.queries.fleet import GONE_SHOWN_MS
from journeyman_dashboard.queries.lines import longest_wait_since
from journeyman_dashboard.queries.remembered import RememberedSets
from journeyman_dashboard.rows import STATUS_OF_PHASE
from journeyman_dashboard.totals import Total, read_totals

#: Everything a gauge may say of a worker or a status, so that none is missing while it is 0.
STATUSES = ("pending", "processing", "completed", "failed", "cancelled")
WORKER_STATES = ("joined", "draining", "left", "lost")


class Figures(msgspec.Struct):
    """How things stand.

    born: by what this read model is told from one that was made anew. totals, depths, oldest_ms, breakers: by
    (queue, type), (queue, priority), queue, and type. oldest_ms: since when the job waits that waits longest.
    paused: of each queue that ever was. workers: those that are gone only if they went a short while ago.
    """

    born: int
    totals: dict[tuple[str, str], Total]
    statuses: dict[str, int]
    dead: int
    depths: dict[tuple[str, int], int]
    oldest_ms: dict[str, int]
    paused: dict[str, bool]
    workers: dict[str, int]
    busy: int
    idle: int
    breakers: dict[str, str]


def read_figures(connection: sqlite3.Connection, now_ms: int, sets: RememberedSets | None = None) -> Figures:
    """Return the figures of the moment. sets: those that earlier queries have read."""
    (born,) = connection.execute("SELECT born FROM numbering").fetchone()
    phases = dict(connection.execute("SELECT phase, sum(count) FROM counters GROUP BY phase").fetchall())
    statuses = dict.fromkeys(STATUSES, 0)
    for phase, number in phases.items():
        statuses[STATUS_OF_PHASE[phase]] += number
    depths = {
        (queue, priority): number
        for queue, priority, number in connection.execute(
            "SELECT queue, priority, sum(count) FROM counters WHERE phase = 'ready' GROUP BY queue, priority"
        )
    }
    oldest = {queue: longest_wait_since(connection, queue, sets) for queue in {queue for queue, _ in depths}}
    workers, busy, idle = _workers(connection, now_ms)
    return Figures(
        born=born,
        totals=read_totals(connection),
        statuses=statuses,
        dead=phases.get("dead", 0),
        depths=depths,
        oldest_ms={queue: since_ms for queue, since_ms in oldest.items() if since_ms is not None},
        paused={name: bool(paused) for name, paused in _paused(connection)},
        workers=workers,
        busy=busy,
        idle=idle,
        breakers=states(connection),
    )


def _paused(connection: sqlite3.Connection) -> list[tuple[str, int]]:
    return connection.execute("SELECT name, max(paused) FROM queues GROUP BY name").fetchall()


def _workers(connection: sqlite3.Connection, now_ms: int) -> tuple[dict[str, int], int, int]:
    """Return how many workers there are by state, and how many of their slots are busy and idle."""
    running: Counter[str] = Counter()
    for worker, number in connection.execute(
        "SELECT worker, count(*) FROM jobs WHERE phase IN ('running', 'cancelling') GROUP BY worker"
    ):
        running[worker] = number
    states_ = dict.fromkeys(WORKER_STATES, 0)
    idle = 0
    for worker, state, slots, changed_at_ms in connection.execute("SELECT id, state, slots, changed_at_ms FROM fleet"):
        if state in {"joined", "draining"} or changed_at_ms >= now_ms - GONE_SHOWN_MS:
            states_[state] += 1
        if state == "joined":
            idle += max(slots - running[worker], 0)
    return states_, running.total(), idle


def gravest(one: str, other: str) -> str:
    """Return the graver of two states of circuit breakers."""
    return max(one, other, key=STATES.index)
