"""The autoscaler by itself, with real worker processes: a burst comes and the fleet grows; it is over, it shrinks."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any

import httpx
import pytest

from journeyman import events as e
from journeyman.cli.__main__ import main as journeyman
from support.journal import Journal
from support.system import System
from support.waiting import wait_for

JOBS, BATCH = 20_000, 5_000
#: On one worker of eight slots the burst would take nearly a minute.
MOST = 4
#: Cooldowns short enough to wait for; everything else as users have it.
SETTINGS: dict[str, Any] = {
    "workers_min": 1,
    "workers_max": MOST,
    "scale_up_cooldown_ms": 2_000,
    "scale_down_cooldown_ms": 3_000,
}


def decisions(journal: Journal) -> list[e.FleetScaled]:
    return [record.event for record in journal.records() if isinstance(record.event, e.FleetScaled)]


def assert_ran_once(journal: Journal, ids: list[str]) -> None:
    """Each job began once, or once more for each time that a worker handed it back, and ended once."""
    started, back, ended = Counter[str](), Counter[str](), Counter[str]()
    for record in journal.records():
        match record.event:
            case e.JobStarted(job_id=job_id):
                started[job_id] += 1
            case e.JobReturned(job_id=job_id):
                back[job_id] += 1
            case e.JobSucceeded(job_id=job_id):
                ended[job_id] += 1
            case e.JobLost() | e.JobFailed():
                raise AssertionError(record)
    assert ended == Counter(ids)
    assert started - back == Counter(ids)
    assert journal.unkept() == []


def read_aloud(system: System, capsys: pytest.CaptureFixture[str]) -> str:
    capsys.readouterr()
    assert journeyman(["scaling", "--dashboard-url", system.dashboard_url]) == 0
    return capsys.readouterr().out


@pytest.mark.timeout(400)
def test_a_burst_takes_the_fleet_from_one_worker_to_the_most_and_back(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    system = System(tmp_path, workers=0, autoscaler=True, **SETTINGS)
    journal = Journal(system.settings)
    try:
        system.await_workers(1)
        ids: list[str] = []
        for _ in range(JOBS // BATCH):
            batch = {"jobs": [{"type": "synthetic", "payload": {"sleep_ms": 20}}] * BATCH}
            answer = httpx.post(f"{system.ingest_url}/jobs/batch", json=batch, trust_env=False, timeout=60)
            assert answer.status_code == 202, answer.text
            ids += answer.json()["ids"]

        journal.await_completed(ids, 240)
        wait_for(lambda: decisions(journal)[-1].desired == 1, "the fleet to shrink again", timeout_s=60)
        system.await_workers(1)

        wait_for(lambda: "→ 1 " in read_aloud(system, capsys).splitlines()[1], "the dashboard to know", timeout_s=60)
        told = read_aloud(system, capsys)
        decided = decisions(journal)
        assert_ran_once(journal, ids)
    finally:
        journal.close()
        system.close()

    numbers = [decision.desired for decision in decided]
    assert (numbers[0], max(numbers), numbers[-1]) == (1, MOST, 1)
    assert len(numbers) <= 4 * MOST, "the fleet flapped"
    for line in told.splitlines()[1:]:
        assert re.search(r"the minimum is 1|(workers|maximum\)) to start them within 5 s|enough", line), line
    assert f"{MOST} workers (the maximum) to start them within 5 s" in told
