"""The comparison of what a client was told with what the log says finds whatever differs."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from chaos.history import Comparison, Life, Told, compare


def told(answer: str, *job_ids: str) -> Told:
    return Told("m", answer, frozenset(job_ids))


def life(job_id: str = "a", ends: tuple[str, ...] = ("completed",), starts: int = 1, mark: str = "m") -> Life:
    return Life(job_id, mark, ends, {1: starts})


def found(answer: Told, *lives: Life, runs: Mapping[tuple[str, int], int] | None = None, **may: bool) -> Comparison:
    ran = {("m", 1): sum(life.starts[1] for life in lives)} if lives else {}
    return compare([answer], lives, ran if runs is None else runs, **may)


@pytest.mark.parametrize("answer", [told("ok", "a"), told("unknown")])
def test_a_job_that_is_there_once_and_completed_is_well(answer: Told) -> None:
    assert found(answer, life()).broken == []


@pytest.mark.parametrize("answer", [told("refused"), told("unknown")])
def test_what_was_not_accepted_need_not_be_there(answer: Told) -> None:
    assert found(answer).broken == []


def test_an_accepted_job_that_is_not_there_is_lost() -> None:
    comparison = found(told("ok", "a"))

    assert comparison.lost == ["m"]
    assert comparison.broken == ["1 acknowledged and lost (m)"]
    assert found(told("ok", "a"), may_lose=True).broken == []


def test_an_accepted_job_that_is_there_under_another_id_is_lost() -> None:
    assert found(told("ok", "b"), life("a")).lost == ["m"]


@pytest.mark.parametrize("answer", [told("ok", "a"), told("unknown")])
def test_a_job_that_is_there_twice_is_a_duplicate(answer: Told) -> None:
    comparison = found(answer, life("a"), life("b"), may_lose=True)

    assert comparison.duplicated == ["m"]
    assert comparison.broken == ["1 there more than once (m)"]


def test_a_job_that_ended_twice_is_a_duplicate() -> None:
    assert found(told("ok", "a"), life(ends=("completed", "completed"))).duplicated == ["m"]


def test_a_key_that_was_answered_with_two_ids_is_a_duplicate() -> None:
    assert found(told("ok", "a", "b"), life()).duplicated == ["m"]


@pytest.mark.parametrize("end", ["failed", "cancelled"])
def test_an_accepted_job_that_ended_otherwise_is_found(end: str) -> None:
    assert found(told("ok", "a"), life(ends=(end,))).broken == ["1 acknowledged and not completed (m)"]


def test_a_refused_job_that_is_there_is_found() -> None:
    assert found(told("refused"), life()).broken == ["1 refused and in the log (m)"]


def test_a_job_that_nobody_submitted_is_found() -> None:
    assert "1 in the log and never submitted (x)" in found(told("ok", "a"), life(), life("b", mark="x")).broken


def test_an_execution_without_a_start_is_found_unless_the_log_may_forget() -> None:
    twice = {("m", 1): 2}

    assert found(told("ok", "a"), life(), runs=twice).broken == ["1 run more often than started (m attempt 1)"]
    assert found(told("ok", "a"), life(), runs=twice, may_forget=True).broken == []
    assert found(told("ok", "a"), life(starts=2), runs=twice).run_again == 1


def test_a_completed_job_that_never_ran_is_found() -> None:
    assert found(told("ok", "a"), life(), runs={}).broken == ["1 completed and never run (m)"]
