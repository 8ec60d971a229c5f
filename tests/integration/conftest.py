"""A dashboard over a log in memory for the tests of its answers, scheduler processes, and places for archives.

A test of the dashboard that needs another log brings its own `log`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from journeyman.log.connect import connect
from journeyman.log.memory_log import MemoryLog
from journeyman.log.redis_log import RedisLog
from support.aws import MotoServer
from support.dashboard import Dashboard, Writer, dashboard
from support.schedulers import Schedulers, running
from support.shelves import BucketShelf, FileShelf, Shelf


@pytest.fixture
def log() -> MemoryLog:
    """Give a log in memory."""
    return MemoryLog()


@pytest.fixture
def writer(log: MemoryLog) -> Writer:
    """Give who writes whole lives of jobs to it."""
    return Writer(log)


@pytest.fixture
def schedulers(server_url: str, tmp_path: Path) -> Iterator[Schedulers]:
    """Give the means to start schedulers on an empty server."""
    log = RedisLog(connect(server_url))
    with running(log, server_url, tmp_path) as schedulers:
        yield schedulers
    log.close()


@pytest.fixture
def board(log: MemoryLog, tmp_path: Path) -> Iterator[Dashboard]:
    """Give the dashboard over it."""
    with dashboard(log, tmp_path) as served:
        yield served


@pytest.fixture
def bucket_shelf(aws: MotoServer, aws_environ: dict[str, str]) -> Shelf:
    """Give a place for an archive in a bucket."""
    return BucketShelf(aws)


@pytest.fixture(params=["files", "bucket"])
def shelf(request: pytest.FixtureRequest, tmp_path: Path) -> Shelf:
    """Give a place for an archive, of each kind in turn."""
    if request.param == "files":
        return FileShelf(tmp_path)
    found: Shelf = request.getfixturevalue("bucket_shelf")
    return found
