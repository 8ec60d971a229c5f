"""Short jobs of three kinds: one that computes, one that makes system calls, one that waits."""

from __future__ import annotations

import os
import time

import journeyman_worker as jm

COMPUTES, CALLS, WAITS = "bench.computes", "bench.calls", "bench.waits"
WAIT_S = 0.000_3
#: A few tens of microseconds of arithmetic.
TURNS = 500

_nowhere = os.open(os.devnull, os.O_WRONLY)


@jm.job(COMPUTES)
def computes() -> None:
    """Keep the interpreter."""
    sum(number * number for number in range(TURNS))


@jm.job(CALLS)
def calls() -> None:
    """Leave the interpreter four times, for next to nothing."""
    for _ in range(4):
        os.write(_nowhere, b"a line\n")


@jm.job(WAITS)
def waits() -> None:
    """Leave the interpreter for as long as a question to a server on this machine takes."""
    time.sleep(WAIT_S)
