"""Circuit breakers on a whole system: a dependency that is down, and heals; and people who open and close."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from journeyman.cli.__main__ import main
from journeyman.client import Client, NewJob
from journeyman.client.views import BreakerView
from support.system import System
from support.waiting import wait_for

TASKS = """
import os
import journeyman_worker as jm


@jm.job("shop.pay")
def pay() -> str:
    if not os.path.exists(os.environ["SHOP_IS_UP"]):
        raise ConnectionError("the bank does not answer")
    return "paid"
"""
JOBS = 12


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("breakers")
    (directory / "shop_tasks.py").write_text(TASKS)
    return directory


@pytest.fixture(scope="module")
def system(directory: Path) -> Iterator[System]:
    path = os.pathsep.join([str(directory), *filter(None, [os.environ.get("PYTHONPATH")])])
    system = System(
        directory,
        partitions=1,
        environ=lambda _: {"PYTHONPATH": path, "SHOP_IS_UP": str(directory / "up")},
        worker_tasks="journeyman_worker.samples,shop_tasks",
        breaker_consecutive_failures=6,
        breaker_open_ms=300,
        breaker_open_max_ms=1_200,
        breaker_probes=2,
    )
    yield system
    system.close()


@pytest.fixture
def client(system: System) -> Iterator[Client]:
    system.await_workers(1)
    with system.client() as client:
        yield client


def breaker(client: Client, type_: str) -> BreakerView | None:
    return next((one for one in client.breakers() if one.type == type_), None)


def state(client: Client, type_: str) -> str:
    view = breaker(client, type_)
    return view.state if view else "closed"


def run(system: System, *words: str) -> int:
    return main([*words, "--url", system.ingest_url, "--dashboard-url", system.dashboard_url])


def test_jobs_wait_while_what_they_need_is_down_and_all_are_done_when_it_is_back(
    client: Client, directory: Path
) -> None:
    policy = {"backoff": {"initial_ms": 10, "max_ms": 10, "jitter": False}}
    jobs = client.submit_many([NewJob(type="shop.pay", max_attempts=30, **policy) for _ in range(JOBS)])  # type: ignore[arg-type]
    wait_for(lambda: state(client, "shop.pay") != "closed", "the breaker to open", timeout_s=60)
    assert client.submit("synthetic", {"echo": 1}).result(60) == {"echo": 1, "attempt": 1}

    def waits() -> bool:
        return any(client.explain(job.id).reason == "circuit_open" for job in jobs)

    wait_for(waits, "a job to say that its circuit is open", timeout_s=60)
    wait_for(lambda: _opened_again(client, jobs[0].id), "a probe to fail", timeout_s=60)
    view = breaker(client, "shop.pay")
    assert view is not None
    assert (view.partitions[0].partition, view.calls >= view.failures > 0) == (0, True)
    (directory / "up").touch()
    ended = [job.wait(120) for job in jobs]
    assert [one.status for one in ended] == ["completed"] * JOBS
    # Unburnt: without a breaker, attempts every 10 ms would have been used up.
    assert max(one.attempt for one in ended) < 30
    wait_for(lambda: state(client, "shop.pay") == "closed", "the breaker to close", timeout_s=60)


def _opened_again(client: Client, _job_id: str) -> bool:
    view = breaker(client, "shop.pay")
    return view is not None and view.reason == "probe_failed"


def test_a_person_opens_and_closes_a_breaker(
    system: System, client: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(system, "breaker", "open", "synthetic") == 0
    wait_for(lambda: state(client, "synthetic") == "open", "the breaker to be open")
    job = client.submit("synthetic", {"echo": 2})
    told = job.explain()
    assert told.reason == "circuit_open"
    assert "opened by hand" in told.detail
    assert job.view().phase == "held"
    assert [one.id for one in client.list(phase="held")] == [job.id]
    capsys.readouterr()
    assert run(system, "breaker", "list", "-o", "json") == 0
    (listed,) = [one for one in json.loads(capsys.readouterr().out)["items"] if one["type"] == "synthetic"]
    assert (listed["state"], listed["reason"], listed["until"], listed["waiting"]) == ("open", "manual", None, 1)
    assert run(system, "breaker", "close", "synthetic") == 0
    assert job.result(60)["echo"] == 2
    assert run(system, "breaker", "list") == 0
    assert "synthetic" in capsys.readouterr().out


def test_what_is_open_stays_open_when_everything_derived_is_rebuilt(system: System, client: Client) -> None:
    client.open_breaker("synthetic")
    job = client.submit("synthetic", {"echo": 3})
    assert run_rebuild(system) == 0
    system.await_workers(1)
    other = client.submit("shop.pay")
    assert other.wait(120).ended
    assert job.view().phase == "held"
    client.close_breaker("synthetic")
    assert job.result(60)["echo"] == 3


def run_rebuild(system: System) -> int:
    return main(["rebuild", "--redis-url", system.server.url, "--timeout", "60s"])
