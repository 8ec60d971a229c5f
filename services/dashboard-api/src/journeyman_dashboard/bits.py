"""Sets of job numbers as bits of integers: no library is needed to unite, intersect and count them. Pure.

Numbers are cut into chunks of `CHUNK`. What is stored of a chunk is its set's bits, least significant first, or, where
no more than `SPARSE` are set, their positions, two bytes each: the length tells which. Equal sets give equal bytes.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator

SHIFT = 13
CHUNK = 1 << SHIFT
CHUNK_BYTES = CHUNK >> 3
SPARSE = 32
_POSITION = CHUNK - 1
#: Bytes looked at together when walking a set.
_WINDOW = 64

_BITS_OF = [tuple(bit for bit in range(8) if byte >> bit & 1) for byte in range(256)]


def chunk_of(n: int) -> int:
    """Return the chunk a number is in."""
    return n >> SHIFT


def masks(numbers: Iterable[int]) -> dict[int, int]:
    """Return the set of these numbers, by chunk."""
    found: dict[int, bytearray] = {}
    for n in numbers:
        data = found.get(n >> SHIFT)
        if data is None:
            data = found[n >> SHIFT] = bytearray(CHUNK_BYTES)
        data[(n & _POSITION) >> 3] |= 1 << (n & 7)
    return {chunk: int.from_bytes(data, "little") for chunk, data in found.items()}


def written(numbers: Iterable[int]) -> dict[int, bytes]:
    """Return the set of these numbers by chunk, as bytes; quicker than `masks` where they are few."""
    chunks: dict[int, set[int]] = {}
    for n in numbers:
        positions = chunks.get(n >> SHIFT)
        if positions is None:
            positions = chunks[n >> SHIFT] = set()
        positions.add(n & _POSITION)
    return {chunk: _of_positions(positions) for chunk, positions in chunks.items()}


def _of_positions(positions: set[int]) -> bytes:
    if len(positions) <= SPARSE:
        return array("H", sorted(positions)).tobytes()
    data = bytearray(CHUNK_BYTES)
    for position in positions:
        data[position >> 3] |= 1 << (position & 7)
    return bytes(data)


def to_bytes(mask: int) -> bytes:
    """Write the set of one chunk."""
    if mask.bit_count() > SPARSE:
        return mask.to_bytes(CHUNK_BYTES, "little")
    return array("H", ascending(mask, 0)).tobytes()


def from_bytes(data: bytes) -> int:
    """Read the set of one chunk."""
    return int.from_bytes(_dense(data), "little")


def _dense(data: bytes) -> bytes:
    if len(data) == CHUNK_BYTES:
        return data
    dense = bytearray(CHUNK_BYTES)
    for position in array("H", data):
        dense[position >> 3] |= 1 << (position & 7)
    return bytes(dense)


def union(data: bytes, more: bytes) -> bytes:
    """Return the union of two sets, all as bytes."""
    if len(data) + len(more) < CHUNK_BYTES:
        return _of_positions({*array("H", data), *array("H", more)})
    return to_bytes(from_bytes(data) | from_bytes(more))


def without(data: bytes, less: bytes) -> bytes:
    """Return a set without another, all as bytes; nothing at all where it is empty."""
    return to_bytes(from_bytes(data) & ~from_bytes(less))


def joined(chunks: Iterable[tuple[int, bytes]], first: int) -> int:
    """Return one set of chunks in ascending order; its bit 0 is the first number of the chunk `first`."""
    parts: list[bytes] = []
    following = first
    for chunk, data in chunks:
        if chunk > following:
            parts.append(bytes(CHUNK_BYTES * (chunk - following)))
        parts.append(_dense(data))
        following = chunk + 1
    return int.from_bytes(b"".join(parts), "little")


def ascending(mask: int, base: int) -> Iterator[int]:
    """Yield the numbers of a set whose bit 0 is `base`, the lowest first."""
    data = mask.to_bytes((mask.bit_length() + 7) >> 3, "little")
    for start in range(0, len(data), _WINDOW):
        window = data[start : start + _WINDOW]
        if not any(window):
            continue
        for index, byte in enumerate(window, start):
            if byte:
                for bit in _BITS_OF[byte]:
                    yield base + (index << 3) + bit


def descending(mask: int, base: int) -> Iterator[int]:
    """Yield the numbers of a set whose bit 0 is `base`, the highest first."""
    data = mask.to_bytes((mask.bit_length() + 7) >> 3, "little")
    for end in range(len(data), 0, -_WINDOW):
        start = max(end - _WINDOW, 0)
        window = data[start:end]
        if not any(window):
            continue
        for index in range(end - 1, start - 1, -1):
            if data[index]:
                for bit in reversed(_BITS_OF[data[index]]):
                    yield base + (index << 3) + bit


def below(count: int) -> int:
    """Return the set of the numbers from 0 on and before `count`."""
    return (1 << count) - 1 if count > 0 else 0
