"""A seed is a whole world: run again, here or in another process, everything happens as it did."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from simulation.kernel import SECOND, Kernel, KilledError, Process, enter, leave
from simulation.report import failure
from simulation.world import run

pytestmark = pytest.mark.timeout(3_600)

TESTS = Path(__file__).parent.parent
SPAN_S = 15.0


def elsewhere(seed: int, hash_seed: str) -> str:
    """Return the fingerprint of a run in another process, with other hashes."""
    command = [sys.executable, "-m", "simulation", "--seed", str(seed), "--mode", "liveness", "--span", str(SPAN_S)]
    environ = {**os.environ, "PYTHONPATH": str(TESTS), "PYTHONHASHSEED": hash_seed}
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()[0].split()[-1]


@pytest.mark.parametrize("seed", [7, 8, 9])
def test_a_seed_replays_exactly_here_and_in_another_process(seed: int) -> None:
    first = run(seed, "liveness", span_s=SPAN_S)
    assert not first.broken, failure(first, span_s=SPAN_S)
    assert run(seed, "liveness", span_s=SPAN_S).fingerprint == first.fingerprint
    assert elsewhere(seed, str(seed)) == first.fingerprint


def test_two_seeds_are_two_worlds() -> None:
    assert run(1, "safety", span_s=3).fingerprint != run(2, "safety", span_s=3).fingerprint


def test_a_process_that_was_killed_does_nothing_more() -> None:
    one = Kernel(1)
    enter(one)
    done: list[str] = []
    process = Process("p")

    def work() -> None:
        try:
            while True:
                one.sleep(SECOND)
                done.append("worked")
        except KilledError:
            done.append("killed")
            one.sleep(SECOND)
            done.append("went on")

    try:
        one.spawn(process, "main", work)
        one.at(5 * SECOND // 2, lambda: one.kill(process))
        one.run(10 * SECOND)
    finally:
        leave()
    assert done == ["worked", "worked", "killed"]


def test_a_process_that_stands_still_goes_on_later() -> None:
    one = Kernel(1)
    enter(one)
    woke: list[int] = []
    process = Process("p")

    def work() -> None:
        for _ in range(3):
            one.sleep(SECOND)
            woke.append(one.now // SECOND)

    try:
        one.spawn(process, "main", work)
        one.at(3 * SECOND // 2, lambda: one.stand_still(process, 10 * SECOND))
        one.run(60 * SECOND)
    finally:
        leave()
    assert woke == [1, 11, 12]
