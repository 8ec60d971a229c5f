"""Stopping user code from outside: an exception raised in the thread that runs it.

Python delivers it when the thread next runs bytecode; a call into C that blocks is not cut short. A coroutine
is cancelled by the thread that waits for it. What is raised are `Interrupt`s, which are no `Exception`s, so that
ordinary `except` clauses let them pass; user code may catch one to clean up.

An interrupt must never arrive after user code has ended, in the machinery around it. So the right to raise is
a ticket in a one-element list: whoever pops it has it. The thread pops it as soon as user code has ended; an
interrupter that pops it first raises exactly once, and the thread then waits for that to have happened.

Nor may one arrive in the middle of a call to the log that user code makes through us: a connection would go back to
its pool with a reply on the way that the next caller takes for its own. Such calls are made `undisturbed`.
"""

from __future__ import annotations

import ctypes
import time
from collections.abc import Callable
from threading import get_ident
from typing import TypeVar

from dramatiq.middleware import Interrupt, TimeLimitExceeded, raise_thread_exception
from dramatiq.middleware.shutdown import Shutdown

__all__ = ["Cancelled", "Drained", "Interrupt", "Lost", "Ticket", "TimeLimitExceeded"]

R = TypeVar("R")


class Cancelled(Interrupt):
    """Somebody asked for the job not to go on."""


class Drained(Shutdown):
    """The worker ends; the job will run elsewhere."""


class Lost(Interrupt):
    """The worker was declared lost; another may run the job already, and nothing this attempt reports counts."""


class Ticket:
    """The right to interrupt one attempt. `doom` is why somebody wants it stopped, running or not."""

    __slots__ = ("_armed", "_raised", "_thread", "doom")

    def __init__(self) -> None:
        self._armed: list[int] = []
        self._raised = False
        #: The thread that is in user code; 0 while none is.
        self._thread = 0
        self.doom: type[Interrupt] | None = None

    def interrupt(self, reason: type[Interrupt]) -> bool:
        """Stop the attempt, once: raise `reason` in its thread, or make it end as it starts."""
        if self.doom is not None:
            return False
        self.doom = reason
        try:
            thread = self._armed.pop()
        except IndexError:
            return False
        try:
            raise_thread_exception(thread, reason)  # type: ignore[no-untyped-call]
        finally:
            self._raised = True
        return True

    def arm(self) -> None:
        """Allow interrupts in the calling thread from here on. Raises the one that was asked for before."""
        self._thread = get_ident()
        self._armed.append(self._thread)
        if self.doom is not None:
            self.disarm()
            self._raised = True
            raise self.doom

    def disarm(self) -> None:
        """Allow no interrupt from here on. May raise the one that is on its way."""
        self._thread = 0
        try:
            self._armed.pop()
        except IndexError:
            self._outwait()

    def undisturbed(self, call: Callable[[], R]) -> R:
        """Make a call for user code. An interrupt comes before it or after it, and never twice."""
        if self._thread != get_ident():
            return call()
        try:
            self._armed.pop()
        except IndexError:
            while not self._raised:
                time.sleep(0.001)  # here it arrives, unless it has before
            return call()
        try:
            return call()
        finally:
            self.arm()

    def _outwait(self) -> None:
        while not self._raised:
            time.sleep(0.001)
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(get_ident()), None)
