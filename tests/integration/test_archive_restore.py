"""A server that loses its log, and gets it back from the archive: the same entries, the same keys, the same state."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from journeyman import events as e
from journeyman.archive import Archive, read_entries
from journeyman.cli.__main__ import main
from journeyman.errors import RebuildNeededError
from journeyman.log.connect import connect
from journeyman.log.raw_entries import RawLog
from journeyman.log.redis_log import RedisLog
from journeyman.partition import fold
from journeyman.verify import verify
from support.driver import succeeded
from support.schedulers import Schedulers, derived_state, running
from support.shelves import FileShelf, Shelf
from support.waiting import wait_for

PATIENT_S = 60.0
LATER_MS = 1 << 50


#: What depends on what kind of place the archive is in. The rest is of the log, and runs with files alone.
in_both = pytest.mark.parametrize("shelf", ["files", "bucket"], indirect=True)


@pytest.fixture
def shelf(request: pytest.FixtureRequest, tmp_path: Path) -> Shelf:
    """Give the place that a test asks for."""
    if getattr(request, "param", "files") == "files":
        return FileShelf(tmp_path)
    wanted: Shelf = request.getfixturevalue("bucket_shelf")
    return wanted


@pytest.fixture
def schedulers(server_url: str, shelf: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Schedulers]:
    """Give the means to start schedulers on an empty server, and commands that know it."""
    monkeypatch.setenv("JOURNEYMAN_REDIS_URL", server_url)
    monkeypatch.setenv("JOURNEYMAN_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("JOURNEYMAN_DURABILITY", "memory")
    log = RedisLog(connect(server_url))
    with running(log, server_url, tmp_path) as schedulers:
        schedulers.shelf = shelf
        yield schedulers
    log.close()


def url(schedulers: Schedulers) -> str:
    return schedulers.shelf.url


def archive(schedulers: Schedulers) -> Archive:
    return schedulers.shelf.archive()


def lead(schedulers: Schedulers, **more: object) -> int:
    return schedulers.start_leader(
        archive_url=url(schedulers), archive_every_ms=100, heartbeat_timeout_ms=60_000, **more
    )


def live(schedulers: Schedulers) -> None:
    """Leave jobs in several phases behind."""
    driver = schedulers.driver
    driver.join()
    jobs = [driver.job(priority=10 + number) for number in range(5)]
    driver.submit(*jobs)
    claimed = driver.claim(count=3)
    fatal = e.JobFailed(claimed[1].body.job_id, 1, "w", e.Error("Bad", fingerprint="f"), 0, False)
    driver.finish("w", succeeded(claimed[0]), type(succeeded(claimed[0]))(fatal))
    driver.submit(e.JobSubmitted(driver.job().job_id, "letter", "mail", due_ms=LATER_MS))
    wait_for(lambda: "job.dead_lettered" in driver.tags(), "the dead letter", timeout_s=PATIENT_S)


def archived(schedulers: Schedulers) -> list[e.Offset]:
    return [entry.offset for entry in read_entries(archive(schedulers))]


def await_archived(schedulers: Schedulers) -> None:
    """Wait until everything that the log has now is archived."""
    end = schedulers.log.end()
    wait_for(
        lambda: archive(schedulers).chain(0).last() and archived(schedulers)[-1][:2] >= end[:2],
        "the archive",
        timeout_s=PATIENT_S,
        every_s=0.2,
    )


def works(schedulers: Schedulers) -> bool:
    try:
        schedulers.driver.append()
    except RebuildNeededError:
        return False
    return True


@in_both
def test_an_emptied_server_gets_everything_back_that_was_archived(
    schedulers: Schedulers, capsys: pytest.CaptureFixture[str]
) -> None:
    pid = lead(schedulers)
    live(schedulers)
    await_archived(schedulers)
    assert schedulers.stop(pid) == 0
    raw = RawLog(schedulers.log)
    before = [entry for entry in raw.entries() if entry.offset in set(archived(schedulers))]
    state, keys = fold(read_entries(archive(schedulers))).snapshot(), derived_state(schedulers.log)
    schedulers.log.client.flushall()

    assert main(["rebuild", "--from-archive", url(schedulers)]) == 0

    assert f"restored {len(before)} entries up to {before[-1].offset.entry}" in capsys.readouterr().out
    assert list(raw.entries()) == before
    assert raw.extent().added == len(before)
    assert fold(schedulers.driver.entries()).snapshot() == state
    assert derived_state(schedulers.log) == keys
    assert verify(schedulers.driver.entries()).violations == []
    pid = lead(schedulers)
    schedulers.decides()
    assert verify(schedulers.driver.entries()).violations == []


def test_a_scheduler_does_not_lead_a_log_that_is_not_the_archived_one(schedulers: Schedulers) -> None:
    pid = lead(schedulers)
    live(schedulers)
    await_archived(schedulers)
    schedulers.log.client.flushall()
    wait_for(lambda: "not leading" in schedulers.said(), "the scheduler to halt", timeout_s=PATIENT_S)
    younger = schedulers.driver.submitted()
    assert schedulers.alive(pid)
    assert "rebuild --from-archive" in schedulers.said()

    assert main(["rebuild", "--from-archive", url(schedulers)]) == 0

    schedulers.decides()
    assert schedulers.alive(pid)
    assert verify(schedulers.driver.entries()).violations == []
    schedulers.driver.join("v")
    claimed = schedulers.driver.claim("v", count=10)
    assert younger in {job.body.job_id for job in claimed}
    assert len(claimed) >= 3


def test_a_restore_that_is_killed_is_run_again(schedulers: Schedulers) -> None:
    pid = lead(schedulers)
    live(schedulers)
    await_archived(schedulers)
    assert schedulers.stop(pid) == 0
    end, keys = archived(schedulers)[-1], derived_state(schedulers.log)
    schedulers.log.client.flushall()
    for place in ("restore.before_swap", "restore.after_swap"):
        assert restore_in_a_process(schedulers, place) == -signal.SIGKILL
        assert not works(schedulers)

    assert main(["rebuild", "--from-archive", url(schedulers)]) == 0

    assert schedulers.log.end() == end
    assert derived_state(schedulers.log) == keys


def test_a_log_that_contradicts_the_archive_is_left_alone(
    schedulers: Schedulers, capsys: pytest.CaptureFixture[str]
) -> None:
    pid = lead(schedulers)
    live(schedulers)
    await_archived(schedulers)
    assert schedulers.stop(pid) == 0
    schedulers.log.client.flushall()
    # Begun anew by schedulers that knew nothing of the archive: its epochs would come twice.
    other = schedulers.start_leader()
    assert schedulers.stop(other) == 0
    before = list(RawLog(schedulers.log).entries())

    assert main(["rebuild", "--from-archive", url(schedulers)]) == 1

    assert "the one cannot follow the other" in capsys.readouterr().err
    assert list(RawLog(schedulers.log).entries()) == before
    assert main(["rebuild", "--from-archive", f"{url(schedulers)}/nothing"]) == 1
    assert "nothing is archived at" in capsys.readouterr().err
    assert main(["rebuild", "--from-archive", "s3://bucket"]) == 2


@in_both
def test_a_damaged_archive_is_named_and_nothing_is_restored_of_it(
    schedulers: Schedulers, capsys: pytest.CaptureFixture[str]
) -> None:
    pid = lead(schedulers)
    live(schedulers)
    await_archived(schedulers)
    assert schedulers.stop(pid) == 0
    schedulers.log.client.flushall()
    shelf = schedulers.shelf
    contents = shelf.names(".zst")[-1]
    shelf.write(contents, shelf.read(contents)[:-1])

    assert main(["rebuild", "--from-archive", url(schedulers)]) == 1

    assert contents.rpartition("/")[2] in capsys.readouterr().err
    assert schedulers.log.client.keys() == []


def test_a_log_that_is_there_is_not_touched_and_its_keys_are_derived_anew(
    schedulers: Schedulers, capsys: pytest.CaptureFixture[str]
) -> None:
    pid = lead(schedulers)
    live(schedulers)
    await_archived(schedulers)
    assert schedulers.stop(pid) == 0
    entries, keys = list(RawLog(schedulers.log).entries()), derived_state(schedulers.log)
    schedulers.log.client.delete(schedulers.log.keys.dead, schedulers.log.keys.held)

    assert main(["rebuild", "--from-archive", url(schedulers)]) == 0

    assert "nothing to restore" in capsys.readouterr().out
    assert list(RawLog(schedulers.log).entries()) == entries
    assert derived_state(schedulers.log) == keys


@pytest.mark.parametrize(
    ("shelf", "place"),
    [
        ("files", "before_archive"),
        ("files", "within_archive"),
        ("files", "after_archive"),
        ("bucket", "within_archive"),
    ],
    indirect=["shelf"],
)
def test_a_scheduler_killed_while_it_archives_leaves_an_archive_that_the_next_one_extends(
    schedulers: Schedulers, place: str
) -> None:
    pid = schedulers.start(
        archive_url=url(schedulers), archive_every_ms=100, failpoints=f"scheduler.{place}=kill:2", snapshot_events=1_000
    )
    schedulers.driver.join()
    wait_for(lambda: appending(schedulers) and not schedulers.alive(pid), "the death", timeout_s=PATIENT_S)
    pid = lead(schedulers)
    await_archived(schedulers)
    assert schedulers.stop(pid) == 0
    before = {entry.offset: entry for entry in RawLog(schedulers.log).entries()}
    read = list(archive(schedulers).chain(0).raw())
    assert read == [before[entry.offset] for entry in read]
    assert [entry.offset for entry in read] == sorted(before)[: len(read)]


def appending(schedulers: Schedulers) -> bool:
    """Let the log grow, so that there is something to archive."""
    schedulers.driver.submitted()
    return True


@in_both
def test_a_lost_snapshot_of_a_trimmed_log_is_made_up_for_by_the_archive(schedulers: Schedulers) -> None:
    pid = lead(schedulers)
    live(schedulers)
    waiting = [schedulers.driver.submitted() for _ in range(3)]
    await_archived(schedulers)
    assert schedulers.stop(pid) == 0
    trim_all_but_the_last(schedulers)
    keys = derived_state(schedulers.log)
    schedulers.log.drop_derived()
    pid = lead(schedulers)
    wait_for(lambda: works(schedulers), "the rebuild", timeout_s=PATIENT_S)
    schedulers.driver.join("v")
    assert set(waiting) <= {job.body.job_id for job in schedulers.driver.claim("v", count=20)}
    assert set(derived_state(schedulers.log)["dead"]) == set(keys["dead"])  # type: ignore[call-overload]


def trim_all_but_the_last(schedulers: Schedulers) -> None:
    """Trim the log up to what is archived, as somebody might who does not keep the bodies."""
    last = archive(schedulers).chain(0).last()
    assert last is not None
    schedulers.log.client.xtrim(schedulers.log.keys.log, minid=last.last, approximate=False)


def restore_in_a_process(schedulers: Schedulers, place: str) -> int:
    """Run the restore in a process that dies at a place; return its exit code."""
    return subprocess.run(
        [sys.executable, "-m", "journeyman.cli", "rebuild", "--from-archive", url(schedulers)],
        env={**os.environ, "JOURNEYMAN_FAILPOINTS": f"{place}=kill"},
        check=False,
        timeout=PATIENT_S,
    ).returncode
