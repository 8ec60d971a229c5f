"""The projector on real and remembered logs: restarts, other logs, damage, outages."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from journeyman import events as e
from journeyman.admission import admit
from journeyman.codec import encode_commit
from journeyman.log.connect import open_log
from journeyman.log.memory_log import MemoryLog
from journeyman.settings import Settings
from journeyman_dashboard import projector as projecting
from journeyman_dashboard import retention, schema
from journeyman_dashboard import writer as writing
from journeyman_dashboard.partitions import DashboardLog
from journeyman_dashboard.projector import Keeping, Projector, reader_name
from journeyman_dashboard.reach import Reach
from journeyman_dashboard.reaching_back import ReachingBack
from support.dashboard import KEEPING, Writer, partitions_of
from support.servers import TestServer, start_valkey
from support.waiting import wait_for


class Run:
    """A projector at work on a file."""

    def __init__(self, log: DashboardLog, directory: Path, keeping: Keeping = KEEPING) -> None:
        self.path = directory / schema.FILE_NAME
        self.reach = Reach()
        self.projector = Projector(partitions_of(log), self.path, self.reach, keeping)
        self.projector.start()

    def until(self, offset: e.Offset) -> None:
        wait_for(lambda: self.reach.position[0] >= offset, f"the projection to reach {offset}")

    def rows(self, statement: str) -> list[tuple[object, ...]]:
        connection = schema.open_for_reading(self.path)
        try:
            return connection.execute(statement).fetchall()
        finally:
            connection.close()

    def jobs(self) -> list[tuple[object, ...]]:
        return self.rows("SELECT id, phase FROM jobs ORDER BY n")


@pytest.fixture
def writer() -> Writer:
    return Writer(MemoryLog())


@pytest.fixture
def runs(tmp_path: Path) -> Iterator[list[Run]]:
    """Give a list whose projectors are stopped at the end."""
    started: list[Run] = []
    yield started
    for run in started:
        run.projector.stop()


def begin(runs: list[Run], log: DashboardLog, directory: Path, **more: Keeping) -> Run:
    runs.append(Run(log, directory, **more))
    return runs[-1]


def halt(runs: list[Run]) -> None:
    runs.pop().projector.stop()


def dump(run: Run) -> list[object]:
    return [run.rows(f"SELECT * FROM {name} ORDER BY 1, 2, 3") for name in ("jobs", "entries", "counters", "rollups")]


def test_a_restart_goes_on_where_it_was(runs: list[Run], writer: Writer, tmp_path: Path) -> None:
    writer.completed()
    begin(runs, writer.log, tmp_path).until(writer.log.end())
    halt(runs)
    writer.completed()
    run = begin(runs, writer.log, tmp_path)
    run.until(writer.log.end())
    assert run.reach.projected == 4
    assert len(run.jobs()) == 2


def test_a_deleted_file_is_rebuilt_the_same(runs: list[Run], writer: Writer, tmp_path: Path) -> None:
    for _ in range(5):
        writer.completed(tags={"a": "b"})
    first = begin(runs, writer.log, tmp_path)
    first.until(writer.log.end())
    writer.submitted(depends_on=("0" * 24,))
    first.until(writer.log.end())
    before = dump(first)
    halt(runs)
    schema.delete(first.path)
    again = begin(runs, writer.log, tmp_path)
    again.until(writer.log.end())
    assert dump(again) == before


@pytest.mark.parametrize("spoil", ["version", "bytes"])
def test_a_file_of_another_version_or_none_at_all_is_rebuilt(
    runs: list[Run], writer: Writer, tmp_path: Path, spoil: str
) -> None:
    writer.completed()
    first = begin(runs, writer.log, tmp_path)
    first.until(writer.log.end())
    halt(runs)
    if spoil == "version":
        connection = sqlite3.connect(first.path)
        connection.execute("PRAGMA user_version = 99")
        connection.close()
    else:
        schema.delete(first.path)
        first.path.write_bytes(b"this is not a database, whatever its name says" * 100)
    again = begin(runs, writer.log, tmp_path)
    again.until(writer.log.end())
    assert len(again.jobs()) == 1


def test_another_log_that_ends_earlier_is_followed_from_its_beginning(runs: list[Run], tmp_path: Path) -> None:
    late = Writer(MemoryLog(now_ms=lambda: 2_000_000_000_000))
    late.completed()
    begin(runs, late.log, tmp_path).until(late.log.end())
    halt(runs)
    early = Writer(MemoryLog())
    job = early.completed()
    run = begin(runs, early.log, tmp_path)
    wait_for(lambda: run.jobs() == [(job, "completed")], "the other log's jobs")


def test_a_log_that_was_emptied_and_filled_again_is_another_log(runs: list[Run], tmp_path: Path) -> None:
    then = MemoryLog().now_ms() - 60_000
    before = Writer(MemoryLog(now_ms=lambda: then))
    before.completed()
    begin(runs, before.log, tmp_path).until(before.log.end())
    halt(runs)
    after = Writer(MemoryLog())
    job = after.submitted()
    run = begin(runs, after.log, tmp_path)
    wait_for(lambda: run.jobs() == [(job, "ready")], "the new log's jobs alone")


def test_a_log_that_was_trimmed_behind_the_reader_is_the_same_log(
    runs: list[Run], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [MemoryLog().now_ms() - 120_000]
    writer = Writer(MemoryLog(now_ms=lambda: clock[0]))
    old = writer.completed()
    keeping = Keeping(KEEPING.read_model_ms, 60_000)
    begin(runs, writer.log, tmp_path, keeping=keeping).until(writer.log.end())
    halt(runs)
    clock[0] += 120_000
    new = writer.submitted()
    writer.log.trim(writer.log.end())
    run = begin(runs, writer.log, tmp_path, keeping=keeping)
    run.until(writer.log.end())
    assert run.jobs() == [(old, "completed"), (new, "ready")]


def test_what_cannot_be_read_is_put_aside_and_the_rest_goes_on(runs: list[Run], writer: Writer, tmp_path: Path) -> None:
    writer.completed()
    damaged = writer.log.write_raw(b"\xc1 not msgpack")
    job = e.JobStarted("0" * 24, 1, "w-1")
    unknown = writer.log.write_raw(encode_commit([job])[:1] + b"\x92\xa6job.xy\x01")
    writer.completed()
    run = begin(runs, writer.log, tmp_path)
    run.until(writer.log.end())
    assert [row[:2] for row in run.rows("SELECT ms, seq, reason FROM quarantine")] == [damaged[:2], unknown[:2]]
    assert [phase for _, phase in run.jobs()] == ["completed", "completed"]


def test_what_cannot_be_stored_is_put_aside_and_its_neighbours_are_kept(
    runs: list[Run], writer: Writer, tmp_path: Path
) -> None:
    fine, huge, also_fine = (writer.job_id() for _ in range(3))
    writer.append(
        e.JobSubmitted(fine, "t"),
        e.JobSubmitted(huge, "t", due_ms=2**63),
        e.JobSubmitted(also_fine, "t"),
    )
    run = begin(runs, writer.log, tmp_path)
    run.until(writer.log.end())
    assert run.jobs() == [(fine, "scheduled"), (also_fine, "scheduled")]
    assert run.rows("SELECT idx FROM quarantine") == [(1,)]
    assert run.reach.ready()[0]
    assert run.rows("SELECT sum(count) FROM counters") == [(2,)]


def test_it_says_how_far_it_has_read_so_that_nothing_unread_is_trimmed(
    runs: list[Run], writer: Writer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(projecting, "CHECK_EVERY_S", 0.0)
    writer.completed()
    run = begin(runs, writer.log, tmp_path)
    name = reader_name(run.path)
    wait_for(lambda: writer.log.readers().get(name, e.BEGINNING)[:2] == writer.log.end()[:2], "the checkpoint")


def test_old_jobs_are_forgotten_while_it_follows(
    runs: list[Run], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "RETENTION_EVERY_S", 0.0)
    monkeypatch.setattr(retention, "STEP_JOBS", 3)
    now = 1_732_000_000_000
    clock = [now]
    writer = Writer(MemoryLog(now_ms=lambda: clock[0]))
    for _ in range(10):
        writer.completed()
    clock[0] += 120_000
    kept = writer.submitted()
    run = begin(runs, writer.log, tmp_path, keeping=Keeping(60_000, 60_000))
    wait_for(lambda: run.jobs() == [(kept, "ready")], "the old jobs to be gone")


@pytest.fixture
def durable(tmp_path: Path) -> Iterator[TestServer]:
    server = start_valkey(tmp_path / "server", aof="always")
    yield server
    server.stop()


def test_an_outage_of_the_server_is_told_and_survived(runs: list[Run], durable: TestServer, tmp_path: Path) -> None:
    log = open_log(Settings(redis_url=durable.url, durability="memory"))
    try:
        run = begin(runs, ReachingBack(log, None), tmp_path)
        wait_for(lambda: run.reach.ready()[0], "the projection to be ready")
        durable.kill()
        wait_for(lambda: not run.reach.ready()[0], "the outage to be noticed")
        assert "cannot read the log" in run.reach.ready()[1]
        durable.restart()
        job = e.JobSubmitted("0" * 24, "t")
        with_again = open_log(Settings(redis_url=durable.url, durability="memory"))
        with_again.append([admit([job], with_again.now_ms())], caller="test", number=1)
        with_again.close()
        wait_for(lambda: run.jobs() == [(job.job_id, "ready")], "the job after the outage", timeout_s=20)
        wait_for(lambda: run.reach.ready()[0], "the projection to be ready again")
    finally:
        halt(runs)
        log.close()


def test_a_server_that_is_emptied_is_noticed(
    runs: list[Run], server: TestServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(projecting, "CHECK_EVERY_S", 0.05)
    log = open_log(Settings(redis_url=server.url, durability="memory"))
    try:
        old, new = e.JobSubmitted("1" * 24, "t"), e.JobSubmitted("2" * 24, "t")
        log.append([admit([old], log.now_ms())], caller="test", number=1)
        run = begin(runs, ReachingBack(log, None), tmp_path)
        wait_for(lambda: run.jobs() == [(old.job_id, "ready")], "the first job")
        server.flush()
        log.append([admit([new], log.now_ms())], caller="test", number=2)
        wait_for(lambda: run.jobs() == [(new.job_id, "ready")], "the new log's job alone")
    finally:
        halt(runs)
        log.close()
