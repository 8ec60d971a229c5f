"""Over HTTP: which moments can be asked for, and going through a log commit by commit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from journeyman.log.memory_log import MemoryLog
from journeyman_dashboard.params import write_time
from support.dashboard import Writer, dashboard

MINUTE = 60_000


def test_every_commit_from_the_earliest_on_can_be_asked_for(tmp_path: Path) -> None:
    log = MemoryLog()
    writer = Writer(log)
    jobs = [writer.completed(queue="mail") for _ in range(3)]
    with dashboard(log, tmp_path) as board:
        board.get("/stats", min_offset=str(log.end()))
        told: dict[str, Any] = board.get("/moments")
        assert sum(one["changes"] for one in told["series"]) == 9
        assert told["latest"]["offset"] == str(log.end())

        as_of: str | None = told["earliest"]["offset"]
        spoken, totals = [], []
        while as_of is not None:
            around: dict[str, Any] = board.get("/moments/around", as_of=as_of)
            assert around["here"]["offset"] == as_of
            spoken += [event["event"] for event in around["here"]["events"]]
            totals.append(board.get("/jobs", as_of=as_of)["total"])
            as_of = around["after"] and around["after"]["offset"]
        assert totals == [1, 1, 1, 2, 2, 2, 3, 3, 3]
        assert spoken.count("job.submitted") == spoken.count("job.succeeded") == len(jobs)
        assert board.get("/moments/around")["here"] == around["here"]


def test_a_part_of_the_moments_is_narrowed_by_times(tmp_path: Path) -> None:
    log = MemoryLog()
    Writer(log).completed()
    with dashboard(log, tmp_path) as board:
        board.get("/stats", min_offset=str(log.end()))
        before, behind = (write_time(log.now_ms() + shift) for shift in (-MINUTE, MINUTE))
        told: dict[str, Any] = board.get("/moments", since=before, until=behind, points=10)
        assert (told["since"], told["until"]) == (told["earliest"]["at"], told["now"]), "there is no more of it"
        assert [fault["path"] for fault in _errors(board.get("/moments", 400, since=behind, until=before))] == ["since"]
        for wrong in ({"since": "soon"}, {"points": 9}, {"as_of": before}, {"until": "2026-01-01T00:00:00"}):
            assert board.get("/moments", 400, **wrong)["status"] == 400
        assert board.get("/moments/around", 400, as_of="soon")["status"] == 400
        assert board.get("/moments/around", as_of="0")["here"] is None


def _errors(problem: dict[str, Any]) -> list[dict[str, str]]:
    errors: list[dict[str, str]] = problem["errors"]
    return errors
