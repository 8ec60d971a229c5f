"""Job ids: what they look like, how they are made, what they say.

A job id is 24 characters of Crockford's base 32 in lower case:

    0 1 2 3 4 5 6 7 8 9 | 0 1 2 3 4 5 6 7 8 9 1 2 | 0 1
    milliseconds (50 b) | random, then counting   | partition (10 b)

Ids made by one :class:`IdMaker` rise strictly, so sorting ids sorts jobs by submission. The module is
pure: the time and the randomness are handed in.
"""

from __future__ import annotations

import re

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
LENGTH = 24
TAIL_BITS = 60
PARTITIONS_MAX = 1024

_SHAPE = re.compile(rf"[{ALPHABET}]{{{LENGTH}}}\Z")
_PAIRS = [high + low for high in ALPHABET for low in ALPHABET]
_VALUES = {symbol: value for value, symbol in enumerate(ALPHABET)}


def is_job_id(text: str) -> bool:
    """Tell whether `text` could be the id of a job (not whether that job exists)."""
    return _SHAPE.match(text) is not None


def partition_of(job_id: str) -> int:
    """Return the partition a job lives in, which its id's last two characters say."""
    return _VALUES[job_id[-2]] * 32 + _VALUES[job_id[-1]]


def time_of(job_id: str) -> int:
    """Return the time a job id was made, in milliseconds since 1970."""
    value = 0
    for symbol in job_id[:10]:
        value = value * 32 + _VALUES[symbol]
    return value


def compose(at_ms: int, tail: int, partition: int) -> str:
    """Write a job id from its time (50 bits), its tail (60 bits) and its partition (10 bits)."""
    pairs = _PAIRS
    return (
        pairs[at_ms >> 40 & 1023]
        + pairs[at_ms >> 30 & 1023]
        + pairs[at_ms >> 20 & 1023]
        + pairs[at_ms >> 10 & 1023]
        + pairs[at_ms & 1023]
        + pairs[tail >> 50 & 1023]
        + pairs[tail >> 40 & 1023]
        + pairs[tail >> 30 & 1023]
        + pairs[tail >> 20 & 1023]
        + pairs[tail >> 10 & 1023]
        + pairs[tail & 1023]
        + pairs[partition]
    )


class IdMaker:
    """Makes rising job ids: within a millisecond it counts up, in a new one it starts at a random tail.

    The counter has 59 random bits of head start and at least 2^59 steps of room, so two makers meet with
    a probability of about n^2 / 2^60 for n ids made in the same millisecond.
    """

    def __init__(self, partition: int = 0) -> None:
        self._partition = partition
        self._at_ms = -1
        self._tail = 0

    def make(self, now_ms: int, random_bits: int) -> str:
        """Return the next id. `random_bits` (60 of them) count only where a new millisecond begins."""
        if now_ms > self._at_ms:
            self._at_ms = now_ms
            self._tail = random_bits >> 1
        else:
            self._tail += 1
        return compose(self._at_ms, self._tail, self._partition)

    def make_many(self, now_ms: int, random_bits: int, count: int) -> list[str]:
        """Return the next `count` ids, as `make` called so often would."""
        if count < 1:
            return []
        first = self.make(now_ms, random_bits)
        pairs, end = _PAIRS, first[-2:]
        tail = self._tail
        last = self._tail = tail + count - 1
        made: list[str] = []
        while tail <= last:
            # Ids that differ in the last two symbols of their tails only share what stands before.
            stem = compose(self._at_ms, tail, self._partition)[:-4]
            stop = min(last, tail | 1023)
            made += [stem + pairs[low] + end for low in range(tail & 1023, (stop & 1023) + 1)]
            tail = stop + 1
        return made
