"""Dependencies between partitions, under any interleaving of their schedulers, with crashes between telling and noting.

Three partitions over memory logs in virtual time. At every claim the parents of what starts have ended, and well
enough. At the end everything is healed and must drain; then every edge was told and answered exactly once in either
log, and every way to the state of each partition leads to the same one.
"""

from __future__ import annotations

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from journeyman import events as e
from journeyman.partition import Partition
from journeyman.proposals import Ended, Interrupt, Open, Proposal, Reopen
from support import drain
from support.agreement import assert_agreement
from support.hypothesis_profiles import share
from support.neighbourhood import Neighbourhood
from support.simulated_workers import SimulatedWorker
from support.simulation import LEASE_MS, SimulatedScheduler
from support.snapshots import restored, stored

#: Finding takes seconds; making what was found small, or a thorough run, takes minutes.
pytestmark = pytest.mark.timeout(3_600)

PARTITIONS = 3
QUEUES, TYPES = ("mail",), ("a",)
#: How many of the latest jobs are chosen from: few, so that what happens meets.
LATEST = 6
ROUNDS_MAX = 400

pick = st.integers(0, 63)
where = st.integers(0, PARTITIONS - 1)
lost = st.sampled_from(["", "", "request", "reply"])
kinds = st.sampled_from(["succeed", "succeed", "fail for good", "give back"])


class Partitions(RuleBasedStateMachine):
    """See the module. Numbers drawn by `pick` choose among what there is, modulo how many there are."""

    def __init__(self) -> None:
        super().__init__()
        self.all = Neighbourhood(PARTITIONS)
        self.ids: list[str] = []
        self.workers: list[SimulatedWorker] = []
        self.schedulers: list[SimulatedScheduler] = []

    @initialize()
    def begin(self) -> None:
        self.workers = [SimulatedWorker(world, "w", QUEUES, TYPES) for world in self.all.worlds]
        self.schedulers = [SimulatedScheduler("s", world) for world in self.all.worlds]
        for scheduler in self.schedulers:
            scheduler.turn()

    # --- clients and workers ---------------------------------------------------------------------------

    @rule(
        to=where,
        parents=st.lists(pick, max_size=3),
        run=st.booleans(),
        stranger=st.sampled_from([None] * 9 + [0, 1, 7]),
    )
    def submit(self, to: int, parents: list[int], run: bool, stranger: int | None) -> None:
        world, latest = self.all.worlds[to], self.ids[-LATEST:]
        chosen = [latest[index % len(latest)] for index in parents] if latest else []
        if stranger is not None:
            chosen.append("0" * 23 + str(stranger))
        policy = "run" if run else "cancel"
        job = e.JobSubmitted(
            world.new_id(), TYPES[0], QUEUES[0], depends_on=tuple(chosen), on_dependency_failure=policy
        )
        assert world.submit([job]).verdicts[0].accepted
        self.ids.append(job.job_id)

    @precondition(lambda self: self.ids)
    @rule(what=st.sampled_from(["cancel", "redrive", "redrive"]), which=pick)
    def change(self, what: str, which: int) -> None:
        job_id = self.ids[-LATEST:][which % min(len(self.ids), LATEST)]
        world = self.all.world_of(job_id)
        if what == "cancel":
            world.append(Proposal((e.JobCancelRequested(job_id),), Open(job_id), (Interrupt(job_id),)))
            return
        outcome = world.log.outcomes([job_id]).get(job_id)
        if outcome is not None and outcome.body is not None:
            again = e.JobRedriven(job_id, outcome.generation + 1, outcome.attempt, TYPES[0], QUEUES[0], 10, 3)
            world.append(Proposal((again,), Ended(job_id), (Reopen(job_id),)))

    @rule(of=where, count=st.integers(1, 3), kind=kinds)
    def work(self, of: int, count: int, kind: str) -> None:
        worker = self.workers[of]
        self.all.claim(worker, count)
        if worker.holding:
            worker.say([(job_id, kind) for job_id in sorted(worker.holding)[:count]])

    # --- schedulers, and what befalls them -------------------------------------------------------------

    @rule(of=where, turns=st.integers(1, 4), lose=lost)
    def schedule(self, of: int, turns: int, lose: str) -> None:
        self.all.lose = lose
        for _ in range(turns):
            self.schedulers[of].turn()
        self.all.lose = ""

    @rule(of=where, entries=st.integers(0, 6), lose=lost, crash=st.booleans())
    def tell_and_never_note(self, of: int, entries: int, lose: str, crash: bool) -> None:
        """The commit behind what was told is lost on its way, and so is, perhaps, who would repeat it."""
        scheduler = self.schedulers[of]
        if entries:
            scheduler.read(entries)
        for _ in range(2):
            self.all.worlds[of].log.lose = lose
            scheduler.decide()
        self.all.worlds[of].log.lose = ""
        if crash:
            self._replace(of, Partition())

    @rule(of=where, what=st.sampled_from(["restart", "restore", "snapshot", "lease"]), which=pick)
    def trouble(self, of: int, what: str, which: int) -> None:
        world = self.all.worlds[of]
        match what:
            case "lease":
                world.log.lose_lease()
            case "snapshot":
                world.snapshots.append(stored(self.schedulers[of].partition))
            case _:
                saved = world.snapshots
                self._replace(of, restored(saved[which % len(saved)]) if saved and what == "restore" else Partition())

    def _replace(self, of: int, partition: Partition) -> None:
        world = self.all.worlds[of]
        world.log.lose_lease()
        self.schedulers[of] = SimulatedScheduler(f"s{world.next_number()}", world, partition)

    @rule(of=where, away=st.booleans())
    def cut(self, of: int, away: bool) -> None:
        (self.all.away.add if away else self.all.away.discard)(of)

    @rule(delay_ms=st.sampled_from([1, LEASE_MS // 2, LEASE_MS + 1, 1_500]))
    def wait(self, delay_ms: int) -> None:
        for world, worker in zip(self.all.worlds, self.workers, strict=True):
            drain.pass_time(world, [worker], delay_ms)

    # --- what must always be so ------------------------------------------------------------------------

    @invariant()
    def keys_say_what_the_fold_says(self) -> None:
        self.all.look()
        for world in self.all.worlds:
            assert_agreement(world.log.derived, world.onlooker)
            assert world.verifier.report().violations == []

    def teardown(self) -> None:
        if not self.workers:
            return
        self.all.away.clear()
        self._drain()
        self.keys_say_what_the_fold_says()
        self.all.assert_every_edge_was_told_once()
        for world, scheduler in zip(self.all.worlds, self.schedulers, strict=True):
            drain.assert_nothing_decided_twice(world)
            drain.assert_one_state(world, [scheduler])

    def _drain(self) -> None:
        for _ in range(ROUNDS_MAX):
            self.wait(200)
            busy = drain.settled(self.schedulers)
            for worker in self.workers:
                self.all.claim(worker, 1_000)
                if worker.holding:
                    worker.say([(job_id, "succeed") for job_id in sorted(worker.holding)])
            self.all.look()
            if not busy and not any(world.onlooker.jobs or world.onlooker.watchers.of for world in self.all.worlds):
                return
        raise AssertionError(f"not drained: {[world.onlooker.jobs for world in self.all.worlds]}")


TestPartitions = Partitions.TestCase
TestPartitions.settings = settings(max_examples=share(150), stateful_step_count=40, deadline=None)
