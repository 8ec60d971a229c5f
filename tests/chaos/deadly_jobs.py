"""Jobs that kill the process that runs them."""

from __future__ import annotations

import ctypes

import journeyman_worker as jm

CHUNK = 16 << 20


@jm.job("chaos.segfault")
def segfault() -> None:
    """Read what is not there."""
    ctypes.string_at(0)


@jm.job("chaos.hog")
def hog() -> int:
    """Take memory until the kernel has had enough."""
    taken = []
    while True:
        taken.append(bytearray(b"x") * CHUNK)
