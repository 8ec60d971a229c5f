"""Archiving and trimming a real server's log: what is old, read by everybody and archived goes, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from journeyman import archive as archiving
from journeyman import events as e
from journeyman.archive import Chain, read_whole
from journeyman.archive_segments import RawEntry
from journeyman.archive_standing import standing
from journeyman.codec import encode_commit
from journeyman.entries import Offset
from journeyman.errors import OtherLogError
from journeyman.log.connect import connect
from journeyman.log.raw_entries import RawLog
from journeyman.log.redis_log import RedisLog
from journeyman_scheduler.archiver import Archiver
from journeyman_scheduler.trimmer import Trimmer
from support.servers import TestServer
from support.shelves import FileShelf, Shelf
from support.waiting import wait_for

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
EVERY_MS = 40


class Archived:
    """A log whose entries are as old as a test wants, and its archive."""

    def __init__(self, log: RedisLog, shelf: Shelf) -> None:
        self.log = log
        self.raw = RawLog(log)
        self.shelf = shelf
        self.archive = shelf.archive()
        self.now_ms = log.now_ms()
        self.epoch: int | None = 1
        log.client.hset(log.keys.meta, "epoch", 1)
        log.checkpoint("scheduler", Offset(self.now_ms, 0))
        self._running: list[Archiver] = []
        self._at_ms = self.now_ms - 10 * DAY_MS

    @property
    def chain(self) -> Chain:
        return self.archive.chain(0)

    def append(self, count: int = 1, *, said: str = "w") -> list[Offset]:
        """Append entries that stand long ago, one second after the other."""
        offsets = []
        for number in range(count):
            self._at_ms += 1_000
            commit = encode_commit([e.WorkerLeft(f"{said}{number}")])
            self.log.client.xadd(self.log.keys.log, {"c": commit}, id=f"{self._at_ms}-0")
            offsets.append(Offset(self._at_ms, 0))
        return offsets

    def start(self) -> Archiver:
        archiver = Archiver(self.raw, self.chain, EVERY_MS, lambda: self.epoch)
        archiver.start()
        self._running.append(archiver)
        return archiver

    def stop(self) -> None:
        for archiver in self._running:
            archiver.stop()

    def trimmer(self, archiver: Archiver | None, expiry_ms: int = 7 * DAY_MS) -> Trimmer:
        return Trimmer(self.log, DAY_MS, expiry_ms, archiver.up_to if archiver else None)

    def entries(self) -> list[RawEntry]:
        return list(self.raw.entries())


@pytest.fixture(params=["valkey-files", "valkey-bucket", "debian_redis-files"])
def archived(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Archived]:
    name, _, kind = request.param.partition("-")
    server: TestServer = request.getfixturevalue(name)
    server.flush()
    shelf: Shelf = FileShelf(tmp_path) if kind == "files" else request.getfixturevalue("bucket_shelf")
    log = RedisLog(connect(server.url))
    archived = Archived(log, shelf)
    yield archived
    archived.stop()
    log.close()


def until(archiver: Archiver, offset: Offset) -> None:
    wait_for(lambda: (archiver.up_to() or (Offset(0, 0), 0))[0] >= offset, f"{offset} to be archived", timeout_s=60)


def trimmed(proposal: object) -> e.LogTrimmed:
    assert proposal is not None
    (event,) = proposal.events  # type: ignore[attr-defined]
    assert isinstance(event, e.LogTrimmed)
    return event


def test_nothing_is_trimmed_that_is_not_archived(archived: Archived) -> None:
    archived.append(300)
    archiver = Archiver(archived.raw, archived.chain, EVERY_MS, lambda: archived.epoch)
    assert archived.trimmer(archiver).trim([], archived.now_ms) is None
    assert archived.raw.extent().length == 300


def test_the_log_goes_into_the_archive_and_what_was_trimmed_is_read_from_there(archived: Archived) -> None:
    archived.append(400)
    before = archived.entries()
    archiver = archived.start()
    until(archiver, before[-1].offset)
    event = trimmed(archived.trimmer(archiver).trim([], archived.now_ms))
    assert (event.entries >= 300, event.segment, event.before) == (True, 1, before[-1].offset.entry)
    # The last archived entry stays, so that the next leader can see that it is of this log.
    assert archived.entries() == before[event.entries :]
    assert [entry.offset for entry in read_whole(archived.log, archived.archive)] == [entry.offset for entry in before]
    after = before[200].offset
    assert [entry.offset for entry in read_whole(archived.log, archived.archive, after=after)] == [
        entry.offset for entry in before[201:]
    ]


def test_a_leader_goes_on_where_the_archive_ends(archived: Archived, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archiving, "SEGMENT_BYTES", 2_000)
    archived.append(200)
    archived.start()
    wait_for(lambda: len(archived.chain.segments()) > 3, "several segments")
    archived.stop()
    archived.append(200)
    until(archived.start(), archived.entries()[-1].offset)
    assert list(archived.chain.raw()) == archived.entries()
    segments = archived.chain.segments()
    assert [segment.position for segment in segments] == [0, *(segment.end_position for segment in segments[:-1])]


def test_two_leaders_that_archive_at_once_archive_everything_once(
    archived: Archived, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archiving, "SEGMENT_BYTES", 500)
    for _ in range(2):
        archived.start()
    for _ in range(5):
        archived.append(20)
    end = archived.entries()[-1].offset
    wait_for(lambda: (last := archived.chain.last()) and last.span[2] == end, "the whole log", timeout_s=60)
    assert list(archived.chain.raw()) == archived.entries()


def test_who_does_not_lead_any_more_writes_nothing(archived: Archived) -> None:
    archived.append(10)
    archived.log.client.hset(archived.log.keys.meta, "epoch", 2)
    archiver = archived.start()
    archived.epoch = 2
    until(archiver, archived.entries()[-1].offset)
    archived.log.client.hset(archived.log.keys.meta, "epoch", 3)
    archived.append(10)
    archived.epoch = None
    wait_for(lambda: archiver.up_to() is None, "the archiver to stand by")
    assert len(archived.chain.segments()) == 1


def test_damage_in_the_log_is_archived_as_it_stands(archived: Archived) -> None:
    key, at_ms = archived.log.keys.log, archived.now_ms - DAY_MS
    for number, fields in enumerate(((b"c", b"\xc1"), (b"hello", b"world"), (b"c", b"1", b"c", b"2"))):
        archived.log.client.execute_command("XADD", key, f"{at_ms + number}-5", *fields)
    until(archived.start(), Offset(at_ms + 2, 5))
    assert [entry.parts for entry in archived.chain.raw()] == [
        [b"c", b"\xc1"],
        [b"hello", b"world"],
        [b"c", b"1", b"c", b"2"],
    ]


def test_what_the_server_may_still_lose_is_not_archived_yet(archived: Archived) -> None:
    old = archived.append(3)
    archived.log.client.xadd(archived.log.keys.log, {"c": encode_commit([e.WorkerLeft("young")])})
    until(archived.start(), old[-1])
    wait_for(lambda: len(list(archived.chain.raw())) == 4, "it to grow old", timeout_s=60)


def test_a_log_that_has_lost_its_end_is_archived_from_where_both_agree(archived: Archived) -> None:
    archived.append(20)
    until(archived.start(), archived.entries()[-1].offset)
    archived.stop()
    kept = archived.entries()[:15]
    archived.log.client.xtrim(archived.log.keys.log, maxlen=0, approximate=False)
    archived.log.client.delete(archived.log.keys.log)
    for entry in kept:
        archived.log.client.execute_command("XADD", archived.log.keys.log, entry.offset.entry, *entry.parts)
    archived.append(5, said="after the loss")
    until(archived.start(), archived.entries()[-1].offset)
    assert list(archived.chain.raw()) == archived.entries()
    assert archived.chain.segments()[-1].after == kept[-1].offset.entry


def test_a_log_that_was_trimmed_by_hand_leaves_a_gap_that_is_noted(
    archived: Archived, caplog: pytest.LogCaptureFixture
) -> None:
    archived.append(10)
    until(archived.start(), archived.entries()[-1].offset)
    archived.stop()
    archived.append(10)
    archived.log.client.xtrim(archived.log.keys.log, maxlen=4, approximate=False)
    until(archived.start(), archived.entries()[-1].offset)
    last = archived.chain.segments()[-1]
    assert (last.gap, last.position, last.entries) == (True, 16, 4)
    assert "6 entries after" in caplog.text


def test_the_archive_of_another_log_is_left_alone(archived: Archived) -> None:
    archived.append(10)
    until(archived.start(), archived.entries()[-1].offset)
    archived.stop()
    archived.log.client.delete(archived.log.keys.log)
    archived.append(5, said="another")
    with pytest.raises(OtherLogError, match="rebuild --from-archive"):
        standing(archived.raw, archived.chain)
    archiver = archived.start()
    wait_for(lambda: "emptied or replaced" in archiver.trouble, "the trouble")
    assert archived.trimmer(archiver).trim([], archived.now_ms) is None
    assert len(archived.chain.segments()) == 1
    assert "emptied or replaced" in archiver.refuses()


def test_where_the_archive_cannot_be_written_nothing_is_trimmed_until_it_can(archived: Archived) -> None:
    archived.shelf.block()
    archived.append(300)
    archiver = archived.start()
    wait_for(lambda: f"the archive at {archived.shelf.url}" in archiver.trouble, "the trouble", timeout_s=60)
    assert archived.trimmer(archiver).trim([], archived.now_ms) is None
    assert archiver.refuses() == ""
    archived.shelf.unblock()
    until(archiver, archived.entries()[-1].offset)
    wait_for(lambda: archiver.trouble == "", "the trouble to end")
    assert trimmed(archived.trimmer(archiver).trim([], archived.now_ms)).entries >= 200


def test_nothing_goes_that_a_reader_has_not_read_until_it_is_silent_for_too_long(archived: Archived) -> None:
    archived.append(300)
    before = archived.entries()
    archived.log.checkpoint("dashboard@gone/1", before[50].offset)
    trimmer = archived.trimmer(None, expiry_ms=HOUR_MS)
    assert trimmer.trim([], archived.now_ms) is None
    assert set(archived.log.readers()) == {"scheduler", "dashboard@gone/1"}
    event = trimmed(trimmer.trim([], archived.now_ms + 2 * HOUR_MS))
    assert event.expired == ("dashboard@gone/1",)
    assert event.entries >= 200
    assert set(archived.log.readers()) == {"scheduler"}


def test_a_reader_that_goes_on_reporting_is_never_struck_off(archived: Archived) -> None:
    archived.append(3)
    archived.log.client.hset(archived.log.keys.readers, "of an older version", archived.entries()[0].offset.entry)
    trimmer = archived.trimmer(None, expiry_ms=HOUR_MS)
    ticks: list[Callable[[], object]] = [lambda: archived.log.checkpoint("here", archived.entries()[0].offset)] * 3
    for tick in ticks:
        tick()
        assert trimmer.trim([], archived.log.now_ms()) is None
    assert {"here", "of an older version"} <= set(archived.log.readers())
    assert set(archived.log.heard()) >= {"here", "of an older version"}
