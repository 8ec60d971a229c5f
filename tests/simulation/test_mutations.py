"""The simulation finds faults: each one put in on purpose breaks a promise within a few seeds."""

from __future__ import annotations

import pytest

from simulation.mutations import MUTATIONS, Mutation
from simulation.world import run

pytestmark = pytest.mark.timeout(3_600)

#: A simulated second of faults costs about ten milliseconds; a mutation says with which seed it is looked for first.
SEEDS = range(1, 301)
SPAN_S = 40.0


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.name.replace(" ", "-"))
def test_a_fault_that_was_put_in_is_found(mutation: Mutation) -> None:
    with mutation.applied():
        seeds = [*SEEDS[mutation.seed - 1 :], *SEEDS[: mutation.seed - 1]]
        found = (
            run(seed, mutation.mode, loss=mutation.loss, span_s=SPAN_S, prepare=mutation.prepare) for seed in seeds
        )
        assert any(result.broken for result in found), mutation.name
