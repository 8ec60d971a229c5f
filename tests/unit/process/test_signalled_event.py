"""An event that is set from within its own wait, as the handler of a signal does."""

from __future__ import annotations

import sys
import threading
import time
from types import FrameType
from typing import Any

import pytest

from journeyman.process import SignalledEvent

#: More steps than a wait has.
STEPS = 40


def interrupted(event: threading.Event, step: int) -> threading.Thread:
    """Wait for an event on a thread, which sets it itself when it has come so far into the wait."""
    steps = iter(range(STEPS))

    def trace(frame: FrameType, _kind: str, _what: object) -> Any:
        if next(steps, STEPS) == step:
            event.set()
        return trace

    def wait() -> None:
        sys.settrace(trace)
        event.wait(0.2)

    thread = threading.Thread(target=wait, daemon=True)
    thread.start()
    return thread


@pytest.mark.parametrize("step", range(STEPS))
def test_it_can_be_set_at_any_moment_of_a_wait(step: int) -> None:
    event = SignalledEvent()
    thread = interrupted(event, step)
    thread.join(30)
    assert not thread.is_alive()


def test_it_is_an_event() -> None:
    event = SignalledEvent()
    assert not event.is_set()
    assert not event.wait(0.01)
    event.set()
    event.set()
    assert [event.wait(), event.wait(0), event.is_set()] == [True] * 3
    event.clear()
    assert not event.wait(0)


def test_all_who_wait_are_woken() -> None:
    event = SignalledEvent()
    threads = [threading.Thread(target=event.wait, daemon=True) for _ in range(3)]
    for thread in threads:
        thread.start()
    time.sleep(0.05)
    event.set()
    for thread in threads:
        thread.join(30)
    assert not any(thread.is_alive() for thread in threads)
