"""An event loop of asyncio in simulated time, run by a strand; what it sends to threads runs on other strands.

It is asyncio's own loop but for the selector, which has nothing to select from: it waits, in simulated time, for the
next timer or for somebody to wake it. So every time a coroutine waits and nothing else is ready, its process may die or
stand still.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

from simulation.kernel import SECOND, KilledError, Process, Strand, kernel

#: How often a coroutine may wait on its way out.
OBSTINACY_MAX = 50


class _NoSelector:
    """Waits instead of selecting."""

    def __init__(self) -> None:
        self.woken = False
        self.strand: Strand | None = None

    def select(self, timeout: float | None) -> list[Any]:
        """Wait until woken, at most `timeout` seconds."""
        one = kernel()
        self.strand = one.current
        until = None if timeout is None else one.now + int(timeout * SECOND) + 1
        while not self.woken and (until is None or one.now < until):
            one.wait(until)
        self.woken = False
        return []

    def wake(self) -> None:
        """End the wait, or the next one."""
        self.woken = True
        if self.strand is not None:
            kernel().wake(self.strand)


def _throw_out(coroutine: Any) -> None:
    """Raise in a coroutine until it ends."""
    for _ in range(OBSTINACY_MAX):
        try:
            coroutine.throw(KilledError())
        except BaseException:  # noqa: BLE001 - however it ends
            return


class SimulatedLoop(asyncio.BaseEventLoop):
    """See the module."""

    def __init__(self, process: Process) -> None:
        super().__init__()
        self._stopping = False
        self._selector = _NoSelector()
        self._process = process
        self._clock_resolution = 1 / SECOND
        self.set_exception_handler(lambda _loop, _context: None)
        #: All tasks, so that those of a process that was killed end without a word.
        self.tasks: list[asyncio.Task[Any]] = []
        self.set_task_factory(self._task)

    def _task(self, loop: asyncio.AbstractEventLoop, coroutine: Any, **more: Any) -> asyncio.Task[Any]:
        task: asyncio.Task[Any] = asyncio.Task(coroutine, loop=loop, **more)
        self.tasks.append(task)
        if len(self.tasks) > 64:
            self.tasks = [one for one in self.tasks if not one.done()]
        return task

    def run_forever(self) -> None:
        """Run until stopped. Several loops take turns in one thread here, so none hooks into the interpreter."""
        self._check_closed()  # type: ignore[attr-defined]
        self._thread_id = threading.get_ident()
        asyncio._set_running_loop(self)
        try:
            while not self._stopping:
                self._run_once()  # type: ignore[attr-defined]
        finally:
            self._stopping = False
            self._thread_id = None  # type: ignore[assignment]
            asyncio._set_running_loop(None)

    def end(self) -> None:
        """End the tasks of a process that was killed, where they are; what they do on their way out has no effect."""
        asyncio._set_running_loop(self)
        try:
            while self.tasks:
                task = self.tasks.pop()
                task._log_destroy_pending = False  # type: ignore[attr-defined]
                if not task.done():
                    _throw_out(task.get_coro())
        finally:
            asyncio._set_running_loop(None)
        self.close()

    def time(self) -> float:
        """Return simulated time."""
        return kernel().now / SECOND

    def _process_events(self, event_list: list[Any]) -> None:
        """There are none."""

    def _write_to_self(self) -> None:
        self._selector.wake()

    def run_in_executor(self, executor: Any, func: Callable[..., Any], *args: Any) -> asyncio.Future[Any]:  # type: ignore[override]
        """Call a function on a strand."""
        future = self.create_future()

        def settle(result: Any, error: BaseException | None) -> None:
            if future.cancelled():
                return
            if error is not None:
                future.set_exception(error)
            else:
                future.set_result(result)

        def call() -> None:
            try:
                result = func(*args)
            except Exception as error:  # noqa: BLE001 - it is raised where the result is awaited
                self.call_soon_threadsafe(settle, None, error)
            else:
                self.call_soon_threadsafe(settle, result, None)

        kernel().spawn(self._process, "executor", call)
        return future
