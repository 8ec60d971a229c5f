"""One queue, more closely: what came and went over time, what is in it by type, and who serves it."""

from __future__ import annotations

import sqlite3

import msgspec

from journeyman.log.api import EVERY_QUEUE
from journeyman_dashboard.past.shown import show_rollups
from journeyman_dashboard.queries.breakers import states
from journeyman_dashboard.queries.lines import QueueView, names_in, queues
from journeyman_dashboard.queries.rates import queue_since
from journeyman_dashboard.queries.remembered import RememberedSets
from journeyman_dashboard.queries.spans import Span, span_of
from journeyman_dashboard.queries.stats import Counts, counts_by_status


class TypeInQueue(msgspec.Struct):
    """The jobs of a type in one queue. `workers`: those that claim from this queue and know the type."""

    type: str
    breaker: str
    depth: int
    jobs: Counts
    workers: int


class QueueDetail(QueueView):
    """A queue, more closely. `workers`: those that claim from it; `types`: of its jobs, the most in line first."""

    span: Span
    types: list[TypeInQueue]
    workers: list[str]


def queue_detail(
    connection: sqlite3.Connection, name: str, *, now_ms: int, window_ms: int, sets: RememberedSets | None = None
) -> QueueDetail | None:
    """Return a queue more closely; None where there is none. sets: those that earlier queries have read."""
    view = next((one for one in queues(connection, now_ms, sets, only=name)), None)
    if view is None:
        return None
    show_rollups(connection, "queue", name)
    serving = _serving(connection, name)
    return QueueDetail(
        **{field: getattr(view, field) for field in QueueView.__struct_fields__},
        span=span_of(queue_since(connection, now_ms - window_ms, name), now_ms=now_ms, window_ms=window_ms),
        types=_types(connection, name, serving),
        workers=sorted(serving),
    )


def _serving(connection: sqlite3.Connection, name: str) -> dict[str, frozenset[str]]:
    """Return the workers that claim from a queue, and the types they know."""
    rows = connection.execute("SELECT id, queues, types FROM fleet WHERE state = 'joined'")
    return {worker: names_in(types) for worker, queues_, types in rows if names_in(queues_) & {name, EVERY_QUEUE}}


def _types(connection: sqlite3.Connection, name: str, serving: dict[str, frozenset[str]]) -> list[TypeInQueue]:
    phases: dict[str, dict[str, int]] = {}
    for kind, phase, number in connection.execute(
        "SELECT type, phase, sum(count) FROM counters WHERE queue = ? GROUP BY type, phase", (name,)
    ):
        phases.setdefault(kind, {})[phase] = number
    circuits = states(connection)
    found = [
        TypeInQueue(
            type=kind,
            breaker=circuits.get(kind, "closed"),
            depth=numbers.get("ready", 0),
            jobs=counts_by_status(numbers),
            workers=sum(kind in known for known in serving.values()),
        )
        for kind, numbers in phases.items()
    ]
    return sorted(found, key=lambda one: (-one.depth, -one.jobs.total, one.type))
