"""Whole lives of jobs under any interleaving of clients, workers, schedulers, losses and damage.

The machine runs the real core on the memory log in virtual time. After every step: the log keeps every promise
(`verify`), the derived keys say what the fold says. At the end everything is healed and must drain, and the
fold of the log, of any snapshot with its tail, of a repetition and of every live scheduler are one state.
"""

from __future__ import annotations

from collections import Counter

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from journeyman import events as e
from journeyman.codec import encode_commit
from journeyman.partition import Partition
from journeyman.proposals import (
    Ended,
    Gate,
    Idempotency,
    Interrupt,
    Open,
    Proposal,
    Reopen,
    Waiting,
)
from support import drain
from support.agreement import assert_agreement
from support.duplicates import may_be_repeated
from support.hypothesis_profiles import share
from support.simulated_workers import KINDS, SimulatedWorker
from support.simulation import HEARTBEAT_TIMEOUT_MS, LEASE_MS, Request, SimulatedScheduler, World
from support.snapshots import assert_same_state, restored, stored

QUEUES = ("mail", "images")
TYPES = ("a", "b")
UNKNOWN = "0" * 24

pick = st.integers(0, 63)
job_orders = st.lists(
    st.fixed_dictionaries(
        {
            "queue": st.sampled_from(QUEUES),
            "type": st.sampled_from(TYPES),
            "priority": st.sampled_from([0, 5, 10, 20]),
            "on_dependency_failure": st.sampled_from(["cancel", "run"]),
            "max_attempts": st.integers(1, 3),
            "delay_ms": st.sampled_from([0, 0, 0, 300, 2_500]),
            "parents": st.lists(pick, max_size=2),
            "stranger": st.sampled_from([False] * 7 + [True]),
        }
    ),
    min_size=1,
    max_size=4,
)


