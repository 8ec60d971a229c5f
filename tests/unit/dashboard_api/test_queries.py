from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from journeyman import events as e
from journeyman_dashboard import retention, store
from journeyman_dashboard.bits import CHUNK
from journeyman_dashboard.params import PageCursor, read_cursor
from journeyman_dashboard.queries import dependencies, filters, histories, jobs, lookup, selection, stats
from journeyman_dashboard.views import Shut, job_view
from support.read_model import ERROR, Model, T


@pytest.fixture
def model() -> Iterator[Model]:
    made = Model()
    yield made
    made.connection.close()


@pytest.fixture
def mixed(model: Model) -> Model:
    """Give five jobs, a to e: completed, dead, running, in line, blocked."""
    model.complete(model.submit("a", tags={"team": "x"}, payload='{"path":"100%_done"}'))
    model.kill(model.submit("b", type="u", priority=15))
    model.start(model.submit("c", queue="mail"), "w-2")
    model.submit("d", queue="mail", tags={"team": "y"})
    model.submit("e", depends_on=("c".ljust(24, "0"),))
    return model


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({}, "abcde"),
        ({"status": ("pending",)}, "de"),
        ({"status": ("pending", "failed")}, "bde"),
        ({"phase": ("running", "dead")}, "bc"),
        ({"status": ("pending",), "phase": ("blocked", "dead")}, "e"),
        ({"status": ("completed",), "phase": ("dead",)}, ""),
        ({"type": ("u",)}, "b"),
        ({"queue": ("mail",)}, "cd"),
        ({"priority_min": 11}, "b"),
        ({"priority_max": 10}, "acde"),
        ({"worker": ("w-2",)}, "c"),
        ({"tags": (("team", "x"), ("team", "y"))}, "ad"),
        ({"tags": (("team", "x"),), "status": ("pending",)}, ""),
        ({"q": "such FILE"}, "b"),
        ({"q": "c00"}, "c"),
        ({"q": "100%_d"}, "a"),
        ({"q": "100%xd"}, ""),
        ({"q": "' OR 1 --"}, ""),
    ],
)
def test_filters_are_alternatives_within_and_all_together(mixed: Model, wanted: dict[str, Any], found: str) -> None:
    page = mixed.page(**wanted)
    assert "".join(item.id.rstrip("0") for item in page.items) == found
    assert (page.total, page.total_is_exact) == (len(found), True)


def test_ready_jobs_of_a_paused_queue_are_held(mixed: Model) -> None:
    assert mixed.find(phase=("ready",)) == ["d"]
    mixed.commit(e.QueuePaused("mail"))
    assert mixed.find(phase=("ready",)) == []
    assert mixed.find(phase=("held",)) == ["d"]
    assert mixed.find(phase=("held", "ready")) == ["d"]
    assert stats.counts_by_phase(mixed.connection)["held"] == 1
    mixed.commit(e.QueueResumed("mail"))
    assert mixed.find(phase=("held",)) == []


def test_times_bound_submissions_from_the_first_on_and_before_the_second(model: Model) -> None:
    ids = [model.submit(name) for name in "abcdefgh"]
    third = model.row(ids[2]).submitted_at_ms
    fifth = model.row(ids[4]).submitted_at_ms
    assert model.find(submitted_after_ms=third, submitted_before_ms=fifth) == ["c", "d"]
    assert model.find(submitted_after_ms=T - 1) == list("abcdefgh")
    assert model.find(submitted_after_ms=model.at) == []


def test_times_are_found_across_the_gaps_that_retention_leaves(model: Model) -> None:
    for name in "abcdefgh":
        model.complete(model.submit(name))
    kept = model.submit("i")
    with store.transaction(model.connection):
        retention.delete_step(model.connection, 0, model.at)
    assert model.find() == ["i"]
    assert model.find(submitted_after_ms=T) == ["i"]
    assert model.find(submitted_after_ms=model.row(kept).submitted_at_ms) == ["i"]
    assert model.find(submitted_before_ms=model.row(kept).submitted_at_ms) == []


@pytest.mark.parametrize("sort", list(jobs.SORTS))
@pytest.mark.parametrize("wanted", [{}, {"status": ("pending", "completed")}])
def test_pages_are_the_list_cut_in_pieces(model: Model, sort: str, wanted: dict[str, Any]) -> None:
    for index in range(23):
        job_id = model.submit(f"{index:02d}x", priority=index % 3)
        if index % 2:
            model.complete(job_id)
    whole = model.find(sort, **wanted)
    assert len(whole) == 23
    pieces: list[str] = []
    cursor: PageCursor | None = None
    while True:
        found = jobs.find_jobs(model.connection, filters.JobFilter(**wanted), sort=sort, limit=5, cursor=cursor)
        pieces += [item.id.rstrip("0") for item in found.items]
        if found.next_cursor is None:
            break
        cursor = read_cursor("cursor", found.next_cursor, sort)
    assert pieces == whole


