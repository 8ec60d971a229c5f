"""Whole lives of jobs under any interleaving of clients, workers, schedulers, losses and damage.

The machine runs the real core on the memory log in virtual time. After every step: the log keeps every promise
(`verify`), the derived keys say what the fold says. At the end everything is healed and must drain, and the
fold of the log, of any snapshot with its tail, of a repetition and of every live scheduler are one state.
"""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from msgspec import structs

from journeyman import events as e
from journeyman.codec import encode_commit
from journeyman.partition import Partition
from support import drain
from support.agreement import assert_agreement
from support.duplicates import may_be_repeated
from support.hypothesis_profiles import share
from support.redrives import assert_stopped_as_told
from support.simulated_clients import Order, SimulatedClient
from support.simulated_workers import KINDS, SimulatedWorker
from support.simulation import BREAKERS, HEARTBEAT_TIMEOUT_MS, LEASE_MS, LIMITS, SimulatedScheduler, World
from support.snapshots import assert_same_state, restored, stored

#: Finding takes seconds; making what was found small, or a thorough run, takes minutes.
pytestmark = pytest.mark.timeout(3_600)

QUEUES = ("mail", "images")
TYPES = ("a", "b")
GARBAGE = (b"", b"\xc1", b"\x91\x92\xa5hello\x01", b"\x92\xa1x", b"\x91\x91\xadjob.submitted")

