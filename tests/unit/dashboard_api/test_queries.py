from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import pytest

from journeyman import events as e
from journeyman.log.api import WorkerBeat
from journeyman_dashboard import retention, schema, store
from journeyman_dashboard.params import PageCursor, read_cursor
from journeyman_dashboard.queries import dead, dependencies, fleet, histories, jobs, lines, lookup, stats

T = 1_732_000_000_000
ERROR = e.Error("ValueError", "no such file", "", "f1")


class Model:
    """A read model in memory, written commit by commit, a second apart."""

    def __init__(self) -> None:
        self.connection = sqlite3.connect(":memory:", isolation_level=None)
        schema.rebuild(self.connection)
        self.at = T
        self._next_n = 1

    def commit(self, *events: e.Event) -> e.Offset:
        offset = e.Offset(self.at, 0)
        with store.transaction(self.connection):
            self._next_n = store.project(self.connection, [e.Entry(offset, list(events))], self._next_n).next_n
        self.at += 1_000
        return offset

    def submit(self, name: str, **fields: object) -> str:
        """Submit a job; in line at once where it waits for nothing."""
        job = e.JobSubmitted(name.ljust(24, "0"), **{"type": "t", **fields})  # type: ignore[arg-type]
        waits = bool(job.depends_on or job.due_ms)
        self.commit(*([job] if waits else [job, e.JobReleased(job.job_id, 1, job.priority)]))
        return job.job_id

    def start(self, job_id: str, worker: str = "w-1") -> None:
        self.commit(e.JobStarted(job_id, 1, worker))

    def complete(self, job_id: str, result: str = "null") -> None:
        self.start(job_id)
        self.commit(e.JobSucceeded(job_id, 1, "w-1", result, 1_000))

    def kill(self, job_id: str, error: e.Error = ERROR) -> None:
        self.start(job_id)
        self.commit(e.JobFailed(job_id, 1, "w-1", error), e.JobDeadLettered(job_id, 1, "permanent", error))

    def find(self, sort: str = "submitted_at", limit: int = 50, **wanted: object) -> list[str]:
        return [item.id.rstrip("0") for item in self.page(sort, limit, **wanted).items]

    def page(self, sort: str = "submitted_at", limit: int = 50, **wanted: object) -> jobs.JobPage:
        found = jobs.JobFilter(**wanted)  # type: ignore[arg-type]
        return jobs.find_jobs(self.connection, found, sort=sort, limit=limit, cursor=None)

    def row(self, job_id: str) -> lookup.JobRow:
        row = lookup.job_by_id(self.connection, job_id)
        assert row is not None
        return row


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
def test_filters_are_alternatives_within_and_all_together(mixed: Model, wanted: dict[str, object], found: str) -> None:
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
def test_pages_are_the_list_cut_in_pieces(model: Model, sort: str, wanted: dict[str, tuple[str, ...]]) -> None:
    for index in range(23):
        job_id = model.submit(f"{index:02d}x", priority=index % 3)
        if index % 2:
            model.complete(job_id)
    whole = model.find(sort, **wanted)
    assert len(whole) == 23
    pieces: list[str] = []
    cursor: PageCursor | None = None
    while True:
        found = jobs.find_jobs(model.connection, jobs.JobFilter(**wanted), sort=sort, limit=5, cursor=cursor)
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


def test_a_total_beyond_the_bound_is_a_lower_bound(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "COUNT_MAX", 3)
    for name in "abcdef":
        model.submit(name, tags={"k": "v"})
    assert (model.page().total, model.page().total_is_exact) == (6, True)
    tagged = model.page(tags=(("k", "v"),))
    assert (tagged.total, tagged.total_is_exact) == (3, False)


def test_a_job_is_told_with_its_attempts_and_relations(model: Model) -> None:
    parent = model.submit("a")
    child = model.submit("b", depends_on=(parent,))
    model.start(parent)
    model.commit(
        e.JobFailed(parent, 1, "w-1", ERROR), e.JobRetryScheduled(parent, 2, T, 0), e.JobReleased(parent, 2, 10)
    )
    model.commit(e.JobStarted(parent, 2, "w-2"))
    row = model.row(parent)
    view = jobs.job_view(row, lookup.around(model.connection, [row])[row.n], frozenset())
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
    told = histories.history(model.connection, model.row(job_id).n)
    assert [item.event for item in told.items] == ["job.submitted", "job.released", "job.started", "job.succeeded"]
    assert bytes(told.items[0].data["payload"]) == b'{"n":1}'
    assert bytes(told.items[3].data["result"]) == b"[2]"
    assert told.items[1].offset.endswith("/1")
    assert not told.truncated


