"""Ids sort by submission, offsets by place, and waits between attempts are bounded and always the same."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeyman import ids, retry
from journeyman.events import Backoff, Offset, read_offset, write_offset
from journeyman.proposals import place, read_place

times = st.integers(0, 2**50 - 1)
tails = st.integers(0, 2**60 - 1)
partitions = st.integers(0, ids.PARTITIONS_MAX - 1)
offsets = st.builds(Offset, st.integers(0, 2**60), st.integers(0, 2**60), st.integers(0, 999))


@given(times, tails, partitions)
def test_an_id_says_its_time_and_partition(at_ms: int, tail: int, partition: int) -> None:
    job_id = ids.compose(at_ms, tail, partition)
    assert len(job_id) == ids.LENGTH
    assert ids.is_job_id(job_id)
    assert (ids.time_of(job_id), ids.partition_of(job_id)) == (at_ms, partition)


@given(st.lists(st.tuples(times, tails), min_size=2, unique=True))
def test_ids_sort_as_what_they_are_made_of(parts: list[tuple[int, int]]) -> None:
    made = [ids.compose(at_ms, tail, 5) for at_ms, tail in parts]
    assert sorted(made) == [ids.compose(at_ms, tail, 5) for at_ms, tail in sorted(parts)]


@given(st.lists(st.tuples(times, tails), min_size=2), partitions)
def test_a_maker_never_goes_back_even_if_the_clock_does(calls: list[tuple[int, int]], partition: int) -> None:
    maker = ids.IdMaker(partition)
    made = [maker.make(now_ms, bits) for now_ms, bits in calls]
    assert made == sorted(set(made))


@given(st.text(max_size=30))
def test_only_what_could_be_an_id_is_taken_for_one(text: str) -> None:
    allowed = set(string.digits + string.ascii_lowercase) - set("ilou")
    assert ids.is_job_id(text) is (len(text) == ids.LENGTH and set(text) <= allowed)


def test_an_id_with_a_newline_behind_it_is_none() -> None:
    assert not ids.is_job_id("0" * 24 + "\n")


@given(offsets)
def test_an_offset_is_read_as_it_is_written(offset: Offset) -> None:
    assert Offset.parse(str(offset)) == offset
    assert Offset.parse(offset.entry) == offset._replace(index=0)


@given(st.lists(offsets, min_size=2))
def test_offsets_compare_as_the_log_runs(some: list[Offset]) -> None:
    assert sorted(some) == sorted(some, key=lambda offset: (offset.ms, offset.seq, offset.index))


@given(st.text(st.sampled_from("0123456789-/ +x٣"), max_size=12))
def test_text_is_an_offset_or_refused(text: str) -> None:
    try:
        offset = Offset.parse(text)
    except ValueError:
        return
    assert Offset.parse(str(offset)) == offset


@pytest.mark.parametrize("text", ["", "-", "1-2-3", "a-0", "1-0/x", "1/-1", " 1-0", "1-0\n", "1-0/٣"])
def test_what_is_no_offset_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not an offset"):
        Offset.parse(text)


@given(times, tails, st.integers(1, 10_000), st.integers(0, 50), st.integers(1, 50))
def test_a_place_names_job_and_attempt_and_is_like_no_other(
    at_ms: int, tail: int, attempt: int, moves: int, generation: int
) -> None:
    job_id = ids.compose(at_ms, tail, 0)
    text = place(job_id, attempt, moves, generation)
    assert read_place(text) == (job_id, attempt)
    near = [(attempt + 1, moves, generation), (attempt, moves + 1, generation), (attempt, moves, generation + 1)]
    assert text not in {place(job_id, *other) for other in near}


backoffs = st.builds(
    Backoff,
    st.integers(0, 86_400_000),
    st.floats(1.0, 100.0),
    st.integers(0, 86_400_000),
    st.booleans(),
)
fractions = st.floats(0, 1, exclude_max=True)
msgpack_integers = st.integers(-(2**63), 2**64 - 1)


@given(backoffs, st.integers(1, 10_000), fractions)
def test_a_wait_is_never_negative_nor_above_its_cap(backoff: Backoff, failures: int, fraction: float) -> None:
    assert 0 <= retry.delay_ms(backoff, failures, fraction) <= backoff.max_ms


@given(backoffs, st.integers(1, 200))
def test_a_wait_without_jitter_never_shrinks(backoff: Backoff, failures: int) -> None:
    steady = Backoff(backoff.initial_ms, backoff.multiplier, backoff.max_ms, False)
    assert retry.delay_ms(steady, failures, 0.5) <= retry.delay_ms(steady, failures + 1, 0.5)


@given(backoffs, st.integers(1, 200), fractions)
def test_jitter_only_shortens_a_wait(backoff: Backoff, failures: int, fraction: float) -> None:
    whole = retry.delay_ms(Backoff(backoff.initial_ms, backoff.multiplier, backoff.max_ms, False), failures, fraction)
    part = retry.delay_ms(Backoff(backoff.initial_ms, backoff.multiplier, backoff.max_ms, True), failures, fraction)
    assert 0 <= part <= whole


@given(msgpack_integers, st.floats(), msgpack_integers, st.booleans(), st.integers(1, 10_000), fractions)
def test_figures_that_nobody_checked_still_make_a_wait(
    initial_ms: int, multiplier: float, max_ms: int, jitter: bool, failures: int, fraction: float
) -> None:
    assert retry.delay_ms(Backoff(initial_ms, multiplier, max_ms, jitter), failures, fraction) >= 0


@given(times, tails, st.integers(1, 1_000))
def test_the_jitter_of_an_attempt_is_always_the_same_fraction(at_ms: int, tail: int, attempt: int) -> None:
    job_id = ids.compose(at_ms, tail, 0)
    assert retry.spread(job_id, attempt) == retry.spread(job_id, attempt)
    assert 0 <= retry.spread(job_id, attempt) < 1


def test_waits_double_until_the_cap() -> None:
    steady = Backoff(1_000, 2.0, 60_000, False)
    assert [retry.delay_ms(steady, failures, 0) for failures in range(1, 9)] == [
        1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000,
    ]  # fmt: skip


def test_a_crowd_that_failed_together_is_spread_over_the_whole_wait() -> None:
    waits = [retry.delay_ms(Backoff(10_000), 1, retry.spread(ids.compose(1, n, 0), 1)) for n in range(2_000)]
    in_each_tenth = [sum(low <= wait < low + 1_000 for wait in waits) for low in range(0, 10_000, 1_000)]
    assert min(in_each_tenth) > 100


@given(st.integers(0, 1023), st.integers(0, 1 << 50), st.integers(0, 1 << 40), st.integers(0, 1_000))
def test_an_offset_is_read_back_with_its_partition(partition: int, ms: int, seq: int, index: int) -> None:
    offset = Offset(ms, seq, index)
    assert read_offset(write_offset(partition, offset)) == (partition, offset)
    assert write_offset(0, offset) == str(offset)


@pytest.mark.parametrize("text", ["", ":", "x:1-0", "-1:1-0", "1:2:3-0", "1:", "99999:1-0", "٣:1-0"])
def test_what_is_no_offset_of_any_partition_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not an offset"):
        read_offset(text)
