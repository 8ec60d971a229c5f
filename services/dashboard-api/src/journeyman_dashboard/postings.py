"""Which sets a job is in: by phase, type, queue, priority, worker, tag, error, partition, bits of its duration. Pure.

A list of jobs is what is left when the sets of its filters are intersected, so whatever two filters are asked for, and
however little they have in common, costs the same. Sets change by whole chunks (`bits`): a batch of thousands of jobs
changes a few dozen of them, where an index would take an insert a job and filter. Partition 0 has no set: its jobs are
those that are in no other partition's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeAlias

import msgspec

from journeyman.ids import is_job_id, partition_of
from journeyman_dashboard.bits import masks, to_bytes, written
from journeyman_dashboard.rows import JobRow

#: (kind, name, chunk)
SetKey: TypeAlias = tuple[str, str, int]
#: A set's key and numbers, as `bits` writes them.
SetRow: TypeAlias = tuple[str, str, int, bytes]

_json = msgspec.json.Encoder().encode
_read_tags = msgspec.json.Decoder(dict[str, str]).decode


def tag_name(key: str, value: str) -> str:
    """Return the name of the set of the jobs with a tag."""
    return _json((key, value)).decode()


def duration_bits(duration_ms: int) -> list[str]:
    """Return the names of the sets that make up a duration: the bits of one more than it, so that none has none."""
    stored = duration_ms + 1
    return [str(bit) for bit in range(stored.bit_length()) if stored >> bit & 1]


def lives_in(job_id: str) -> int:
    """Return the partition of a job; 0 for what is no id."""
    return partition_of(job_id) if is_job_id(job_id) else 0


def former(row: JobRow) -> list[str]:
    """Return the workers that had an attempt of the job before the latest."""
    return row.former_workers.split("\n") if row.former_workers else []


def sets_of(row: JobRow) -> list[tuple[str, str]]:
    """Return the kinds and names of all sets that a job is in."""
    found = [("phase", row.phase), ("type", row.type), ("queue", row.queue), ("priority", str(row.priority))]
    workers = {*former(row), row.worker} - {""}
    found += (("worker", worker) for worker in workers)
    found += (("tag", tag_name(*tag)) for tag in tags_of(row))
    found += (("duration", bit) for bit in duration_bits(row.duration_ms))
    if row.fingerprint:
        found.append(("fingerprint", row.fingerprint))
    if partition := lives_in(row.id):
        found.append(("partition", str(partition)))
    return found


def tags_of(row: JobRow) -> Iterable[tuple[str, str]]:
    """Return the tags of a job."""
    return _read_tags(row.tags).items() if row.tags else ()


class SetChanges:
    """The numbers that sets gain and lose."""

    def __init__(self) -> None:
        self._gained: dict[SetKey, int] = {}
        self._lost: dict[SetKey, int] = {}
        self._rows: list[SetRow] = []

    def gain(self, numbers: Iterable[int], sets: Iterable[tuple[str, str]]) -> None:
        """Put numbers into each of some sets, which may gain others as well."""
        _note(self._gained, masks(numbers), sets)

    def lose(self, numbers: Iterable[int], sets: Iterable[tuple[str, str]]) -> None:
        """Take numbers out of each of some sets."""
        _note(self._lost, masks(numbers), sets)

    def gain_all(self, kind: str, name: str, numbers: Iterable[int]) -> None:
        """Put numbers into a set: all that it gains."""
        self._rows += ((kind, name, chunk, data) for chunk, data in written(numbers).items())

    def durations(self, changed: Iterable[tuple[int, int, int]]) -> None:
        """Change durations: (number, duration before, duration now)."""
        gained: dict[int, list[int]] = {}
        lost: dict[int, list[int]] = {}
        for n, before, now in changed:
            _by_bit(gained, n, (now + 1) & ~(before + 1))
            if before >= 0:
                _by_bit(lost, n, (before + 1) & ~(now + 1))
        for bit, numbers in gained.items():
            self.gain_all("duration", str(bit), numbers)
        for bit, numbers in lost.items():
            self.lose(numbers, [("duration", str(bit))])

    def gained(self) -> list[SetRow]:
        """Return what sets gain, as rows."""
        return sorted([*_rows(self._gained), *self._rows])

    def lost(self) -> list[SetRow]:
        """Return what sets lose, as rows."""
        return sorted(_rows(self._lost))


def _by_bit(numbers: dict[int, list[int]], n: int, bits: int) -> None:
    bit = 0
    while bits:
        if bits & 1:
            if bit in numbers:
                numbers[bit].append(n)
            else:
                numbers[bit] = [n]
        bits >>= 1
        bit += 1


def _note(changes: dict[SetKey, int], numbers: Mapping[int, int], sets: Iterable[tuple[str, str]]) -> None:
    for kind, name in sets:
        for chunk, mask in numbers.items():
            key = (kind, name, chunk)
            changes[key] = changes.get(key, 0) | mask


def _rows(changes: Mapping[SetKey, int]) -> Iterable[SetRow]:
    return ((*key, to_bytes(mask)) for key, mask in changes.items())
