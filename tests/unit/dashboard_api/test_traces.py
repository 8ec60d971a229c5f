"""Which jobs are handed on to be traced, and what is read of them from the read model."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest

from journeyman import events as e
from journeyman.tracing.ids import span_id_of, trace_id_of
from journeyman.tracing.sampling import Sampler
from journeyman.tracing.shapes import Shut
from journeyman_dashboard.tracing import trees as reading
from journeyman_dashboard.tracing.handing import End, Figures, Handed, Handing, Line
from journeyman_dashboard.tracing.plain import plain_of
from journeyman_dashboard.tracing.trees import ends_between, merged, shut_times, trees
from support.read_model import ERROR, Model, T

NOBODY, EVERYBODY = Sampler(0, heeds_parent=False), Sampler()
LATER = e.Offset(T + 10**9, 0)


@pytest.fixture
def model() -> Iterator[Model]:
    made = Model()
    yield made
    made.connection.close()


def place(ms: int) -> e.Offset:
    return e.Offset(ms, 0)


def handed(first: int, last: int, *job_ids: str) -> Handed:
    return Handed(place(first), place(last), [End(job_id, place(last)) for job_id in job_ids])


# --- lines -----------------------------------------------------------------------------------------------


def test_a_line_that_is_not_open_takes_nothing_in() -> None:
    line = Line(Figures())
    line.add(handed(0, 1, "a"))

    assert line.all() == []


def test_a_full_line_leaves_out_the_oldest_and_says_up_to_where() -> None:
    figures = Figures()
    line = Line(figures, waiting_max=2)
    line.open = True
    for at in range(4):
        line.add(handed(at, at + 1, f"job-{at}"))

    assert [end.job_id for one in line.all() for end in one.ends] == ["job-2", "job-3"]
    assert line.lost_until == place(2)
    assert (figures.waiting, figures.left_out) == (2, 2)


@pytest.mark.parametrize(("came_to", "left_out"), [(1, 2), (2, 1), (3, 0)])
def test_what_had_to_go_while_it_was_being_sent_is_left_out_only_where_sending_did_not_come_so_far(
    came_to: int, left_out: int
) -> None:
    figures = Figures()
    line = Line(figures, waiting_max=2)
    line.open = True
    line.add(handed(0, 1, "a"))
    line.add(Handed(place(1), place(3), [End("b", place(2)), End("c", place(3))]))
    line.all()
    line.add(handed(3, 5, "d", "e"))
    assert (figures.waiting, figures.left_out) == (2, 1)

    line.drop(place(came_to))
    assert [end.job_id for one in line.all() for end in one.ends] == ["d", "e"]
    assert (figures.waiting, figures.left_out) == (2, left_out + 1)


def test_what_was_sent_is_dropped_and_what_was_not_stays() -> None:
    figures = Figures()
    line = Line(figures)
    line.open = True
    line.add(handed(0, 1, "a"))
    line.add(handed(1, 2, "b", "c"))

    line.drop(place(1))
    assert (line.all(), figures.waiting) == ([handed(1, 2, "b", "c")], 2)
    line.shut()
    assert (line.all(), figures.waiting, line.open) == ([], 0, False)


def test_of_a_batch_those_are_handed_on_that_are_sampled_or_failed_for_good(model: Model) -> None:
    ids = [model.submit(name) for name in "abc"]
    batch = [
        e.Entry(
            place(T),
            [
                e.JobSucceeded(ids[0], 1, "w-1"),
                None,
                e.JobDeadLettered(ids[1], 1, "permanent", ERROR),
                e.JobCancelled(ids[2]),
                e.JobSucceeded("unknown", 1, "w-1"),
            ],
        )
    ]
    jobs = {job_id: model.row(job_id) for job_id in ids}
    found = {}
    for sampler in (NOBODY, EVERYBODY):
        handing = Handing([0], sampler)
        handing.lines[0].open = True
        handing.take(0, place(T - 1), place(T), batch, jobs)
        [one] = handing.lines[0].all()
        found[sampler] = [(end.job_id, end.place.index) for end in one.ends]

    assert found[NOBODY] == [(ids[1], 2)]
    assert found[EVERYBODY] == [(ids[0], 0), (ids[1], 2), (ids[2], 3)]


# --- what the read model says ----------------------------------------------------------------------------


def test_ends_are_found_between_two_places_as_they_were_handed_on(model: Model) -> None:
    before = model.commit(e.QueueResumed("default"))
    first, second = model.submit("a"), model.submit("b")
    model.complete(first)
    model.kill(second)
    model.complete(model.submit("c"))

    everybody = ends_between(model.connection, 0, before, LATER, EVERYBODY)
    nobody = ends_between(model.connection, 0, before, LATER, NOBODY)
    assert [end.job_id[0] for end in everybody.ends] == ["a", "b", "c"]
    assert [end.job_id[0] for end in nobody.ends] == ["b"]
    assert everybody.after == LATER


def test_a_long_stretch_is_searched_step_by_step(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "SCANNED_MAX", 2)
    for name in "abcde":
        model.complete(model.submit(name))
    found, after = [], e.BEGINNING
    while after < LATER:
        step = ends_between(model.connection, 0, after, LATER, EVERYBODY)
        found += [end.job_id[0] for end in step.ends]
        assert step.after > after
        after = step.after

    assert found == ["a", "b", "c", "d", "e"]


def end_of(model: Model, job_id: str) -> End:
    return next(
        end
        for end in reversed(ends_between(model.connection, 0, e.BEGINNING, LATER, EVERYBODY).ends)
        if end.job_id == job_id
    )


def test_a_jobs_spans_are_those_of_its_end_whatever_came_later(model: Model) -> None:
    job_id = model.submit("a", tags={"team": "x"})
    model.kill(job_id)
    end = end_of(model, job_id)
    before = trees(model.connection, 0, [end])
    model.commit(e.JobRedriven(job_id, 2, 1, "t", "default", 10, 3))

    assert trees(model.connection, 0, [end]) == before
    assert before[0][0].attributes["journeyman.tag.team"] == "x"


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"tags": {"team": "x"}, "priority": 15},
        {"traceparent": f"00-{'ab' * 16}-{'cd' * 8}-01"},
        {"queue": "slow", "due_ms": T + 60_000},
    ],
)
def test_the_row_of_a_job_that_went_straight_through_tells_what_its_events_do(
    model: Model, fields: dict[str, object]
) -> None:
    model.commit(e.QueuePaused("slow"))
    job_id = model.submit("a", **fields)
    if "due_ms" in fields:
        model.commit(e.JobReleased(job_id, 1, 10))
    model.commit(e.QueueResumed("slow"))
    model.complete(job_id)
    end = end_of(model, job_id)
    plain = plain_of(model.row(job_id))

    assert plain is not None
    assert trees(model.connection, 0, [end._replace(plain=plain)]) == trees(model.connection, 0, [end])


def test_the_row_of_a_job_that_took_a_detour_does_not_tell_it(model: Model) -> None:
    parent, lost, cancelled = (model.submit(name) for name in "abc")
    model.complete(parent)
    child = model.submit("d", depends_on=(parent,))
    model.commit(e.JobReleased(child, 1, 10))
    model.complete(child)
    model.start(lost)
    model.commit(e.JobReturned(lost, 1, "w-1", back=True))
    model.complete(lost)
    model.commit(e.JobCancelled(cancelled))

    assert [plain_of(model.row(job_id)) for job_id in (child, lost, cancelled)] == [None] * 3


def test_a_dependency_is_linked_as_the_generation_that_it_was_then(model: Model) -> None:
    parent = model.submit("p")
    model.kill(parent)
    child = model.submit("c", depends_on=(parent, "unknown".ljust(24, "0")), on_dependency_failure="run")
    model.commit(e.JobReleased(child, 1, 10))
    model.complete(child)
    model.commit(e.JobRedriven(parent, 2, 1, "t", "default", 10, 3))

    [tree] = trees(model.connection, 0, [end_of(model, child)])
    assert [(link.trace_id, link.span_id) for link in tree[0].links] == [
        (trace_id_of(parent, ""), span_id_of(parent, 1, "job", 1))
    ]


def test_of_a_job_with_very_many_events_the_first_and_the_last_are_looked_at(
    model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "FIRST_MAX", 4)
    monkeypatch.setattr(reading, "LAST_MAX", 3)
    job_id = model.submit("a")
    model.start(job_id)
    for percent in range(50):
        model.commit(e.JobProgressed(job_id, 1, "w-1", float(percent)))
    model.commit(e.JobSucceeded(job_id, 1, "w-1"))

    [tree] = trees(model.connection, 0, [end_of(model, job_id)])
    assert [told.attributes["journeyman.progress.percent"] for told in tree[-1].events] == [0.0, 48.0, 49.0]


def test_of_a_job_that_is_not_known_any_more_nothing_is_told(model: Model) -> None:
    assert trees(model.connection, 0, [End("a" * 24, place(T))]) == []


def test_when_queues_were_paused_and_breakers_open_is_remembered(model: Model) -> None:
    model.commit(e.QueuePaused("mail"))
    model.commit(e.BreakerOpened("t", "failures", 5, 10, 0))
    model.commit(e.QueueResumed("mail"))
    model.commit(e.QueuePaused("mail"))
    model.commit(e.BreakerHalfOpened("t", 1))

    assert shut_times(model.connection, 0) == {
        ("queue", "mail"): [Shut(T, T + 2_000), Shut(T + 3_000, None)],
        ("breaker", "t"): [Shut(T + 1_000, None)],
    }
    assert shut_times(model.connection, 1) == {}


@pytest.mark.parametrize(
    ("shuts", "whole"),
    [
        ([], []),
        ([(0, 5), (10, 20)], [(0, 5), (10, 20)]),
        ([(10, 20), (0, 5), (4, 12)], [(0, 20)]),
        ([(0, None), (10, 20)], [(0, None)]),
        ([(0, 5), (5, None)], [(0, None)]),
    ],
)
def test_times_that_meet_are_one(shuts: list[tuple[int, int | None]], whole: list[tuple[int, int | None]]) -> None:
    assert merged(Shut(*shut) for shut in shuts) == [Shut(*shut) for shut in whole]


def test_nothing_is_imported_for_traces_where_tracing_is_off() -> None:
    unwanted = ("opentelemetry.sdk.trace", "opentelemetry.exporter", "journeyman_dashboard.tracing")
    script = (
        "import sys, journeyman_dashboard.__main__\n"
        f"sys.exit(', '.join(name for name in sys.modules if name.startswith({unwanted})) or 0)"
    )
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)

    assert ended.returncode == 0, ended.stderr
