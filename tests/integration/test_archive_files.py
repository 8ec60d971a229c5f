"""The archive, in files and in a bucket: what is written once, what a crash leaves, what damage is called."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeyman import archive as archiving
from journeyman.archive import archive_at, open_archive, read_entries
from journeyman.archive_segments import RawEntry, frame, unframe
from journeyman.entries import Offset
from journeyman.errors import (
    ArchiveAheadError,
    ArchiveDamagedError,
    ArchiveUnavailableError,
    SettingsError,
)
from journeyman.events import WorkerLeft
from journeyman.settings import load
from support.archives import archive_in, extend, offsets, plan, raw_entries, raw_entry
from support.aws import MotoServer
from support.shelves import BucketShelf, Shelf


def test_what_was_archived_is_read_byte_for_byte(shelf: Shelf) -> None:
    odd = [
        RawEntry(Offset(3, 7), [b"c", b"\xc1", b"c", b"twice", b"", b"\x00" * 70_000]),
        RawEntry(Offset(2**48, 2**64 - 1), [b"hello", b"world"]),
    ]
    chain = shelf.archive().chain(0)
    extend(chain, raw_entries(1, 2))
    extend(chain, odd)
    assert list(chain.raw()) == [*raw_entries(1, 2), *odd]
    assert list(chain.raw(Offset(3, 7))) == odd[1:]


def test_archived_entries_are_decoded_as_those_of_the_log(shelf: Shelf) -> None:
    archive = shelf.archive()
    extend(archive.chain(0), raw_entries(1, 2))
    first, second = read_entries(archive)
    assert (first.offset, first.events) == (Offset(1, 0), [WorkerLeft("w1")])
    assert second.undecodable == ()
    assert [entry.at_ms for entry in read_entries(archive, after=Offset(1, 0))] == [2]
    assert list(read_entries(archive, 1)) == []
    assert archive.partitions() == [0]


def test_a_segment_ends_where_it_is_full(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archiving, "SEGMENT_BYTES", 1)
    chain = shelf.archive().chain(0)
    entries = iter(raw_entries(1, 2))
    written = chain.extend(entries, plan(1))
    assert written is not None
    assert (written[0].entries, written[1]) == (1, True)
    assert offsets(entries) == [2]


def test_of_two_writers_one_extends_the_chain_and_the_other_is_told(shelf: Shelf) -> None:
    chain = shelf.archive().chain(0)
    extend(chain, raw_entries(1, 2))
    before = plan(2, after=Offset(2, 0), position=2)
    chain.extend(iter(raw_entries(3, 4)), before)
    with pytest.raises(ArchiveAheadError, match="segment 2 of partition 0"):
        chain.extend(iter(raw_entries(3, 4, 5)), before)
    assert offsets(chain.raw()) == [1, 2, 3, 4]
    assert len(shelf.names(".zst")) == 2


def test_the_same_segment_written_twice_is_there_once(shelf: Shelf) -> None:
    chain = shelf.archive().chain(0)
    chain.extend(iter(raw_entries(1)), plan(1))
    with pytest.raises(ArchiveAheadError):
        chain.extend(iter(raw_entries(1)), plan(1))
    assert offsets(chain.raw()) == [1]


def test_nothing_of_a_segment_is_seen_until_all_of_it_is_there(shelf: Shelf) -> None:
    chain = shelf.archive().chain(0)

    def no_more() -> None:
        assert chain.last() is None
        raise ArchiveUnavailableError("enough")

    with pytest.raises(ArchiveUnavailableError):
        chain.extend(iter(raw_entries(1)), plan(1), no_more)
    assert chain.segments() == []
    extend(chain, raw_entries(1, 2))
    assert offsets(chain.raw()) == [1, 2]


def test_a_later_segment_disowns_what_the_server_has_lost(shelf: Shelf) -> None:
    chain = shelf.archive().chain(0)
    extend(chain, raw_entries(1, 2))
    extend(chain, raw_entries(3, 6))
    extend(chain, raw_entries(7, 8))
    extend(chain, raw_entries(4, 5), after=Offset(3, 0))
    assert offsets(chain.raw()) == [1, 2, 3, 4, 5]
    assert offsets(chain.raw(Offset(3, 0))) == [4, 5]


@pytest.mark.parametrize("how", ["cut", "changed", "gone", "exchanged"])
def test_contents_that_are_damaged_or_gone_are_named_before_any_of_them_is_given_out(shelf: Shelf, how: str) -> None:
    chain = shelf.archive().chain(0)
    extend(chain, raw_entries(1, 2))
    extend(chain, raw_entries(3, 4))
    other, name = shelf.names(".zst")
    data = shelf.read(name)
    if how == "gone":
        shelf.remove(name)
    else:
        spoiled = {
            "cut": data[:-1],
            "changed": bytes([*data[:-9], data[-9] ^ 1, *data[-8:]]),
            "exchanged": shelf.read(other),
        }
        shelf.write(name, spoiled[how])
    read = chain.raw()
    assert [next(read).offset.ms, next(read).offset.ms] == [1, 2]
    with pytest.raises(ArchiveDamagedError, match=r"segment 2 of partition 0"):
        next(read)


def test_a_manifest_that_is_missing_or_damaged_is_named(shelf: Shelf) -> None:
    chain = shelf.archive().chain(0)
    for ms in (1, 2, 3):
        extend(chain, raw_entries(ms))
    manifests = shelf.names(".json")
    kept = shelf.read(manifests[1])
    shelf.remove(manifests[1])
    with pytest.raises(ArchiveDamagedError, match="segment 2 of partition 0 is missing"):
        chain.segments()
    for spoiled in (b"", kept[:-5], kept.replace(b'"format": 1', b'"format": 9'), shelf.read(manifests[2])):
        shelf.write(manifests[1], spoiled)
        with pytest.raises(ArchiveDamagedError, match=manifests[1].rpartition("/")[2]):
            chain.segments()


def test_a_chain_whose_segments_do_not_follow_on_is_refused(shelf: Shelf) -> None:
    chain = shelf.archive().chain(0)
    extend(chain, raw_entries(1, 2))
    extend(chain, raw_entries(9), after=Offset(5, 0))
    with pytest.raises(ArchiveDamagedError, match="segment 2 of partition 0 does not follow on"):
        list(chain.raw())


def test_a_place_that_cannot_be_written_is_said_in_a_line(tmp_path: Path) -> None:
    tmp_path.joinpath("file").write_text("in the way")
    with pytest.raises(ArchiveUnavailableError, match=r"the archive at file://.*: (File exists|Not a directory)"):
        extend(archive_in(tmp_path / "file" / "archive").chain(0), raw_entries(1))


def test_a_bucket_that_is_not_there_is_said_in_a_line(aws_environ: dict[str, str]) -> None:
    with pytest.raises(ArchiveUnavailableError, match=r"the archive at s3://no-such-bucket/x: s3 .*: NoSuchBucket"):
        archive_at("s3://no-such-bucket/x", "jm").chain(0).last()


def test_contents_too_large_for_one_request_are_written_in_parts(aws: MotoServer, aws_environ: dict[str, str]) -> None:
    shelf = BucketShelf(aws)
    chain = shelf.archive().chain(0)
    noise = [RawEntry(Offset(ms, 0), [b"c", random.Random(ms).randbytes(6_000_000)]) for ms in (1, 2)]

    extend(chain, noise)

    assert list(chain.raw()) == noise


def test_without_a_setting_there_is_none_and_a_wrong_one_is_refused() -> None:
    assert open_archive(load({})) is None
    with pytest.raises(SettingsError, match="expected file:///directory"):
        open_archive(load({"JOURNEYMAN_ARCHIVE_URL": "file://host/directory"}))
    with pytest.raises(SettingsError, match=r"JOURNEYMAN_ARCHIVE_URL: expected s3://bucket/prefix"):
        load({"JOURNEYMAN_ARCHIVE_URL": "s3://bucket"})


_WRITER = """
import sys
from pathlib import Path
from support.archives import archive_in, extend, raw_entries
chain = archive_in(Path(sys.argv[1])).chain(0)
while True:
    last = chain.last()
    begin = last.span[2].ms + 1 if last else 1
    extend(chain, raw_entries(*range(begin, begin + 50)))
    print(begin, flush=True)
