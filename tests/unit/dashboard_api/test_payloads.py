"""Looking for values in payloads."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from journeyman import events as e
from journeyman_dashboard.params import BadQueryError
from journeyman_dashboard.payloads import payload_holds, read_terms
from journeyman_dashboard.queries.filters import JobFilter
from journeyman_dashboard.queries.statuses import count_by_status, statuses_of
from support.read_model import ERROR, Model

PAYLOAD = (
    '{"user":{"id":42,"name":"Ada","on":true,"x":null},"lines":[{"sku":"a-1"},{"sku":"b-2","n":[1,2.5]}],"t":["x"]}'
)


@pytest.mark.parametrize(
    "term",
    [
        *("user.id:42", "user.id:42.0", "user.name:Ada", "user.name:A*", "user.on:true", "user.x:null"),
        *("lines.sku:b-2", "lines.1.sku:b-2", "lines.n:2.5", "t:x", "lines.1.n.0:1"),
    ],
)
def test_a_value_is_found_where_it_stands(term: str) -> None:
    assert payload_holds(PAYLOAD, read_terms("payload", [term]))


@pytest.mark.parametrize(
    "term",
    ["user.id:4", "user.id:x", "user.name:ada", "user.on:1", "user:42", "lines.0.sku:b-2", "lines.7.sku:b-2", "y:"],
)
def test_a_value_is_not_found_where_another_stands(term: str) -> None:
    assert not payload_holds(PAYLOAD, read_terms("payload", [term]))


def test_all_terms_must_hold_and_what_is_no_json_holds_none() -> None:
    assert payload_holds(PAYLOAD, read_terms("payload", ["user.id:42", "t:x"]))
    assert not payload_holds(PAYLOAD, read_terms("payload", ["user.id:42", "t:y"]))
    assert not payload_holds("{", read_terms("payload", ["a:b"]))
    assert payload_holds('{"time":"12:30"}', read_terms("payload", ["time:12:30"]))


@pytest.mark.parametrize("text", ["user", ":x", "a..b:1", ".:1", ".".join("abcdefghijklmnopq") + ":1"])
def test_a_malformed_term_names_its_parameter(text: str) -> None:
    with pytest.raises(BadQueryError, match="payload"):
        read_terms("payload", [text])


@pytest.fixture
def model() -> Iterator[Model]:
    made = Model()
    yield made
    made.connection.close()


def test_lists_are_searched_for_payloads_behind_the_other_filters(model: Model) -> None:
    for name, number, kind in (("a", 1, "image.big"), ("b", 2, "image.small"), ("c", 2, "mail")):
        model.submit(name, type=kind, payload=f'{{"user":{{"id":{number}}}}}')
    model.submit("d", type="image.big")
    terms = read_terms("payload", ["user.id:2"])
    assert model.find(payload=terms) == ["b", "c"]
    assert model.find(payload=terms, type=("image*",)) == ["b"]
    assert model.find(payload=terms, q="MAIL") == ["c"]
    page = model.page(payload=terms)
    assert (page.total, page.total_is_exact) == (2, True)


def test_a_pattern_stands_for_all_types_that_begin_so(model: Model) -> None:
    for name, kind in (("a", "image.big"), ("b", "image.small"), ("c", "mail")):
        model.submit(name, type=kind)
    assert model.find(type=("image*",)) == ["a", "b"]
    assert model.page(type=("image*", "mail")).total == 3
    assert model.find(type=("video*",)) == []
    assert model.find(type=("*",)) == ["a", "b", "c"]


def test_jobs_are_found_by_the_fingerprint_of_their_latest_error(model: Model) -> None:
    dead, other = model.submit("a"), model.submit("b")
    model.kill(dead)
    model.complete(other)
    assert model.find(fingerprint=(ERROR.fingerprint,)) == ["a"]
    assert model.find(fingerprint=("f2",)) == []
    assert model.page(fingerprint=(ERROR.fingerprint,)).total == 1


def test_jobs_are_found_by_what_their_latest_error_says(model: Model) -> None:
    dead, well, other = model.submit("a"), model.submit("b"), model.submit("c")
    model.kill(dead)
    model.complete(well)
    model.kill(other, e.Error("TimeoutError", 'took "too" long', "", "f2"))
    assert model.find(error="such FILE") == ["a"]
    assert model.find(error="valueerror: no") == ["a"]
    assert model.find(error='"too"') == ["c"]
    assert model.find(error="fingerprint") == []
    assert model.find(error="e", status=("completed",)) == []
    assert model.find(error="error", q="no such") == ["a"]
    assert model.page(error="error").total == 2


def test_statuses_are_counted_by_sets_and_by_name_alike(model: Model) -> None:
    dead, well, waits = (model.submit(name, type=kind) for name, kind in (("a", "x"), ("b", "xy"), ("c", "z")))
    model.kill(dead)
    model.complete(well)
    everything = {"pending": 1, "completed": 1, "failed": 1}
    assert count_by_status(model.connection, JobFilter(), None) == everything
    assert count_by_status(model.connection, JobFilter(type=("x*",), status=("failed", "pending")), None) == {
        "failed": 1
    }
    assert statuses_of(model.connection, [dead, well, waits, "nobody"], "id") == everything
    assert statuses_of(model.connection, [1, 3, 99], "n") == {"failed": 1, "pending": 1}
