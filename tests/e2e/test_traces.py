"""Traces across all services, on real processes: what arrives at a collector against what the log says."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest

from journeyman import events as e
from journeyman.tracing.ids import read_traceparent, span_id_of
from support.expected_spans import Expected, as_expected, expected_spans
from support.journal import Journal
from support.otlp import Collector, Received
from support.servers import PARTITIONS
from support.system import System
from support.waiting import wait_for

TESTS = Path(__file__).parents[1]
WAIT_S = 90.0
TRACE, ABOVE = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
HUNG = "hung"


@pytest.fixture
def collector() -> Iterator[Collector]:
    made = Collector()
    yield made
    made.stop()


class Traced:
    """A system that sends spans, its journal, and the collector."""

    def __init__(self, directory: Path, collector: Collector, sampler: str = "", **options: Any) -> None:
        path = os.pathsep.join([str(TESTS), os.environ.get("PYTHONPATH", "")])
        told = {"OTEL_TRACES_SAMPLER": sampler, "OTEL_EXPORTER_OTLP_TIMEOUT": "10", "PYTHONPATH": path}
        environ = {**collector.environ, **told}
        others = {"dashboard-2": {"JOURNEYMAN_DATA_DIR": str(directory / "2"), "JOURNEYMAN_DASHBOARD_PORT": "0"}}
        self.collector = collector
        self.system = System(
            directory,
            environ=lambda name: {**environ, **others.get(name, {})},
            worker_tasks="support.traced_steps",
            **options,
        )
        self.journal = Journal(self.system.settings)

    def close(self) -> None:
        self.journal.close()
        self.system.close()

    def submit(self, jobs: Sequence[Mapping[str, Any]], traceparent: str = "") -> list[str]:
        headers = {"traceparent": traceparent} if traceparent else {}
        answer = httpx.post(
            f"{self.system.ingest_url}/jobs/batch",
            json={"jobs": jobs},
            headers=headers,
            trust_env=False,
            timeout=30,
        )
        assert answer.status_code == 202, answer.text
        ids: list[str] = answer.json()["ids"]
        return ids

    def of_jobs(self) -> list[Received]:
        """Return the spans that the log tells, as they came."""
        return self.collector.spans("journeyman-jobs")

    def expected(self) -> list[Expected]:
        return expected_spans(self.journal.records())

    def await_everything(self) -> None:
        """Wait until every span that the log tells has come."""
        wait_for(
            lambda: {span.span_id for span in self.expected()} <= {span.span_id for span in self.of_jobs()},
            "the spans of all jobs",
            timeout_s=WAIT_S,
            every_s=0.1,
        )

    def sends(self, name: str) -> bool:
        """Tell whether a dashboard has said that it sends the traces of every partition."""
        return self.system.output(name).count("sending traces from") >= PARTITIONS

    def await_sender(self, name: str = "dashboard") -> None:
        wait_for(lambda: self.sends(name), f"{name} to send traces", timeout_s=WAIT_S)


@pytest.fixture
def systems(collector: Collector) -> Iterator[list[Traced]]:
    """Collect what a test starts, to be ended whatever happens."""
    started: list[Traced] = []
    yield started
    for traced in started:
        traced.close()


def begin(systems: list[Traced], directory: Path, collector: Collector, **options: Any) -> Traced:
    traced = Traced(directory, collector, **options)
    systems.append(traced)
    traced.await_sender()
    return traced


def step(ref: str, *parents: str, **payload: Any) -> dict[str, Any]:
    depends_on = [f"ref:{parent}" for parent in parents]
    return {"ref": ref, "type": "workflow.step", "payload": {"name": ref, **payload}, "depends_on": depends_on}


def workflow() -> list[dict[str, Any]]:
    """Return twenty jobs: four beginnings, rows of those behind them, one end. Some fail at first, one hangs."""
    beginnings = [step(f"a{n}", fail_times=n % 2) for n in range(4)]
    second = [step(f"b{n}", f"a{n % 4}", f"a{(n + 1) % 4}", fail_times=int(n == 5)) for n in range(8)]
    hung = [step(HUNG, "b0", "b1", hang_times=1)]
    third = [step(f"c{n}", f"b{n}", HUNG, fail_times=2 * int(n == 3)) for n in range(6)]
    end = [step("end", *(f"c{n}" for n in range(6)))]
    return [*beginnings, *second, *hung, *third, *end]


def hangs_alone(traced: Traced, hung: str) -> bool:
    """Tell whether the job hangs, everything else that can have ended has, and its spans have been sent."""
    running, ended = Counter[str](), 0
    waiting = 0
    for record in traced.journal.records():
        match record.event:
            case e.JobStarted(job_id=job_id):
                running[job_id] += 1
                waiting -= 1
            case e.JobSucceeded(job_id=job_id) | e.JobFailed(job_id=job_id):
                running[job_id] -= 1
                ended += 1
                waiting += isinstance(record.event, e.JobFailed)
            case e.JobReturned(job_id=job_id):
                running[job_id] -= 1
                waiting += 1
            case e.JobReleased() if record.event.attempt == 1:
                waiting += 1
    alone = [job_id for job_id, count in running.items() if count] == [hung]
    return alone and waiting == 0 and len(works(traced)) == ended


def works(traced: Traced) -> list[Received]:
    return [span for span in traced.collector.spans("journeyman-worker") if span.name == "work"]


def test_a_workflow_with_retries_and_a_killed_worker_is_exactly_the_trees_that_the_log_tells(
    systems: list[Traced], collector: Collector, tmp_path: Path
) -> None:
    traced = begin(systems, tmp_path, collector, heartbeat_timeout_ms=5_000)
    jobs = workflow()
    assert len(jobs) == 20
    ids = dict(zip([job["ref"] for job in jobs], traced.submit(jobs, f"00-{TRACE}-{ABOVE}-01"), strict=True))
    wait_for(lambda: hangs_alone(traced, ids[HUNG]), "one job to hang, and nothing else to run", timeout_s=WAIT_S)
    traced.system.kill("worker-1")
    traced.system.start("worker-2")
    traced.journal.await_completed(list(ids.values()), WAIT_S)
    traced.await_everything()

    of_jobs = [as_expected(span) for span in traced.of_jobs()]
    assert set(of_jobs) == set(traced.expected())
    assert {span.trace_id for span in of_jobs} == {TRACE}
    assert_attempts(traced, ids)
    assert_user_spans(traced)
    assert_ingest_span(traced)


def assert_attempts(traced: Traced, ids: Mapping[str, str]) -> None:
    """The lost attempt is there, and those that failed, each of which has its exception."""
    names = {job_id: name for name, job_id in ids.items()}
    outcomes: dict[str, list[str]] = {}
    for span in sorted(traced.of_jobs(), key=lambda span: span.start_ns):
        if span.kind == "consumer":
            outcome = span.attributes["journeyman.attempt.outcome"]
            outcomes.setdefault(names[span.attributes["journeyman.job.id"]], []).append(outcome)
            told = [event.name for event in span.events if event.name == "exception"]
            assert bool(told) == (outcome in ("failed", "lost"))
            assert (span.status == "error") == (outcome in ("failed", "lost"))
    assert outcomes[HUNG] == ["lost", "succeeded"]
    assert outcomes["c3"] == ["failed", "failed", "succeeded"]
    assert outcomes["a1"] == outcomes["a3"] == outcomes["b5"] == ["failed", "succeeded"]
    assert sum(map(len, outcomes.values())) == 20 + 1 + 2 + 3


def assert_user_spans(traced: Traced) -> None:
    """Each attempt that ended by itself has the span of its code below it; that of the killed one is gone."""
    expected = Counter(
        span_id_of(record.event.job_id, 1, "attempt", record.event.attempt)
        for record in traced.journal.records()
        if isinstance(record.event, (e.JobSucceeded, e.JobFailed))
    )
    wait_for(lambda: len(works(traced)) >= expected.total(), "the spans of jobs' own code", timeout_s=WAIT_S)

    assert Counter(span.parent_id for span in works(traced)) == expected
    assert {span.trace_id for span in works(traced)} == {TRACE}


def assert_ingest_span(traced: Traced) -> None:
    """The request is below its client's span, and the jobs below the request."""
    parents = {
        parent.span_id
        for record in traced.journal.records()
        if isinstance(record.event, e.JobSubmitted) and (parent := read_traceparent(record.event.traceparent))
    }
    [request] = wait_for(lambda: traced.collector.spans("journeyman-ingest"), "ingest's span", timeout_s=WAIT_S)

    assert (request.name, request.kind, request.trace_id) == ("POST /jobs/batch", "server", TRACE)
    assert request.parent_id == ABOVE
    assert parents == {request.span_id}