"""


def test_a_writer_that_is_killed_at_any_moment_leaves_a_whole_chain(tmp_path: Path) -> None:
    chain = archive_in(tmp_path).chain(0)
    for lines in (1, 2, 3, 5):
        command = [sys.executable, "-c", _WRITER, str(tmp_path)]
        environ = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
        with subprocess.Popen(command, stdout=subprocess.PIPE, env=environ) as writer:
            assert writer.stdout is not None
            for _ in range(lines):
                assert writer.stdout.readline()
            writer.send_signal(signal.SIGKILL)
        read = offsets(chain.raw())
        assert read == list(range(1, len(read) + 1))
        assert len(read) >= 50 * lines


fields = st.lists(st.binary(max_size=40), min_size=2, max_size=6)
entries_of_any_kind = st.lists(
    st.builds(RawEntry, st.builds(Offset, st.integers(0, 2**63), st.integers(0, 2**64 - 1), st.just(0)), fields),
    max_size=8,
)


@given(entries_of_any_kind, st.lists(st.integers(1, 50), max_size=20))
def test_entries_are_read_back_however_their_bytes_are_cut(entries: list[RawEntry], cuts: list[int]) -> None:
    data = b"".join(map(frame, entries))
    chunks = []
    for cut in cuts:
        chunks.append(data[:cut])
        data = data[cut:]
    assert list(unframe([*chunks, data], "segment 1")) == entries


def test_contents_that_end_amid_an_entry_are_damaged() -> None:
    data = frame(raw_entry(1))
    with pytest.raises(ArchiveDamagedError, match="segment 1 of the archive ends amid an entry"):
        list(unframe([data, data[:-1]], "segment 1"))
