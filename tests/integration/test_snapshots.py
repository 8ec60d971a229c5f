"""Snapshots of a scheduler's state: the last one is kept, and found by who looks while the next is taken."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from journeyman.blobs import FileBlobStore
from journeyman.errors import BlobMissingError, ServerUnavailableError
from journeyman.events import Blob
from journeyman.log.connect import connect
from journeyman.log.redis_log import RedisLog
from journeyman.partition import Partition, fold
from journeyman_scheduler import snapshots
from support.driver import Driver


@pytest.fixture
def log(server_url: str) -> Iterator[RedisLog]:
    log = RedisLog(connect(server_url))
    yield log
    log.close()


@pytest.fixture
def blobs(tmp_path: Path) -> FileBlobStore:
    return FileBlobStore(tmp_path)


def files(blobs: FileBlobStore) -> list[Path]:
    return [path for path in blobs.directory.rglob("*") if path.is_file()]


def take(log: RedisLog, blobs: FileBlobStore, state: Partition) -> None:
    """Take a snapshot as `Storing` does, one step behind the other."""
    former = snapshots.place(log, blobs.put(snapshots.to_bytes(state), "snapshots"), state.offset)
    if former is not None:
        snapshots.discard(blobs, former)


def state_after_a_job(log: RedisLog) -> Partition:
    driver = Driver(log)
    driver.submitted()
    return fold(driver.entries())


def test_a_snapshot_takes_the_place_of_the_former_one(log: RedisLog, blobs: FileBlobStore) -> None:
    for jobs in (1, 2, 3):
        take(log, blobs, state_after_a_job(log))

        assert len(files(blobs)) == 1
        assert len(snapshots.load(log, blobs).jobs) == jobs


def test_a_snapshot_that_is_taken_twice_stays(log: RedisLog, blobs: FileBlobStore) -> None:
    state = state_after_a_job(log)
    for _ in range(2):
        take(log, blobs, state)

    assert len(snapshots.load(log, blobs).jobs) == 1


def test_who_reads_a_snapshot_while_the_next_is_taken_finds_that_one(log: RedisLog, blobs: FileBlobStore) -> None:
    take(log, blobs, state_after_a_job(log))

    class Late(FileBlobStore):
        def get(self, blob: Blob) -> bytes:
            if len(snapshots.load(log, blobs).jobs) == 1:
                take(log, blobs, state_after_a_job(log))
            return super().get(blob)

    assert len(snapshots.load(log, Late(blobs.directory)).jobs) == 2


def test_a_store_that_is_away_is_not_taken_for_a_lost_snapshot(log: RedisLog, blobs: FileBlobStore) -> None:
    take(log, blobs, state_after_a_job(log))

    class Away(FileBlobStore):
        def get(self, blob: Blob) -> bytes:
            raise ServerUnavailableError("nobody answers")

    class Lost(FileBlobStore):
        def get(self, blob: Blob) -> bytes:
            raise BlobMissingError("it is gone")

    with pytest.raises(ServerUnavailableError):
        snapshots.load(log, Away(blobs.directory))
    assert len(snapshots.load(log, Lost(blobs.directory)).jobs) == 0
