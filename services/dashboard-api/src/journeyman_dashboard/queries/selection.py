"""The jobs that filters leave, as sets of numbers: those of the filters' values, united and intersected.

The numbers are taken block by block, the newest first, so that a page of what is common reads little. What two
filters have in common does not matter: a block costs what its sets cost to read. What no set can answer (`q`) is
looked at afterwards; see `searching`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice, pairwise
from typing import NamedTuple

from journeyman_dashboard.bits import SHIFT, ascending, below, chunk_of, descending
from journeyman_dashboard.past.shown import picture_of, show
from journeyman_dashboard.postings import tag_name
from journeyman_dashboard.queries.filters import EVERYTHING, JobFilter, Span, between, wanted_phases
from journeyman_dashboard.queries.remembered import RememberedSets, SetName, Since
from journeyman_dashboard.rows import STATUS_OF_PHASE
from journeyman_dashboard.views import Shut

#: Chunks in a block: few among the newest jobs, more behind them. Each is a multiple of the one before, and blocks
#: begin at multiples, so that they stay the same while jobs come, and their sets can be remembered.
BLOCK_CHUNKS = (16, 64, 256)
#: Chunks whose jobs are counted: 33 million numbers. Beyond, a total is a lower bound.
COUNTED_CHUNKS = 4_096

PRIORITIES = range(21)


class Block(NamedTuple):
    """Chunks from the first on, and before the second."""

    low: int
    high: int

    @property
    def base(self) -> int:
        """The number that bit 0 of the block's sets stands for."""
        return self.low << SHIFT


class Selection:
    """What filters leave of the jobs, for one query.

    sets: what earlier queries have read. spans: the numbers that are wanted, by partition; empty for all. Numbers rise
    with time within a partition only.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        sets: RememberedSets,
        wanted: JobFilter,
        closed: Shut,
        spans: Mapping[int, Span],
    ) -> None:
        self._connection = connection
        self._sets = sets
        self._since: dict[Block, Since] = {}
        self._spans = spans
        lows, highs = [low for low, _ in spans.values()], [high for _, high in spans.values()]
        #: What any partition's span has, and what all of them have.
        self._span = (min(lows, default=EVERYTHING[0]), max(highs, default=EVERYTHING[1]))
        self._shared = (max(lows, default=EVERYTHING[0]), min(highs, default=EVERYTHING[1]))
        self._closed = closed
        self._phases = wanted_phases(wanted)
        self._alternatives = _alternatives(wanted)
        self._masks: dict[Block, int] = {}
        self.blocks = _blocks(connection, self._span)

    def mask(self, block: Block) -> int:
        """Return the set of a block."""
        found = self._masks.get(block)
        if found is None:
            found = self._masks[block] = self._in_spans(self._intersection(block), block)
        return found

    def _in_spans(self, mask: int, block: Block) -> int:
        mask = within(mask, block, self._span)
        first, last = block.base, block.high << SHIFT
        if not mask or self._span == self._shared or (self._shared[0] <= first and last <= self._shared[1]):
            return mask
        result, elsewhere = 0, 0
        for partition, span in self._spans.items():
            if partition:
                lives_there = self.stored("partition", str(partition), block) & mask
                elsewhere |= lives_there
                result |= within(lives_there, block, span)
        return result | within(mask ^ elsewhere, block, self._spans.get(0, (0, 0)))

    def _intersection(self, block: Block) -> int:
        result: int | None = None
        for kind, names in self._alternatives:
            united = self._united(kind, names, block)
            result = united if result is None else result & united
            if not result:
                return 0
        if self._phases is not None or result is None:
            phased = self._of_phases(self._phases, block)
            result = phased if result is None else result & phased
        return result

    def _of_phases(self, phases: frozenset[str] | None, block: Block) -> int:
        """Return the jobs in these phases. `held` is stored as `ready`, and is what is ready and shut."""
        if phases is None:
            phases = frozenset(STATUS_OF_PHASE)
        result = self._united("phase", sorted(phases - {"held", "ready"}), block)
        if phases & {"held", "ready"}:
            in_line = self.stored("phase", "ready", block)
            if not {"held", "ready"} <= phases:
                held = in_line & (
                    self._united("queue", self._closed.queues, block) | self._united("type", self._closed.types, block)
                )
                in_line = held if "held" in phases else in_line ^ held
            result |= in_line
        return result

    def _united(self, kind: str, names: Iterable[str], block: Block) -> int:
        result = 0
        for name in names:
            result |= self.stored(kind, name, block)
        return result

    def stored(self, kind: str, name: str, block: Block) -> int:
        """Return the stored set of this kind and name, as far as it lies in a block."""
        at = self._since.get(block)
        if at is None:
            at = self._since[block] = self._sets.since(self._connection, *block)
        return self._sets.read(self._connection, SetName(kind, name, *block), at)

    def count(self) -> tuple[int, bool]:
        """Count the jobs, and tell whether that is all of them or a lower bound."""
        total = counted = 0
        for block in self.blocks:
            if counted >= COUNTED_CHUNKS:
                return total, False
            total += self.mask(block).bit_count()
            counted += block.high - block.low
        return total, True

    def numbers(self, direction: str, span: Span = EVERYTHING, *, also: tuple[str, str] | None = None) -> Iterator[int]:
        """Yield the numbers in a span in order. also: kind and name of a set that they must be in as well."""
        newest_first = direction == "DESC"
        for block in self.blocks if newest_first else reversed(self.blocks):
            mask = within(self.mask(block), block, span)
            if mask and also is not None:
                mask &= self.stored(*also, block)
            yield from (descending if newest_first else ascending)(mask, block.base)


def select(
    connection: sqlite3.Connection,
    sets: RememberedSets | None,
    wanted: JobFilter,
    closed: Shut,
    partition: int | None = None,
) -> Selection:
    """Return what filters leave of the jobs, now or at the moment that the connection shows; of one partition or all.

    sets: those that earlier queries have read of the present, and where this one leaves what it reads.
    """
    spans, picture = between(connection, wanted, partition), picture_of(connection)
    if picture is not None:
        return Selection(connection, picture.sets, wanted, closed, picture.spans(spans))
    return Selection(connection, sets or RememberedSets(), wanted, closed, spans)


def show_phases(connection: sqlite3.Connection, phases: tuple[str, ...], count: int) -> None:
    """Make the rows of the latest jobs in these phases readable, so many of them."""
    if picture_of(connection) is not None:
        found = select(connection, None, JobFilter(phase=phases), Shut())
        show(connection, islice(found.numbers("DESC"), count))


def within(mask: int, block: Block, span: Span) -> int:
    """Return what of a block's set lies in a span."""
    low, high = span[0] - block.base, span[1] - block.base
    size = mask.bit_length()
    if high < size:
        mask &= below(high)
    return mask >> low << low if low > 0 else mask


