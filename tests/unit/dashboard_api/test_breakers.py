"""Circuit breakers in the read model: how they stand, in each partition and over all, and which jobs they hold."""

from __future__ import annotations

import pytest

from journeyman import events as e
from journeyman_dashboard.queries import lines, stats, types
from journeyman_dashboard.queries.breakers import BreakerView, breakers
from support.read_model import Model, T

OPENED = e.BreakerOpened("t", "failure_ratio", 11, 20, T + 60_000)


@pytest.fixture
def model() -> Model:
    """Give an empty read model."""
    return Model()


def told(model: Model) -> list[tuple[str, str, str, int, int]]:
    return [(one.type, one.state, one.reason, one.failures, one.waiting) for one in breakers(model.connection)]


def only(model: Model) -> BreakerView:
    (view,) = breakers(model.connection)
    return view


def test_a_breaker_is_listed_from_its_first_opening_on(model: Model) -> None:
    model.submit("a")
    assert told(model) == []
    model.commit(OPENED)
    assert told(model) == [("t", "open", "failure_ratio", 11, 1)]
    assert only(model).until == "2024-11-19T07:07:40.000Z"
    model.commit(e.BreakerHalfOpened("t", 3))
    assert told(model) == [("t", "half_open", "failure_ratio", 11, 1)]
    assert (only(model).until, only(model).partitions[0].probes) == (None, 3)
    model.commit(e.BreakerClosed("t", "probes_succeeded"))
    assert told(model) == [("t", "closed", "probes_succeeded", 11, 1)]


def test_further_probes_are_no_news(model: Model) -> None:
    model.commit(OPENED, e.BreakerHalfOpened("t", 3))
    before = only(model)
    model.commit(e.BreakerHalfOpened("t", 1))
    assert only(model) == before


def test_a_breaker_closed_by_hand_that_was_never_open_is_closed(model: Model) -> None:
    model.commit(e.BreakerClosed("t", "manual"))
    assert told(model) == [("t", "closed", "manual", 0, 0)]


def test_the_gravest_state_of_all_partitions_is_that_of_the_type(model: Model) -> None:
    model.commit(OPENED, e.BreakerHalfOpened("t", 3))
    model.at_home = 1
    model.commit(e.BreakerOpened("t", "manual"))
    assert told(model) == [("t", "open", "manual", 0, 0)]
    assert [(one.partition, one.state) for one in only(model).partitions] == [(0, "half_open"), (1, "open")]
    model.commit(e.BreakerClosed("t", "manual"))
    assert told(model) == [("t", "half_open", "failure_ratio", 11, 0)]


def test_jobs_behind_a_breaker_are_held_until_it_closes(model: Model) -> None:
    job, other = model.submit("a"), model.submit("b", type="u")
    model.commit(OPENED)
    for _ in range(2):
        assert model.find(phase=("held",)) == ["a"]
        assert model.find(phase=("ready",)) == ["b"]
        assert model.find(phase=("held", "ready"), tags=()) == ["a", "b"]
        assert stats.counts_by_phase(model.connection) == {"held": 1, "ready": 1}
        model.commit(e.BreakerHalfOpened("t", 3))
    model.commit(e.BreakerClosed("t", "manual"))
    assert model.find(phase=("held",)) == []
    assert [model.row(one).phase for one in (job, other)] == ["ready", "ready"]


def test_types_tell_the_state_of_their_breaker(model: Model) -> None:
    model.submit("a")
    model.submit("b", type="u")
    model.commit(OPENED)
    assert [(one.type, one.breaker) for one in types.types(model.connection, model.at)] == [
        ("t", "open"),
        ("u", "closed"),
    ]


def test_a_job_is_explained_by_the_breaker_of_its_own_partition(model: Model) -> None:
    model.commit(e.WorkerJoined("w", "h", 1, "1", ("default",), ("t",), 1))
    here = model.submit("a")
    model.at_home = 1
    there = model.submit("b")
    model.commit(OPENED)
    reasons = [str(lines.explain_job(model.connection, model.row(job), model.at).reason) for job in (here, there)]
    assert reasons == ["waiting_for_worker", "circuit_open"]
