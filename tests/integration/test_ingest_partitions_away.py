"""When a partition is away, full or not durable: what goes to the others, what is refused, and that it comes back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from journeyman import events as e
from journeyman.errors import JourneymanError, ServerRefusedError, ServerUnavailableError
from journeyman.ids import partition_of
from journeyman.log.memory_log import MemoryLog
from journeyman.log.redis_log import Health
from journeyman.settings import Settings
from journeyman_ingest import gauge, pressure
from journeyman_ingest.awaited_log import AwaitedLog
from journeyman_ingest.idempotency import digest
from journeyman_ingest.routing import by_key
from support.awaited_log import AwaitedMemoryLog
from support.ingest import Api, events, serving

PARTITIONS = 3
AWAY = ServerUnavailableError("connection refused")
WELL = Health(0, 0, 0, True, "")


@pytest.fixture(autouse=True)
def _looks_when_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have ingest look at its partitions when it starts, and then when a test says so."""
    monkeypatch.setattr(pressure, "EVERY_S", 3_600.0)


@contextmanager
def ingest(tmp_path: Path, *, backlog_max: int = 1_000) -> Iterator[tuple[Api, list[AwaitedMemoryLog]]]:
    opened = [AwaitedMemoryLog(MemoryLog(partition=number)) for number in range(PARTITIONS)]
    settings = Settings(partitions=PARTITIONS, backlog_max=backlog_max)

    async def open_them() -> Sequence[AwaitedLog]:
        return opened

    with serving(open_them, tmp_path, settings, patience_s=0.2) as api:
        yield api, opened


def say(api: Api, log: AwaitedMemoryLog, condition: Health | JourneymanError) -> None:
    """Have a partition say how it is, and ingest ask."""
    log.condition = condition
    api.run(api.intake.pressure.look())


def leave(api: Api, log: AwaitedMemoryLog) -> None:
    """Take a partition away, and let ingest notice."""
    log.failures = [AWAY] * 1_000
    say(api, log, AWAY)


def come_back(api: Api, log: AwaitedMemoryLog) -> None:
    log.failures = []
    say(api, log, WELL)


def keyed(api: Api, partition: int, path: str = "/jobs") -> httpx.Response:
    """Submit with a key whose partition is this one."""
    key = next(
        f"key-{number}"
        for number in range(1_000)
        if by_key(digest(f"key-{number}".encode(), "POST", path), len(api.intake.partitions)) == partition
    )
    body = {"jobs": [{"type": "t"}]} if path == "/jobs/batch" else {"type": "t"}
    return api.post(path, json=body, headers={"idempotency-key": key})


def refusal(answer: httpx.Response, status: int, kind: str) -> str:
    assert answer.status_code == status, answer.text
    assert int(answer.headers["retry-after"]) >= 1
    assert answer.json()["type"] == f"/problems/{kind}"
    detail: str = answer.json()["detail"]
    return detail


def homes(api: Api, count: int = 12) -> set[int]:
    """Submit jobs and batches that may go anywhere, and return where they went."""
    singles = {partition_of(api.submit()) for _ in range(count)}
    batches = {
        partition_of(job_id)
        for _ in range(count)
        for job_id in api.post("/jobs/batch", json={"jobs": [{"type": "t"}] * 2}).json()["ids"]
    }
    assert batches == singles
    return singles


def test_what_may_go_anywhere_goes_to_the_others_and_comes_back(tmp_path: Path) -> None:
    with ingest(tmp_path) as (api, logs):
        assert homes(api) == {0, 1, 2}
        leave(api, logs[1])
        assert homes(api) == {0, 2}
        assert "partition 1" in refusal(api.get("/health/ready"), 503, "not-available")
        come_back(api, logs[1])
        assert homes(api) == {0, 1, 2}
        assert api.get("/health/ready").status_code == 200


@pytest.mark.parametrize("path", ["/jobs", "/jobs/batch"])
def test_keys_and_changes_of_a_partition_that_is_away_are_refused_and_no_others(tmp_path: Path, path: str) -> None:
    with ingest(tmp_path) as (api, logs):
        jobs = {partition_of(job_id): job_id for job_id in [api.submit() for _ in range(3)]}
        leave(api, logs[1])
        refusal(keyed(api, 1, path), 503, "not-available")
        refusal(api.delete(f"/jobs/{jobs[1]}"), 503, "not-available")
        refusal(api.patch(f"/jobs/{jobs[1]}", json={"priority": 1}), 503, "not-available")
        for partition in (0, 2):
            assert keyed(api, partition, path).status_code == 202
            assert api.delete(f"/jobs/{jobs[partition]}").status_code == 202
        come_back(api, logs[1])
        assert keyed(api, 1, path).status_code == 202
        assert api.delete(f"/jobs/{jobs[1]}").status_code == 202


