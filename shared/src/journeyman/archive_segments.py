"""What an archive is made of: numbered segments of a log, each of which says where it continues. Pure.

The segments of a partition are a chain. A segment's manifest has its number, the entry that it follows on, its first
and last entry, and the digest of its contents. Number n+1 can be written once only, so of two writers one extends the
chain and the other learns that he has not.

A server may lose the end of its log (a crash under `everysec`, a failover) after that end was archived. The next
segment then follows on an entry before the end of the one before it, and thereby disowns what stands behind: readers
leave it out (`limits`). A hole, on the other hand, is never bridged in silence: the segment behind it says so (`gap`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, TypeAlias

import msgspec

from journeyman.entries import BEGINNING, Offset
from journeyman.errors import ArchiveDamagedError

FORMAT = 1
#: Manifests per folder.
FOLDER = 1_000
#: No entry is larger: a commit may have 1 MiB, and what is no commit is nobody's promise.
ENTRY_BYTES_MAX = 512 * 1024 * 1024


class RawEntry(NamedTuple):
    """A stream entry as it stands in the log, byte for byte: its id, and fields and values in turn."""

    offset: Offset
    parts: list[bytes]

    @property
    def wire(self) -> tuple[bytes, list[bytes]]:
        """The entry as the server writes it."""
        return self.offset.entry.encode(), self.parts


class Segment(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=False):
    """The manifest of a segment.

    number: from 1 on, in each partition. after: the entry that it follows on, `0-0` for the beginning of the log.
    first, last: ids of its entries. entries: how many they are. position: how many the log had had before them.
    gap: between `after` and `first` the log had entries that no segment has. object: the name of the contents; bytes,
    sha256: their size and digest; raw_bytes: their size before compression. last_sha256: digest of the last entry.
    """

    format: int = FORMAT
    partition: int
    number: int
    after: str
    first: str
    last: str
    entries: int
    position: int
    gap: bool = False
    object: str
    bytes: int
    sha256: str
    raw_bytes: int
    last_sha256: str
    written_ms: int = 0

    @property
    def span(self) -> tuple[Offset, Offset, Offset]:
        """The offsets of `after`, `first` and `last`."""
        return Offset.parse(self.after), Offset.parse(self.first), Offset.parse(self.last)

    @property
    def end_position(self) -> int:
        """How many entries the log had had after the last of these."""
        return self.position + self.entries


_encode = msgspec.json.Encoder(order="deterministic").encode
_decode = msgspec.json.Decoder(Segment).decode


def manifest_name(number: int) -> str:
    """Return the name of a segment's manifest in its partition."""
    return f"{number // FOLDER:07d}/{number:010d}.json"


def object_name(number: int, sha256: str) -> str:
    """Return the name of a segment's contents in its partition. Different contents have different names."""
    return f"{number // FOLDER:07d}/{number:010d}.{sha256[:16]}.zst"


def write_manifest(segment: Segment) -> bytes:
    """Write a manifest."""
    return msgspec.json.format(_encode(segment), indent=1) + b"\n"


def read_manifest(data: bytes, name: str) -> Segment:
    """Read a manifest. Raises ArchiveDamagedError, naming it, for anything else."""
    try:
        segment = _decode(data)
        _ = segment.span
    except (msgspec.MsgspecError, ValueError, UnicodeDecodeError) as error:
        raise ArchiveDamagedError(f"the manifest {name} of the archive is damaged: {error}") from None
    if segment.format != FORMAT:
        raise ArchiveDamagedError(f"the manifest {name} is of format {segment.format}; this version reads {FORMAT}")
    if not (segment.entries > 0 and Offset.parse(segment.first) <= Offset.parse(segment.last)):
        raise ArchiveDamagedError(f"the manifest {name} of the archive contradicts itself")
    return segment


# --- the chain ---------------------------------------------------------------------------------------------


def check_chain(segments: Sequence[Segment]) -> None:
    """See that no segment is missing between the first and the last. Raises ArchiveDamagedError, naming it."""
    for expected, segment in enumerate(segments, start=1):
        if segment.number != expected:
            raise ArchiveDamagedError(
                f"segment {expected} of partition {segment.partition} is missing from the archive "
                f"(its manifest would be {manifest_name(expected)})"
            )
    ends = BEGINNING
    for segment in segments:
        after, first, last = segment.span
        if not after <= ends or first <= after or (segment.number > 1 and after == BEGINNING):
            raise ArchiveDamagedError(f"segment {segment.number} of partition {segment.partition} does not follow on")
        ends = last


class Part(NamedTuple):
    """A segment, and which of its entries belong to the log: those up to `limit`. None of them where `entries` is 0."""

    segment: Segment
    limit: Offset


def limits(segments: Sequence[Segment]) -> list[Part]:
    """Return the segments in order, each with the last of its entries that no later one disowns."""
    parts: list[Part] = []
    limit: Offset | None = None
    for segment in reversed(segments):
        after, _, last = segment.span
        parts.append(Part(segment, last if limit is None else min(last, limit)))
        limit = after if limit is None else min(limit, after)
    return parts[::-1]


# --- contents ----------------------------------------------------------------------------------------------

Framed: TypeAlias = bytes

_pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder(tuple[int, int, list[bytes]]).decode
_LENGTH = 4


def frame(entry: RawEntry) -> Framed:
    """Write an entry: four bytes of length, then [milliseconds, sequence, [field, value, …]] as msgpack."""
    data = _pack((entry.offset.ms, entry.offset.seq, entry.parts))
    return len(data).to_bytes(_LENGTH, "big") + data


def digest(entry: RawEntry) -> str:
    """Return what an entry is recognised by."""
    return hashlib.sha256(frame(entry)).hexdigest()


def unframe(chunks: Iterable[bytes], name: str) -> Iterator[RawEntry]:
    """Read entries from contents that come in chunks. Raises ArchiveDamagedError where they end amid an entry."""
    held = bytearray()
    at = 0
    for chunk in chunks:
        del held[:at]
        at = 0
        held += chunk
        while len(held) - at >= _LENGTH:
            size = int.from_bytes(held[at : at + _LENGTH], "big")
            if size > ENTRY_BYTES_MAX:
                raise ArchiveDamagedError(f"{name} of the archive is damaged: an entry of {size} bytes")
            if len(held) - at - _LENGTH < size:
                break
            start = at + _LENGTH
            at = start + size
            try:
                ms, seq, parts = _unpack(held[start:at])
            except msgspec.MsgspecError as error:
                raise ArchiveDamagedError(f"{name} of the archive is damaged: {error}") from None
            yield RawEntry(Offset(ms, seq), parts)
    if at != len(held):
        raise ArchiveDamagedError(f"{name} of the archive ends amid an entry")
