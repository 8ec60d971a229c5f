from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from journeyman.client import calls
from journeyman.client.orders import NewJob


def test_a_submit_carries_its_key_and_may_be_repeated() -> None:
    call = calls.submit(NewJob(type="t"), "key")
    assert (call.service, call.method, call.path, call.body) == ("ingest", "POST", "/jobs", b'{"type":"t"}')
    assert ("Idempotency-Key", "key") in call.headers
    assert call.repeatable


def test_what_would_do_harm_twice_is_not_repeated() -> None:
    assert not calls.retry("a").repeatable
    assert not calls.redrive({}).repeatable


def test_every_read_sees_the_writes_before_it() -> None:
    reads: list[calls.Call[Any]] = [
        calls.job("a"),
        calls.jobs({}, limit=1),
        calls.history("a"),
        calls.explain("a"),
        calls.stats(),
        calls.queues(),
        calls.breakers(),
    ]
    assert all(call.after_writes and call.service == "dashboard" for call in reads)


@pytest.mark.parametrize(
    ("name", "path"), [("a/b", "/jobs/a%2Fb"), ("..", "/jobs/%2E%2E"), ("a?b", "/jobs/a%3Fb"), ("é", "/jobs/%C3%A9")]
)
def test_no_name_leaves_its_place_in_the_path(name: str, path: str) -> None:
    assert calls.job(name).path == path


def test_filters_become_query_parameters() -> None:
    pairs = calls.parameters(
        {
            "status": ["failed", "cancelled"],
            "queue": "images",
            "worker": None,
            "tag": {"team": "a"},
            "dry": True,
            "after": datetime(2030, 1, 1, tzinfo=UTC),
            "limit": 5,
        }
    )
    assert pairs == (
        ("status", "failed"),
        ("status", "cancelled"),
        ("queue", "images"),
        ("tag", "team:a"),
        ("dry", "true"),
        ("after", "2030-01-01T00:00:00+00:00"),
        ("limit", "5"),
    )


def test_a_redrive_says_only_what_was_said() -> None:
    assert calls.redrive({"type": "t", "queue": None, "dry_run": True}).body == b'{"type":"t","dry_run":true}'


def test_an_answer_with_more_than_this_version_knows_is_read() -> None:
    body = msgspec.json.encode({"id": "a", "type": "t", "status": "failed", "phase": "dead", "new": 1})
    view = calls.job("a").read(body)
    assert view.ended
    assert not view.succeeded
