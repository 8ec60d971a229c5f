"""Grouping and aggregating: against a naive computation, and the rows that real files have."""

from __future__ import annotations

import math
from collections import defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeyman_worker.samples import aggregates
from journeyman_worker.samples.aggregates import Aggregates, Method
from journeyman_worker.samples.errors import UnusableInputError

METHODS: list[Method] = ["mean", "min", "max", "sum", "count"]
BLANKS = ["", "NA", "n/a", "NaN", " ", "null", "None"]


def summarised(
    header: list[str], rows: list[list[str]], group_by: list[str], aggregate: dict[str, list[Method]]
) -> Aggregates:
    numbered = [(line, row) for line, row in enumerate(rows, 2)]
    return aggregates.summarise(numbered, aggregates.plan(header, group_by, aggregate))


numbers = st.floats(allow_nan=False, allow_infinity=False, width=32)
cells = st.one_of(numbers.map(repr), st.integers(-(10**12), 10**12).map(str), st.sampled_from(BLANKS))
tables = st.lists(st.tuples(st.sampled_from(["a", "b", "ccc", "7", "10"]), cells), max_size=60)


@given(tables)
def test_aggregates_are_what_a_naive_computation_says(rows: list[tuple[str, str]]) -> None:
    expected: dict[str, list[float]] = defaultdict(list)
    for key, cell in rows:
        values = expected[key]
        if cell not in BLANKS:
            values.append(float(cell))

    found = summarised(["key", "value"], [[key, cell] for key, cell in rows], ["key"], {"value": METHODS})

    assert found.rows == len(rows)
    assert {group["key"] for group in found.groups} == set(expected)
    for group in found.groups:
        values = expected[group["key"]]
        assert group["value_count"] == len(values)
        assert group["value_min"] == min(values, default=None)
        assert group["value_max"] == max(values, default=None)
        if values:
            scale = max(map(abs, values))
            assert group["value_sum"] == pytest.approx(math.fsum(values), abs=scale * 1e-12)
            assert group["value_mean"] == pytest.approx(math.fsum(values) / len(values), abs=scale * 1e-12)
        else:
            assert group["value_sum"] is None
            assert group["value_mean"] is None


@given(tables, st.randoms(use_true_random=False))
def test_the_order_of_the_rows_does_not_matter(rows: list[tuple[str, str]], random: object) -> None:
    shuffled = list(rows)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    asked: dict[str, list[Method]] = {"value": ["min", "max", "count"]}

    one = summarised(["key", "value"], [list(row) for row in rows], ["key"], asked)
    other = summarised(["key", "value"], [list(row) for row in shuffled], ["key"], asked)

    assert one == other


def test_groups_are_sorted_numbers_first_and_blanks_last() -> None:
    rows = [["10"], ["b"], [""], ["9"], ["a"], ["-1.5"]]

    found = summarised(["key"], rows, ["key"], {"key": ["count"]})

    assert [group["key"] for group in found.groups] == ["-1.5", "9", "10", "a", "b", None]


def test_without_a_grouping_all_rows_are_one_group() -> None:
    found = summarised(["n"], [["1"], ["2"]], [], {"n": ["sum"]})

    assert found.groups == [{"n_sum": 3.0}]
    assert found.columns == ["n_sum"]


def test_counting_does_not_ask_for_numbers() -> None:
    found = summarised(["name"], [["Ann"], ["NA"], ["Bo"]], [], {"name": ["count"]})

    assert found.groups == [{"name_count": 2}]


def test_a_short_row_is_filled_up_and_an_empty_one_skipped() -> None:
    found = summarised(["key", "n"], [["a"], [], ["a", "4"]], ["key"], {"n": ["mean", "count"]})

    assert found.groups == [{"key": "a", "n_mean": 4.0, "n_count": 1}]
    assert found.rows == 2


def test_a_row_with_too_many_cells_is_refused_with_its_line() -> None:
    with pytest.raises(UnusableInputError, match="line 3 has 3 cells and the header 2"):
        summarised(["key", "n"], [["a", "1"], ["a", "1", "2"]], ["key"], {"n": ["sum"]})


@pytest.mark.parametrize("cell", ["four", "1_000", "inf", "-Infinity", "1e999", "0x10", "1,5"])
def test_a_cell_that_is_no_number_is_refused_with_line_and_column(cell: str) -> None:
    with pytest.raises(UnusableInputError, match="line 2, column 'n'"):
        summarised(["n"], [[cell]], [], {"n": ["sum"]})


def test_a_sum_beyond_all_numbers_is_refused() -> None:
    with pytest.raises(UnusableInputError, match="the sum of column 'n' is too large"):
        summarised(["n"], [["1.7e308"], ["1.7e308"]], [], {"n": ["sum"]})


def test_an_unknown_column_is_refused_with_those_there_are() -> None:
    with pytest.raises(UnusableInputError, match=r"no column 'wieght'; there are: name, weight"):
        aggregates.plan(["name", " weight "], ["name"], {"wieght": ["mean"]})


def test_a_column_that_is_there_twice_is_refused() -> None:
    with pytest.raises(UnusableInputError, match="'n' is there 2 times"):
        aggregates.plan(["n", "n"], [], {"n": ["sum"]})


@pytest.mark.parametrize(
    ("header", "group_by", "aggregate"),
    [
        (["n"], [], {"n": ["sum", "sum"]}),
        (["n", "n_sum"], ["n_sum"], {"n": ["sum"]}),
        (["n", "k"], ["k", "k"], {"n": ["sum"]}),
    ],
)
def test_a_result_with_two_columns_of_one_name_is_refused(
    header: list[str], group_by: list[str], aggregate: dict[str, list[Method]]
) -> None:
    with pytest.raises(UnusableInputError, match="two columns"):
        aggregates.plan(header, group_by, aggregate)


def test_more_groups_than_a_summary_can_have_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aggregates, "GROUPS_MAX", 3)

    with pytest.raises(UnusableInputError, match="more than 3 groups by line 5"):
        summarised(["key"], [[str(number)] for number in range(10)], ["key"], {"key": ["count"]})
