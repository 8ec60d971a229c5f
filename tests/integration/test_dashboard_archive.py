"""A read model that is made from the archive and the log, and one that comes back after its log was trimmed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest

from journeyman.archive import Archive
from journeyman.events import Offset
from journeyman.log.connect import connect
from journeyman.log.memory_log import MemoryLog
from journeyman.log.raw_entries import RawLog
from journeyman.log.redis_log import RedisLog
from journeyman_dashboard import schema
from journeyman_dashboard.projector import Projector, reader_name
from journeyman_dashboard.reach import Reach
from journeyman_dashboard.reaching_back import ReachingBack
from support.archives import archive_in, extend, files_of
from support.dashboard import KEEPING, Writer, partitions_of
from support.servers import TestServer
from support.waiting import wait_for

TABLES = ("jobs", "entries", "counters", "rollups")


class Past:
    """A log on a server, its archive, and read models of it, one after the other."""

    def __init__(self, log: RedisLog, directory: Path) -> None:
        self.log = log
        self.writer = Writer(cast(MemoryLog, log))
        self.raw = RawLog(log)
        self.directory = directory
        self.archive: Archive | None = archive_in(directory / "archive")
        self.running: Projector | None = None

    def live(self, jobs: int) -> None:
        for _ in range(jobs):
            self.writer.completed(tags={"a": "b"})
        self.writer.submitted()

    def store_away(self) -> None:
        """Archive what there is, in two segments, and trim the log as far as one may."""
        assert self.archive is not None
        chain = self.archive.chain(0)
        last = chain.last()
        entries = list(self.raw.entries(last.span[2]) if last else self.raw.entries())
        extend(chain, entries[:3])
        extend(chain, entries[3:])
        self.log.client.xtrim(self.log.keys.log, minid=entries[-1].offset.entry, approximate=False)

    def follow(self, name: str) -> list[object]:
        """Have a read model follow the log to its end; stop, and return what it holds."""
        reach, path = Reach(), self.directory / name / schema.FILE_NAME
        projector = Projector(partitions_of(ReachingBack(self.log, self.archive)), path, reach, KEEPING)
        projector.start()
        self.running = projector
        end = self.log.end()
        wait_for(lambda: reach.position[0][:2] >= end[:2], f"the read model to reach {end}", timeout_s=60)
        projector.stop()
        self.running = None
        connection = schema.open_for_reading(path)
        try:
            return [connection.execute(f"SELECT * FROM {table} ORDER BY 1, 2, 3").fetchall() for table in TABLES]
        finally:
            connection.close()

    def strike_off(self, name: str) -> None:
        self.log.forget_reader(reader_name(self.directory / name / schema.FILE_NAME))


@pytest.fixture
def past(server: TestServer, tmp_path: Path) -> Iterator[Past]:
    log = RedisLog(connect(server.url))
    past = Past(log, tmp_path)
    yield past
    if past.running is not None:
        past.running.stop()
    log.close()


def test_a_read_model_is_made_of_the_archive_and_the_log(past: Past) -> None:
    past.live(30)
    before = past.follow("before")
    past.store_away()
    assert past.raw.extent().length == 1
    assert past.follow("after") == before
    past.live(5)
    assert past.follow("after") == past.follow("anew")


def test_a_read_model_that_was_struck_off_goes_on_in_the_archive_without_a_gap(
    past: Past, caplog: pytest.LogCaptureFixture
) -> None:
    past.live(5)
    past.follow("away")
    past.live(20)
    whole = past.follow("whole")
    past.store_away()
    past.strike_off("away")
    assert past.follow("away") == whole
    assert "rebuilding the read model" not in caplog.text


def test_one_that_was_struck_off_without_an_archive_is_made_anew_and_says_so(
    past: Past, caplog: pytest.LogCaptureFixture
) -> None:
    past.live(5)
    past.follow("away")
    past.live(20)
    past.store_away()
    past.strike_off("away")
    past.archive = None
    past.live(1)
    assert past.follow("away") == past.follow("anew")
    assert "what it had not read was trimmed; rebuilding the read model" in caplog.text
    assert "entries from its beginning on are not known" in caplog.text


def test_a_damaged_archive_is_named_and_the_log_is_followed_all_the_same(
    past: Past, caplog: pytest.LogCaptureFixture
) -> None:
    past.live(10)
    past.store_away()
    path = files_of(past.directory / "archive", ".zst")[1]
    path.write_bytes(path.read_bytes()[:-1])
    past.live(2)
    past.follow("anew")
    assert path.name in caplog.text
    assert "going on with what the log has" in caplog.text


def test_a_read_model_of_a_log_that_was_restored_is_made_anew(past: Past, caplog: pytest.LogCaptureFixture) -> None:
    past.live(3)
    past.follow("here")
    past.log.client.hset(past.log.keys.meta, "restored", past.log.now_ms())
    past.live(3)
    past.follow("here")
    assert caplog.text.count("the log was restored from an archive; rebuilding the read model") == 1
    past.follow("here")
    assert caplog.text.count("rebuilding the read model") == 1


def test_an_event_is_found_wherever_it_stands(past: Past) -> None:
    past.live(5)
    places = [entry.offset for entry in past.raw.entries()]
    log = ReachingBack(past.log, past.archive)
    before = [log.at(place) for place in places]
    past.store_away()
    assert [log.at(place) for place in places] == before
    assert log.at(Offset(1, 0)) is None
