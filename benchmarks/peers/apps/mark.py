"""What every job does and what every producer obeys, for all queues alike. Standard library only.

A job leaves a mark: one record of 16 bytes, its number and the moment it started, appended to one file. A producer
reads `FIRST COUNT` lines, submits the jobs of those numbers, and answers when it began.
"""

from __future__ import annotations

import asyncio
import os
import struct
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from functools import cache

#: With the number beside it, a payload of about 100 bytes.
PAD = "x" * 88
URL = os.environ.get("BENCH_URL", "")
RESULTS = os.environ.get("BENCH_RESULTS") == "1"
_RECORD = struct.Struct("<QQ")


@cache
def _file() -> int:
    return os.open(os.environ["BENCH_MARKS"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)


def mark(number: int) -> None:
    """Say that this job has started now. One write to a file open for appending is whole even among processes."""
    os.write(_file(), _RECORD.pack(number, time.monotonic_ns()))


def chunks(numbers: range, size: int) -> Iterator[range]:
    """Cut numbers into pieces for a bulk call."""
    for first in range(0, len(numbers), size):
        yield numbers[first : first + size]


def serve(submit: Callable[[range], object]) -> None:
    """Submit what the lines of standard input ask for, until it ends."""
    while line := sys.stdin.readline():
        numbers, began_ns = _order(line)
        submit(numbers)
        sys.stdout.write(f"{began_ns}\n")
        sys.stdout.flush()


async def serve_async(submit: Callable[[range], Awaitable[object]]) -> None:
    """Do the same in an event loop that lives on between the lines."""
    while line := await asyncio.to_thread(sys.stdin.readline):
        numbers, began_ns = _order(line)
        await submit(numbers)
        sys.stdout.write(f"{began_ns}\n")
        sys.stdout.flush()


def _order(line: str) -> tuple[range, int]:
    first, count = map(int, line.split())
    return range(first, first + count), time.monotonic_ns()
