"""The simulator: that it adds up, that the oracle is a bound, and that the policy holds what it promises on it."""

from __future__ import annotations

from xml.etree import ElementTree

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from journeyman_autoscaler.limits import Limits
from journeyman_autoscaler.simulation import oracle
from journeyman_autoscaler.simulation.comparing import Compared, compare
from journeyman_autoscaler.simulation.fleet import FleetRun, Plant, Sight
from journeyman_autoscaler.simulation.plot import draw
from journeyman_autoscaler.simulation.replay import Told, recorded, told_lines
from journeyman_autoscaler.simulation.report import as_json
from journeyman_autoscaler.simulation.traffic import HOUR_MS, KINDS, Job, Traffic, made_up

PLANT = Plant()
GOAL_MS = 120_000
LIMITS = Limits(wait_goal_ms=GOAL_MS)


class Fixed:
    """So many workers, whatever happens."""

    name = "fixed"

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self.seen: list[Sight] = []

    def decide(self, sight: Sight) -> int:
        self.seen.append(sight)
        return self.workers


def traffic(*jobs: Job, length_ms: int = 60_000) -> Traffic:
    return Traffic("test", "", tuple(sorted(jobs)), length_ms)


def test_jobs_wait_for_slots_in_the_order_in_which_they_came() -> None:
    course = FleetRun(traffic(*[Job(0, 10_000.0)] * 5), Plant(slots=2), Fixed(1)).run()

    assert course.waits_ms == [0, 0, 10_000, 10_000, 20_000]


def test_the_highest_priority_goes_first() -> None:
    jobs = [Job(0, 1_000.0), Job(1, 1_000.0, priority=5), Job(2, 1_000.0, priority=20)]

    assert FleetRun(traffic(*jobs), Plant(slots=1), Fixed(1)).run().waits_ms == [0, 1_999, 998]


def test_a_worker_takes_jobs_when_it_is_ready_and_costs_from_its_order() -> None:
    course = FleetRun(traffic(*[Job(2_000, 50_000.0)] * 2, length_ms=100_000), Plant(slots=1), Fixed(2)).run()

    assert course.waits_ms[0] == 0
    assert course.waits_ms[1] == 50_000
    assert course.instance_ms == 102_000 + 101_000
    assert (course.starts, course.stops) == (1, 0)


def test_a_worker_that_is_to_go_ends_what_it_runs() -> None:
    course = FleetRun(traffic(Job(0, 30_000.0)), PLANT, Fixed(0)).run()

    assert course.instance_ms == 30_000
    assert course.stops == 1


def test_every_event_is_told_once() -> None:
    scaler = Fixed(1)
    FleetRun(traffic(*[Job(at, 5_000.0) for at in range(0, 30_000, 100)]), PLANT, scaler).run()

    for kind in ("came", "started", "ended"):
        told = [item for sight in scaler.seen for item in getattr(sight.happened, kind)]
        assert len(told) == len(set(told)) == 300


@given(
    st.lists(st.builds(Job, st.integers(0, 300_000), st.floats(1, 90_000)), min_size=1, max_size=60),
    st.integers(1, 3),
    st.sampled_from([20_000, 60_000, 120_000]),
)
@settings(deadline=None)
def test_no_fleet_that_meets_the_goal_costs_less_than_the_oracle(jobs: list[Job], workers: int, goal_ms: int) -> None:
    plant = Plant(slots=2, workers_min=workers, workers_max=3, start_up_ms=30_000)
    made = traffic(*jobs, length_ms=300_000)
    course = FleetRun(made, plant, Fixed(workers)).run()

    if max(course.waits_ms) <= goal_ms:
        # It ends when its last job does; the oracle at the end of a step, with time to spare for what came last.
        spare_ms = workers * (goal_ms + 2 * oracle.STEP_MS)
        assert oracle.plan(made, plant, goal_ms).instance_ms <= course.instance_ms + spare_ms


