"""Circuit breakers under any interleaving of failing jobs, people, dying workers, changing schedulers, lost replies.

A machine like that of `test_whole_lives.py`, in which most attempts fail. After every step the valves are as the fold
has them, with as many permits; at the end nothing started through a shut one, and once failures stop everything drains.
"""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from msgspec import structs

from journeyman import events as e
from journeyman.partition import Partition
from support import drain
from support.agreement import assert_agreement
from support.hypothesis_profiles import share
from support.simulated_clients import Order, SimulatedClient
from support.simulated_workers import SimulatedWorker
from support.simulation import BREAKERS, HEARTBEAT_TIMEOUT_MS, LEASE_MS, LIMITS, SimulatedScheduler, World
from support.snapshots import restored, stored

#: Finding takes seconds; making what was found small, or a thorough run, takes minutes.
pytestmark = pytest.mark.timeout(3_600)

QUEUES, TYPES = ("mail", "images"), ("a", "b")
#: Most attempts fail.
ENDS = ("fail", "fail", "fail", "fail and wait", "succeed", "fail for good", "give back", "hand over")

pick = st.integers(0, 63)
types = st.sampled_from(TYPES)

#: What became of breakers in all examples together.
seen: Counter[str] = Counter()


class FailingJobs(RuleBasedStateMachine):
    """See the module. Numbers drawn by `pick` choose among what there is, modulo how many there are."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World(limits=structs.replace(LIMITS, breakers=BREAKERS))
        self.client = SimulatedClient(self.world)
        self.workers: list[SimulatedWorker] = []
        self.schedulers: list[SimulatedScheduler] = []

    @initialize()
    def begin(self) -> None:
        self.schedulers = [SimulatedScheduler(f"s{number}", self.world) for number in range(2)]
        self.schedulers[0].turn()
        self.workers = [SimulatedWorker(self.world, f"w{number}", QUEUES, TYPES) for number in range(2)]

    @rule(type_=types, queue=st.sampled_from(QUEUES), priority=st.sampled_from([0, 10]), count=st.integers(1, 5))
    def submit(self, type_: str, queue: str, priority: int, count: int) -> None:
        self.client.submit([Order(queue, type_, priority)] * count, keyed=False)

    @rule(type_=types, which=st.integers(0, 1))
    def burst(self, type_: str, which: int) -> None:
        """Let several attempts fail at once, and the scheduler see it."""
        self.submit(type_, QUEUES[0], 10, 4)
        self.work(which, 6, ["fail"] * 6)
        self.schedule(which, 4, "")

    @rule(which=st.integers(0, 1), ends=st.lists(st.sampled_from(ENDS), min_size=1, max_size=3))
    def try_again(self, which: int, ends: list[str]) -> None:
        """Let an open breaker's time pass, the probes start, and the scheduler see what becomes of them."""
        self.wait(BREAKERS.open_ms)
        self.schedule(which, 4, "")
        self.work(which, 3, ends)
        self.schedule(which, 4, "")

    @rule(which=pick, count=st.integers(1, 6), ends=st.lists(st.sampled_from(ENDS), min_size=1, max_size=6))
    def work(self, which: int, count: int, ends: list[str]) -> None:
        worker = self.workers[which % len(self.workers)]
        worker.claim(count)
        if not worker.lost:
            worker.say(list(zip(sorted(worker.holding), ends, strict=False)))

    @rule(which=pick, count=st.integers(1, 4))
    def claim(self, which: int, count: int) -> None:
        self.workers[which % len(self.workers)].claim(count)

    @rule(which=pick)
    def repeat(self, which: int) -> None:
        self.workers[which % len(self.workers)].claim_again()

    @rule(which=pick)
    def fall_silent(self, which: int) -> None:
        worker = self.workers[which % len(self.workers)]
        worker.silent = True
        self.workers = [one for one in self.workers if not one.silent]
        self.workers.append(SimulatedWorker(self.world, f"w{self.world.next_number()}", QUEUES, TYPES))

    @rule(type_=types, is_open=st.sampled_from([False, False, True]))
    def turn(self, type_: str, is_open: bool) -> None:
        self.client.breaker(type_, is_open=is_open)

    @rule(what=st.sampled_from(["cancel", "reprioritise"]), which=pick)
    def change(self, what: str, which: int) -> None:
        if self.client.ids:
            self.client.change(what, which, 20)

    @rule(delay_ms=st.sampled_from([50, 200, 400, 800, LEASE_MS + 1, HEARTBEAT_TIMEOUT_MS, 4_000]))
    def wait(self, delay_ms: int) -> None:
        drain.pass_time(self.world, self.workers, delay_ms)

    @rule(which=st.integers(0, 1), turns=st.integers(1, 6), lose=st.sampled_from(["", "", "", "request", "reply"]))
    def schedule(self, which: int, turns: int, lose: str) -> None:
        self.world.log.lose = lose
        for _ in range(turns):
            self.schedulers[which].turn()
        self.world.log.lose = ""

    @rule(which=st.integers(0, 1), entries=st.integers(0, 4))
    def decide_on_old_news(self, which: int, entries: int) -> None:
        if entries:
            self.schedulers[which].read(entries)
        self.schedulers[which].decide()

    @rule(which=pick, how=st.sampled_from(["anew", "restored", "snapshot", "lease"]))
    def change_schedulers(self, which: int, how: str) -> None:
        index, saved = which % 2, self.world.snapshots
        match how:
            case "lease":
                self.world.log.lose_lease()
            case "snapshot":
                saved.append(stored(self.schedulers[index].partition))
            case _:
                partition = restored(saved[which % len(saved)]) if saved and how == "restored" else Partition()
                name = f"s{index}-{self.world.next_number()}"
                self.schedulers[index] = SimulatedScheduler(name, self.world, partition)

    @invariant()
    def valves_are_as_the_log_says(self) -> None:
        self.world.look()
        assert self.world.verifier.report().violations == []
        assert_agreement(self.world.log.derived, self.world.onlooker)

    def teardown(self) -> None:
        if not self.workers:
            return
        drain.heal_and_drain(self.world, self.schedulers, QUEUES, TYPES)
        self.valves_are_as_the_log_says()
        drain.assert_all_ended(self.world, self.client.ids)
        drain.assert_nothing_decided_twice(self.world)
        drain.assert_nothing_started_through_a_shut_valve(self.world)
        drain.assert_one_state(self.world, self.schedulers)
        for event in self.world.events():
            if isinstance(event, (e.BreakerOpened, e.BreakerHalfOpened, e.BreakerClosed)):
                seen[f"{e.tag_of(event)} {getattr(event, 'reason', '')}".strip()] += 1


def test_breakers_hold_back_what_they_should_and_nothing_for_ever() -> None:
    run_state_machine_as_test(
        FailingJobs, settings=settings(max_examples=share(100), stateful_step_count=50, deadline=None)
    )
    opened = ["failure_ratio", "consecutive_failures", "probe_failed", "manual"]
    closed = ["probes_succeeded", "manual"]
    wanted = [*(f"breaker.opened {why}" for why in opened), *(f"breaker.closed {why}" for why in closed)]
    assert [name for name in (*wanted, "breaker.half_opened") if not seen[name]] == [], seen
