"""How many times as fast as others: the goals, and what became of them. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median
from typing import NamedTuple

from benchmarks.peers.registry import BULLMQ, DRAMATIQ, OURS, Peer
from benchmarks.peers.run import Round

_BULLMQ_TIMES = 1.5
_DRAMATIQ_TIMES = 3.0
_BEST_TIMES = 5.0

Rounds = Mapping[int, Round]


class Comparison(NamedTuple):
    """One of ours against another: how many times its jobs a second, as the median of the ratios within a round."""

    ours: str
    other: str
    described: str
    times: float
    goal: float

    @property
    def met(self) -> bool:
        """Whether the goal is reached."""
        return self.times >= self.goal

    @property
    def words(self) -> str:
        """The comparison as a line of text."""
        sign = "✓" if self.met else "✗"
        return f"{sign} {self.ours}: {self.times:.1f} times as fast as {self.described} (goal: {self.goal:g} times)"


def compare(peers: Sequence[Peer], rounds: Mapping[str, Rounds]) -> list[Comparison]:
    """Return what can be said of the goals. `rounds`: by the name of the peer; those that failed are left out."""
    wanted = [(BULLMQ, "BullMQ", _BULLMQ_TIMES), (DRAMATIQ, "dramatiq without results", _DRAMATIQ_TIMES)]
    best = _best(peers, rounds)
    if best:
        wanted.append((best, f"{best}, the fastest in Python that keeps results and loses no job", _BEST_TIMES))
    mine = [name for name in rounds if name.startswith(OURS)]
    return [
        Comparison(ours, other, described, _times(rounds[ours], rounds[other]), goal)
        for ours in mine
        for other, described, goal in wanted
        if rounds.get(other) and rounds[ours].keys() & rounds[other].keys()
    ]


def _best(peers: Sequence[Peer], rounds: Mapping[str, Rounds]) -> str | None:
    """Return the fastest Python queue that keeps results and lets a job run again whose worker was killed."""
    eligible = [
        peer.name for peer in peers if peer.results and peer.runs_again and peer.environment in ("python", "arq")
    ]
    speeds = {name: median(one.jobs_per_s for one in rounds[name].values()) for name in eligible if rounds.get(name)}
    return max(speeds, key=speeds.__getitem__) if speeds else None


def _times(ours: Rounds, other: Rounds) -> float:
    return median(ours[number].jobs_per_s / other[number].jobs_per_s for number in ours.keys() & other.keys())
