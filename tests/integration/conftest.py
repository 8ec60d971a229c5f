"""A dashboard over a log in memory, for the tests of its answers. One that needs another log brings its own `log`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from journeyman.log.memory_log import MemoryLog
from support.dashboard import Dashboard, Writer, dashboard


@pytest.fixture
def log() -> MemoryLog:
    """Give a log in memory."""
    return MemoryLog()


@pytest.fixture
def writer(log: MemoryLog) -> Writer:
    """Give who writes whole lives of jobs to it."""
    return Writer(log)


@pytest.fixture
def board(log: MemoryLog, tmp_path: Path) -> Iterator[Dashboard]:
    """Give the dashboard over it."""
    with dashboard(log, tmp_path) as served:
        yield served
