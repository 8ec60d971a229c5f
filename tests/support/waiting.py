"""Waiting for a condition, never for a time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

import psutil

T = TypeVar("T")


def wait_for(condition: Callable[[], T], what: str = "", *, timeout_s: float = 30.0, every_s: float = 0.02) -> T:
    """Return the first truthy value of `condition`. Fails the test, naming `what`, when none came in time."""
    deadline = time.monotonic() + timeout_s
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {timeout_s:g} s in vain for {what or condition!r}; last: {value!r}")
        time.sleep(every_s)


def gone(process: psutil.Process) -> bool:
    """Say whether a process has ended; one that nobody has reaped yet has."""
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
