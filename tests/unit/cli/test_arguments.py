import io
import os
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from journeyman.cli.connection import Connection, UsageError
from journeyman.cli.dead_letter import read_rate
from journeyman.cli.listing import Filters, read_moment
from journeyman.cli.submit import read_payload, read_priority, read_span, read_tags
from journeyman.client.orders import NewJob, to_json


def test_a_payload_is_read_from_the_argument() -> None:
    assert read_payload('{"a": [1, null]}') == {"a": [1, None]}
    assert read_payload("-5") == -5
    assert read_payload(None) is None


def test_the_payload_null_is_not_the_payload_that_was_not_said(tmp_path: Path) -> None:
    file = tmp_path / "null.json"
    file.write_text("null\n")
    for text in ("null", f"@{file}"):
        body = msgspec.json.encode(to_json(NewJob(type="t", payload=read_payload(text))))
        assert body == b'{"type":"t","payload":null}'
    assert to_json(NewJob(type="t", payload=read_payload(None))) == {"type": "t"}


def test_a_payload_is_read_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "payload.json"
    file.write_text('{"a": 1}')
    assert read_payload(f"@{file}") == {"a": 1}


def test_a_payload_is_read_from_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b'"from a pipe"')))
    assert read_payload("-") == "from a pipe"


@pytest.mark.parametrize("text", ["", "{", "nonsense", "@", "@/no/such/file"])
def test_a_payload_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="payload"):
        read_payload(text)


def test_a_priority_is_a_number_or_a_name() -> None:
    assert [read_priority(text) for text in ("7", "high", "-1", None)] == [7, "high", "-1", None]


def test_tags_are_pairs_and_their_values_may_hold_colons() -> None:
    assert read_tags(["team:a", "url:http://x", "mode=b"]) == {"team": "a", "url": "http://x", "mode": "b"}
    assert read_tags([]) is None


@pytest.mark.parametrize("text", ["team", ":a", ""])
def test_a_tag_that_is_no_pair_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        read_tags([text])


def test_a_span_that_is_none_names_its_option() -> None:
    with pytest.raises(UsageError, match="--delay"):
        read_span("--delay", "soon")


@pytest.mark.parametrize(("text", "per_s"), [("10/s", 10.0), ("90/m", 1.5), ("36/h", 0.01), ("2.5", 2.5), (None, None)])
def test_a_rate_is_so_many_in_a_time(text: str | None, per_s: float | None) -> None:
    assert read_rate(text) == per_s


@pytest.mark.parametrize("text", ["0/s", "-1/s", "10/d", "10/", "fast", "inf/s", "nan"])
def test_a_rate_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="rate"):
        read_rate(text)


NOW = datetime(2030, 1, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2h", "2030-01-01T10:00:00+00:00"),
        ("2029-12-31T00:00:00Z", "2029-12-31T00:00:00+00:00"),
        ("2029-12-31", "2029-12-31T00:00:00+00:00"),
        (None, None),
    ],
)
def test_a_time_is_a_moment_or_how_long_ago(text: str | None, moment: str | None) -> None:
    assert read_moment("--submitted-after", text, NOW) == moment


def test_filters_become_what_the_api_calls_them() -> None:
    given = Filters(status=["failed"], tag=["team:a"], search="png", submitted_after="1h")
    said = {name: value for name, value in given.to_parameters(NOW).items() if value is not None}
    assert said == {
        "status": ["failed"],
        "tag": {"team": "a"},
        "q": "png",
        "submitted_after": "2030-01-01T11:00:00+00:00",
    }


def test_options_win_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOURNEYMAN_INGEST_URL", "http://a")
    monkeypatch.setenv("JOURNEYMAN_DASHBOARD_PORT", "9001")
    settings = Connection(url="http://b").settings()
    assert settings.ingest_address() == "http://b"
    assert settings.dashboard_address() == "http://127.0.0.1:9001"


def test_the_embedded_server_of_the_data_directory_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOURNEYMAN_DATA_DIR", str(tmp_path))
    assert Connection().log_settings().redis_url == "redis://127.0.0.1:6379/0"
    (tmp_path / "redis-url").write_text("unix:///tmp/x.sock?db=0\n")
    assert Connection().log_settings().redis_url == "unix:///tmp/x.sock?db=0"
    assert Connection(redis_url="redis://b").log_settings().redis_url == "redis://b"
    monkeypatch.setitem(os.environ, "JOURNEYMAN_REDIS_URL", "redis://c")
    assert Connection().log_settings().redis_url == "redis://c"
