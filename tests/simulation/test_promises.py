"""The promises hold in simulated worlds: a few minutes' cut of `make simulate`.

A failure prints the last things that happened and the command that shows it again. docs/simulation.md says more.
"""

from __future__ import annotations

import os
import random

import pytest

from simulation.faults import LOSSES
from simulation.report import failure
from simulation.world import MODES, run

#: Seconds when the machine is quiet; it need not be.
pytestmark = pytest.mark.timeout(3_600)

SPAN_S = 30.0


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("mode", MODES)
def test_promises_hold_whatever_breaks(mode: str, loss: str) -> None:
    for seed in range(1, 9):
        result = run(seed, mode, loss=loss, span_s=SPAN_S)
        assert not result.broken, failure(result, loss=loss, span_s=SPAN_S)
        assert sum(result.faults.values()) > 0


@pytest.mark.skipif("CI" in os.environ, reason="what fails in CI should fail for what was changed")
@pytest.mark.parametrize("mode", MODES)
def test_promises_hold_for_a_seed_that_nobody_chose(mode: str) -> None:
    result = run(random.SystemRandom().randrange(1_000, 1_000_000_000), mode, span_s=SPAN_S)
    assert not result.broken, failure(result, span_s=SPAN_S)
