"""Ports for the health and metrics of workers that share a machine: that of the settings, and those above it."""

from __future__ import annotations

import socket
from collections.abc import Collection

#: How far above the first port one is looked for.
SPAN = 256


def next_port(host: str, first: int, taken: Collection[int]) -> int:
    """Return the lowest port from `first` on that nobody has; 0 where there is none, or where `first` is 0."""
    if not first:
        return 0
    for port in range(first, min(first + SPAN, 65_536)):
        if port not in taken and _is_free(host, port):
            return port
    return 0


def _is_free(host: str, port: int) -> bool:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True
