"""Journeyman: a distributed job queue for Python that keeps a journal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from journeyman.client import AsyncClient as AsyncClient
    from journeyman.client import Client as Client

__version__ = "0.1.0"

_CLIENTS = ("AsyncClient", "Client")


def __getattr__(name: str) -> Any:
    """Import the clients when they are asked for, so that services do not load an HTTP library."""
    if name not in _CLIENTS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from journeyman import client

    return getattr(client, name)
