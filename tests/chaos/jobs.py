"""The job of every row: it leaves a line for each of its executions, so that these can be counted."""

from __future__ import annotations

import os
import time

import journeyman_worker as jm


@jm.job("chaos.mark")
def mark(mark: str, sleep_ms: int = 0, fail_times: int = 0) -> str:
    """Leave a mark, take some time, fail the first attempts where told to."""
    attempt = jm.current().attempt
    file = os.open(os.environ["CHAOS_MARKS"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        os.write(file, f"{mark} {attempt}\n".encode())
    finally:
        os.close(file)
    time.sleep(sleep_ms / 1000)
    if attempt <= fail_times:
        raise RuntimeError(f"attempt {attempt} was told to fail")
    return mark