def _blocks(connection: sqlite3.Connection, span: Span) -> Sequence[Block]:
    """Cut the chunks of a span into blocks, the newest first."""
    oldest, newest = connection.execute(
        "SELECT (SELECT min(n) FROM main.jobs), (SELECT max(n) FROM main.jobs)"
    ).fetchone()
    if oldest is None:
        return []
    first, last = chunk_of(max(oldest, span[0])), chunk_of(min(newest, max(span[1] - 1, 0)))
    blocks: list[Block] = []
    high = (chunk_of(newest) // BLOCK_CHUNKS[0] + 1) * BLOCK_CHUNKS[0]
    while high > first:
        size = next((size for size, next_size in pairwise(BLOCK_CHUNKS) if high % next_size), BLOCK_CHUNKS[-1])
        if high - size <= last:
            blocks.append(Block(high - size, high))
        high -= size
    return blocks


def _alternatives(wanted: JobFilter) -> list[tuple[str, Sequence[str]]]:
    """Return, for each filter but those on phases, its kind of sets and their names; likely small ones first."""
    found: list[tuple[str, Sequence[str]]] = []
    if wanted.worker:
        found.append(("worker", wanted.worker))
    if wanted.tags:
        found.append(("tag", [tag_name(*tag) for tag in wanted.tags]))
    if wanted.fingerprint:
        found.append(("fingerprint", wanted.fingerprint))
    if wanted.type:
        found.append(("type", wanted.type))
    if wanted.queue:
        found.append(("queue", wanted.queue))
    low, high = wanted.priority_min, wanted.priority_max
    if low is not None or high is not None:
        least, most = low if low is not None else PRIORITIES[0], high if high is not None else PRIORITIES[-1]
        found.append(("priority", [str(priority) for priority in PRIORITIES if least <= priority <= most]))
    return found
