"""The jobs of a simulation: what user code does, good and bad, in simulated time.

A job's payload says what it is to do (`Plan`). What it did is written down, beside the log, for the checks.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import msgspec

import journeyman_worker as jm
from journeyman_worker.actors import Job
from journeyman_worker.broker import JourneymanBroker
from journeyman_worker.policy import Policy
from simulation.kernel import SECOND, kernel

if TYPE_CHECKING:
    from simulation.services import WorkerProcess

TYPES = ("sim.quick", "sim.long", "sim.failing", "sim.killing", "sim.spawning")
#: User code that waits looks up this often, so that it can be interrupted.
SLICE_US = SECOND // 2


class Plan(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a job does: how long it takes, on how many attempts it fails or kills its worker, what it submits."""

    run_ms: int = 1
    fails: int = 0
    permanent: bool = False
    kills: int = 0
    children: int = 0
    steps: int = 0


class Deeds:
    """What jobs did: attempts that ran, workers they killed, jobs they submitted."""

    def __init__(self) -> None:
        self.ran: Counter[tuple[str, int]] = Counter()
        self.returned: set[tuple[str, int]] = set()
        self.kills: Counter[str] = Counter()
        self.submitted: list[str] = []
        #: From then on every job does what it should.
        self.healed = False


def _run(**plan: Any) -> dict[str, Any]:
    todo = msgspec.convert(plan, Plan)
    one = kernel()
    assert one.current is not None
    process: WorkerProcess = one.current.process  # type: ignore[assignment]
    job = jm.current()
    process.deeds.ran[job.id, job.attempt] += 1
    if process.deeds.healed:
        todo = Plan(children=todo.children)
    if process.deeds.kills[job.id] < todo.kills:
        process.deeds.kills[job.id] += 1
        _sleep(todo.run_ms)
        one.at(one.now, lambda: process.crash(f"killed by {job.id[-8:]}"))
        while True:
            one.wait()
    for step in range(todo.steps):
        jm.progress(100 * step / todo.steps, f"step {step}")
        _sleep(todo.run_ms / todo.steps)
    if not todo.steps:
        _sleep(todo.run_ms)
    if todo.permanent:
        raise jm.Permanent("never again")
    if job.attempt <= todo.fails:
        raise ValueError(f"attempt {job.attempt} fails")
    for _ in range(todo.children):
        submitted = process.broker.submit("sim.quick", {"run_ms": 5}, policy=Policy(queue=job.queue))
        process.deeds.submitted.append(submitted)
    process.deeds.returned.add((job.id, job.attempt))
    return {"attempt": job.attempt}


def _sleep(span_ms: float) -> None:
    left = int(span_ms * 1_000)
    while left > 0:
        kernel().sleep(min(left, SLICE_US))
        left -= SLICE_US


def declared() -> JourneymanBroker:
    """Return a broker with every type of job of the simulation."""
    broker = JourneymanBroker()
    for name in TYPES:
        Job(_named(name), type=name, policy=Policy(), broker=broker)
    for job in broker.actors.values():
        assert isinstance(job, Job)
        assert job.binding
    return broker


def _named(name: str) -> Any:
    def run(**plan: Any) -> dict[str, Any]:
        return _run(**plan)

    run.__name__ = name.replace(".", "_")
    return run
