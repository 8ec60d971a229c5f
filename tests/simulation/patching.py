"""Puts simulated time, threads, queues and chance in place of the real ones, in the services' modules and nowhere else.

Every module of ours that is loaded is looked through for the standard library's objects that are simulated, by
identity: so a module that begins to use a lock is simulated without being named here. The few other things that
reach outside of a process are named below.
"""

from __future__ import annotations

import ctypes
import gc
import queue
import random
import secrets
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import dramatiq.worker
import psutil
from dramatiq.middleware import raise_thread_exception

from journeyman_worker.runner import bench
from simulation import primitives as p
from simulation.kernel import kernel

#: Modules that belong to processes. The simulated server is none, though it is of `journeyman`.
_OURS = ("journeyman.", "journeyman_ingest", "journeyman_scheduler", "journeyman_worker", "journeyman_dashboard")
_THEIRS = ("dramatiq.worker", "dramatiq.common", "tenacity", "tenacity.wait", "tenacity.stop", "tenacity.asyncio")
_SERVER = "journeyman.log.memory_"


class _Chance(p.SimulatedChance):
    """Also what makes generators of its own."""

    Random = random.Random


class _NoPython:
    """`ctypes.pythonapi`, for the one call that takes an exception back which was to be raised in a thread."""

    @staticmethod
    def PyThreadState_SetAsyncExc(_ident: int, _nothing: None) -> None:  # noqa: N802
        strand = kernel().current
        assert strand is not None
        strand.pending = None


class _NoTypes:
    """`ctypes`."""

    c_ulong = int
    pythonapi = _NoPython


class _Measured:
    """`psutil.Process`."""

    rss = 50_000_000

    def cpu_percent(self, _interval: float | None) -> float:
        return 1.0

    def memory_info(self) -> _Measured:
        return self

    @contextmanager
    def oneshot(self) -> Iterator[None]:
        yield


class _NoVitals:
    """`psutil`."""

    Process = _Measured


def _raise_in_strand(ident: int, reason: type[BaseException]) -> None:
    one = kernel()
    assert one.current is not None
    for strand in one.current.process.strands:
        if strand.ident == ident:
            one.interrupt(strand, reason)


class StrandJobThread(p.StrandThread, bench.JobThread):
    """A worker thread of dramatiq's as a strand."""

    name = "job"


class StrandConsumerThread(p.StrandThread, dramatiq.worker.ConsumerThread):
    """The consumer thread of dramatiq's, in which the claimer works, as a strand."""

    name = "claimer"


def _pass(name: str) -> None:
    """Pass a failpoint: a place to die at, where the process has a thread to itself there."""
    import asyncio

    one = kernel()
    if one.current is not None and asyncio._get_running_loop() is None:
        one.step()


_BY_IDENTITY: list[tuple[Any, Any]] = [
    (time, p.SimulatedTime),
    (time.time, p.SimulatedTime.time),
    (time.sleep, p.SimulatedTime.sleep),
    (time.monotonic, p.SimulatedTime.monotonic),
    (time.perf_counter_ns, p.SimulatedTime.perf_counter_ns),
    (threading, p.SimulatedThreading),
    (threading.Event, p.SimulatedEvent),
    (threading.Lock, p.SimulatedLock),
    (threading.Thread, p.SimulatedThread),
    (threading.get_ident, p.get_ident),
    (queue.SimpleQueue, p.SimulatedQueue),
    (random, _Chance),
    (secrets, _Chance),
    (gc, p.SimulatedCollector),
    (ctypes, _NoTypes),
    (psutil, _NoVitals),
    (raise_thread_exception, _raise_in_strand),
    (bench.Line, p.SimulatedLine),
    (bench.JobThread, StrandJobThread),
    (dramatiq.worker.ConsumerThread, StrandConsumerThread),
]
_REPLACED = {id(real): (real, simulated) for real, simulated in _BY_IDENTITY}


def _modules() -> Iterator[ModuleType]:
    for name, module in sorted(sys.modules.items()):
        if (name.startswith(_OURS) and not name.startswith(_SERVER)) or name in _THEIRS:
            yield module


@contextmanager
def simulated() -> Iterator[None]:
    """Simulate whatever the services do in this block."""
    changed: list[tuple[ModuleType, str, Any]] = []

    def put(module: ModuleType, name: str, value: Any) -> None:
        changed.append((module, name, getattr(module, name)))
        setattr(module, name, value)

    for module in _modules():
        for name, value in list(vars(module).items()):
            replaced = _REPLACED.get(id(value))
            if replaced is not None:
                put(module, name, replaced[1])
    from journeyman import failpoints
    from journeyman_worker.runner import attempt

    put(failpoints, "hit", _pass)
    put(attempt, "_progress_lock", p.SimulatedLock())
    try:
        yield
    finally:
        for module, name, value in reversed(changed):
            setattr(module, name, value)
