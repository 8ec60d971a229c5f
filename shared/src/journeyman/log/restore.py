"""Bring a log back from its archive, into a server that has lost it.

The archived entries are written beside the log, with the very same ids; then they become the log, in one step. Until
then the server is as it was, and after it the keys are to be derived anew (`rebuild`): a restore that dies half way is
run again. All functions refuse meanwhile.

A server that was emptied and has begun a log of its own since keeps it: those entries are younger than everything
archived, and stand behind it. Any other log is left alone, and the restore refused.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from enum import Enum
from typing import NamedTuple

from redis import exceptions as x

from journeyman import failpoints
from journeyman.archive import Chain
from journeyman.archive_segments import Part, RawEntry
from journeyman.archive_standing import standing
from journeyman.entries import BEGINNING, Offset
from journeyman.errors import JourneymanError, OtherLogError, ServerRefusedError, ServerUnavailableError
from journeyman.events import SchedulerElected
from journeyman.log import wire
from journeyman.log.raw_entries import RawLog
from journeyman.log.rebuild import freeze
from journeyman.log.refusals import translated

#: For how long nobody else may begin; renewed with every page.
LOCK_MS = 60_000
PAGE = 64
BESIDE = "restore"
_OVERTAKEN = "another restore, or a scheduler, has begun meanwhile, or the connection broke; run it again"


class Found(Enum):
    """What is on the server."""

    EMPTY = "nothing"
    YOUNGER = "a log that was begun after the archive ends"
    SAME = "the log that is archived"


class Plan(NamedTuple):
    """What is to be restored: nothing where it is SAME. `entries`: how many the archive has. `last`: the last of them.

    position: how many entries the log had had up to there. missing: how many of these no segment has.
    """

    found: Found
    parts: list[Part]
    entries: int
    last: Offset
    position: int
    missing: int


class Restored(NamedTuple):
    """What was restored: entries from the archive, the last of them, and the entries that stand behind them."""

    entries: int
    last: Offset
    younger: int


def plan(raw: RawLog, chain: Chain) -> Plan:
    """Compare the server with the archive. Raises OtherLogError where they contradict each other."""
    parts = chain.parts()
    entries = sum(1 for _ in _archived(chain, parts)) if _is_cut(parts) else sum(part.segment.entries for part in parts)
    last = max((part.limit for part in parts), default=BEGINNING)
    position = parts[-1].segment.end_position if parts else 0
    extent = raw.extent()
    if not extent.length or not parts:
        found = Found.SAME if not parts else Found.EMPTY
    elif not extent.trimmed and extent.first[:2] > last[:2]:
        _see_that_epochs_rise(raw, chain, last)
        found = Found.YOUNGER
    else:
        standing(raw, chain)
        found = Found.SAME
    return Plan(found, parts, entries, last, position, position - entries)


def _is_cut(parts: list[Part]) -> bool:
    """Tell whether any segment has entries that a later one disowns."""
    return any(part.limit != part.segment.span[2] for part in parts)


def _archived(chain: Chain, parts: list[Part]) -> Iterator[RawEntry]:
    for part in parts:
        for entry in chain.contents(part.segment):
            if entry.offset[:2] <= part.limit[:2]:
                yield entry


def _see_that_epochs_rise(raw: RawLog, chain: Chain, last: Offset) -> None:
    """See that no scheduler has led the younger log under an epoch of the archived one."""
    first = _first_epoch(raw.entries())
    if first is None:
        return
    highest = max((epoch for entry in chain.raw() if (epoch := _epoch(entry)) is not None), default=0)
    if first <= highest:
        raise OtherLogError(
            f"the log of partition {chain.partition} was begun anew under epoch {first}, and the archive has epochs up "
            f"to {highest} (it ends at {last.entry}): the one cannot follow the other. Empty the server, or use another"
        )


def _epoch(entry: RawEntry) -> int | None:
    (read,) = wire.entries([entry.wire])
    elected = (event.epoch for event in read.events if isinstance(event, SchedulerElected))
    return max(elected, default=read.epoch)


def _first_epoch(entries: Iterable[RawEntry]) -> int | None:
    return next((epoch for entry in entries if (epoch := _epoch(entry)) is not None), None)


class Restore:
    """One restore of one partition, under a name that nobody else uses. `run` it, and then `rebuild`."""

    def __init__(self, raw: RawLog, chain: Chain, planned: Plan, name: str) -> None:
        self._raw = raw
        self._log = raw.log
        self._client = raw.log.client
        self._chain = chain
        self._plan = planned
        self._name = name
        self._lock = self._log.keys.of("leader")
        self._beside = self._log.keys.of(BESIDE, name)
        self._written = 0
        self._last = BEGINNING

    @translated
    def run(self, told: Callable[[int], None]) -> Restored:
        """Restore; `told` is called with how many entries are written. Raises ServerUnavailableError, OtherLogError."""
        self._hold()
        try:
            self._freeze()
            self._drop_others()
            self._write(_archived(self._chain, self._plan.parts), told)
            archived = self._written
            if archived != self._plan.entries:
                raise OtherLogError(f"the archive has {archived} entries, and said {self._plan.entries}")
            younger = self._raw.extent()
            if younger.length and younger.first[:2] <= self._last[:2]:
                raise OtherLogError("the server has begun another log meanwhile")
            self._write(self._raw.entries(), told)
            self._check(archived + younger.length)
            failpoints.hit("restore.before_swap")
            self._swap(self._plan.position + younger.added)
        except BaseException:
            with contextlib.suppress(x.RedisError, JourneymanError, OSError):
                self._let_go()
            raise
        failpoints.hit("restore.after_swap")
        return Restored(archived, self._plan.last, younger.length)

    # --- keeping everybody else out ------------------------------------------------------------------------

    def _hold(self) -> None:
        self._client.set(self._lock, self._name, px=LOCK_MS)

    def _alive(self) -> None:
        if self._client.get(self._lock) != self._name.encode():
            raise ServerRefusedError(_OVERTAKEN)
        self._client.pexpire(self._lock, LOCK_MS)

    def _freeze(self) -> None:
        """Have every function refuse, whether there is a log or not."""
        pipe = self._client.pipeline(transaction=True)
        freeze(pipe, self._log.keys)
        pipe.execute()

    def _let_go(self) -> None:
        """Leave the server as it was. Where there was a log, a scheduler derives its keys anew."""
        if self._client.get(self._lock) == self._name.encode():
            self._client.unlink(self._beside)
            if not self._raw.extent().length:
                self._client.unlink(self._raw.key)
            self._client.delete(self._lock)

    def _drop_others(self) -> None:
        """Delete what restores before this one have left behind."""
        for key in self._client.scan_iter(match=self._log.keys.of(BESIDE, "*"), count=PAGE):
            self._client.unlink(key)

    # --- writing -------------------------------------------------------------------------------------------

    def _write(self, entries: Iterator[RawEntry], told: Callable[[int], None]) -> None:
        page: list[RawEntry] = []
        for entry in entries:
            page.append(entry)
            if len(page) == PAGE:
                self._add(page, told)
                page = []
        if page:
            self._add(page, told)

    def _add(self, page: list[RawEntry], told: Callable[[int], None]) -> None:
        self._alive()
        pipe = self._client.pipeline(transaction=False)
        for entry in page:
            pipe.execute_command("XADD", self._beside, entry.offset.entry, *entry.parts)
        for reply in pipe.execute(raise_on_error=False):
            # The library repeats what a broken connection leaves open; what was written already is then refused.
            if isinstance(reply, Exception) and "equal or smaller" not in str(reply):
                raise reply
        self._written += len(page)
        self._last = page[-1].offset
        told(self._written)

    def _check(self, expected: int) -> None:
        """See that what stands beside the log is what was to be written."""
        extent = self._raw.extent(self._beside)
        if extent.length != expected or extent.last[:2] != self._last[:2]:
            raise ServerUnavailableError(f"{extent.length} of {expected} entries are on the server; run it again")

    def _swap(self, added: int) -> None:
        keys = self._log.keys
        self._alive()
        with self._client.pipeline(transaction=True) as pipe:
            # What watches is not repeated by the library when its connection breaks, and repeating it would be wrong.
            pipe.watch(self._lock)
            if pipe.get(self._lock) != self._name.encode():
                raise ServerRefusedError(_OVERTAKEN)
            pipe.multi()
            pipe.execute_command("XSETID", self._beside, self._last.entry, "ENTRIESADDED", added, "MAXDELETEDID", "0-0")
            pipe.rename(self._beside, self._raw.key)
            pipe.delete(keys.meta, keys.snapshot)
            pipe.hset(keys.meta, "restored", self._log.now_ms())
            try:
                pipe.execute()
            except x.WatchError:
                raise ServerRefusedError(_OVERTAKEN) from None
