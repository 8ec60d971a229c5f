"""Stopping user code: exactly while it runs, exactly once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from journeyman_worker.interrupts import Cancelled, Interrupt, Ticket, TimeLimitExceeded
from support.waiting import wait_for


def spin() -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        time.sleep(0.001)


class Victim:
    """Runs code under a ticket in a thread of its own, as a worker thread does."""

    def __init__(self, code: Callable[[], object]) -> None:
        self.ticket = Ticket()
        self.armed = threading.Event()
        self.raised: BaseException | None = None
        self.returned: object = None
        self.stray: BaseException | None = None
        self._code = code
        self.thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        try:
            try:
                self.ticket.arm()
                self.armed.set()
                try:
                    self.returned = self._code()
                finally:
                    self.ticket.disarm()
            except BaseException as error:  # noqa: BLE001
                self.raised = error
            sum(range(20_000))
        except BaseException as error:  # noqa: BLE001
            self.stray = error

    def start(self) -> Victim:
        self.thread.start()
        assert self.armed.wait(30)
        return self

    def ended(self) -> Victim:
        self.thread.join(60)
        assert not self.thread.is_alive()
        return self


def test_running_code_is_stopped() -> None:
    victim = Victim(spin).start()
    assert victim.ticket.interrupt(Cancelled)
    assert isinstance(victim.ended().raised, Cancelled)


def test_only_the_first_interrupt_counts() -> None:
    victim = Victim(spin).start()
    assert victim.ticket.interrupt(TimeLimitExceeded)
    assert not victim.ticket.interrupt(Cancelled)
    assert isinstance(victim.ended().raised, TimeLimitExceeded)


def test_an_attempt_that_was_to_be_stopped_before_it_began_ends_as_it_begins() -> None:
    victim = Victim(spin)
    assert not victim.ticket.interrupt(Cancelled)
    victim.thread.start()
    assert isinstance(victim.ended().raised, Cancelled)


def test_code_that_has_ended_is_left_alone() -> None:
    victim = Victim(lambda: 3).start().ended()
    assert not victim.ticket.interrupt(Cancelled)
    assert (victim.returned, victim.raised, victim.stray) == (3, None, None)


def test_code_that_catches_the_interrupt_and_returns_has_returned() -> None:
    inside = threading.Event()

    def stubborn() -> str:
        try:
            inside.set()
            spin()
        except Interrupt:
            return "saved"
        return "never"

    victim = Victim(stubborn).start()
    assert inside.wait(30)
    victim.ticket.interrupt(Cancelled)
    assert victim.ended().returned == "saved"


@pytest.mark.parametrize("round_", range(3))
def test_an_interrupt_never_arrives_in_the_machinery_behind_user_code(round_: int) -> None:
    for _ in range(100):
        victim = Victim(lambda: sum(range(200)))
        victim.thread.start()
        wait_for(victim.armed.is_set, every_s=0)
        victim.ticket.interrupt(Cancelled)
        victim.ended()
        assert victim.stray is None


def test_an_undisturbed_call_is_not_cut_short_and_the_interrupt_comes_after_it() -> None:
    went = threading.Event()
    done: list[str] = []

    def call() -> None:
        went.set()
        spin_until(lambda: victim.ticket.doom is not None)
        sum(range(20_000))
        done.append("whole")

    victim = Victim(lambda: victim.ticket.undisturbed(call))
    victim.start()
    assert went.wait(30)
    assert not victim.ticket.interrupt(Cancelled)
    assert isinstance(victim.ended().raised, Cancelled)
    assert done == ["whole"]
    assert victim.stray is None


def test_user_code_that_was_interrupted_may_still_make_undisturbed_calls() -> None:
    inside = threading.Event()

    def code() -> str:
        try:
            inside.set()
            spin()
        except Cancelled:
            return victim.ticket.undisturbed(lambda: "saved")
        return "never"

    victim = Victim(code)
    victim.start()
    assert inside.wait(30)
    assert victim.ticket.interrupt(Cancelled)
    assert victim.ended().returned == "saved"


def test_user_code_that_was_interrupted_after_an_undisturbed_call_may_go_on_too() -> None:
    inside = threading.Event()

    def call() -> None:
        inside.set()
        spin_until(lambda: victim.ticket.doom is not None)

    def code() -> str:
        try:
            victim.ticket.undisturbed(call)
        except Cancelled:
            return victim.ticket.undisturbed(lambda: "saved")
        return "never"

    victim = Victim(code)
    victim.start()
    assert inside.wait(30)
    victim.ticket.interrupt(Cancelled)
    assert victim.ended().returned == "saved"


def test_an_interrupt_at_any_moment_around_undisturbed_calls_arrives_once_and_never_inside() -> None:
    for _ in range(200):
        cut: list[int] = []

        def call(cut: list[int] = cut) -> None:
            cut.append(1)
            sum(range(200))
            cut.pop()

        def code(call: Callable[[], None] = call) -> None:
            until = time.monotonic() + 60
            while time.monotonic() < until:
                victim.ticket.undisturbed(call)  # noqa: B023

        victim = Victim(code)
        victim.start()
        victim.ticket.interrupt(Cancelled)
        victim.ended()
        assert isinstance(victim.raised, Cancelled)
        assert victim.stray is None
        assert cut == []


def test_a_call_from_another_thread_is_simply_made() -> None:
    victim = Victim(spin)
    victim.start()
    assert victim.ticket.undisturbed(lambda: 7) == 7
    victim.ticket.interrupt(Cancelled)
    assert isinstance(victim.ended().raised, Cancelled)


def spin_until(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + 60
    while not condition() and time.monotonic() < until:
        time.sleep(0.001)
