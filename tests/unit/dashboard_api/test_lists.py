"""Whatever filters, order and page size: a list is what looking at every job would give, cut in pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from journeyman import events as e
from journeyman_dashboard.bits import CHUNK
from journeyman_dashboard.params import PageCursor, read_cursor
from journeyman_dashboard.queries import durations, filters, jobs
from journeyman_dashboard.views import JobView
from support.read_model import ERROR, Model, T

PHASES = ("ready", "held", "blocked", "running", "retrying", "completed", "dead")
WORKERS = ("w-1", "w-2")

lives = st.tuples(
    st.sampled_from(["t", "u"]),
    st.sampled_from(["images", "mail"]),
    st.sampled_from([5, 10, 20]),
    st.dictionaries(st.sampled_from("ab"), st.sampled_from("xy"), max_size=2),
    st.lists(st.sampled_from(WORKERS), max_size=3),
    st.sampled_from(["waits", "runs", "completes", "dies"]),
    st.sampled_from([0, 0, 1, 7]),
)
several = {
    "status": st.sampled_from(["pending", "processing", "completed", "failed"]),
    "phase": st.sampled_from(PHASES),
    "type": st.sampled_from("tu"),
    "queue": st.sampled_from(["images", "mail"]),
    "worker": st.sampled_from(WORKERS),
    "tags": st.tuples(st.sampled_from("ab"), st.sampled_from("xy")),
}
wishes = st.fixed_dictionaries(
    {},
    optional={
        **{name: st.lists(value, min_size=1, max_size=2, unique=True).map(tuple) for name, value in several.items()},
        "priority_min": st.sampled_from([6, 20]),
        "priority_max": st.sampled_from([5, 10]),
        "submitted_after_ms": st.integers(T, T + 40_000),
        "submitted_before_ms": st.integers(T, T + 40_000),
        "q": st.sampled_from(["such FILE", "nobody", "j0"]),
    },
)


def live(model: Model, number: int, life: tuple[str, str, int, dict[str, str], list[str], str, int]) -> None:
    """Submit a job and let it have an attempt by each of the workers, all of which failed but the last."""
    kind, queue, priority, tags, workers, end, model.at_home = life
    job_id = model.submit(f"j{number:02d}", type=kind, queue=queue, priority=priority, tags=tags)
    for attempt, worker in enumerate(workers, 1):
        model.commit(e.JobStarted(job_id, attempt, worker))
        if attempt < len(workers):
            model.commit(
                e.JobFailed(job_id, attempt, worker, ERROR),
                e.JobRetryScheduled(job_id, attempt + 1, model.at, 0),
                e.JobReleased(job_id, attempt + 1, priority),
            )
        elif end == "completes":
            model.commit(e.JobSucceeded(job_id, attempt, worker))
        elif end == "dies":
            failed = e.JobFailed(job_id, attempt, worker, ERROR, retryable=False)
            model.commit(failed, e.JobDeadLettered(job_id, attempt, "permanent", ERROR))


def matches(job: JobView, submitted_at_ms: int, wanted: dict[str, Any]) -> bool:
    """Tell whether a job is wanted, from what is shown of it."""
    told = job.error.message if job.error else ""
    answers: dict[str, Callable[[Any], bool]] = {
        "status": lambda names: job.status in names,
        "phase": lambda names: job.phase in names,
        "type": lambda names: job.type in names,
        "queue": lambda names: job.queue in names,
        "worker": lambda names: any(attempt.worker in names for attempt in job.attempts),
        "tags": lambda pairs: any(job.tags.get(key) == value for key, value in pairs),
        "priority_min": lambda least: job.priority >= least,
        "priority_max": lambda most: job.priority <= most,
        "submitted_after_ms": lambda at_ms: submitted_at_ms >= at_ms,
        "submitted_before_ms": lambda at_ms: submitted_at_ms < at_ms,
        "q": lambda text: job.id.startswith(text) or text.lower() in told,
    }
    return all(answers[name](value) for name, value in wanted.items())


def pages(model: Model, wanted: dict[str, Any], sort: str, limit: int) -> tuple[list[str], set[tuple[int, bool]]]:
    """Return the ids of all pages, and what they said of the total."""
    found: list[str] = []
    totals: set[tuple[int, bool]] = set()
    cursor: PageCursor | None = None
    while True:
        page = jobs.find_jobs(model.connection, filters.JobFilter(**wanted), sort=sort, limit=limit, cursor=cursor)
        found += [job.id for job in page.items]
        totals.add((page.total, page.total_is_exact))
        if page.next_cursor is None:
            return found, totals
        cursor = read_cursor("cursor", page.next_cursor, sort)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(lives, max_size=12),
    wishes,
    st.sampled_from(list(jobs.SORTS)),
    st.integers(1, 4),
    st.booleans(),
    st.sampled_from(["", "t", "u"]),
    st.sampled_from([1, CHUNK - 5, 17 * CHUNK - 3]),
    st.sampled_from([0, 2_000]),
    st.fixed_dictionaries({1: st.sampled_from([0, 1_500, 9_000]), 7: st.sampled_from([0, 20_000])}),
)
def test_a_list_is_what_looking_at_every_job_would_give(
    jobs_: list[Any],
    wanted: dict[str, Any],
    sort: str,
    limit: int,
    paused: bool,
    broken: str,
    first_n: int,
    few: int,
    late_ms: dict[int, int],
) -> None:
    model = Model(first_n)
    model.late_ms = late_ms
    for number, life in enumerate(jobs_):
        live(model, number, life)
    if paused:
        model.commit(e.QueuePaused("mail"))
    if broken:
        model.commit(e.BreakerOpened(broken, "manual"))
    everything = model.page(sort, 500).items
    expected = [job.id for job in everything if matches(job, model.row(job.id).submitted_at_ms, wanted)]
    with mock.patch.object(durations, "FEW", few):
        found, totals = pages(model, wanted, sort, limit)
    model.connection.close()
    assert found == expected
    assert totals == {(len(expected), True)}


@pytest.mark.parametrize("sort", list(jobs.SORTS))
def test_a_search_goes_on_where_it_stopped_until_every_job_was_looked_at(sort: str, monkeypatch: Any) -> None:
    monkeypatch.setattr(jobs, "SEARCHED_MAX", 3)
    monkeypatch.setattr(jobs, "SEARCHED_BY_DURATION_MAX", 3)
    model = Model()
    for number in range(10):
        model.submit(f"j{number}", payload='"a NEEDLE"' if number in {1, 2, 8} else '"hay"')
    found, totals = pages(model, {"q": "needle"}, sort, 2)
    model.connection.close()
    assert sorted(job_id[:2] for job_id in found) == ["j1", "j2", "j8"]
    assert totals == {(3, True)}


def test_a_total_of_a_search_is_a_lower_bound_beyond_so_many_looks(monkeypatch: Any) -> None:
    monkeypatch.setattr(jobs, "LOOKED_AT_MAX", 2)
    model = Model()
    for number in range(8):
        model.submit(f"j{number}", type="tu"[number % 2])
    page = model.page(q="u")
    model.connection.close()
    assert len(page.items) == 4
    assert (page.total, page.total_is_exact) == (1, False)
