"""Pauses that add up, sleep that can be interrupted, work that costs what it says."""

from __future__ import annotations

import time
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeyman_worker.samples import synthetic


@given(st.integers(0, 86_400_000), st.integers(1, 500))
def test_pauses_add_up_to_the_sleep_and_progress_to_a_hundred(sleep_ms: int, steps: int) -> None:
    pauses = list(synthetic.pauses(sleep_ms, steps))

    assert len(pauses) == steps
    assert sum(pause for _, pause in pauses) == pytest.approx(sleep_ms)
    assert all(pause >= 0 for _, pause in pauses)
    assert [percent for percent, _ in pauses] == sorted(percent for percent, _ in pauses)
    assert pauses[-1][0] == 100


def test_sleep_lasts_until_its_deadline_and_no_slice_is_long(monkeypatch: pytest.MonkeyPatch) -> None:
    times, slices = iter([0.0, 0.0, 0.04, 0.5]), list[float]()
    monkeypatch.setattr(synthetic, "time", SimpleNamespace(sleep=slices.append))

    synthetic.sleep(500, clock=lambda: next(times))

    assert next(times, None) is None
    assert slices == [0.05, 0.05]


def test_no_sleep_is_no_sleep() -> None:
    synthetic.sleep(0)


def test_burning_uses_processor_time() -> None:
    before = time.thread_time_ns()

    synthetic.burn(20)

    assert time.thread_time_ns() - before >= 20_000_000
