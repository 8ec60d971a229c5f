"""What the routes work with, and the live side of workers: their heartbeats, asked for at most so often."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from journeyman.blobs import BlobStore
from journeyman.errors import JourneymanError
from journeyman.log.api import WorkerBeat
from journeyman_dashboard.metrics import Metrics
from journeyman_dashboard.reach import Reach
from journeyman_dashboard.reading import Readings
from journeyman_dashboard.streams import Streams

BEATS_KEPT_S = 0.5

_log = logging.getLogger(__name__)


class Beating(Protocol):
    """What asking for heartbeats needs of a log; see `journeyman.log.api`."""

    def beats(self) -> list[WorkerBeat]:
        """Return the last heartbeat of every registered worker."""
        ...


class Heartbeats:
    """The workers' last heartbeats. None where the log's server cannot say."""

    def __init__(self, log: Beating) -> None:
        self._source = log
        self._asking = asyncio.Lock()
        self._asked_at = float("-inf")
        self._beats: Sequence[WorkerBeat] | None = None

    async def latest(self) -> Sequence[WorkerBeat] | None:
        """Return them as of the last half second."""
        async with self._asking:
            if time.monotonic() - self._asked_at > BEATS_KEPT_S:
                try:
                    self._beats = await asyncio.to_thread(self._source.beats)
                except JourneymanError as error:
                    _log.warning("cannot read heartbeats: %s", error)
                    self._beats = None
                self._asked_at = time.monotonic()
            return self._beats


@dataclass(frozen=True)
class ReadModel:
    """Everything a request needs."""

    readings: Readings
    reach: Reach
    heartbeats: Heartbeats
    blobs: BlobStore
    streams: Streams
    metrics: Metrics