def test_a_child_of_a_parent_that_is_away_waits_elsewhere(tmp_path: Path) -> None:
    with ingest(tmp_path) as (api, logs):
        parent = next(job_id for job_id in iter(api.submit, "") if partition_of(job_id) == 1)
        leave(api, logs[1])
        assert partition_of(api.submit(depends_on=[parent])) != 1


def test_an_append_that_is_not_answered_sends_the_next_jobs_elsewhere_before_any_look(tmp_path: Path) -> None:
    with ingest(tmp_path) as (api, logs):
        logs[0].failures = [AWAY] * 1_000
        assert api.post("/jobs", json={"type": "t"}).status_code == 503
        assert homes(api) == {1, 2}
        come_back(api, logs[0])
        assert homes(api) == {0, 1, 2}


def test_a_partition_that_declines_to_write_is_left_out_until_the_next_look(tmp_path: Path) -> None:
    with ingest(tmp_path) as (api, logs):
        logs[0].failures = [ServerRefusedError("OOM command not allowed")]
        refusal(api.post("/jobs", json={"type": "t"}), 503, "not-writable")
        assert homes(api) == {1, 2}
        say(api, logs[0], WELL)
        assert homes(api) == {0, 1, 2}


def test_what_has_been_away_for_long_is_refused_at_once_and_nothing_is_tried(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gauge, "PATIENCE_S", -1.0)
    with ingest(tmp_path) as (api, logs):
        job_id = next(job_id for job_id in iter(api.submit, "") if partition_of(job_id) == 1)
        leave(api, logs[1])
        assert "partition 1" in refusal(keyed(api, 1), 503, "not-available")
        refusal(api.delete(f"/jobs/{job_id}"), 503, "not-available")
        refusal(api.post(f"/jobs/{job_id}/retry"), 503, "not-available")
        assert len(logs[1].failures) == 1_000
        for log in (logs[0], logs[2]):
            leave(api, log)
        refusal(api.post("/jobs", json={"type": "t"}), 503, "not-available")
        assert len(logs[0].failures) == 1_000


def test_memory_is_each_server_s_own(tmp_path: Path) -> None:
    with ingest(tmp_path) as (api, logs):
        say(api, logs[2], Health(95, 100, 0, True, ""))
        assert homes(api) == {0, 1}
        refusal(keyed(api, 2), 503, "memory-full")
        assert api.get("/health/ready").status_code == 200
        for log in logs[:2]:
            say(api, log, Health(95, 100, 0, True, ""))
        refusal(api.post("/jobs", json={"type": "t"}), 503, "memory-full")


def test_durability_is_each_server_s_own(tmp_path: Path) -> None:
    with ingest(tmp_path) as (api, logs):
        say(api, logs[0], Health(0, 0, 0, False, "the append-only file failed"))
        assert homes(api) == {1, 2}
        refusal(keyed(api, 0), 503, "not-durable")
        assert "partition 0: the append-only" in refusal(api.get("/health/ready"), 503, "not-available")


def test_the_backlog_is_that_of_all_partitions(tmp_path: Path) -> None:
    with ingest(tmp_path, backlog_max=10) as (api, logs):
        for log in logs:
            say(api, log, Health(0, 0, 3, True, ""))
        api.submit()
        refusal(api.post("/jobs", json={"type": "t"}), 429, "backlog-full")
        say(api, logs[0], WELL)
        assert api.post("/jobs/batch", json={"jobs": [{"type": "t"}] * 4}).status_code == 202
        refusal(api.post("/jobs", json={"type": "t"}), 429, "backlog-full")


def test_a_pause_that_did_not_reach_all_says_so_and_is_repeated(tmp_path: Path) -> None:
    with ingest(tmp_path) as (api, logs):
        leave(api, logs[1])
        assert "partition 1" in refusal(api.post("/queues/q/pause"), 503, "not-everywhere")
        assert [Counter(map(type, events(log.sync))) for log in logs] == [{e.QueuePaused: 1}, {}, {e.QueuePaused: 1}]
        come_back(api, logs[1])
        assert api.post("/queues/q/pause").status_code == 202
        assert e.QueuePaused("q") in events(logs[1].sync)
