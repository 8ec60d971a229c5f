from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from journeyman_dashboard import bits

few = st.sets(st.integers(0, bits.CHUNK - 1), max_size=bits.SPARSE + 5)
many = st.builds(lambda first, step: set(range(first, bits.CHUNK, step)), st.integers(0, 99), st.integers(1, 50))
sets = st.one_of(few, many)


def written(numbers: set[int]) -> bytes:
    return bits.written(numbers).get(0, b"")


def read(data: bytes) -> set[int]:
    return set(bits.ascending(bits.from_bytes(data), 0))


@given(sets)
def test_a_set_is_read_as_it_was_written_and_has_one_way_to_be(numbers: set[int]) -> None:
    assert read(written(numbers)) == numbers
    assert bits.to_bytes(bits.masks(numbers).get(0, 0)) == written(numbers)


@given(sets, sets)
def test_sets_are_united_and_lessened_as_sets_are(one: set[int], other: set[int]) -> None:
    assert bits.union(written(one), written(other)) == written(one | other)
    assert bits.without(written(one), written(other)) == written(one - other)


@given(st.sets(st.integers(0, 5 * bits.CHUNK), max_size=80), st.integers(0, 10**9))
def test_a_set_is_walked_from_either_end(numbers: set[int], base: int) -> None:
    mask = sum(1 << number for number in numbers)
    ordered = [base + number for number in sorted(numbers)]
    assert list(bits.ascending(mask, base)) == ordered
    assert list(bits.descending(mask, base)) == ordered[::-1]


@given(st.sets(st.integers(0, 6 * bits.CHUNK), max_size=200))
def test_chunks_are_joined_where_they_belong_and_gaps_are_empty(numbers: set[int]) -> None:
    chunks = sorted(bits.written(number + 7 * bits.CHUNK for number in numbers).items())
    assert set(bits.ascending(bits.joined(chunks, 7), 0)) == numbers
