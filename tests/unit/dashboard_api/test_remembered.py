from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from journeyman import events as e
from journeyman_dashboard import retention, schema, store
from journeyman_dashboard.bits import CHUNK
from journeyman_dashboard.queries import filters, jobs
from journeyman_dashboard.queries.remembered import RememberedSets, SetName
from journeyman_dashboard.queries.selection import BLOCK_CHUNKS
from support.read_model import Model


@pytest.fixture
def model() -> Iterator[Model]:
    made = Model()
    yield made
    made.connection.close()


def find(model: Model, sets: RememberedSets, **wanted: Any) -> str:
    found = filters.JobFilter(**wanted)
    page = jobs.find_jobs(model.connection, found, sort="submitted_at", limit=50, cursor=None, sets=sets)
    return "".join(job.id[0] for job in page.items)


def statements(model: Model) -> list[str]:
    """Return a list to which every statement that reads sets is added."""
    said: list[str] = []
    model.connection.set_trace_callback(lambda text: said.append(text) if "FROM postings" in text else None)
    return said


def test_what_was_read_is_not_read_again(model: Model) -> None:
    sets = RememberedSets()
    model.submit("a")
    assert find(model, sets, phase=("ready",)) == "a"
    said = statements(model)
    assert find(model, sets, phase=("ready",)) == "a"
    assert said == []


def test_what_has_changed_is_read_again(model: Model) -> None:
    sets = RememberedSets()
    first = model.submit("a")
    assert find(model, sets, phase=("ready",)) == "a"
    model.submit("b")
    assert find(model, sets, phase=("ready",)) == "ab"
    model.start(first)
    assert find(model, sets, phase=("ready",)) == "b"
    model.commit(e.JobSucceeded(first, 1, "w-1"))
    assert find(model, sets, phase=("completed",)) == "a"
    with store.transaction(model.connection):
        retention.delete_step(model.connection, 0, model.at)
    assert find(model, sets, phase=("completed",)) == ""


def test_what_changes_among_the_newest_leaves_the_others_remembered() -> None:
    model = Model(BLOCK_CHUNKS[0] * CHUNK - 1)
    sets = RememberedSets()
    model.submit("a")
    model.submit("b")
    assert find(model, sets, phase=("ready",)) == "ab"
    model.submit("c")
    said = statements(model)
    assert find(model, sets, phase=("ready",)) == "abc"
    assert len(said) == 1
    model.connection.close()


def test_nothing_is_believed_of_a_read_model_that_was_made_anew(model: Model) -> None:
    sets = RememberedSets()
    model.submit("a")
    assert find(model, sets, phase=("ready",)) == "a"
    schema.rebuild(model.connection)
    assert find(model, sets, phase=("ready",)) == ""


def test_no_more_is_kept_than_there_is_room_for_and_the_last_asked_for_the_longest(model: Model) -> None:
    sets = RememberedSets(bytes_max=600)
    model.submit("a")
    at = sets.since(model.connection, 0, 1)
    names = [SetName("phase", phase, 0, 1) for phase in ("ready", "running", "dead")]
    for name in (names[0], names[1], names[0], names[2], names[2]):
        sets.read(model.connection, name, at)
    said = statements(model)
    sets.read(model.connection, names[2], at)
    sets.read(model.connection, names[0], at)
    assert said == []
    sets.read(model.connection, names[1], at)
    assert len(said) == 1
