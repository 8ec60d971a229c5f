"""Traffic to simulate: when jobs come, and how long each runs. Made up here, or recorded (`replay.py`).

Made-up traffic is the same for the same seed. All of it fits ten workers of eight slots.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

SECOND_MS, MINUTE_MS, HOUR_MS = 1_000, 60_000, 3_600_000
#: Work in one worker of eight slots, as jobs of four seconds.
_RUN_MS = 4_000.0
_WORKER_PER_S = 2.0


class Job(NamedTuple):
    """One job: when it comes, how long it runs, and where it waits."""

    at_ms: int
    run_ms: float
    queue: str = "default"
    type: str = "job"
    priority: int = 10


class Traffic(NamedTuple):
    """Jobs in the order in which they come, and how long it all lasts."""

    name: str
    about: str
    jobs: tuple[Job, ...]
    length_ms: int


def _steady(chance: random.Random) -> Iterator[Job]:
    return _poisson(chance, 4 * HOUR_MS, lambda _: 4.5)


def _diurnal(chance: random.Random) -> Iterator[Job]:
    def load(at_ms: float) -> float:
        return 4.25 - 3.75 * math.cos(2 * math.pi * at_ms / (6 * HOUR_MS))

    return _poisson(chance, 6 * HOUR_MS, load)


def _bursts(chance: random.Random) -> Iterator[Job]:
    at_ms = 10.0 * MINUTE_MS
    while at_ms < 4 * HOUR_MS - 10 * MINUTE_MS:
        for _ in range(chance.randint(300, 1_000)):
            yield Job(round(at_ms), _about(chance))
        at_ms += 8 * MINUTE_MS + chance.expovariate(1 / (8 * MINUTE_MS))
    yield from _poisson(chance, 4 * HOUR_MS, lambda _: 0.6)


def _spike(chance: random.Random) -> Iterator[Job]:
    def load(at_ms: float) -> float:
        busy = any(start <= at_ms / MINUTE_MS < start + 15 for start in (60, 170))
        return 7.5 if busy else 0.075

    return _poisson(chance, 4 * HOUR_MS, load)


def _heavy(chance: random.Random) -> Iterator[Job]:
    def run() -> float:
        """Draw from a bounded Pareto distribution: most a second, some a quarter of an hour; 3.8 s on average."""
        low, high, shape = 1.0, 900.0, 1.2
        share = 1 - chance.random() * (1 - (low / high) ** shape)
        return float(1_000 * low * share ** (-1 / shape))

    for job in _poisson(chance, 4 * HOUR_MS, lambda _: 4.5):
        yield job._replace(run_ms=run())


def _poisson(chance: random.Random, length_ms: int, load: Callable[[float], float]) -> Iterator[Job]:
    """Return jobs that come by chance. load: how many workers they keep busy, at a time."""
    at_ms, most = 0.0, max(load(at * MINUTE_MS / 2) for at in range(2 * length_ms // MINUTE_MS + 1))
    while True:
        at_ms += chance.expovariate(most * _WORKER_PER_S / SECOND_MS)
        if at_ms >= length_ms:
            return
        if chance.random() * most < load(at_ms):
            yield Job(round(at_ms), _about(chance))


def _about(chance: random.Random) -> float:
    return _RUN_MS * chance.uniform(0.5, 1.5)


class _Kind(NamedTuple):
    about: str
    jobs: Callable[[random.Random], Iterator[Job]]
    length_ms: int


KINDS: Mapping[str, _Kind] = {
    "steady": _Kind("load of 4.5 workers", _steady, 4 * HOUR_MS),
    "diurnal": _Kind("a day in six hours, between half a worker and eight", _diurnal, 6 * HOUR_MS),
    "bursts": _Kind("batches of 300 to 1,000 jobs a quarter of an hour apart, over 0.6 workers", _bursts, 4 * HOUR_MS),
    "spike": _Kind("a hundred times the load for a quarter of an hour, twice", _spike, 4 * HOUR_MS),
    "heavy-tailed": _Kind("jobs of one second to fifteen minutes, load of 4.5 workers", _heavy, 4 * HOUR_MS),
}


def made_up(kind: str, seed: int = 1) -> Traffic:
    """Return the traffic of a kind."""
    found = KINDS[kind]
    jobs = sorted(found.jobs(random.Random(f"{kind} {seed}")))
    return Traffic(kind, found.about, tuple(jobs), found.length_ms)
