"""How one partition is, as of the last look, and what is refused because of it."""

from __future__ import annotations

import logging
import time
from http import HTTPStatus
from typing import NamedTuple

from journeyman_ingest.awaited_log import LogHealth
from journeyman_ingest.errors import LATER_S, SOON_S, RefusedError
from journeyman_ingest.group_commit import PATIENCE_S

_log = logging.getLogger(__name__)


class Obstacle(NamedTuple):
    """Why something is refused."""

    kind: str
    detail: str
    retry_after_s: int = SOON_S

    def refusal(self) -> RefusedError:
        """Return it as an answer."""
        return RefusedError(HTTPStatus.SERVICE_UNAVAILABLE, self.kind, self.detail, retry_after_s=self.retry_after_s)


class Gauge:
    """What is known of a partition. `name` is its name in words, `headroom` the share of memory that may be used.

    A partition whose server does not answer is tried nevertheless for as long as a lost reply is asked for again, so
    that a short outage is not noticed. After that its requests are refused at once, and nothing is written.
    """

    def __init__(self, name: str, headroom: float) -> None:
        self.name = name
        self._headroom = headroom
        self._health: LogHealth | None = None
        self._lost = "it has not been asked yet"
        self._lost_at = time.monotonic()
        self._stumbled = False
        #: What stands in the way of every write, and of new jobs.
        self.no_writes: Obstacle | None = None
        self.no_jobs: Obstacle | None = None

    def found(self, health: LogHealth) -> None:
        """Take down how it is."""
        if self._lost and self._health is not None:
            _log.info("%s is available again", self.name)
        self._lost, self._stumbled, self._health = "", False, health
        self.no_writes = self.no_jobs = None
        if not health.durable:
            detail = health.detail or "the server cannot keep the promised durability"
            self.no_writes = self.no_jobs = Obstacle("not-durable", detail)
        elif 0 < health.maxmemory * self._headroom <= health.used_memory:
            detail = f"the server uses {health.used_memory} of {health.maxmemory} bytes"
            self.no_jobs = Obstacle("memory-full", detail, LATER_S)

    def lost(self, why: str) -> None:
        """Take down that it did not answer."""
        if not self._lost:
            _log.warning("%s is not available: %s", self.name, why)
            self._lost_at = time.monotonic()
        self._lost = why
        if time.monotonic() - self._lost_at > PATIENCE_S:
            self.no_writes = self.no_jobs = Obstacle("not-available", f"{self.name} is not available: {why}")

    def stumbled(self) -> None:
        """Take down that an append was not answered, or declined; until the next look others are preferred."""
        self._stumbled = True

    @property
    def accepts(self) -> bool:
        """Whether new jobs should go here, if they can as well go elsewhere."""
        return not self._stumbled and not self._lost and self.no_jobs is None

    @property
    def health(self) -> LogHealth | None:
        """How it was when it last answered; None where it never has."""
        return self._health

    @property
    def open_jobs(self) -> int:
        """How many jobs had not ended when it was asked last."""
        return 0 if self._health is None else self._health.open_jobs

    def readiness(self) -> tuple[bool, str]:
        """Tell whether it can append durably, and what stands in the way."""
        if self._lost or self._health is None:
            return False, self._lost
        if not self._health.durable:
            return False, self._health.detail or "the server cannot keep the promised durability"
        return True, self._health.detail or "appending durably"