class WholeLives(RuleBasedStateMachine):
    """See the module. Indices drawn by `pick` choose among what there is, modulo how many there are."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World()
        self.ids: list[str] = []
        self.requests: list[Request] = []
        self.workers: list[SimulatedWorker] = []
        self.schedulers: list[SimulatedScheduler | None] = []
        self.damaged: list[e.Offset] = []

    @initialize()
    def begin(self) -> None:
        self.schedulers = [SimulatedScheduler(f"s{number}", self.world) for number in range(2)]
        self.schedulers[0].turn()
        self.workers = [SimulatedWorker(self.world, "w0", QUEUES, TYPES), SimulatedWorker(self.world, "w1", QUEUES[:1], TYPES)]

    # --- clients ---------------------------------------------------------------------------------------

    @rule(orders=job_orders, keyed=st.booleans())
    def submit(self, orders: list[dict[str, object]], keyed: bool) -> None:
        key = f"key{len(self.requests)}" if keyed else ""
        jobs: list[e.JobSubmitted] = []
        for order in orders:
            jobs.append(self._job(dict(order), [*self.ids, *(job.job_id for job in jobs)], key))
        idempotency = Idempotency(key, "body", jobs[0].job_id) if keyed else None
        verdict = self.world.submit(jobs, idempotency).verdicts[0]
        assert verdict.accepted
        self.ids += [job.job_id for job in jobs]
        if keyed:
            self.requests.append(Request(key, jobs, verdict.offset))

    def _job(self, order: dict[str, object], known: list[str], key: str) -> e.JobSubmitted:
        wanted: list[int] = order.pop("parents")  # type: ignore[assignment]
        parents = [known[index % len(known)] for index in wanted] if known else []
        if order.pop("stranger"):
            parents.append(UNKNOWN)
        delay_ms = order.pop("delay_ms")
        assert isinstance(delay_ms, int)
        return e.JobSubmitted(
            self.world.new_id(),
            depends_on=tuple(parents),
            due_ms=self.world.now_ms + delay_ms if delay_ms else 0,
            backoff=e.Backoff(200, 2.0, 1_000, True),
            idempotency=key,
            **order,  # type: ignore[arg-type]
        )

    @precondition(lambda self: self.requests)
    @rule(which=pick, same=st.booleans())
    def submit_again(self, which: int, same: bool) -> None:
        request = self.requests[which % len(self.requests)]
        again = [self._copied(job) for job in request.jobs]
        idempotency = Idempotency(request.key, "body" if same else "other", again[0].job_id)
        verdict = self.world.submit(again, idempotency).verdicts[0]
        if same:
            assert (verdict.replayed, verdict.offset) == (request.jobs[0].job_id, request.offset)
        else:
            assert (verdict.accepted, verdict.reason) == (False, "key_reused")

    def _copied(self, job: e.JobSubmitted) -> e.JobSubmitted:
        return e.JobSubmitted(self.world.new_id(), job.type, job.queue, idempotency=job.idempotency)

    @rule(delay_ms=st.sampled_from([0, 400]))
    def repeat_an_append(self, delay_ms: int) -> None:
        number = self.world.next_number()
        job = e.JobSubmitted(self.world.new_id(), TYPES[0], QUEUES[0])
        proposal = [drain.admitted(job, self.world.now_ms)]
        first = self.world.log.append(proposal, caller="client", number=number)
        self.world.now_ms += delay_ms
        assert self.world.log.append(proposal, caller="client", number=number) == first
        self.ids.append(job.job_id)

    @precondition(lambda self: self.ids)
    @rule(which=pick)
    def cancel(self, which: int) -> None:
        job_id = self.ids[which % len(self.ids)]
        self.world.append(Proposal((e.JobCancelRequested(job_id),), Open(job_id), (Interrupt(job_id),)))

    @precondition(lambda self: self.ids)
    @rule(which=pick, priority=st.sampled_from([0, 5, 15, 20]))
    def reprioritise(self, which: int, priority: int) -> None:
        job_id = self.ids[which % len(self.ids)]
        self.world.append(Proposal((e.JobReprioritised(job_id, priority),), Waiting(job_id)))

    @precondition(lambda self: self.ids)
    @rule(which=pick, delay_ms=st.sampled_from([0, 0, 600]))
    def redrive(self, which: int, delay_ms: int) -> None:
        ended = self.world.log.outcomes(self.ids)
        kept = sorted(job_id for job_id, outcome in ended.items() if outcome.body is not None)
        if kept:
            self.world.append(drain.redriven(kept[which % len(kept)], ended, self.world.now_ms, delay_ms))

    @rule(queue=st.sampled_from(QUEUES), is_open=st.booleans())
    def gate(self, queue: str, is_open: bool) -> None:
        event = e.QueueResumed(queue) if is_open else e.QueuePaused(queue)
        self.world.append(Proposal((event,), None, (Gate(queue, is_open),)))

    # --- workers ---------------------------------------------------------------------------------------

    @rule(which=pick, count=st.integers(1, 5))
    def claim(self, which: int, count: int) -> None:
        self.workers[which % len(self.workers)].claim(count)

    @rule(which=pick)
    def claim_again(self, which: int) -> None:
        self.workers[which % len(self.workers)].claim_again()

    @precondition(lambda self: any(worker.holding for worker in self.workers))
    @rule(which=pick, first=pick, kinds=st.lists(st.sampled_from(KINDS), min_size=1, max_size=4))
    def say(self, which: int, first: int, kinds: list[str]) -> None:
        busy = [worker for worker in self.workers if worker.holding]
        worker = busy[which % len(busy)]
        held = sorted(worker.holding)
        chosen = (held[first % len(held) :] + held)[: min(len(kinds), len(held))]
        worker.say(list(zip(chosen, kinds, strict=False)))

    @rule(which=pick)
    def say_again(self, which: int) -> None:
        self.workers[which % len(self.workers)].say_again()

    @rule(which=pick)
    def fall_silent(self, which: int) -> None:
        self.workers[which % len(self.workers)].silent = True

    @rule(which=pick)
    def leave(self, which: int) -> None:
        self.workers[which % len(self.workers)].leave()

    @precondition(lambda self: any(worker.lost or worker.silent for worker in self.workers))
    @rule(queues=st.sampled_from([QUEUES, QUEUES[:1], QUEUES[1:]]), types=st.sampled_from([TYPES, TYPES[:1]]))
    def join(self, queues: tuple[str, ...], types: tuple[str, ...]) -> None:
        self.workers.append(SimulatedWorker(self.world, f"w{len(self.workers)}", queues, types))

    # --- schedulers and time ---------------------------------------------------------------------------

    @rule(delay_ms=st.sampled_from([1, 50, LEASE_MS // 2, LEASE_MS + 1, HEARTBEAT_TIMEOUT_MS, 10_000]))
    def wait(self, delay_ms: int) -> None:
        drain.pass_time(self.world, self.workers, delay_ms)

    @rule(which=st.integers(0, 1), turns=st.integers(1, 6), renew=st.booleans(), lose=st.sampled_from(["", "", "request", "reply"]))
    def schedule(self, which: int, turns: int, renew: bool, lose: str) -> None:
        scheduler = self.schedulers[which]
        if scheduler is None:
            return
        self.world.log.lose = lose
        for _ in range(turns):
            scheduler.turn(renew=renew)
        self.world.log.lose = ""

    @rule(which=st.integers(0, 1), entries=st.integers(0, 4), lose=st.sampled_from(["", "", "request", "reply"]))
    def decide_on_old_news(self, which: int, entries: int, lose: str) -> None:
        scheduler = self.schedulers[which]
        if scheduler is None:
            return
        if entries:
            scheduler.read(entries)
        self.world.log.lose = lose
        scheduler.decide()
        self.world.log.lose = ""

    @rule(turns=st.integers(4, 12))
    def schedule_all(self, turns: int) -> None:
        for _ in range(turns):
            self.world.now_ms += 1
            for scheduler in self.schedulers:
                if scheduler is not None:
                    scheduler.turn()

    @rule(which=st.integers(0, 1))
    def crash(self, which: int) -> None:
        self.schedulers[which] = None

    @rule(which=st.integers(0, 1), snapshot=st.one_of(st.none(), pick))
    def restart(self, which: int, snapshot: int | None) -> None:
        saved = self.world.snapshots
        partition = restored(saved[snapshot % len(saved)]) if saved and snapshot is not None else Partition()
        self.schedulers[which] = SimulatedScheduler(f"s{which}-{self.world.next_number()}", self.world, partition)

    @rule()
    def lose_the_lease(self) -> None:
        self.world.log.lose_lease()

    @rule(which=st.integers(0, 1))
    def snapshot(self, which: int) -> None:
        scheduler = self.schedulers[which]
        if scheduler is not None:
            self.world.snapshots.append(stored(scheduler.partition))

    # --- damage ----------------------------------------------------------------------------------------

    @rule(which=pick)
    def repeat_an_event(self, which: int) -> None:
        events = self.world.events()
        returned = {(event.job_id, event.attempt) for event in events if isinstance(event, e.JobReturned)}
        known = [event for event in events if may_be_repeated(event, self.world.onlooker, returned)]
        if known:
            self.world.injected.add(self.world.log.write_raw(encode_commit([known[-1 - which % len(known)]])).entry)

    @rule(data=st.sampled_from([b"", b"\xc1", b"\x91\x92\xa5hello\x01", b"\x92\xa1x", b"\x91\x91\xadjob.submitted"]))
    def damage(self, data: bytes) -> None:
        offset = self.world.log.write_raw(data)
        self.world.injected.add(offset.entry)
        self.damaged.append(offset)

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
        drain.assert_one_state(self.world, [scheduler for scheduler in self.schedulers if scheduler])
        leader = drain.heal_and_drain(self.world, QUEUES, TYPES)
        self.the_log_keeps_its_promises()
        drain.assert_all_ended(self.world, self.ids)
        drain.assert_nothing_decided_twice(self.world)
        drain.assert_one_state(self.world, [leader, *(s for s in self.schedulers if s)])
        reported = Counter(event.offset for event in self.world.events() if isinstance(event, e.LogQuarantined))
        assert {e.Offset.parse(offset).entry for offset in reported} == {offset.entry for offset in self.damaged}
        assert_same_state(self.world.onlooker, self.world.refolded(), "read as it grew, and at once")


TestWholeLives = WholeLives.TestCase
TestWholeLives.settings = settings(max_examples=share(60), stateful_step_count=60, deadline=None)
