from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeyman.durations import UNITS_MS, in_words, parse_ms


@pytest.mark.parametrize(
    ("text", "span_ms"),
    [
        ("500ms", 500),
        ("5s", 5_000),
        ("1.5s", 1_500),
        ("10m", 600_000),
        ("2h", 7_200_000),
        ("1d", 86_400_000),
        ("1h30m", 5_400_000),
        ("1h 30m", 5_400_000),
        (" 5s ", 5_000),
        ("0", 0),
        (250, 250),
        (timedelta(seconds=2), 2_000),
    ],
)
def test_a_span_is_read_as_people_write_it(text: str | int | timedelta, span_ms: int) -> None:
    assert parse_ms(text) == span_ms


@pytest.mark.parametrize("text", ["", "s", "5 parsecs", "-5s", "5s!", "s5", "1e3s", -1, "9" * 100 + "s"])
def test_what_is_not_a_span_is_refused(text: str | int) -> None:
    with pytest.raises(ValueError, match="duration"):
        parse_ms(text)


def test_a_number_without_a_unit_is_told_to_say_it() -> None:
    with pytest.raises(ValueError, match="say the unit, like 5s or 5ms"):
        parse_ms("5")


@given(st.integers(0, 10**6), st.sampled_from(sorted(UNITS_MS)))
def test_every_whole_number_of_a_unit_is_exact(number: int, unit: str) -> None:
    assert parse_ms(f"{number}{unit}") == number * UNITS_MS[unit]


@pytest.mark.parametrize(
    ("span_ms", "words"),
    [
        (0, "0 ms"),
        (850, "850 ms"),
        (4_200, "4.2 s"),
        (5_000, "5 s"),
        (200_000, "3 m 20 s"),
        (3_600_000, "1 h"),
        (187_200_000, "2 d 4 h"),
    ],
)
def test_a_span_is_written_with_at_most_two_units(span_ms: int, words: str) -> None:
    assert in_words(span_ms) == words
