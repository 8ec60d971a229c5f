"""Runs queries on a few threads, each with its own read-only connection, so that the event loop never waits for disk.

Bounded: so many threads, so many queries waiting, so long a query. What is beyond is refused by name.
"""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

from journeyman.errors import JourneymanError
from journeyman_dashboard.past.moments import AsOf
from journeyman_dashboard.past.pasts import Pasts
from journeyman_dashboard.past.picture import PastPicture
from journeyman_dashboard.schema import open_for_reading

P = ParamSpec("P")
T = TypeVar("T")

THREADS = 4
QUERIES_MAX = 256
QUERY_LIMIT_S = 5.0
#: Steps of SQLite's machine between two looks at the clock: well under a millisecond.
_STEPS = 10_000


class TooSlowError(JourneymanError):
    """A query took longer than it may; narrower filters make it faster."""


class TooManyQueriesError(JourneymanError):
    """More queries wait than the read model will hold."""


class Readings:
    """The pool of readers."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="reader")
        self._local = threading.local()
        self._open: list[sqlite3.Connection] = []
        self._under_way = 0
        self._pasts = Pasts(path)

    async def run(self, query: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `query(connection, …)` in one read transaction on a reader's thread and return what it returns.

        Raises TooManyQueriesError, TooSlowError.
        """
        if self._under_way >= QUERIES_MAX:
            raise TooManyQueriesError(f"{QUERIES_MAX} queries are waiting already")
        self._under_way += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(
                self._pool, lambda: self._read(query, *args, **kwargs)
            )
        finally:
            self._under_way -= 1

    def _read(self, query: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        connection = self._connection()
        with time_limit(connection, QUERY_LIMIT_S):
            connection.execute("BEGIN")
            try:
                return query(connection, *args, **kwargs)
            finally:
                connection.execute("ROLLBACK")

    async def run_at(
        self, as_of: AsOf, query: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run a query as of a moment that is over. Raises what `run` raises, and TooLongAgoError."""

        def ask(connection: sqlite3.Connection) -> T:
            with self._pasts.at(connection, as_of) as picture:
                return self._look(picture, query, *args, **kwargs)

        return await self.run(ask)

    def _look(
        self,
        picture: PastPicture,
        query: Callable[Concatenate[sqlite3.Connection, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        with time_limit(picture.connection, QUERY_LIMIT_S):
            picture.connection.execute("BEGIN")
            picture.paint()
            answer = query(picture.connection, *args, **kwargs)
            picture.connection.execute("COMMIT")
            return answer

    def _connection(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = open_for_reading(self._path)
            self._open.append(connection)
        return connection

    def close(self) -> None:
        """Wait for the queries under way and close every connection."""
        self._pool.shutdown(cancel_futures=True)
        self._pasts.close()
        for connection in self._open:
            connection.close()


class time_limit:  # noqa: N801 - reads as a statement
    """Interrupt what a connection does after `limit_s`, as TooSlowError."""

    def __init__(self, connection: sqlite3.Connection, limit_s: float) -> None:
        self._connection = connection
        self._deadline = time.monotonic() + limit_s
        self._limit_s = limit_s

    def __enter__(self) -> None:
        self._connection.set_progress_handler(lambda: time.monotonic() > self._deadline, _STEPS)

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        self._connection.set_progress_handler(None, 0)
        if isinstance(error, sqlite3.OperationalError) and "interrupted" in str(error):
            raise TooSlowError(f"the query took more than {self._limit_s:g} s") from error
