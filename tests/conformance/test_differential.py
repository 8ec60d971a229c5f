"""Any sequence of calls is answered by a real server as by the log in memory, but for offsets and times."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from journeyman import events as e
from journeyman import proposals as p
from journeyman.admission import admit
from journeyman.errors import JourneymanError
from journeyman.ids import compose
from journeyman.log.api import ClaimedJob, Outcome, Wanted
from journeyman.log.memory_log import MemoryLog
from journeyman.log.redis_log import RedisLog
from support.driver import AnyLog, failed, given_back, handed_over, progressed, succeeded
from support.hypothesis_profiles import share

#: Finding takes seconds; making what was found small, or a thorough run, takes minutes.
pytestmark = pytest.mark.timeout(3_600)

LONG_AGO_MS = 1_000_000
LONG_MS = 600_000
#: Fewer seldom come to anything.
CALLS_MIN = 10
IDS = [compose(LONG_AGO_MS, number, 0) for number in range(8)]
WORKERS, QUEUES, TYPES = ("w", "v"), ("q", "r"), ("a", "b")
WHO = ("automatic", "manual")
OUTCOMES = (succeeded, failed, progressed, given_back, handed_over)


def line_of(place: str, priority: int) -> tuple[str, int, str]:
    """Return the line that a job's places stand in: two of one name in two lines would have no order."""
    number = IDS.index(place[:24])
    return QUEUES[number % 2], priority, TYPES[number // 2 % 2]


def submitted(job_id: str, priority: int) -> e.JobSubmitted:
    queue, _, type_ = line_of(job_id, priority)
    return e.JobSubmitted(job_id, type_, queue, priority)


ids = st.sampled_from(IDS)
workers = st.sampled_from(WORKERS)
schedulers = st.sampled_from(("s", "t"))
queues = st.lists(st.sampled_from(QUEUES), min_size=1, max_size=2, unique=True)
types = st.lists(st.sampled_from(TYPES), min_size=1, max_size=2, unique=True)
priorities = st.sampled_from([0, 9, 10, 20])
places = st.builds(p.place, ids, st.integers(1, 2), st.integers(0, 1), st.integers(1, 2))

wanted = st.builds(lambda place, priority: Wanted(*line_of(place, priority), place), places, priorities)

guards = st.one_of(
    st.none(),
    st.builds(p.Open, ids),
    st.builds(p.Waiting, ids),
    st.builds(p.Standing, ids),
    st.builds(p.Held, ids, st.integers(1, 2), workers),
    st.builds(p.Alive, workers),
    st.builds(p.Orphaned, ids, st.integers(1, 2), workers),
    st.builds(p.ShutBy, st.sampled_from(TYPES), st.sampled_from(["", *WHO])),
)
effects = st.one_of(
    st.builds(lambda place, priority: p.Push(*line_of(place, priority), (place,)), places, priorities),
    st.builds(p.Void, places),
    st.builds(p.Release, ids),
    st.builds(p.Interrupt, ids),
    st.builds(p.Bury, ids, st.just(1), st.just(1), st.just("a"), st.just("q"), st.just("Boom"), st.just("f")),
    st.builds(p.Discard, ids, st.just(2), st.just(1)),
    st.builds(p.Gate, st.sampled_from(QUEUES), st.booleans()),
    st.builds(p.Valve, st.sampled_from(TYPES), st.sampled_from(["", *WHO]), st.sampled_from([0, 1, 3])),
    st.builds(p.Leave, workers),
    st.builds(p.Join, workers, queues.map(tuple), types.map(tuple)),
)
jobs = st.builds(submitted, ids, priorities)
idempotency = st.one_of(
    st.none(), st.builds(p.Idempotency, st.sampled_from("kl"), st.sampled_from("fg"), st.sampled_from("xy"))
)
#: How far off what a worker says of what it received last is; None: it does not say.
received = st.sampled_from([None, 0, 0, 0, -9, 9])
facts = st.builds(
    p.Proposal,
    st.lists(st.builds(e.JobCancelRequested, ids), max_size=2).map(tuple),
    guards,
    st.lists(effects, max_size=2).map(tuple),
    idempotency,
)
redrives = ids.map(lambda job: p.Proposal((e.JobCancelRequested(job),), p.Ended(job), (p.Reopen(job),)))
joins = workers.map(lambda worker: p.Proposal((), None, (p.Join(worker, QUEUES, TYPES), p.Drain(worker))))
submissions = st.builds(
    lambda jobs, idem: admit(jobs, LONG_AGO_MS, idem),
    st.lists(jobs, max_size=3, unique_by=lambda j: j.job_id),
    idempotency,
)
proposals = st.lists(st.one_of(submissions, submissions, facts, redrives, joins), min_size=1, max_size=3)
calls = st.one_of(
    st.tuples(st.just("append"), proposals),
    st.tuples(st.just("commit"), proposals, st.sampled_from(["beginning", "end", "end", "lost"])),
    st.tuples(st.just("elect"), schedulers, st.sampled_from([0, 0, 3, 40])),
    st.tuples(st.just("resign"), schedulers),
    st.tuples(st.just("read on"), st.sampled_from(["beginning", "end", "lost"])),
    st.tuples(st.just("silent")),
    st.tuples(st.just("claim"), workers, st.integers(0, 4), queues, types, st.booleans(), received),
    st.tuples(
        st.just("claim"), st.just(WORKERS[0]), st.just(4), st.just(QUEUES), st.just(TYPES), st.just(True), received
    ),
    st.tuples(st.just("append"), st.builds(lambda job: [admit([job], LONG_AGO_MS)], jobs)),
    st.tuples(st.just("wanted"), workers, st.lists(wanted, max_size=4), queues, types),
    st.tuples(st.just("finish"), workers, st.lists(st.sampled_from(OUTCOMES), max_size=4)),
    st.tuples(st.just("beat"), workers),
    st.tuples(st.just("again")),
)


class Player:
    """Plays calls to one log and remembers what it was answered."""

    def __init__(self, log: AnyLog) -> None:
        self.log = log
        self.held: dict[str, list[ClaimedJob]] = {worker: [] for worker in WORKERS}
        self._number = 0
        self._last: tuple[Any, ...] = ("beat", "w")
        self._outcomes: list[Outcome] = []
        self._finishes = dict.fromkeys(WORKERS, 0)
        self._received = dict.fromkeys(WORKERS, 0)
        self._epoch = log.elect("s", lease_ms=LONG_MS).epoch or 0
        joins = [p.Proposal((), None, (p.Join(worker, QUEUES, TYPES),)) for worker in WORKERS]
        log.append(joins, caller="j", number=1)
        #: One of the two is heard: which of several is rung is left to chance.
        self._bell = log.doorbell(WORKERS[0])

    def close(self) -> None:
        """Hang up."""
        self._bell.close()

    def play(self, call: tuple[Any, ...]) -> object:
        """Make the call (or the last one once more, with its number) and return the reply without places and times."""
        if call[0] == "again":
            call = self._last
        else:
            self._number += 1
            self._last = call
            if call[0] == "finish":
                mine = self.held[call[1]]
                self._outcomes = [say(job, call[1]) for say, job in zip(call[2], mine, strict=False)]
                # Now and then a call is left out, as if a server had lost it.
                self._finishes[call[1]] += 1 + (len(mine) == 3)
        try:
            return self._reply(call)
        except JourneymanError as error:
            return type(error)

    def _reply(self, call: tuple[Any, ...]) -> object:
        match call:
            case ("append", wanted):
                verdicts = self.log.append(wanted, caller="c", number=self._number).verdicts
                return [(verdict.accepted, verdict.reason, verdict.replayed) for verdict in verdicts]
            case ("commit", wanted, read):
                commit = self.log.commit(wanted, epoch=self._epoch, number=self._number, cursor=self._place(read))
                return [(verdict.accepted, verdict.reason, verdict.replayed) for verdict in commit.verdicts]
            case ("claim", worker, count, from_queues, of_types, offer, received):
                said = None if received is None else max(self._received[worker] + received, 0)
                named = {"queues": from_queues, "types": of_types, "offer": offer, "received": said}
                claimed = self.log.claim(worker, self._number, count, **named).jobs
                if claimed:
                    self._received[worker] = self._number
                self.held[worker] += [job for job in claimed if job not in self.held[worker]]
                return claimed
            case ("wanted", worker, at, from_queues, of_types):
                reply = self.log.claim(worker, self._number, 4, queues=from_queues, types=of_types, wanted=at)
                self.held[worker] += [job for job in reply.jobs if job not in self.held[worker]]
                return reply.jobs, list(reply.fates)
            case ("finish", worker, _):
                return self.log.finish(worker, self._finishes[worker], self._outcomes).accepted
            case ("elect", scheduler, floor):
                epoch = self.log.elect(scheduler, lease_ms=LONG_MS, epoch_floor=floor).epoch
                self._epoch = epoch or self._epoch
                return epoch
            case ("resign", scheduler):
                return self.log.resign(scheduler)
            case ("read on", read):
                return [event for entry in self.log.read_on(self._place(read)) for event in entry.events]
            case ("silent",):
                return sorted(self.log.silent(self.log.now_ms() + LONG_MS))
            case (_, worker):
                beaten = self.log.beat(worker, {})
                return sorted(beaten.interrupt), beaten.drain
            case _:
                raise AssertionError(call)

    def _place(self, read: str) -> e.Offset:
        """Return a place that a scheduler may have read up to; `lost`: and a server has lost since."""
        end = self.log.end()
        return {"beginning": e.BEGINNING, "end": end, "lost": end._replace(ms=end.ms + LONG_MS)}[read]

    def state(self) -> object:
        """Return what can be looked up, without places and times."""
        events = [event for entry in self.log.read(e.BEGINNING, count=100_000) for event in entry.events]
        ended = {job_id: (o.status, o.body, o.attempt) for job_id, o in self.log.outcomes(IDS).items()}
        letters = sorted((one.job_id, one.error_type, one.attempt, one.body) for one in self.log.dead_letters())
        return events, self.log.bodies(IDS), ended, letters, sorted(beat.worker for beat in self.log.beats())


@pytest.fixture(scope="module", params=["valkey", "debian_redis", "cluster"])
def server_log(request: pytest.FixtureRequest) -> Iterator[RedisLog]:
    """Give a log on each server; every example begins by emptying it."""
    from journeyman.log.connect import connect

    log = RedisLog(connect(request.getfixturevalue(request.param).url))
    yield log
    log.close()


@settings(
    max_examples=share(150),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(played=st.lists(calls, min_size=CALLS_MIN, max_size=40))
def test_a_server_answers_as_the_log_in_memory_does(server_log: RedisLog, played: list[tuple[Any, ...]]) -> None:
    server_log.client.flushall()
    real, model = Player(server_log), Player(MemoryLog())
    try:
        for call in played:
            assert real.play(call) == model.play(call), call
        assert real.state() == model.state()
    finally:
        real.close()
