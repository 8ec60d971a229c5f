from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeyman.events import BEGINNING, Offset, read_position, write_position
from journeyman_dashboard.params import BadQueryError, read_places
from journeyman_dashboard.positions import completed, reached

offsets = st.builds(Offset, st.integers(0, 2**45), st.integers(0, 2**63), st.integers(0, 1_000))
positions = st.dictionaries(st.integers(0, 1023), offsets, min_size=1, max_size=5)


@given(positions)
def test_a_written_position_is_read_back(position: dict[int, Offset]) -> None:
    assert read_position(write_position(position)) == position
    assert read_position(write_position(position).replace(",", ", ")) == position


@given(offsets)
def test_with_one_partition_a_position_is_written_as_its_offset(offset: Offset) -> None:
    assert write_position({0: offset}) == str(offset)


@given(positions)
def test_a_position_reaches_itself_and_what_is_before_it(position: dict[int, Offset]) -> None:
    assert reached(position, position)
    assert reached(position, dict.fromkeys(position, BEGINNING))
    assert not reached(dict.fromkeys(position, BEGINNING), dict.fromkeys(position, Offset(2**50, 0)))


@given(positions)
def test_partitions_that_are_not_named_are_followed_from_the_earliest_moment(position: dict[int, Offset]) -> None:
    whole = completed(position, range(1024))
    earliest = min(offset.ms for offset in position.values())
    for partition, offset in whole.items():
        if partition in position:
            assert offset == position[partition]
        else:
            assert offset < Offset(earliest, 0) or earliest == 0 == offset.ms


@pytest.mark.parametrize("text", ["", "x", "1-0,1-1", "1:", "1-0,,2:1-0", "12345:1-0", "-1:1-0"])
def test_what_is_no_position_is_refused(text: str) -> None:
    with pytest.raises(BadQueryError, match="min_offset: must be an offset such as"):
        read_places("min_offset", text, range(4))


def test_a_partition_that_is_not_there_is_refused_by_its_number() -> None:
    with pytest.raises(BadQueryError, match="there is no partition 4"):
        read_places("min_offset", "3:1-0,4:1-0", range(4))