def test_orders_are_what_they_say(model: Model) -> None:
    quick, slow = model.submit("a", priority=5), model.submit("b", priority=20)
    model.start(quick)
    model.start(slow)
    model.commit(e.JobSucceeded(quick, 1, "w-1"))
    model.at += 60_000
    model.commit(e.JobSucceeded(slow, 1, "w-1"))
    assert model.find("-submitted_at") == ["b", "a"]
    assert model.find("priority") == ["a", "b"]
    assert model.find("-duration") == ["b", "a"]


def test_a_total_beyond_the_bound_is_a_lower_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selection, "BLOCK_CHUNKS", (1,))
    monkeypatch.setattr(selection, "COUNTED_CHUNKS", 1)
    model = Model(CHUNK - 4)
    for name in "abcdef":
        model.submit(name, tags={"k": "v"})
    everything, tagged = model.page(), model.page(tags=(("k", "v"),))
    model.connection.close()
    assert (everything.total, everything.total_is_exact) == (6, True)
    assert len(tagged.items) == 6
    assert (tagged.total, tagged.total_is_exact) == (2, False)


def test_a_job_is_told_with_its_attempts_and_relations(model: Model) -> None:
    parent = model.submit("a")
    child = model.submit("b", depends_on=(parent,))
    model.start(parent)
    model.commit(
        e.JobFailed(parent, 1, "w-1", ERROR), e.JobRetryScheduled(parent, 2, T, 0), e.JobReleased(parent, 2, 10)
    )
    model.commit(e.JobStarted(parent, 2, "w-2"))
    row = model.row(parent)
    view = job_view(row, lookup.around(model.connection, [row])[row.n], Shut())
    assert [(one.number, one.worker, one.outcome) for one in view.attempts] == [
        (1, "w-1", "failed"),
        (2, "w-2", "running"),
    ]
    assert view.attempts[0].error is not None
    assert view.error is None
    assert view.dependents == [child]
    assert model.page(phase=("blocked",)).items[0].depends_on == [parent]


def test_a_trace_is_the_submitters_or_the_jobs_own(model: Model) -> None:
    trace = "0af7651916cd43dd8448eb211c80319c"
    model.submit("a", traceparent=f"00-{trace}-b7ad6b7169203331-01")
    model.submit("b", traceparent="nonsense")
    first, second = model.page().items
    assert first.trace_id == trace
    assert len(second.trace_id) == 32


def test_a_history_has_payload_and_result_back_in_place(model: Model) -> None:
    job_id = model.submit("a", payload='{"n":1}')
    model.complete(job_id, "[2]")
    told = histories.history(model.connection, model.row(job_id))
    assert [item.event for item in told.items] == ["job.submitted", "job.released", "job.started", "job.succeeded"]
    assert bytes(told.items[0].data["payload"]) == b'{"n":1}'
    assert bytes(told.items[3].data["result"]) == b"[2]"
    assert told.items[1].offset.endswith("/1")
    assert not told.truncated


def test_a_long_history_loses_its_beginning(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(histories, "HISTORY_MAX", 2)
    job_id = model.submit("a")
    model.complete(job_id)
    told = histories.history(model.connection, model.row(job_id))
    assert [item.event for item in told.items] == ["job.started", "job.succeeded"]
    assert told.truncated


def test_a_graph_is_the_whole_component_and_nothing_else(model: Model) -> None:
    a, b = model.submit("a"), model.submit("b")
    c = model.submit("c", depends_on=(a, b, "9" * 24))
    d = model.submit("d", depends_on=(c,))
    model.submit("e")
    for start in (a, d):
        told = dependencies.graph(model.connection, model.row(start))
        assert {node.id for node in told.nodes} == {a, b, c, d, "9" * 24}
        assert {(edge.from_, edge.to) for edge in told.edges} == {(a, c), (b, c), ("9" * 24, c), (c, d)}
        assert [node.status for node in told.nodes if node.id == "9" * 24] == [None]


def test_a_large_graph_is_cut(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dependencies, "NODES_MAX", 3)
    root = model.submit("r")
    for name in "abcdef":
        model.submit(name, depends_on=(root,))
    told = dependencies.graph(model.connection, model.row(root))
    assert (len(told.nodes), told.truncated) == (3, True)
