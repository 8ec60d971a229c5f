"""Where an event stands: the number of its entry in the read model and its index in it, as one integer. Pure.

A job's row has the places of its events, eight bytes each, in log order. What is more than `IN_ROW` of them goes to a
row of the table `places`, so that a job of many events does not make its own row large.
"""

from __future__ import annotations

INDEX_BITS = 20
#: Places kept in a job's own row.
IN_ROW = 32
FULL = IN_ROW * 8


def place_of(entry: int, index: int) -> int:
    """Return the place of an event."""
    return entry << INDEX_BITS | index


def entry_of(place: int) -> int:
    """Return the number of the entry that an event is in."""
    return place >> INDEX_BITS


def index_of(place: int) -> int:
    """Return the index of an event in its entry."""
    return place & ((1 << INDEX_BITS) - 1)


def read_places(data: bytes) -> list[int]:
    """Return the places that a row has."""
    return [int.from_bytes(data[at : at + 8], "big") for at in range(0, len(data), 8)]


def first_place(data: bytes) -> int:
    """Return the first place of a row's."""
    return int.from_bytes(data[:8], "big")
