from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeyman_dashboard import params
from journeyman_dashboard.params import BadQueryError, PageCursor


@pytest.mark.parametrize(
    ("text", "ms"),
    [
        ("1732247000123", 1_732_247_000_123),
        ("2024-11-22T03:43:20.123Z", 1_732_247_000_123),
        ("2024-11-22T05:43:20.123+02:00", 1_732_247_000_123),
    ],
)
def test_times_are_read_as_rfc_3339_or_milliseconds(text: str, ms: int) -> None:
    assert params.read_time("t", text) == ms


@pytest.mark.parametrize("text", ["", "yesterday", "2024-11-22T03:43:20", "9" * 16])
def test_a_time_without_offset_or_sense_is_refused(text: str) -> None:
    with pytest.raises(BadQueryError, match="t: must be"):
        params.read_time("t", text)


@given(st.integers(1, 253_402_300_799_999))
def test_a_written_time_is_read_back(ms: int) -> None:
    text = params.write_time(ms)
    assert text is not None
    assert text.endswith("Z")
    assert params.read_time("t", text) == ms


@pytest.mark.parametrize("ms", [0, -1, 10**17])
def test_no_time_is_written_for_none(ms: int) -> None:
    assert params.write_time(ms) is None


def test_windows_are_spans_up_to_a_bound() -> None:
    assert params.read_window("window", "15m", max_ms=3_600_000) == 900_000
    for text in ("0s", "2h", "15", "m", "-1m"):
        with pytest.raises(BadQueryError):
            params.read_window("window", text, max_ms=3_600_000)


def test_a_tag_ends_its_key_at_the_first_colon() -> None:
    assert params.read_tags("tag", ["a:b:c", "x:"]) == (("a", "b:c"), ("x", ""))
    with pytest.raises(BadQueryError):
        params.read_tags("tag", ["novalue"])


@given(st.integers(-(2**61), 2**61), st.integers(0, 2**61))
def test_a_cursor_is_read_back_in_its_order_only(key: int, n: int) -> None:
    text = params.write_cursor(PageCursor("priority", key, n))
    assert params.read_cursor("cursor", text, "priority") == ("priority", key, n)
    with pytest.raises(BadQueryError):
        params.read_cursor("cursor", text, "-priority")


@given(st.text(max_size=40))
def test_anything_else_is_no_cursor(text: str) -> None:
    with pytest.raises(BadQueryError):
        params.read_cursor("cursor", text, "submitted_at")