def test_with_everything_sampled_out_only_what_failed_for_good_is_sent(
    systems: list[Traced], collector: Collector, tmp_path: Path
) -> None:
    traced = begin(systems, tmp_path, collector, sampler="always_off")
    failed, *fine = traced.submit([step("fails", fail_times=9), *(step(f"fine{n}") for n in range(5))])
    wait_for(traced.of_jobs, "the failure", timeout_s=WAIT_S)
    traced.journal.await_completed(fine, WAIT_S)

    expected = [span for span in traced.expected() if span.span_id == span_id_of(failed, 1, "job", 1)]
    assert [as_expected(span) for span in traced.of_jobs() if span.name.startswith("job ")] == expected
    assert {span.attributes["journeyman.job.id"] for span in traced.of_jobs()} == {failed}
    assert works(traced) == []


def test_a_dashboard_that_is_killed_on_the_way_loses_no_tree_and_changes_none(
    systems: list[Traced], collector: Collector, tmp_path: Path
) -> None:
    traced = begin(systems, tmp_path, collector)
    ids = [
        job_id for _ in range(4) for job_id in traced.submit([step(f"s{n}", fail_times=int(n == 7)) for n in range(10)])
    ]
    wait_for(traced.of_jobs, "the first traces", timeout_s=WAIT_S)
    traced.system.kill("dashboard")
    ids += traced.submit([step(f"t{n}") for n in range(10)])
    traced.journal.await_completed(ids, WAIT_S)
    traced.system.start("dashboard")
    traced.await_everything()

    came = [as_expected(span) for span in traced.of_jobs()]
    assert set(came) == set(traced.expected())
    assert len({span.span_id for span in came}) == len(set(came))


