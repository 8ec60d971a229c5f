from __future__ import annotations

from collections.abc import Iterator

import pytest

from journeyman import events as e
from journeyman.log.api import WorkerBeat
from journeyman_dashboard import retention, store
from journeyman_dashboard.params import write_time
from journeyman_dashboard.queries import dead, fleet, lines, stats, types
from journeyman_dashboard.queries.queue import queue_detail
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


def test_a_queue_tells_what_nobody_takes_and_why(model: Model) -> None:
    model.commit(
        e.WorkerJoined("w-1", "h", 1, "1", ("mail",), ("sent", "shut"), 1),
        e.BreakerOpened("shut", "manual", 0),
    )
    for name, kind in (("a", "sent"), ("b", "shut"), ("c", "shut"), ("d", "stranger")):
        model.submit(name, type=kind, queue="mail")
    (mail,) = lines.queues(model.connection, model.at)
    assert [(one.type, one.reason, one.jobs) for one in mail.held_back] == [
        ("shut", "circuit_open", 2),
        ("stranger", "no_worker_for_type", 1),
    ]


def test_a_queue_is_told_with_its_types_its_workers_and_what_happened(model: Model) -> None:
    model.commit(
        e.WorkerJoined("w-1", "h", 1, "1", ("mail",), ("t",), 1),
        e.WorkerJoined("w-2", "h", 1, "1", ("*",), ("u",), 1),
        e.WorkerJoined("w-3", "h", 1, "1", ("other",), ("t",), 1),
    )
    model.complete(model.submit("a", queue="mail"))
    model.submit("b", queue="mail", type="u")
    model.submit("c", queue="other")
    told = queue_detail(model.connection, "mail", now_ms=model.at, window_ms=60_000)
    assert told is not None
    assert (told.depth, told.workers) == (1, ["w-1", "w-2"])
    in_it = [(one.type, one.depth, one.jobs.completed, one.workers) for one in told.types]
    assert in_it == [("u", 1, 0, 1), ("t", 0, 1, 1)]
    assert (told.span.submitted, told.span.completed, told.span.run_time.count) == (2, 1, 1)
    assert queue_detail(model.connection, "nobody", now_ms=model.at, window_ms=60_000) is None


def test_types_tell_jobs_workers_and_times(model: Model) -> None:
    model.commit(e.WorkerJoined("w-1", "h", 1, "1", ("default",), ("idle", "t"), 1))
    model.complete(model.submit("a"))
    idle, kind = types.types(model.connection, model.at)
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
        "instance": "i-0a",
        "running": [{"job_id": job, "attempt": 1, "progress": {"percent": 9, "message": "m"}}],
    }
    (worker,) = fleet.workers(model.connection, [WorkerBeat("w-1", T, facts)], now_ms=model.at, everyone=False)
    assert (worker.host, worker.state, worker.rss_bytes, worker.cpu_percent) == ("box", "joined", 1024, 50.0)
    assert worker.last_heartbeat_at is not None
    assert worker.instance == "i-0a"
    (running,) = worker.running
    assert (running.job_id, running.progress and running.progress.percent) == (job, 9.0)


@pytest.mark.parametrize("facts", [{}, {"running": 3, "rss_bytes": "x", "instance": 1}, {"running": [{"job_id": 1}]}])
def test_a_heartbeat_of_another_shape_does_no_harm(model: Model, facts: dict[str, object]) -> None:
    model.commit(e.WorkerJoined("w-1", "box", 7, "1.2", ("default",), ("t",), 4))
    (worker,) = fleet.workers(model.connection, [WorkerBeat("w-1", T, facts)], now_ms=model.at, everyone=False)
    assert (worker.rss_bytes, worker.instance) == (None, "")


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
    told = dead.dead_letters(model.connection, dead.DeadFilter(), now_ms=model.at, limit=2, cursor=None)
    assert [item.id[0] for item in told.items] == ["c", "b"]
    assert (told.total, told.next_cursor is not None) == (3, True)
    assert [(group.fingerprint, group.count, group.message) for group in told.groups] == [
        ("f1", 2, "no such file"),
        ("f2", 1, "disk"),
    ]
    wanted = dead.DeadFilter(fingerprint=("f2",))
    narrowed = dead.dead_letters(model.connection, wanted, now_ms=model.at, limit=9, cursor=None)
    assert [item.id[0] for item in narrowed.items] == ["c"]


@pytest.mark.parametrize(("later_ms", "span_h"), [(0, 1), (3_600_000, 6), (10**11, 364 * 24)])
def test_groups_tell_when_their_letters_failed(model: Model, later_ms: int, span_h: int) -> None:
    for name in "ab":
        model.kill(model.submit(name, queue=name))
    now_ms, span_ms = model.at + later_ms, span_h * 3_600_000
    told = dead.dead_letters(model.connection, dead.DeadFilter(), now_ms=now_ms, limit=2, cursor=None)
    (group,) = told.groups
    assert group.queues == ["a", "b"]
    assert told.step_ms * len(group.series) == span_ms
    assert told.since == write_time(now_ms - span_ms)
    expected = max(0, (model.at - (now_ms - span_ms)) // told.step_ms)
    assert sum(group.series) == sum(group.series[max(0, expected - 1) : expected + 1]) == 2


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
    assert model.connection.execute("SELECT 1 FROM postings WHERE kind = 'tag'").fetchall() == []
    assert model.connection.execute("SELECT e FROM commits").fetchall() == [(4,), (5,), (6,), (7,)]
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