def test_what_cannot_be_done_with_the_most_has_no_plan() -> None:
    made = traffic(*[Job(0, 60_000.0)] * 1_000)

    assert oracle.plan(made, Plant(workers_max=2), 10_000).instance_ms == float("inf")


def test_the_same_seed_is_the_same_traffic() -> None:
    assert made_up("bursts", 7) == made_up("bursts", 7) != made_up("bursts", 8)


def short(kind: str) -> Traffic:
    whole = made_up(kind)
    length_ms = HOUR_MS * 3 // 2
    return whole._replace(jobs=tuple(job for job in whole.jobs if job.at_ms < length_ms), length_ms=length_ms)


@pytest.fixture(scope="module")
def bursts() -> Compared:
    return compare(short("bursts"), PLANT, LIMITS)


def test_every_scaler_runs_every_job(bursts: Compared) -> None:
    assert [one.scaler for one in bursts.figures] == ["wait goal", "target tracking", "step rule", "oracle"]
    assert all(len(course.waits_ms) == len(bursts.traffic.jobs) for course in bursts.courses)


def test_the_wait_goal_is_attained_at_little_more_than_the_oracles_cost_and_better_than_by_others() -> None:
    for kind in ("bursts", "spike", "heavy-tailed"):
        ours, *others, _ = compare(short(kind), PLANT, LIMITS).figures
        assert ours.attained >= 0.99, kind
        assert ours.to_oracle <= 1.25, kind
        assert all(ours.instance_hours < other.instance_hours for other in others), kind
        assert all(ours.attained >= other.attained for other in others), kind


def test_the_picture_is_one_and_the_report_can_be_read(bursts: Compared) -> None:
    assert ElementTree.fromstring(draw([bursts])).tag.endswith("svg")
    (read,) = msgspec.json.decode(as_json([bursts]))
    assert read["jobs"] == len(bursts.traffic.jobs)
    assert read["decisions"][0]["reason"]


RECORD = """
{"offset":"0:1-0/0","event":"job.submitted","at_ms":1000,"data":{"job_id":"a","type":"t","queue":"q"}}
{"offset":"0:1-0/1","event":"job.released","at_ms":1000,"data":{"job_id":"a","attempt":1,"priority":15,"moves":0}}
{"offset":"0:2-0/0","event":"job.started","at_ms":1500,"data":{"job_id":"a","attempt":1,"worker":"w"}}
{"offset":"0:3-0/0","event":null,"at_ms":1600,"undecodable":"?"}
{"offset":"0:4-0/0","event":"job.failed","at_ms":1700,"data":{"job_id":"a","run_us":150000}}
{"offset":"0:5-0/0","event":"job.released","at_ms":3000,"data":{"job_id":"a","attempt":2,"priority":15,"moves":0}}
{"offset":"0:6-0/0","event":"job.started","at_ms":3100,"data":{"job_id":"a","attempt":2,"worker":"w"}}
{"offset":"0:7-0/0","event":"worker.left","at_ms":9100,"data":{"worker":"w"}}
"""


def test_a_record_is_the_attempts_with_their_times() -> None:
    read = recorded(told_lines(RECORD.splitlines()))

    assert read.jobs == (Job(0, 150.0, "q", "t", 15), Job(2_000, 6_000.0, "q", "t", 15))
    assert read.length_ms == 8_100


@pytest.mark.parametrize("line", ["nonsense", "[]", '{"event":"job.started"}'])
def test_a_line_that_is_of_no_record_is_named(line: str) -> None:
    with pytest.raises(ValueError, match="line 2"):
        list(told_lines(['{"event":null}', line]))


def test_an_empty_record_is_no_traffic() -> None:
    assert recorded([Told("worker.left", 5, {})]).jobs == ()


def test_the_traffic_fits_the_fleet_it_is_made_for() -> None:
    for kind in ("bursts", "spike"):
        made = made_up(kind)
        assert kind in KINDS
        assert sum(job.run_ms for job in made.jobs) < 8 * 10 * made.length_ms
        assert all(0 <= job.at_ms < made.length_ms for job in made.jobs)
