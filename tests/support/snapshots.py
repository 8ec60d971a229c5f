"""Snapshots as bytes that are the same for the same state: how tests compare two folds."""

from __future__ import annotations

import msgspec

from journeyman.partition import Partition
from journeyman.snapshot import Snapshot

_canonical = msgspec.msgpack.Encoder(order="deterministic").encode
_decode = msgspec.msgpack.Decoder(Snapshot).decode


def canonical(partition: Partition) -> bytes:
    """Return the state of a partition as bytes, with sets and dictionaries in order."""
    return _canonical(partition.snapshot())


def stored(partition: Partition) -> Snapshot:
    """Return the snapshot as it comes back from where it was stored."""
    return _decode(canonical(partition))


def restored(snapshot: Snapshot) -> Partition:
    """Return a partition restored from a snapshot that went through its encoding."""
    return Partition.restore(_decode(_canonical(snapshot)))


def assert_same_state(one: Partition, other: Partition, where: str) -> None:
    """Fail with what differs where two partitions do not hold the same state."""
    if canonical(one) == canonical(other):
        return
    left, right = one.snapshot(), other.snapshot()
    for field in Snapshot.__struct_fields__:
        a, b = getattr(left, field), getattr(right, field)
        if isinstance(a, dict) and a != b:
            differing = sorted(key for key in a.keys() | b.keys() if a.get(key) != b.get(key))
            details = "\n".join(f"  {key}: {a.get(key)} | {b.get(key)}" for key in differing[:5])
            raise AssertionError(f"{where}: {field} differ:\n{details}")
        assert a == b, f"{where}: {field}"
    raise AssertionError(f"{where}: the encodings differ")
