"""`python -m simulation`: run seeds for as long as one likes, or one seed again. Ends with 1 where a promise broke."""

from __future__ import annotations

import argparse
import sys
import time

from simulation.faults import LOSSES
from simulation.report import failure, line, summary
from simulation.world import MODES, Result, run


def main() -> int:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(prog="simulation", description="Simulate the whole system, from a seed.")
    parser.add_argument("--seeds", default="1..", help="which to run: 1.. or 5..20 (default: 1..)")
    parser.add_argument("--seed", type=int, help="run this one alone")
    parser.add_argument("--minutes", type=float, default=5.0, help="for so long (default: 5)")
    parser.add_argument("--mode", choices=MODES, help="one mode alone (default: both)")
    parser.add_argument(
        "--span", type=float, help="simulated seconds of faults in a run (default: drawn from the seed)"
    )
    parser.add_argument("--loss", default="", choices=("", *LOSSES), help="what a stop of the server costs")
    parser.add_argument("--trace", action="store_true", help="print everything that happens")
    options = parser.parse_args()
    modes = [options.mode] if options.mode else list(MODES)
    trace = say if options.trace else None
    deadline = time.monotonic() + 60 * options.minutes
    results: list[Result] = []
    for seed in _seeds(options.seed, options.seeds):
        for mode in modes:
            result = run(seed, mode, span_s=options.span, loss=options.loss, trace=trace)
            results.append(result)
            if result.broken:
                say(failure(result, span_s=options.span, loss=options.loss))
                return 1
            if options.seed is not None:
                say(line(result))
        if time.monotonic() > deadline:
            break
    say(summary(results))
    return 0


def _seeds(only: int | None, several: str) -> range:
    if only is not None:
        return range(only, only + 1)
    first, _, last = several.partition("..")
    return range(int(first or 1), int(last) + 1 if last else sys.maxsize)


def say(text: str) -> None:
    """Write a line."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