pick = st.integers(0, 63)
lost = st.sampled_from(["", "", "", "request", "reply"])
delays = st.sampled_from([1, 50, 250, LEASE_MS // 2, LEASE_MS + 1, HEARTBEAT_TIMEOUT_MS, 10_000, 25_000])
orders = st.lists(
    st.builds(
        Order,
        queue=st.sampled_from(QUEUES),
        type=st.sampled_from(TYPES),
        priority=st.sampled_from([0, 10, 20]),
        on_dependency_failure=st.sampled_from(["cancel", "run"]),
        max_attempts=st.integers(1, 3),
        delay_ms=st.sampled_from([0, 0, 0, 0, 300, 2_500]),
        parents=st.one_of(st.just([]), st.lists(pick, max_size=2)),
        stranger=st.sampled_from([False] * 15 + [True]),
    ),
    min_size=1,
    max_size=3,
)
changes = st.tuples(st.sampled_from(["cancel", "reprioritise", "redrive"]), pick, st.sampled_from([0, 15, 20]))
work = st.tuples(st.sampled_from(["claim", "claim", *KINDS]), pick, st.integers(1, 4))


class WholeLives(RuleBasedStateMachine):
    """See the module. Numbers drawn by `pick` choose among what there is, modulo how many there are."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World(limits=structs.replace(LIMITS, breakers=BREAKERS))
        self.client = SimulatedClient(self.world)
        self.workers: list[SimulatedWorker] = []
        self.schedulers: list[SimulatedScheduler | None] = []
        self.damaged: list[e.Offset] = []

    @initialize()
    def begin(self) -> None:
        self.schedulers = [SimulatedScheduler(f"s{number}", self.world) for number in range(2)]
        self.schedulers[0].turn()  # type: ignore[union-attr]
        self.workers = [
            SimulatedWorker(self.world, "w0", QUEUES, TYPES),
            SimulatedWorker(self.world, "w1", QUEUES[:1], TYPES),
        ]

    # --- clients and workers ---------------------------------------------------------------------------

    @rule(order=orders, keyed=st.booleans())
    def submit(self, order: list[Order], keyed: bool) -> None:
        self.client.submit(order, keyed=keyed)

    @precondition(lambda self: self.client.ids)
    @rule(wanted=changes)
    def change(self, wanted: tuple[str, int, int]) -> None:
        self.client.change(*wanted)

    @precondition(lambda self: self.client.ids)
    @rule(stop_on_failures=st.integers(1, 2), gap_ms=st.sampled_from([0, 0, 300, 2_500]))
    def redrive_together(self, stop_on_failures: int, gap_ms: int) -> None:
        self.client.redrive_together(stop_on_failures, gap_ms)

    @rule(queue=st.sampled_from(QUEUES), is_open=st.booleans())
    def gate(self, queue: str, is_open: bool) -> None:
        self.client.gate(queue, is_open=is_open)

    @rule(type_=st.sampled_from(TYPES), is_open=st.booleans())
    def breaker(self, type_: str, is_open: bool) -> None:
        self.client.breaker(type_, is_open=is_open)

    @rule(done=st.lists(work, min_size=1, max_size=3))
    def do(self, done: list[tuple[str, int, int]]) -> None:
        for kind, which, count in done:
            self._work(kind, which, count)

    def _work(self, kind: str, which: int, count: int) -> None:
        if kind == "claim":
            self.workers[which % len(self.workers)].claim(count)
            return
        busy = [worker for worker in self.workers if worker.holding]
        if busy:
            worker = busy[which % len(busy)]
            worker.say([(job_id, kind) for job_id in sorted(worker.holding)[:count]])

    @rule(what=st.sampled_from(["claim", "say", "append", "same body", "other body"]), which=pick)
    def repeat(self, what: str, which: int) -> None:
        worker = self.workers[which % len(self.workers)]
        match what:
            case "claim":
                worker.claim_again()
            case "say":
                worker.say_again()
            case "append":
                self.client.append_twice(QUEUES[0], TYPES[0])
            case _:
                self.client.submit_again(which, same=what == "same body")

    @rule(what=st.sampled_from(["silence", "silence", "leave", "join"]), which=pick)
    def turnover(self, what: str, which: int) -> None:
        worker = self.workers[which % len(self.workers)]
        if what == "silence":
            worker.silent = True
        elif what == "leave":
            worker.leave()
        if worker.silent or worker.lost:
            self.workers.append(SimulatedWorker(self.world, f"w{len(self.workers)}", QUEUES[which % 2 :], TYPES))

    # --- schedulers and time ---------------------------------------------------------------------------

    @rule(delay_ms=delays)
    def wait(self, delay_ms: int) -> None:
        drain.pass_time(self.world, self.workers, delay_ms)

    @rule(which=st.integers(0, 1), turns=st.integers(1, 8), renew=st.booleans(), lose=lost)
    def schedule(self, which: int, turns: int, renew: bool, lose: str) -> None:
        scheduler = self.schedulers[which]
        if scheduler is not None:
            self.world.log.lose = lose
            for _ in range(turns):
                scheduler.turn(renew=renew)
            self.world.log.lose = ""

    @rule(
        which=st.integers(0, 1),
        entries=st.integers(0, 8),
        wanted=st.one_of(st.none(), changes),
        done=st.lists(work, max_size=4),
        lose=lost,
    )
    def decide_on_old_news(
        self, which: int, entries: int, wanted: tuple[str, int, int] | None, done: list[tuple[str, int, int]], lose: str
    ) -> None:
        scheduler = self.schedulers[which]
        if scheduler is None:
            return
        if wanted and self.client.ids:
            self.client.change(*wanted)
        if entries:
            scheduler.read(entries)
        for kind, whose, count in done:
            self._work(kind, whose, count)
        self.world.log.lose = lose
        scheduler.decide()
        self.world.log.lose = ""

    @rule(what=st.sampled_from(["crash", "restart", "restore", "lease", "snapshot"]), which=pick)
    def trouble(self, what: str, which: int) -> None:
        index, saved = which % 2, self.world.snapshots
        scheduler = self.schedulers[index]
        match what:
            case "crash":
                self.schedulers[index] = None
            case "lease":
                self.world.log.lose_lease()
            case "snapshot":
                if scheduler is not None:
                    saved.append(stored(scheduler.partition))
            case _:
                partition = restored(saved[which % len(saved)]) if saved and what == "restore" else Partition()
                name = f"s{index}-{self.world.next_number()}"
                self.schedulers[index] = SimulatedScheduler(name, self.world, partition)

    # --- damage ----------------------------------------------------------------------------------------

    @rule(which=pick, garbage=st.one_of(st.none(), st.none(), st.sampled_from(GARBAGE)))
    def damage(self, which: int, garbage: bytes | None) -> None:
        if garbage is not None:
            self.damaged.append(self.world.inject(garbage))
            return
        events = self.world.events()
        returned = {(event.job_id, event.attempt) for event in events if isinstance(event, e.JobReturned)}
        known = [event for event in events if may_be_repeated(event, self.world.onlooker, returned)]
        if known:
            self.world.inject(encode_commit([known[-1 - which % len(known)]]))

    # --- what must always be so ------------------------------------------------------------------------

    @invariant()
    def the_log_keeps_its_promises(self) -> None:
        self.world.look()
        assert self.world.verifier.report().violations == []
        assert_agreement(self.world.log.derived, self.world.onlooker)

    def teardown(self) -> None:
        if not self.workers:
            return
        self.world.look()
        alive = [scheduler for scheduler in self.schedulers if scheduler] or [SimulatedScheduler("s", self.world)]
        drain.heal_and_drain(self.world, alive, QUEUES, TYPES)
        self.the_log_keeps_its_promises()
        drain.assert_all_ended(self.world, self.client.ids)
        drain.assert_nothing_decided_twice(self.world)
        drain.assert_nothing_started_through_a_shut_valve(self.world)
        drain.assert_one_state(self.world, alive)
        assert_stopped_as_told(
            entry for entry in self.world.whole_log() if entry.offset.entry not in self.world.injected
        )
        reported = Counter(event.offset for event in self.world.events() if isinstance(event, e.LogQuarantined))
        assert {e.Offset.parse(offset).entry for offset in reported} == {offset.entry for offset in self.damaged}
        assert_same_state(self.world.onlooker, self.world.refolded(), "read as it grew, and at once")


TestWholeLives = WholeLives.TestCase
TestWholeLives.settings = settings(max_examples=share(300), stateful_step_count=50, deadline=None)
