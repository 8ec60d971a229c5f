"""Types over HTTP: what they take, how they fared, now and then."""

from __future__ import annotations

from typing import Any

import pytest

from journeyman import events as e
from journeyman.log.memory_log import MemoryLog
from journeyman.proposals import Join, Proposal
from journeyman.type_descriptions import TypeDescription, write_descriptions
from journeyman_dashboard.queries.types import TypeView
from support.dashboard import Dashboard, Writer

SCHEMA = {"type": "object", "properties": {"path": {"type": "string"}}, "required": ["path"]}
#: What an item of the list has.
KEYS = set(TypeView.__struct_fields__)


def join(log: MemoryLog, worker: str, **told: TypeDescription) -> str:
    """Join a worker that tells this of its types; return the offset behind it."""
    types = tuple(told)
    joined = e.WorkerJoined(worker, "box", 7, "1.0", ("*",), types, 4, write_descriptions(told).text)
    log.append([Proposal((joined,), None, (Join(worker, ("*",), types),))], caller=worker, number=1)
    return str(log.end())


def test_a_type_is_told_with_its_schema_and_all_of_the_list(board: Dashboard, log: MemoryLog, writer: Writer) -> None:
    join(log, "w-1", **{"test.job": TypeDescription(SCHEMA, "Does it.", "mail", 5, 30_000)})
    writer.completed()
    at = str(log.end())
    listed: Any = board.get("/types", min_offset=at)["items"]
    (item,) = listed
    told: Any = board.get("/types/test.job", window="15m")
    assert set(item) == KEYS
    assert (item["description"], item["has_schema"], item["queue"], item["max_attempts"]) == (
        "Does it.",
        True,
        "mail",
        5,
    )
    assert {name: told[name] for name in KEYS} == item
    assert told["schema"] == SCHEMA
    assert (told["span"]["window_ms"], told["span"]["completed"], told["span"]["success_rate"]) == (900_000, 1, 1.0)
    assert sum(bucket["count"] for bucket in told["span"]["run_time"]["buckets"]) == 1
    assert sum(point["completed"] for point in told["span"]["series"]) == 1
    assert (told["errors"], told["errors_are_exact"]) == ([], True)


def test_a_moment_that_is_over_has_the_schema_of_then(board: Dashboard, log: MemoryLog) -> None:
    then = join(log, "w-1", t=TypeDescription(SCHEMA, "As it was."))
    now = join(log, "w-2", t=TypeDescription({}, "As it is."))
    assert board.get("/types/t", min_offset=now)["schema"] == {}
    told = board.get("/types/t", as_of=then)
    assert (told["schema"], told["description"]) == (SCHEMA, "As it was.")


def test_a_type_that_nobody_knows_is_a_404(board: Dashboard) -> None:
    answer = board.http.get("/types/none")
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")


@pytest.mark.parametrize("query", ["window=7h", "window=x", "colour=red"])
def test_a_wrong_parameter_is_a_400(board: Dashboard, query: str) -> None:
    assert board.http.get(f"/types/t?{query}").status_code == 400


def test_the_stream_of_events_does_not_carry_what_types_take(board: Dashboard, log: MemoryLog) -> None:
    at = join(log, "w-1", t=TypeDescription(SCHEMA))
    board.get("/types", min_offset=at)
    with board.http.stream("GET", "/events", params={"last_event_id": "0-0/0", "event": "worker.joined"}) as answer:
        line = next(line for line in answer.iter_lines() if line.startswith("data:"))
    assert "w-1" in line
    assert "described" not in line
