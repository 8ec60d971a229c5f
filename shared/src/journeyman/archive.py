"""The archive: what the log of each partition has held, in compressed segments that are written once.

    open_archive(settings)         None where there is none
    read_entries(archive, 3)       everything archived of a partition, as the log would give it
    read_whole(log, archive)       that, and behind it the rest from the log on the server, without gap or overlap

Contents are compared with their digest before anything of them is given out; what is missing or damaged is an
ArchiveDamagedError that names it. Nothing is ever overwritten: see `archive_store`, and `archive_segments` for what a
segment is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, Protocol

import zstandard

from journeyman.archive_segments import (
    Part,
    RawEntry,
    Segment,
    check_chain,
    digest,
    frame,
    limits,
    manifest_name,
    object_name,
    read_manifest,
    unframe,
    write_manifest,
)
from journeyman.archive_store import ArchiveStore, open_store
from journeyman.entries import BEGINNING, Entry, Offset
from journeyman.errors import ArchiveAheadError, ArchiveDamagedError, OtherLogError
from journeyman.log.wire import entries as decoded
from journeyman.settings import PREFIX, Settings

#: Bytes of entries, before compression, at which a segment ends. One is held in memory, compressed, to be read.
SEGMENT_BYTES = 32 * 1024 * 1024
LEVEL = 3
#: Entries decoded at a time, and read from the server at a time.
PAGE = 64
LIVE_PAGE = 256


class Chain:
    """The segments of one partition."""

    def __init__(self, store: ArchiveStore, partition: int, folder: str) -> None:
        self.partition = partition
        self._store = store
        self._folder = folder

    @property
    def place(self) -> str:
        """Where it is, for people."""
        return f"{self._store.place}/{self._folder}"

    def last(self) -> Segment | None:
        """Return the last segment; None where there is none yet. Looks at names only, and at that one manifest."""
        for folder in reversed(self._store.names(self._folder)):
            manifests = [name for name in self._store.names(f"{self._folder}/{folder}") if name.endswith(".json")]
            if manifests:
                return self._manifest(f"{folder}/{manifests[-1]}")
        return None

    def segments(self) -> list[Segment]:
        """Return all segments in order. Raises ArchiveDamagedError where one is missing or does not follow on."""
        found = [
            self._manifest(f"{folder}/{name}")
            for folder in self._store.names(self._folder)
            for name in self._store.names(f"{self._folder}/{folder}")
            if name.endswith(".json")
        ]
        check_chain(found)
        return found

    def parts(self) -> list[Part]:
        """Return all segments in order, each with the last of its entries that belongs to the log."""
        return limits(self.segments())

    def _manifest(self, name: str) -> Segment:
        data = self._store.read(f"{self._folder}/{name}")
        if data is None:
            raise ArchiveDamagedError(f"the manifest {name} of the archive is gone")
        segment = read_manifest(data, name)
        if manifest_name(segment.number) != name or segment.partition != self.partition:
            raise ArchiveDamagedError(f"the manifest {name} of the archive is of another segment")
        return segment

    # --- reading -------------------------------------------------------------------------------------------

    def raw(self, after: Offset = BEGINNING) -> Iterator[RawEntry]:
        """Return the entries behind a place, as they stood in the log. Raises ArchiveDamagedError."""
        for part in self.parts():
            if part.limit[:2] > after[:2]:
                for entry in self.contents(part.segment):
                    if after[:2] < entry.offset[:2] <= part.limit[:2]:
                        yield entry

    def contents(self, segment: Segment) -> Iterator[RawEntry]:
        """Return all entries of a segment, also what a later one disowns. Raises ArchiveDamagedError."""
        name = f"segment {segment.number} of partition {segment.partition} ({segment.object})"
        data = self._store.read(f"{self._folder}/{segment.object}")
        if data is None:
            raise ArchiveDamagedError(f"{name} is missing from the archive")
        if len(data) != segment.bytes or hashlib.sha256(data).hexdigest() != segment.sha256:
            raise ArchiveDamagedError(f"{name} of the archive is damaged: it is not what was written")
        chunks = zstandard.ZstdDecompressor().read_to_iter(data)
        count, last = 0, BEGINNING
        for entry in unframe(_named(chunks, name), name):
            if not count and entry.offset.entry != segment.first:
                break
            count, last = count + 1, entry.offset
            yield entry
        if count != segment.entries or last.entry != segment.last:
            raise ArchiveDamagedError(f"{name} of the archive does not hold what its manifest says")

    # --- writing -------------------------------------------------------------------------------------------

    def extend(self, entries: Iterator[RawEntry], plan: Segment, before: Any = None) -> tuple[Segment, bool] | None:
        """Write the next segment from what `entries` gives; None where that is nothing.

        plan: number, after, position, gap and time of the new segment; the rest is filled in. before: called when the
        contents are stored and before the segment appears; it raises where that must not be. Returns the segment, and
        whether it ended because it is full. Raises ArchiveAheadError where somebody else has written this number.
        """
        with self._store.draft() as draft:
            contents = _Contents(draft)
            full = False
            for entry in entries:
                if contents.add(entry):
                    full = True
                    break
            if contents.first is None or contents.latest is None:
                return None
            size, sha256 = contents.end()
            name = object_name(plan.number, sha256)
            draft.publish(f"{self._folder}/{name}")
            segment = plan_with(plan, contents, size, sha256, name)
        if before is not None:
            before()
        with self._store.draft() as manifest:
            manifest.write(write_manifest(segment))
            if not manifest.publish(f"{self._folder}/{manifest_name(plan.number)}"):
                self._lost_to_another(segment)
        return segment, full

    def _lost_to_another(self, segment: Segment) -> None:
        there = self._manifest(manifest_name(segment.number))
        if there.object != segment.object:
            self._store.discard(f"{self._folder}/{segment.object}")
        raise ArchiveAheadError(
            f"segment {segment.number} of partition {segment.partition} has been written by somebody else"
        )


class _Contents:
    """The contents of a segment on their way into an object: framed, compressed, counted, digested."""

    def __init__(self, draft: Any) -> None:
        self.first: RawEntry | None = None
        self.latest: RawEntry | None = None
        self.entries = 0
        self.raw_bytes = 0
        self._draft = draft
        self._compressor = zstandard.ZstdCompressor(level=LEVEL, write_checksum=True).compressobj()
        self._digest = hashlib.sha256()
        self._size = 0

    def add(self, entry: RawEntry) -> bool:
        """Take an entry; tell whether the segment is full with it."""
        data = frame(entry)
        self._write(self._compressor.compress(data))
        self.first = self.first or entry
        self.latest = entry
        self.entries += 1
        self.raw_bytes += len(data)
        return self.raw_bytes >= SEGMENT_BYTES

    def end(self) -> tuple[int, str]:
        """Write what is left; return size and digest."""
        self._write(self._compressor.flush())
        return self._size, self._digest.hexdigest()

    def _write(self, data: bytes) -> None:
        if data:
            self._digest.update(data)
            self._size += len(data)
            self._draft.write(data)


def plan_with(plan: Segment, contents: _Contents, size: int, sha256: str, name: str) -> Segment:
    """Return the manifest of a segment whose contents are there."""
    assert contents.first is not None
    assert contents.latest is not None
    return Segment(
        partition=plan.partition,
        number=plan.number,
        after=plan.after,
        first=contents.first.offset.entry,
        last=contents.latest.offset.entry,
        entries=contents.entries,
        position=plan.position,
        gap=plan.gap,
        object=name,
        bytes=size,
        sha256=sha256,
        raw_bytes=contents.raw_bytes,
        last_sha256=digest(contents.latest),
        written_ms=plan.written_ms,
    )


def _named(chunks: Iterable[bytes], name: str) -> Iterator[bytes]:
    try:
        yield from chunks
    except zstandard.ZstdError as error:
        raise ArchiveDamagedError(f"{name} of the archive is damaged: {error}") from None


class Archive:
    """The archive of a namespace."""

    def __init__(self, store: ArchiveStore, namespace: str = "jm") -> None:
        self._store = store
        self._namespace = namespace

    @property
    def place(self) -> str:
        """Where it is, for people."""
        return f"{self._store.place}/{self._namespace}"

    def chain(self, partition: int) -> Chain:
        """Return the segments of a partition, whether there are any or not."""
        return Chain(self._store, partition, f"{self._namespace}/{partition}")

    def partitions(self) -> list[int]:
        """Return the partitions of which something is archived."""
        names = (name for name in self._store.names(self._namespace) if name.isascii() and name.isdigit())
        return sorted(partition for partition in map(int, names) if self.chain(partition).last() is not None)


def open_archive(settings: Settings) -> Archive | None:
    """Return the archive that the settings name, which need not exist yet; None where they name none.

    Raises SettingsError for a kind that there is not.
    """
    return archive_at(settings.archive_url, settings.namespace) if settings.archive_url else None


def archive_at(url: str, namespace: str, named: str = f"{PREFIX}ARCHIVE_URL") -> Archive:
    """Return the archive of a URL, as :func:`open_archive` does. `named`: who asks for it, for errors."""
    return Archive(open_store(url, named), namespace)


# --- entries, decoded ----------------------------------------------------------------------------------------


class ReadableLog(Protocol):
    """What reading a whole log needs of the one on the server; see `journeyman.log.api`."""

    partition: int

    def read(self, after: Offset, *, count: int = 100) -> list[Entry]:
        """Return entries that come after `after`."""
        ...


def read_entries(archive: Archive, partition: int = 0, *, after: Offset = BEGINNING) -> Iterator[Entry]:
    """Return what is archived of a partition's log behind a place, decoded, in order. Raises ArchiveDamagedError."""
    yield from in_pages(archive.chain(partition).raw(after))


