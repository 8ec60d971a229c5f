"""What becomes of circuit breakers. Part of `journeyman.events`, from where it is to be imported."""

from __future__ import annotations

from journeyman.values import Fact


class BreakerOpened(Fact, frozen=True, tag="breaker.opened"):
    """No job of the type is claimed any more; those that a worker has claimed go on.

    `reason`: failure_ratio, consecutive_failures (of `calls`, `failures` failed), probe_failed, manual. `until_ms`:
    when it is tried again; 0 where somebody has to close it.
    """

    type: str
    reason: str
    failures: int = 0
    calls: int = 0
    until_ms: int = 0


class BreakerHalfOpened(Fact, frozen=True, tag="breaker.half_opened"):
    """So many more jobs of the type (`probes`) may start, to see whether they succeed; the others go on waiting."""

    type: str
    probes: int


class BreakerClosed(Fact, frozen=True, tag="breaker.closed"):
    """Jobs of the type may be claimed again. `reason`: probes_succeeded, manual."""

    type: str
    reason: str
