"""Circuit breakers: how they stand in each partition, and over all of them."""

from __future__ import annotations

import sqlite3

import msgspec

from journeyman.reasons import Circuit
from journeyman_dashboard.params import write_time

#: From the least to the gravest.
STATES = ("closed", "half_open", "open")


class PartitionBreakerView(msgspec.Struct):
    """A type's circuit breaker in one partition, which has one of its own.

    `reason`: why it came into its state. `failures` of `calls` failed when it last opened by itself. `probes`: how many
    jobs a half-open one lets start. `until`: when an open one is tried again; null where a person opened it.
    """

    partition: int
    state: str
    reason: str
    since: str | None
    until: str | None
    failures: int
    calls: int
    probes: int


class BreakerView(msgspec.Struct):
    """The circuit breaker of a type: `state` and what explains it are those of the gravest in any partition.

    `waiting`: jobs of the type in line.
    """

    type: str
    state: str
    reason: str
    since: str | None
    until: str | None
    failures: int
    calls: int
    waiting: int
    partitions: list[PartitionBreakerView]


def breakers(connection: sqlite3.Connection) -> list[BreakerView]:
    """Return the breaker of every type whose breaker was ever opened, by type."""
    found: dict[str, list[PartitionBreakerView]] = {}
    rows = connection.execute(
        "SELECT type, partition, state, reason, since_ms, until_ms, failures, calls, probes FROM breakers "
        "ORDER BY type, partition"
    )
    for type_, partition, state, reason, since_ms, until_ms, *figures in rows:
        view = PartitionBreakerView(partition, state, reason, write_time(since_ms), write_time(until_ms), *figures)
        found.setdefault(type_, []).append(view)
    waiting = dict(connection.execute("SELECT type, sum(count) FROM counters WHERE phase = 'ready' GROUP BY type"))
    views = []
    for type_, partitions in found.items():
        worst = max(partitions, key=lambda one: (STATES.index(one.state), one.since or ""))
        views.append(
            BreakerView(
                type=type_,
                state=worst.state,
                reason=worst.reason,
                since=worst.since,
                until=worst.until,
                failures=worst.failures,
                calls=worst.calls,
                waiting=waiting.get(type_, 0),
                partitions=partitions,
            )
        )
    return views


def states(connection: sqlite3.Connection) -> dict[str, str]:
    """Return the gravest state of each type whose breaker was ever opened."""
    return {view.type: view.state for view in breakers(connection)}


def circuit_of(connection: sqlite3.Connection, type_: str, partition: int) -> Circuit | None:
    """Return the breaker that holds back jobs of a type in a partition; None where none does."""
    row = connection.execute(
        "SELECT state = 'half_open', reason, since_ms, until_ms, failures, calls, probes FROM breakers "
        "WHERE type = ? AND partition = ? AND state <> 'closed'",
        (type_, partition),
    ).fetchone()
    return None if row is None else Circuit(bool(row[0]), *row[1:])