def test_a_long_history_loses_its_beginning(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(histories, "HISTORY_MAX", 2)
    job_id = model.submit("a")
    model.complete(job_id)
    told = histories.history(model.connection, model.row(job_id).n)
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


def test_a_job_in_line_knows_its_position_by_priority_then_age(model: Model) -> None:
    model.commit(e.WorkerJoined("w-1", "h", 1, "1", ("default",), ("t",), 1))
    first, second, urgent = model.submit("a"), model.submit("b"), model.submit("c", priority=20)
    positions = [
        lines.explain_job(model.connection, model.row(one), model.at).position for one in (urgent, first, second)
    ]
    assert positions == [1, 2, 3]
    model.commit(e.JobReprioritised(second, 20), e.JobReleased(second, 1, 20, 1))
    assert lines.explain_job(model.connection, model.row(second), model.at).position == 2


def test_a_returned_job_is_next_in_its_line(model: Model) -> None:
    first = model.submit("a")
    second = model.submit("b")
    model.start(second)
    model.commit(e.JobReturned(second, 1, "w-1", back=True))
    assert lines.explain_job(model.connection, model.row(second), model.at).position == 1
    assert lines.explain_job(model.connection, model.row(first), model.at).position == 2


def test_a_blocked_job_is_explained_by_its_unfinished_parents(model: Model) -> None:
    done, open_ = model.submit("a"), model.submit("b")
    child = model.submit("c", depends_on=(done, open_))
    model.complete(done)
    told = lines.explain_job(model.connection, model.row(child), model.at)
    assert (told.reason, told.blocked_by) == ("waiting_for_dependency", (open_,))


def test_a_job_that_no_live_worker_serves_says_so(model: Model) -> None:
    model.commit(e.WorkerJoined("w-1", "h", 1, "1", ("mail",), ("t",), 1))
    job = model.submit("a")
    assert lines.explain_job(model.connection, model.row(job), model.at).reason == "no_worker_for_type"
    model.commit(e.WorkerJoined("w-2", "h", 1, "1", ("default",), ("t",), 1))
    assert lines.explain_job(model.connection, model.row(job), model.at).reason == "waiting_for_worker"
    model.commit(e.WorkerDraining("w-2"))
    assert lines.explain_job(model.connection, model.row(job), model.at).reason == "no_worker_for_type"


def test_queues_tell_depth_wait_and_rates(model: Model) -> None:
    began = model.at
    model.complete(model.submit("a"))
    model.submit("b", priority=20)
    model.submit("c")
    model.submit("d", due_ms=T + 10**7)
    model.commit(e.QueuePaused("empty"))
    default, empty = lines.queues(model.connection, model.at)
    assert (default.depth, default.by_priority, default.pending) == (2, {"20": 1, "10": 1}, 3)
    assert default.oldest_wait_ms == model.at - (began + 3_000)
    assert default.rate_in_per_s > default.rate_out_per_s > 0
    assert (empty.name, empty.paused, empty.depth, empty.oldest_wait_ms) == ("empty", True, 0, None)


def test_types_tell_jobs_workers_and_times(model: Model) -> None:
    model.commit(e.WorkerJoined("w-1", "h", 1, "1", ("default",), ("idle", "t"), 1))
    model.complete(model.submit("a"))
    idle, kind = lines.types(model.connection, model.at)
    assert (idle.type, idle.workers, idle.jobs.total) == ("idle", 1, 0)
    assert (kind.type, kind.jobs.completed, kind.queues) == ("t", 1, ["default"])
    assert kind.run_time_ms.p50 == pytest.approx(1.0, rel=0.05)


def test_stats_add_up_and_the_series_covers_the_window(mixed: Model) -> None:
    told = stats.stats(mixed.connection, now_ms=mixed.at, lag_ms=7, window_ms=60_000)
    assert (told.jobs.pending, told.jobs.processing, told.jobs.completed, told.jobs.failed) == (2, 1, 1, 1)
    assert (told.jobs.total, told.dead_letter, told.lag_ms) == (5, 1, 7)
    assert sum(point.submitted for point in told.series) == 5
    assert sum(point.completed for point in told.series) == 1
    assert len(told.series) in (6, 7)
    assert told.queue_latency_ms.p50 == pytest.approx(1_000, rel=0.05)


def test_a_long_window_has_longer_steps_and_bounded_points(mixed: Model) -> None:
    told = stats.stats(mixed.connection, now_ms=mixed.at, lag_ms=0, window_ms=6 * 3_600_000)
    assert told.step_ms == 60_000
    assert len(told.series) <= stats.POINTS_MAX + 1
    assert sum(point.submitted for point in told.series) == 5


def test_workers_are_told_with_their_heartbeats(model: Model) -> None:
    model.commit(e.WorkerJoined("w-1", "box", 7, "1.2", ("default",), ("t",), 4))
    job = model.submit("a")
    model.start(job)
    facts = {
        "rss_bytes": 1024,
        "cpu_percent": 50,
        "running": [{"job_id": job, "attempt": 1, "progress": {"percent": 9, "message": "m"}}],
    }
    (worker,) = fleet.workers(model.connection, [WorkerBeat("w-1", T, facts)], now_ms=model.at, everyone=False)
    assert (worker.host, worker.state, worker.rss_bytes, worker.cpu_percent) == ("box", "joined", 1024, 50.0)
    assert worker.last_heartbeat_at is not None
    (running,) = worker.running
    assert (running.job_id, running.progress and running.progress.percent) == (job, 9.0)


@pytest.mark.parametrize("facts", [{}, {"running": 3, "rss_bytes": "x"}, {"running": [{"job_id": 1}]}])
def test_a_heartbeat_of_another_shape_does_no_harm(model: Model, facts: dict[str, object]) -> None:
    model.commit(e.WorkerJoined("w-1", "box", 7, "1.2", ("default",), ("t",), 4))
    (worker,) = fleet.workers(model.connection, [WorkerBeat("w-1", T, facts)], now_ms=model.at, everyone=False)
    assert worker.rss_bytes is None


def test_workers_long_gone_are_shown_only_on_request(model: Model) -> None:
    model.commit(e.WorkerJoined("w-1", "box", 7, "1.2", ("default",), ("t",), 4))
    model.commit(e.WorkerLost("w-1", "no heartbeat"))
    later = model.at + fleet.GONE_SHOWN_MS + 1
    assert [one.state for one in fleet.workers(model.connection, [], now_ms=model.at, everyone=False)] == ["lost"]
    assert fleet.workers(model.connection, [], now_ms=later, everyone=False) == []
    assert len(fleet.workers(model.connection, [], now_ms=later, everyone=True)) == 1


def test_dead_letters_come_with_the_groups_of_their_errors(model: Model) -> None:
    other = e.Error("OSError", "disk", "", "f2")
    for name in "abc":
        model.kill(model.submit(name), other if name == "c" else ERROR)
    told = dead.dead_letters(model.connection, dead.DeadFilter(), limit=2, cursor=None)
    assert [item.id[0] for item in told.items] == ["c", "b"]
    assert (told.total, told.next_cursor is not None) == (3, True)
    assert [(group.fingerprint, group.count, group.message) for group in told.groups] == [
        ("f1", 2, "no such file"),
        ("f2", 1, "disk"),
    ]
    narrowed = dead.dead_letters(model.connection, dead.DeadFilter(fingerprint=("f2",)), limit=9, cursor=None)
    assert [item.id[0] for item in narrowed.items] == ["c"]


def test_decisions_on_the_fleet_are_told_last_first(model: Model) -> None:
    model.commit(e.FleetScaled("local", 2, 1, "busy", 10, 1.5, 20.0), e.FleetScaled("local", 1, 2, "idle"))
    assert [(one.desired, one.reason) for one in fleet.scaling(model.connection, 10)] == [(1, "idle"), (2, "busy")]


def test_retention_deletes_old_ended_jobs_with_all_that_is_theirs(model: Model) -> None:
    old = model.submit("a", tags={"k": "v"}, payload="[1]")
    model.complete(old, "[2]")
    waiting = model.submit("b", depends_on=(old,))
    cut = model.at
    young = model.submit("c")
    model.complete(young)
    with store.transaction(model.connection):
        assert retention.delete_step(model.connection, 0, cut) == 0
    assert model.find() == ["b", "c"]
    assert model.find(tags=(("k", "v"),)) == []
    assert stats.counts_by_phase(model.connection) == {"blocked": 1, "completed": 1}
    for table in ("payloads", "results", "tags"):
        assert model.connection.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)
    assert model.row(waiting).parents == 1


def test_retention_goes_in_steps(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "STEP_JOBS", 2)
    for name in "abcde":
        model.complete(model.submit(name))
    after, steps = 0, 0
    while True:
        with store.transaction(model.connection):
            after = retention.delete_step(model.connection, after, model.at)
        steps += 1
        if not after:
            break
    assert (model.find(), steps) == ([], 3)
