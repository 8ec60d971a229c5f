"""Changes of many jobs at once, over HTTP, on a log in memory that refuses what a real one would."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from journeyman import events as e
from journeyman.admission import admit
from journeyman.errors import ServerUnavailableError
from journeyman.log.api import Appended
from journeyman.log.memory_log import MemoryLog
from journeyman.proposals import Bury, Proposal
from journeyman_dashboard.bulk import changer
from journeyman_dashboard.bulk.ledger import Ledger
from journeyman_dashboard.bulk.orders import Bulk, Order
from support.dashboard import Dashboard, Writer, dashboard
from support.waiting import wait_for

ERROR = e.Error("ValueError", "no", "", "f00d")


class FlakyLog(MemoryLog):
    """A log that does not answer for a while, though it has heard."""

    silences = 0

    def append(self, proposals: Sequence[Proposal], *, caller: str, number: int) -> Appended:
        appended = super().append(proposals, caller=caller, number=number)
        if caller.startswith("b-") and self.silences:
            self.silences -= 1
            raise ServerUnavailableError("no answer")
        return appended


@pytest.fixture
def log() -> FlakyLog:
    return FlakyLog()


def submit(log: MemoryLog, count: int, kind: str = "t") -> list[str]:
    """Submit jobs, and return their ids."""
    writer = Writer(log)
    jobs = [e.JobSubmitted(writer.job_id(), kind) for _ in range(count)]
    log.append([admit([job], log.now_ms()) for job in jobs], caller=f"client-{jobs[0].job_id}", number=1)
    return [job.job_id for job in jobs]


def bury(log: MemoryLog, job_ids: list[str]) -> None:
    """Make dead letters of jobs, as the scheduler would."""
    epoch = log.elect("s", lease_ms=60_000).epoch
    assert epoch is not None
    dead = [
        Proposal(
            (e.JobDeadLettered(one, 1, "permanent", ERROR),), None, (Bury(one, 1, 1, "t", "default", "E", "f00d"),)
        )
        for one in job_ids
    ]
    log.commit(dead, epoch=epoch, number=1, cursor=log.end())


def events_of(log: MemoryLog) -> list[e.Event | None]:
    return [one for entry in log.read(e.BEGINNING, count=1_000) for one in entry.events]


def caught_up(board: Dashboard, log: MemoryLog) -> None:
    board.get("/stats", min_offset=str(log.end()))


def begin(board: Dashboard, status: int = 202, **order: Any) -> dict[str, Any]:
    answer = board.http.post("/bulk", json=order)
    assert answer.status_code == status, answer.text
    found: dict[str, Any] = answer.json()
    return found


def ended(board: Dashboard, bulk_id: str) -> dict[str, Any]:
    wait_for(lambda: board.get(f"/bulk/{bulk_id}")["ended_at"], "the bulk to end")
    return dict(board.get(f"/bulk/{bulk_id}"))


def test_all_that_match_are_cancelled_and_what_is_refused_is_counted(board: Dashboard, log: FlakyLog) -> None:
    dead, *waiting = submit(log, 5)
    submit(log, 1, "other")
    bury(log, [dead])
    caught_up(board, log)
    counted = begin(board, action="cancel", filter={"type": "t"}, dry_run=True)
    assert (counted["id"], counted["matched"], counted["by_status"]) == (None, 5, {"pending": 4, "failed": 1})
    told = ended(board, begin(board, action="cancel", filter={"type": "t"})["id"])
    assert (told["state"], told["matched"], told["done"], told["left"]) == ("done", 5, 4, 0)
    assert told["refused"] == {"the job has failed": 1}
    caught_up(board, log)
    assert [job["id"] for job in board.get("/jobs", min_offset=told["offset"], type="t")["items"]][:4] == waiting[::-1]  # type: ignore[attr-defined]
    assert [one.job_id for one in events_of(log) if isinstance(one, e.JobCancelRequested)] == waiting


def test_a_dry_run_says_how_to_mean_those_that_it_counted(board: Dashboard, log: FlakyLog) -> None:
    submit(log, 3)
    caught_up(board, log)
    counted = begin(board, action="cancel", filter={"type": ["t"], "age": "<1h"}, dry_run=True)
    assert counted["filter"]["age"] is None
    wait_for(lambda: log.now_ms() > board.model.reach.latest_ms() + 1, "another millisecond")
    submit(log, 2)
    caught_up(board, log)
    told = ended(board, begin(board, action="cancel", filter=counted["filter"])["id"])
    assert (told["matched"], told["done"]) == (3, 3)


def test_ids_are_counted_and_not_told_again(board: Dashboard, log: FlakyLog) -> None:
    jobs = submit(log, 2)
    caught_up(board, log)
    counted = begin(board, action="cancel", ids=[*jobs, "nonsense"], dry_run=True)
    assert (counted["matched"], counted["by_status"], counted["filter"]) == (3, {"pending": 2}, None)
    assert begin(board, action="cancel", filter={"q": "t"}, limit=1, dry_run=True)["by_status"] == {"pending": 1}
    told = ended(board, begin(board, action="cancel", ids=jobs)["id"])
    assert (told["order"]["ids"], told["named"], told["matched"]) == (None, 2, 2)


def test_jobs_are_retried_with_their_errors_and_stop_when_they_fail_again(board: Dashboard, log: FlakyLog) -> None:
    first, second, third = submit(log, 3)
    bury(log, [first, second])
    caught_up(board, log)
    order: dict[str, Any] = {
        "action": "retry",
        "filter": {"error_fingerprint": ["f00d"]},
        "limit": 1,
        "stop_on_failures": 1,
    }
    told = ended(board, begin(board, **order)["id"])
    assert (told["done"], told["refused"]) == (1, {})
    event = [
        one for entry in log.read(e.BEGINNING, count=1000) for one in entry.events if isinstance(one, e.JobRedriven)
    ]
    assert [(one.job_id, one.redrive, one.stop_on_failures) for one in event] == [(first, told["id"], 1)]
    assert event[0].error == e.Error("ValueError", fingerprint="f00d")
    told = ended(board, begin(board, action="retry", ids=[third, "nonsense"])["id"])
    assert (told["done"], told["left"], sum(told["refused"].values())) == (0, 0, 2)
    assert "no such job" in told["refused"]


def test_named_jobs_get_another_priority_once_each(board: Dashboard, log: FlakyLog) -> None:
    one, two = submit(log, 2)
    caught_up(board, log)
    told = ended(board, begin(board, action="reprioritise", ids=[one, two, one], priority=20)["id"])
    assert (told["matched"], told["done"]) == (2, 2)
    assert board.get(f"/jobs/{two}", min_offset=told["offset"])["priority"] == 20


def test_an_abort_leaves_the_rest_as_it_was(board: Dashboard, log: FlakyLog) -> None:
    submit(log, 40)
    caught_up(board, log)
    bulk = begin(board, action="cancel", filter={}, rate_per_s=10)["id"]
    wait_for(lambda: board.get(f"/bulk/{bulk}")["done"], "the first jobs")
    assert board.http.post(f"/bulk/{bulk}/abort").status_code == 202
    told = ended(board, bulk)
    assert told["state"] == "aborted"
    assert told["done"] + told["left"] == 40
    assert 0 < told["done"] < 40
    assert board.http.post(f"/bulk/{bulk}/abort").status_code == 409
    assert [one["id"] for one in board.get("/bulk")["items"]] == [bulk]  # type: ignore[attr-defined]


def test_a_log_that_does_not_answer_is_asked_again_and_nothing_is_done_twice(board: Dashboard, log: FlakyLog) -> None:
    submit(log, 3)
    caught_up(board, log)
    log.silences = 2
    told = ended(board, begin(board, action="cancel", filter={"q": "t"})["id"])
    assert (told["state"], told["done"], told["matched"]) == ("done", 3, 3)
    assert sum(isinstance(one, e.JobCancelRequested) for one in events_of(log)) == 3


def test_a_log_that_never_answers_ends_it_loudly(
    board: Dashboard, log: FlakyLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changer, "PATIENCE_S", 0.1)
    submit(log, 1)
    caught_up(board, log)
    log.silences = 1_000
    told = ended(board, begin(board, action="cancel", filter={})["id"])
    assert (told["state"], told["detail"], told["left"]) == ("failed", "no answer", 1)


def test_a_restart_says_that_it_interrupted(log: FlakyLog, tmp_path: Path) -> None:
    submit(log, 40)
    with dashboard(log, tmp_path) as board:
        caught_up(board, log)
        bulk = begin(board, action="cancel", filter={}, rate_per_s=10)["id"]
        wait_for(lambda: board.get(f"/bulk/{bulk}")["done"], "the first jobs")
    with dashboard(log, tmp_path) as board:
        told = board.get(f"/bulk/{bulk}")
        assert told["state"] == "interrupted"
        assert told["left"]


def test_one_that_a_kill_cut_off_is_interrupted_as_well(tmp_path: Path) -> None:
    order = Order(action="cancel", ids=["x"])
    Ledger(tmp_path).save(Bulk(id="b-1", order=order, state="running", matched=9, done=3, left=6))
    (tmp_path / "b-2.json").write_text("{")
    found = Ledger(tmp_path).load()
    assert [(bulk.id, bulk.state, bulk.left) for bulk in found.values()] == [("b-1", "interrupted", 6)]


@pytest.mark.parametrize(
    ("order", "path"),
    [
        ({"action": "cancel"}, "filter"),
        ({"action": "cancel", "ids": ["x"], "filter": {}}, "filter"),
        ({"action": "reprioritise", "filter": {}}, "priority"),
        ({"action": "cancel", "filter": {}, "priority": 3}, "priority"),
        ({"action": "cancel", "filter": {}, "stop_on_failures": 1}, "stop_on_failures"),
        ({"action": "cancel", "filter": {"status": "open"}}, "filter.status"),
        ({"action": "cancel", "filter": {"colour": "red"}}, ""),
        ({"action": "destroy", "filter": {}}, ""),
        ({"action": "cancel", "filter": {}, "rate_per_s": 0}, ""),
    ],
)
def test_a_contradictory_order_is_refused(board: Dashboard, order: dict[str, Any], path: str) -> None:
    told = begin(board, 400, **order)
    assert path in told["errors"][0]["path"]


def test_pages_from_elsewhere_change_nothing(board: Dashboard) -> None:
    order = {"action": "cancel", "filter": {}, "dry_run": True}
    assert board.http.post("/bulk", json=order, headers={"Origin": "https://evil.example"}).status_code == 403
    assert board.http.post("/bulk", json=order, headers={"Origin": board.url}).status_code == 202
    board.get("/bulk/b-0", 404)
