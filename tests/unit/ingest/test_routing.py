"""Which partition a request goes to."""

from __future__ import annotations

from collections import Counter

import pytest

from journeyman.ids import compose
from journeyman_ingest.idempotency import digest
from journeyman_ingest.routing import by_job, by_key, by_parents, in_turn


def job(partition: int) -> str:
    return compose(1_732_247_000_000, 1, partition)


def test_a_key_has_one_partition_and_keys_spread_evenly() -> None:
    digests = [digest(b"order-%d" % number, "POST", "/jobs") for number in range(4_000)]
    homes = [by_key(key_digest, 4) for key_digest in digests]
    assert homes == [by_key(key_digest, 4) for key_digest in digests]
    assert all(800 < count < 1_200 for count in Counter(homes).values())
    assert sorted(Counter(homes)) == [0, 1, 2, 3]


@pytest.mark.parametrize("partition", [0, 1, 3])
def test_a_job_lives_where_its_id_says(partition: int) -> None:
    assert by_job(job(partition), 4) == partition


@pytest.mark.parametrize("text", [job(4), job(1023), "", "nonsense", "x" * 23, "l" * 24])
def test_what_lives_nowhere_has_no_partition(text: str) -> None:
    assert by_job(text, 4) is None


def test_the_first_parent_that_lives_somewhere_counts() -> None:
    assert by_parents([job(2), job(1)], 4) == 2
    assert by_parents([job(900), "ref:first", job(1), job(2)], 4) == 1
    assert by_parents(["ref:first", job(4)], 4) is None
    assert by_parents([], 4) is None


def test_turns_go_round() -> None:
    last = -1
    taken = [last := in_turn(last, 3, lambda _: True) for _ in range(7)]
    assert taken == [0, 1, 2, 0, 1, 2, 0]


def test_a_partition_that_accepts_nothing_loses_its_turn() -> None:
    last = -1
    taken = [last := in_turn(last, 4, lambda partition: partition != 2) for _ in range(6)]
    assert taken == [0, 1, 3, 0, 1, 3]
    assert in_turn(1, 4, lambda _: False) == 2, "where none accepts, whoever's turn it is says why"
