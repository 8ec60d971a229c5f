"""How answers say where in the log something stands."""

from __future__ import annotations

from journeyman.events import Offset
from journeyman_ingest.replies import offset_header, place, places


def test_the_first_partition_is_written_without_its_number() -> None:
    assert place(0, Offset(1_732_247_000_123, 0, 4)) == "1732247000123-0/4"
    assert place(3, Offset(1_732_247_000_123, 0, 4)) == "3:1732247000123-0/4"
    assert place(3, None) == ""


def test_what_was_written_to_several_partitions_is_a_list_of_their_last_places() -> None:
    written = [(2, Offset(9, 0, 1)), (0, Offset(7, 0, 0)), (2, Offset(8, 0, 0)), (1, None), (0, Offset(7, 1, 0))]
    assert places(written) == "7-1/0, 2:9-0/1"
    assert places([]) == ""


def test_where_nothing_was_written_there_is_no_header() -> None:
    assert offset_header("") == ()
    assert offset_header("3:7-0/1") == ((b"journeyman-offset", b"3:7-0/1"),)
