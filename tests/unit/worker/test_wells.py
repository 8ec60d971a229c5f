"""Which partitions are asked for jobs, and for how many."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from journeyman.log.api import Claimed
from journeyman_worker.runner.message import JobMessage
from journeyman_worker.wells import SHARE_LEAST, UNSAID_MAX, Well, shares

NOW_MS = 1_000_000.0


class Spring:
    """A source that is asked nothing."""

    joined = True
    pending = 0

    def unsaid(self) -> int:
        return self.pending

    def claim(self, number: int, count: int, received: int, offer: bool = False) -> Claimed:
        raise AssertionError((number, count, offer))

    def accept(self, claimed: Claimed) -> list[JobMessage]:
        raise AssertionError(claimed)

    def look(self) -> None:
        raise AssertionError


@given(count=st.integers(1, 1_000), partitions=st.integers(1, 64))
def test_a_claim_is_split_evenly_and_wholly_into_large_shares(count: int, partitions: int) -> None:
    wells = [Well(Spring()) for _ in range(partitions)]
    split = shares(count, wells)
    assert sum(share for _, share in split) == count
    assert max(share for _, share in split) - min(share for _, share in split) <= 1
    assert [well for well, _ in split] == wells[: len(split)]
    assert len(split) == min(max(1, count // SHARE_LEAST), partitions)


def test_who_brought_less_than_was_asked_for_is_dry_until_the_bell_rings() -> None:
    well = Well(Spring())
    well.ask(5, NOW_MS)
    assert not well.is_open()
    well.answered(4, NOW_MS, 0)
    assert not well.is_open()
    well.ring()
    assert well.is_open()
    well.ask(5, NOW_MS)
    well.answered(5, NOW_MS, 0)
    assert well.is_open()


def test_a_ring_while_a_claim_is_under_way_is_not_forgotten() -> None:
    well = Well(Spring())
    well.ask(5, NOW_MS)
    well.ring()
    well.answered(0, NOW_MS, 0)
    assert well.is_open()


def test_a_dry_well_is_looked_into_again_after_a_while() -> None:
    well = Well(Spring())
    well.ask(5, NOW_MS)
    well.answered(0, NOW_MS, 0)
    well.poll(NOW_MS + 1)
    assert not well.is_open()
    well.poll(NOW_MS + 1_000)
    assert well.is_open()


def test_nothing_is_claimed_where_outcomes_pile_up_or_the_worker_has_not_joined() -> None:
    source = Spring()
    well = Well(source)
    source.pending = UNSAID_MAX
    assert not well.is_open()
    source.pending = 0
    assert well.is_open()
    source.joined = False
    assert not well.is_open()


def test_numbers_rise_with_every_claim() -> None:
    well = Well(Spring())
    assert [well.ask(1, NOW_MS) for _ in range(3)] == [1, 2, 3]
