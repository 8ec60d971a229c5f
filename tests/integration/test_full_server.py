"""A server that has no room: at its memory limit, or with its disk full. Nothing that was accepted is lost (I10)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

import journeyman_worker as jm
from integration.worker_kit import Kit, server_kit
from journeyman import events as e
from journeyman.admission import admit
from journeyman.errors import ServerFullError, ServerRefusedError
from journeyman.ids import IdMaker
from journeyman.log.api import Outcome
from journeyman.log.async_redis_log import AsyncRedisLog
from journeyman.log.connect import open_log, open_logs
from journeyman.log.redis_log import RedisLog
from journeyman.proposals import Gate, Interrupt, Join, Open, Proposal
from journeyman.settings import Settings
from support.ingest import Api, problem, serving
from support.journal import Journal
from support.servers import TestServer, start_redis, start_valkey
from support.small_disk import small_disk
from support.system import System
from support.waiting import wait_for

pytestmark = pytest.mark.timeout(300)

WORKER = "w-1"
Start = Callable[..., TestServer]


@pytest.fixture(params=[start_valkey, start_redis], ids=["valkey", "redis"])
def start(request: pytest.FixtureRequest) -> Start:
    """Give what starts a server of either kind."""
    starting: Start = request.param
    return starting


@pytest.fixture
def server(start: Start, tmp_path: Path) -> Iterator[TestServer]:
    """Give a server with an append-only file."""
    running = start(tmp_path / "server", aof="everysec")
    yield running
    running.stop()


def limit_memory(server: TestServer, *, reached: bool) -> None:
    """Set a limit that is reached already, or none."""
    with server.client() as client:
        used: Any = client.info("memory")
        client.config_set("maxmemory", used["used_memory"] // 2 if reached else 0)


class Caller:
    """Calls one log as every service would."""

    def __init__(self, log: RedisLog) -> None:
        self.log = log
        self._ids = IdMaker(log.partition)
        self._number = 0

    def append(self, *proposals: Proposal) -> bool:
        self._number += 1
        reply = self.log.append(proposals, caller="test", number=self._number)
        return all(verdict.accepted for verdict in reply.verdicts)

    def submit(self) -> str:
        now_ms = self.log.now_ms()
        job_id = self._ids.make(now_ms, self._number << 20)
        assert self.append(admit([e.JobSubmitted(job_id, "t")], now_ms))
        return job_id


def test_at_its_memory_limit_a_server_refuses_new_jobs_and_does_everything_else(server: TestServer) -> None:
    log = open_log(Settings(redis_url=server.url, durability="memory"))
    try:
        caller = Caller(log)
        joined = e.WorkerJoined(WORKER, "h", 1, "0", ("default",), ("t",), 1)
        jobs = [caller.submit() for _ in range(3)]
        limit_memory(server, reached=True)

        with pytest.raises(ServerFullError, match="memory limit"):
            caller.submit()
        assert caller.append(Proposal((joined,), None, (Join(WORKER, ("default",), ("t",)),)))
        assert len(log.claim(WORKER, 1, 2, queues=["*"], types=["t"]).jobs) == 2
        done, failed = (
            Outcome(e.JobSucceeded(jobs[0], 1, WORKER)),
            Outcome(e.JobFailed(jobs[1], 1, WORKER, e.Error("E"))),
        )
        assert log.finish(WORKER, 1, [done, failed]).accepted == [True, True]
        assert log.beat(WORKER, {"rss_bytes": 1}).interrupt == []
        assert caller.append(Proposal((e.JobCancelRequested(jobs[2]),), Open(jobs[2]), (Interrupt(jobs[2]),)))
        epoch = log.elect("s", lease_ms=5_000).epoch
        assert epoch is not None
        paused = Proposal((e.QueuePaused("q"),), None, (Gate("q", open=False),))
        assert log.commit([paused], epoch=epoch, number=1, cursor=log.end()).verdicts[0].accepted
        log.checkpoint("reader", log.end())
        log.place_snapshot(b"\xffwhere")
        log.remember_for(3_600_000)
        assert (log.readers()["reader"], log.snapshot_place()) == (log.end(), b"\xffwhere")

        limit_memory(server, reached=False)
        caller.submit()
    finally:
        log.close()


def ingest_over(server: TestServer, directory: Path, **more: Any) -> Any:
    settings = Settings(redis_url=server.url, durability="memory", memory_headroom=1.0, **more)
    return serving(lambda: AsyncRedisLog.opened_all(lambda: open_logs(settings)), directory, settings)


def refusal(answer: Any, kind: str) -> str:
    """Check that an answer says: later, and nothing was stored; return its words."""
    document = problem(answer, 503)
    assert document["type"] == f"/problems/{kind}"
    assert int(answer.headers["retry-after"]) >= 1
    detail: str = document["detail"]
    return detail


def test_ingest_answers_503_at_the_memory_limit_also_between_two_looks(server: TestServer, tmp_path: Path) -> None:
    with ingest_over(server, tmp_path) as api:
        assert isinstance(api, Api)
        api.submit()
        limit_memory(server, reached=True)
        assert "memory limit" in refusal(api.post("/jobs", json={"type": "t"}), "memory-full")
        refusal(api.post("/jobs/batch", json={"jobs": [{"type": "t"}] * 5}), "memory-full")
        assert api.post("/queues/q/pause").status_code == 202
        limit_memory(server, reached=False)
        wait_for(lambda: api.post("/jobs", json={"type": "t"}).status_code == 202, "jobs to be accepted again")


def test_what_is_asked_for_in_one_append_with_new_jobs_at_the_limit_is_done(server: TestServer, tmp_path: Path) -> None:
    with ingest_over(server, tmp_path) as api:
        job_id = api.submit()
        limit_memory(server, reached=True)

        async def at_once() -> list[int]:
            asked = [api.client.post("/jobs", json={"type": "t"}) for _ in range(5)]
            answers = await asyncio.gather(*asked, api.client.post(f"/jobs/{job_id}/cancel"))
            return [answer.status_code for answer in answers]

        assert api.run(at_once()) == [503] * 5 + [202]
        limit_memory(server, reached=False)


def test_a_queue_is_as_deep_as_its_lines_of_every_priority_and_type(server: TestServer, tmp_path: Path) -> None:
    with ingest_over(server, tmp_path, queue_backlogs="images=4") as api:
        for type_, priority in (("a", 5), ("a", 15), ("b", 15)):
            api.submit(type=type_, priority=priority, queue="images")
        api.submit(queue="other")
        api.submit(queue="images", delay_ms=60_000)
        api.run(api.intake.pressure.look())
        assert (api.intake.pressure.quotas.depth("images"), api.intake.pressure.quotas.depth("other")) == (3, 1)
        api.submit(queue="images")
        answer = api.post("/jobs", json={"type": "t", "queue": "images"})
        assert problem(answer, 429)["type"] == "/problems/queue-full"


def test_a_job_that_submits_another_at_the_limit_is_told_so_and_its_outcome_is_kept(
    server: TestServer, tmp_path: Path
) -> None:
    with server_kit(server.url, tmp_path) as kit:
        parent = parent_on(kit)
        parents = [kit.broker.submit("parent", {"careful": careful}, policy=parent.policy) for careful in (True, False)]
        with kit.worker():
            limit_memory(server, reached=True)
            assert "ServerFullError" in kit.wait_for_event(e.JobSucceeded, parents[0]).result
            failed = kit.wait_for_event(e.JobFailed, parents[1])
            assert (failed.error.type, failed.retryable) == ("ServerFullError", True)
            limit_memory(server, reached=False)


def parent_on(kit: Kit) -> Any:
    """Declare a job that submits others until it is refused; if `careful`, it returns what it was told."""

    @jm.job("child", broker=kit.broker)
    def child() -> None:
        return None

    @jm.job("parent", broker=kit.broker)
    def parent(careful: bool) -> str:
        def told() -> str:
            try:
                child.send()
            except ServerRefusedError as error:
                if careful:
                    return type(error).__name__
                raise
            return ""

        return wait_for(told, "a refusal")

    return parent


def test_a_system_at_its_memory_limit_drains_and_goes_on_by_itself(tmp_path: Path) -> None:
    with running(tmp_path) as (system, journal):
        accepted = submit(system, 20, {"sleep_ms": 200})
        limit_memory(system.server, reached=True)
        with pytest.raises(Exception, match="503"):
            submit(system, 1)
        journal.await_completed(accepted, 60)
        limit_memory(system.server, reached=False)
        later = submitted_again(system)
        journal.await_completed([later], 60)
        nothing_was_lost(system, journal)


def test_a_system_whose_disk_is_full_refuses_and_recovers_by_itself(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 8) as disk:
        server = start_valkey(disk.path / "server", aof="everysec")
        try:
            with running(tmp_path, server=server) as (system, journal):
                accepted = submit(system, 20, {"sleep_ms": 300})
                disk.fill()
                told = wait_for(lambda: refused_with(system), "a refusal") or (0, "")
                assert told[0] == 503
                assert int(told[1]) >= 1
                disk.make_room()
                later = submitted_again(system)
                journal.await_completed([*accepted, later], 60)
                nothing_was_lost(system, journal)
        finally:
            server.stop()


def test_a_server_that_gives_up_because_its_disk_is_full_is_started_again_with_all_it_had_acknowledged(
    tmp_path: Path,
) -> None:
    with small_disk(tmp_path / "disk", 8) as disk:
        server = start_valkey(disk.path / "server", aof="always")
        try:
            with running(tmp_path, server=server, durability="power-loss") as (system, journal):
                accepted = submit(system, 20, {"sleep_ms": 300})
                disk.fill()
                wait_for(lambda: refused_with(system), "a refusal", timeout_s=30)
                wait_for(lambda: server.process.poll() is not None, "the server to give up", timeout_s=30)
                disk.make_room()
                system.start("server")
                later = submitted_again(system)
                journal.await_completed([*accepted, later], 60)
                nothing_was_lost(system, journal)
        finally:
            server.stop()


def test_ingest_says_that_a_server_takes_nothing_whose_snapshot_failed(start: Start, tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 4) as disk:
        server = start(disk.path / "server", save="3600 1")
        try:
            with ingest_over(server, tmp_path) as api, server.client() as client:
                api.submit()
                disk.fill()
                snapshot(client, "err")
                refusal(api.post("/jobs", json={"type": "t"}), "not-writable")
                wait_for(lambda: api.get("/health/ready").status_code == 503, "it to be not ready", timeout_s=20)
                assert "snapshot failed" in refusal(api.post("/jobs", json={"type": "t"}), "not-durable")
                disk.make_room()
                snapshot(client, "ok")
                wait_for(lambda: api.post("/jobs", json={"type": "t"}).status_code == 202, "recovery", timeout_s=20)
        finally:
            server.stop()


def snapshot(client: Any, status: str) -> None:
    """Have the server try to store a snapshot, and wait until it says how that went."""
    client.bgsave()

    def ended() -> bool:
        persistence = client.info("persistence")
        return not persistence["rdb_bgsave_in_progress"] and persistence["rdb_last_bgsave_status"] == status

    wait_for(ended, f"the snapshot to be {status}", timeout_s=30)


# --- a whole system --------------------------------------------------------------------------------------


@contextmanager
def running(directory: Path, **options: Any) -> Iterator[tuple[System, Journal]]:
    """Run every service."""
    system = System(directory, **options)
    try:
        journal = Journal(system.settings)
        yield system, journal
        journal.close()
    finally:
        system.close()


def submit(system: System, count: int, payload: Any = None) -> list[str]:
    """Submit jobs, one by one; each must be accepted."""
    ids = []
    for _ in range(count):
        answer = post(system, payload)
        assert answer.status_code == 202, f"{answer.status_code}: {answer.text}"
        ids.append(answer.json()["id"])
    return ids


def post(system: System, payload: Any = None) -> httpx.Response:
    wanted = {"type": "synthetic", "payload": payload or {}}
    return httpx.post(f"{system.ingest_url}/jobs", json=wanted, timeout=30, trust_env=False)


def refused_with(system: System) -> tuple[int, str] | None:
    """Return the status and `Retry-After` of a refusal; None where a job was accepted."""
    answer = post(system)
    return None if answer.status_code == 202 else (answer.status_code, answer.headers.get("retry-after", ""))


def submitted_again(system: System) -> str:
    """Submit until a job is accepted, and return it."""

    def accepted() -> str:
        answer = post(system)
        return str(answer.json()["id"]) if answer.status_code == 202 else ""

    return wait_for(accepted, "a job to be accepted", timeout_s=60)


def nothing_was_lost(system: System, journal: Journal) -> None:
    """Fail where a promise was broken, a worker was taken for dead, or a service ended."""
    assert journal.unkept() == []
    assert [record.event for record in journal.records() if isinstance(record.event, e.WorkerLost)] == []
    assert system.ended_by_themselves() == []