def test_a_collector_that_was_away_gets_every_tree(systems: list[Traced], collector: Collector, tmp_path: Path) -> None:
    traced = begin(systems, tmp_path, collector)
    collector.stop()
    ids = traced.submit([step(f"s{n}") for n in range(10)])
    traced.journal.await_completed(ids, WAIT_S)
    wait_for(lambda: "cannot send traces" in traced.system.output("dashboard"), "the loss to be noticed", timeout_s=60)
    collector.start()
    traced.await_everything()

    assert set(map(as_expected, traced.of_jobs())) == set(traced.expected())


def test_of_two_dashboards_one_sends_until_it_ends(systems: list[Traced], collector: Collector, tmp_path: Path) -> None:
    traced = begin(systems, tmp_path, collector)
    traced.system.start_standby("dashboard-2")
    wait_for(lambda: "listening on" in traced.system.output("dashboard-2"), "the other dashboard", timeout_s=60)
    traced.submit([step(f"s{n}") for n in range(10)])
    wait_for(lambda: len(traced.expected()) >= 30, "the jobs to end", timeout_s=WAIT_S)
    traced.await_everything()
    assert set(map(as_expected, traced.of_jobs())) == set(traced.expected())
    assert not traced.sends("dashboard-2")

    traced.system.stop("dashboard")
    traced.await_sender("dashboard-2")
    traced.submit([step(f"t{n}") for n in range(10)])
    wait_for(lambda: len(traced.expected()) >= 60, "the jobs to end", timeout_s=WAIT_S)
    traced.await_everything()
    assert set(map(as_expected, traced.of_jobs())) == set(traced.expected())


def test_of_two_dashboards_the_other_takes_over_from_one_that_is_killed(
    systems: list[Traced], collector: Collector, tmp_path: Path
) -> None:
    traced = begin(systems, tmp_path, collector, trace_turn_ms=2_000)
    traced.system.start_standby("dashboard-2")
    wait_for(lambda: "listening on" in traced.system.output("dashboard-2"), "the other dashboard", timeout_s=60)
    ids = traced.submit([step(f"s{n}", fail_times=int(n == 7)) for n in range(20)])
    wait_for(traced.of_jobs, "the first traces", timeout_s=WAIT_S)

    traced.system.kill("dashboard")
    ids += traced.submit([step(f"t{n}") for n in range(20)])
    traced.await_sender("dashboard-2")
    traced.journal.await_completed(ids, WAIT_S)
    traced.await_everything()

    came = [as_expected(span) for span in traced.of_jobs()]
    assert set(came) == set(traced.expected())
    assert len({span.span_id for span in came}) == len(set(came))
    assert Counter(span.name for span in traced.expected() if span.name.startswith("job ")).total() == len(ids)
