"""Exports: all jobs that match, page by page behind a cursor, so that however many there are, one page is in memory.

Bounded: so many exports at once, so that lists are still read beside them. A page that cannot be read is asked for
again a few times; when it still cannot be, the export breaks off, and its client sees that it is not whole.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from typing import Concatenate, ParamSpec, Protocol, TypeVar

from journeyman.errors import JourneymanError
from journeyman_dashboard.params import PageCursor
from journeyman_dashboard.queries.exporting import export_page
from journeyman_dashboard.queries.filters import JobFilter
from journeyman_dashboard.queries.remembered import RememberedSets
from journeyman_dashboard.reading import TooManyQueriesError, TooSlowError

P = ParamSpec("P")
T = TypeVar("T")

#: Exports under way at once: of four readers, as many are left for everybody else.
UNDER_WAY_MAX = 2
BACKOFF_S = (0.2, 1.0, 5.0)


class Asks(Protocol):
    """Asks the read model, of the present or of a moment."""

    async def ask(self, query: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a query."""
        ...


class TooManyExportsError(JourneymanError):
    """As many exports are under way as may be."""


class Exports:
    """The exports of one dashboard. Lives on one event loop."""

    def __init__(self) -> None:
        self.under_way = 0

    async def begin(self, sight: Asks, wanted: JobFilter, sort: str, sets: RememberedSets) -> Export:
        """Begin an export by reading its first page. Raises TooManyExportsError, and what queries raise."""
        if self.under_way >= UNDER_WAY_MAX:
            raise TooManyExportsError(f"{UNDER_WAY_MAX} exports are under way already")
        export = Export(self, sight, wanted, sort, sets)
        self.under_way += 1
        try:
            await export.read()
        except BaseException:
            await export.aclose()
            raise
        return export


class Export:
    """One export, of which a page is read ahead. Must be closed."""

    def __init__(self, exports: Exports, sight: Asks, wanted: JobFilter, sort: str, sets: RememberedSets) -> None:
        self._exports = exports
        self._sight = sight
        self._wanted = wanted
        self._sort = sort
        self._sets = sets
        self._lines = b""
        self._behind: PageCursor | None = None
        self._open = True

    async def read(self) -> None:
        """Read the page behind the one that is there."""
        self._lines, self._behind = await self._sight.ask(
            export_page, self._wanted, sort=self._sort, cursor=self._behind, sets=self._sets
        )

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Yield the lines, some at a time. A page may have none, though more come."""
        while True:
            if self._lines:
                yield self._lines
            if self._behind is None:
                return
            await self._read_patiently()

    async def _read_patiently(self) -> None:
        for wait_s in BACKOFF_S:
            try:
                await self.read()
            except (TooSlowError, TooManyQueriesError):
                await asyncio.sleep(wait_s)
            else:
                return
        await self.read()

    async def aclose(self) -> None:
        """Let another export begin."""
        if self._open:
            self._open = False
            self._exports.under_way -= 1
