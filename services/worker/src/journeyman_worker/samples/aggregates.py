"""Rows in, one line per group out: the pure part of `data-processing`.

Rows are folded one at a time, so that memory grows with the number of groups and never with that of rows.
A cell that is empty or says so (`NA`, `NaN`, `null`, …) takes no part in any aggregate; what is left must be
a number wherever a number is needed. A group none of whose cells counts has a `count` of 0 and `null` for
the rest.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, TypeAlias

import msgspec

from journeyman_worker.samples.errors import UnusableInputError

Method: TypeAlias = Literal["mean", "min", "max", "sum", "count"]
#: A row with the line of the file it ends on.
Row: TypeAlias = tuple[int, list[str]]
#: More groups than this are no summary, and would not fit into memory if the file is large.
GROUPS_MAX = 100_000

_BLANK = frozenset({"", "na", "n/a", "nan", "null", "none"})


class Measure(msgspec.Struct, frozen=True):
    """An aggregated column: its name in the result, the column it was made from, and how."""

    name: str
    column: str
    method: Method


class Aggregates(msgspec.Struct, frozen=True):
    """The result of `data-processing`. `groups` are flat objects whose keys are `columns`, in order."""

    groups: list[dict[str, Any]]
    columns: list[str]
    rows: int = 0
    group_by: list[str] = []
    measures: list[Measure] = []
    title: str = ""
    path: str = ""
    output: str | None = None


class Plan(msgspec.Struct, frozen=True):
    """What is asked of a file whose header is known: cells by position."""

    header: list[str]
    group_by: list[str]
    measures: list[Measure]
    keys: tuple[int, ...]
    #: Position of each column that is aggregated, and whether its cells must be numbers.
    sources: tuple[tuple[int, bool], ...]
    #: For each measure, which of the sources it reads.
    reads: tuple[int, ...]


class _Tally:
    """What is kept of one column of one group. The sum is compensated (Neumaier), so order hardly matters."""

    __slots__ = ("carry", "count", "high", "low", "total")

    def __init__(self) -> None:
        self.count = 0
        self.total = 0.0
        self.carry = 0.0
        self.low = math.inf
        self.high = -math.inf

    def add(self, value: float) -> None:
        self.count += 1
        total = self.total + value
        self.carry += (self.total - total) + value if abs(self.total) >= abs(value) else (value - total) + self.total
        self.total = total
        self.low = min(self.low, value)
        self.high = max(self.high, value)

    def value(self, measure: Measure) -> float | int | None:
        if measure.method == "count":
            return self.count
        if not self.count:
            return None
        match measure.method:
            case "min":
                return self.low
            case "max":
                return self.high
            case "sum":
                return _finite(self.total + self.carry, measure)
            case "mean":
                return _finite((self.total + self.carry) / self.count, measure)


def _finite(value: float, measure: Measure) -> float:
    if not math.isfinite(value):
        raise UnusableInputError(f"the {measure.method} of column {measure.column!r} is too large to be a number")
    return value


def plan(header: Sequence[str], group_by: Sequence[str], aggregate: Mapping[str, Sequence[Method]]) -> Plan:
    """Find the columns that are asked for. Raises UnusableInputError for unknown and ambiguous ones."""
    names = [name.strip() for name in header]
    positions = {name: _position(names, name) for name in (*group_by, *aggregate)}
    measures = [
        Measure(f"{column}_{method}", column, method) for column, methods in aggregate.items() for method in methods
    ]
    twice = [name for name, count in Counter([*group_by, *(each.name for each in measures)]).items() if count > 1]
    if twice:
        raise UnusableInputError(f"the result would have two columns {twice[0]!r}")
    return Plan(
        header=names,
        group_by=list(group_by),
        measures=measures,
        keys=tuple(positions[name] for name in group_by),
        sources=tuple((positions[column], set(methods) != {"count"}) for column, methods in aggregate.items()),
        reads=tuple(index for index, methods in enumerate(aggregate.values()) for _ in methods),
    )


def _position(names: list[str], wanted: str) -> int:
    found = names.count(wanted)
    if not found:
        raise UnusableInputError(f"no column {wanted!r}; there are: {', '.join(names)}")
    if found > 1:
        raise UnusableInputError(f"column {wanted!r} is there {found} times")
    return names.index(wanted)


def summarise(rows: Iterable[Row], wanted: Plan) -> Aggregates:
    """Fold the rows that follow a header into groups, sorted by their keys.

    Short rows are filled up with blanks, empty ones skipped. Raises UnusableInputError, with the line, for a
    row with more cells than the header and for a cell that should be a number and is not.
    """
    tallies: dict[tuple[str, ...], list[_Tally]] = {}
    width, count = len(wanted.header), 0
    for line, cells in rows:
        if not cells:
            continue
        if len(cells) != width:
            cells = _fitted(cells, width, line)  # noqa: PLW2901 - the row, made as wide as the header
        count += 1
        key = tuple([cells[position].strip() for position in wanted.keys])
        group = tallies.get(key)
        if group is None:
            if len(tallies) == GROUPS_MAX:
                raise UnusableInputError(f"more than {GROUPS_MAX:,} groups by line {line}")
            group = tallies[key] = [_Tally() for _ in wanted.sources]
        for tally, (position, numeric) in zip(group, wanted.sources, strict=True):
            cell = cells[position].strip()
            if cell.lower() in _BLANK:
                continue
            if numeric:
                tally.add(_number(cell, wanted.header[position], line))
            else:
                tally.count += 1
    return Aggregates(
        groups=[_group(key, tallies[key], wanted) for key in _in_order(tallies)],
        columns=[*wanted.group_by, *(measure.name for measure in wanted.measures)],
        rows=count,
        group_by=wanted.group_by,
        measures=wanted.measures,
    )


def _fitted(cells: list[str], width: int, line: int) -> list[str]:
    if len(cells) > width:
        raise UnusableInputError(f"line {line} has {len(cells)} cells and the header {width}")
    return cells + [""] * (width - len(cells))


def _number(cell: str, column: str, line: int) -> float:
    try:
        value = float(cell)
    except ValueError:
        value = math.nan
    if not math.isfinite(value) or "_" in cell:
        raise UnusableInputError(f"line {line}, column {column!r}: {cell[:80]!r} is not a number")
    return value


def _group(key: tuple[str, ...], tallies: list[_Tally], wanted: Plan) -> dict[str, Any]:
    group: dict[str, Any] = {name: text or None for name, text in zip(wanted.group_by, key, strict=True)}
    for measure, read in zip(wanted.measures, wanted.reads, strict=True):
        group[measure.name] = tallies[read].value(measure)
    return group


def _in_order(keys: Iterable[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Sort keys part by part: numbers by value before texts, and blanks last."""
    return sorted(keys, key=lambda key: [_rank(part) for part in key])


def _rank(text: str) -> tuple[int, float, str]:
    if not text:
        return 2, 0.0, ""
    try:
        value = float(text)
    except ValueError:
        return 1, 0.0, text
    return (0, value, text) if math.isfinite(value) else (1, 0.0, text)