def in_pages(raw: Iterator[RawEntry]) -> Iterator[Entry]:
    """Decode entries, a bounded number at a time."""
    while page := list(islice(raw, PAGE)):
        yield from decoded(entry.wire for entry in page)


def read_whole(log: ReadableLog, archive: Archive | None, *, after: Offset = BEGINNING) -> Iterator[Entry]:
    """Return a partition's log behind a place: what only the archive has of it, then the rest from the server.

    Goes on until there is nothing more, so it follows a log that grows; whoever wants less stops. What is trimmed
    meanwhile is read in the archive. Raises OtherLogError where the two do not fit together, and ArchiveDamagedError.
    """
    place = after
    while True:
        first = _first(log)
        if archive is not None and not (first and first[:2] <= place[:2]):
            for entry in _archived(archive.chain(log.partition), place, first):
                place = entry.offset
                yield entry
        while page := log.read(place, count=LIVE_PAGE):
            if archive is not None and first != (first := _first(log)) and not (first and first[:2] <= place[:2]):
                break
            yield from page
            place = page[-1].offset
        else:
            return


def _first(log: ReadableLog) -> Offset | None:
    entries = log.read(BEGINNING, count=1)
    return entries[0].offset if entries else None


def _archived(chain: Chain, after: Offset, before: Offset | None) -> Iterator[Entry]:
    """Return what is archived between two places, where the log on the server begins at `before`."""
    last = chain.last()
    if last is None:
        return
    if before and before[:2] > last.span[2][:2]:
        raise OtherLogError(
            f"the log of partition {chain.partition} begins at {before.entry}, behind the end of the archive "
            f"({last.last}): what was between them is in neither"
        )
    for entry in in_pages(chain.raw(after)):
        if before and entry.offset[:2] >= before[:2]:
            return
        yield entry
