"""Snapshots of a partition's state, so that a restart reads the log's tail and not the log.

A snapshot is a blob; a key of the partition says which. One that is missing, damaged, of another version, or of
another log than the one at hand is stepped over: the log itself is the truth, and is then read from its start.

The jobs are stored beside the rest of the state, packed (`packed_jobs`). Snapshots of before that, with the jobs
among the rest, are read too: the log they are of may have been trimmed.
"""

from __future__ import annotations

import logging

import msgspec

from journeyman import failpoints
from journeyman.blobs import BlobStore
from journeyman.errors import BlobMissingError, ServerRefusedError, ServerUnavailableError
from journeyman.events import BEGINNING, Blob, Offset
from journeyman.log.api import Log
from journeyman.log.redis_log import RedisLog
from journeyman.partition import Partition
from journeyman.snapshot import SNAPSHOT_VERSION, Snapshot
from journeyman_scheduler.packed_jobs import Group, pack, unpack

_log = logging.getLogger(__name__)

#: The last sequence number that an entry of a millisecond may have.
SEQ_MAX = 2**64 - 1


class _Place(msgspec.Struct, frozen=True):
    blob: Blob
    offset: str


class _Packed(msgspec.Struct, frozen=True, array_like=True, tag="packed"):
    """What a blob holds: the state without its jobs, and the jobs."""

    state: Snapshot
    groups: list[Group]


_encode = msgspec.msgpack.Encoder().encode
_decode_packed = msgspec.msgpack.Decoder(_Packed).decode
_decode_plain = msgspec.msgpack.Decoder(Snapshot).decode


def place(log: RedisLog, blob: Blob, offset: Offset) -> Blob | None:
    """Say where the snapshot is from which a restart reads. Returns the former one, which nobody needs any more."""
    failpoints.hit("scheduler.within_snapshot")
    former = _placed(log.snapshot_place())
    log.place_snapshot(_encode(_Place(blob, str(offset))))
    log.checkpoint("scheduler", offset)
    failpoints.hit("scheduler.after_snapshot")
    return former.blob if former is not None and former.blob.key != blob.key else None


def discard(blobs: BlobStore, blob: Blob) -> None:
    """Drop a snapshot that another has taken the place of. What fails to be dropped stays, and harms nobody."""
    try:
        blobs.discard(blob)
    except (BlobMissingError, ServerRefusedError, ServerUnavailableError) as error:
        _log.warning("a former snapshot could not be dropped: %s", error)


def _placed(data: bytes | None) -> _Place | None:
    try:
        return None if data is None else msgspec.msgpack.decode(data, type=_Place)
    except msgspec.MsgspecError:
        return None


def load(log: RedisLog, blobs: BlobStore) -> Partition:
    """Return the partition of the last snapshot, or an empty one where there is none to be trusted.

    Raises ServerUnavailableError and ServerRefusedError where the snapshot cannot be read at the moment.
    """
    data = log.snapshot_place()
    if data is None:
        return Partition()
    try:
        snapshot = from_bytes(blobs.get(msgspec.msgpack.decode(data, type=_Place).blob))
    except (msgspec.MsgspecError, BlobMissingError, ValueError) as error:
        if log.snapshot_place() != data:
            # Another scheduler has taken the next one meanwhile, and dropped this.
            return load(log, blobs)
        _log.warning("the last snapshot cannot be used, reading the log from its start: %s", error)
        return Partition()
    if snapshot.version != SNAPSHOT_VERSION or not holds(log, Offset(*snapshot.offset)):
        _log.warning("the last snapshot is of another version or another log, reading the log from its start")
        return Partition()
    return Partition.restore(snapshot)


def holds(log: Log, offset: Offset) -> bool:
    """Tell whether the log has an entry at this place; the beginning of every log counts as one.

    What a snapshot was taken of, and what a leader has read, is never trimmed away behind them.
    """
    if offset[:2] == BEGINNING[:2]:
        return True
    before = Offset(offset.ms, offset.seq - 1) if offset.seq else Offset(offset.ms - 1, SEQ_MAX)
    found = log.read(before, count=1)
    return bool(found) and found[0].offset[:2] == offset[:2]


def to_bytes(partition: Partition) -> bytes:
    """Write a partition's state."""
    state = msgspec.structs.replace(partition.snapshot(), jobs={})
    return _encode(_Packed(state, list(pack(partition.jobs))))


def from_bytes(data: bytes) -> Snapshot:
    """Read a state. Raises msgspec.MsgspecError or ValueError where it is damaged or of another version."""
    try:
        packed = _decode_packed(data)
    except msgspec.ValidationError:
        return _decode_plain(data)
    return msgspec.structs.replace(packed.state, jobs=unpack(packed.groups))
