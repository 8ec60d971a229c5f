"""What jobs in a real worker process make of spans and log lines: where it belongs, and that it arrives."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from journeyman.client import Client
from journeyman.tracing.ids import span_id_of
from support.otlp import Collector, Received
from support.system import System

TESTS = Path(__file__).parents[1]
WAIT_S = 60.0
SERVICE = "journeyman-worker"


class Evening(NamedTuple):
    """A worker that ran some jobs and was stopped: their ids by name, and all that was said of them."""

    jobs: Mapping[str, str]
    traces: Mapping[str, str]
    children: Mapping[str, str]
    spans: list[Received]
    lines: list[dict[str, Any]]

    def span(self, name: str, of: str) -> Received:
        """Return the one span of this name that the worker made in a job's trace."""
        [found] = [
            span for span in self.spans if span.service == SERVICE and span.name == name and self.is_of(span, of)
        ]
        return found

    def is_of(self, span: Received, job: str) -> bool:
        return span.trace_id == self.traces[job]

    def attempt_span(self, job: str, number: int = 1) -> str:
        return span_id_of(self.jobs[job], 0, "attempt", number)

    def said(self, message: str) -> list[dict[str, Any]]:
        return [line for line in self.lines if line["message"] == message]


@pytest.fixture(scope="module")
def evening(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Evening]:
    collector = Collector()
    path = os.pathsep.join([str(TESTS), os.environ.get("PYTHONPATH", "")])
    # Spans wait for a minute, so what arrives was sent because the worker ended.
    told = {**collector.environ, "OTEL_BSP_SCHEDULE_DELAY": "60000", "PYTHONPATH": path}
    system = System(
        tmp_path_factory.mktemp("traced"),
        environ=lambda name: {**told, "JOURNEYMAN_INGEST_URL": address[0]} if name == "worker-1" else told,
        workers=0,
        worker_tasks="support.traced_jobs",
        log_format="json",
    )
    address = [system.ingest_url]
    try:
        system.start("worker-1")
        with system.client() as client:
            yield _spend(system, client, collector)
    finally:
        system.close()
        collector.stop()


def _spend(system: System, client: Client, collector: Collector) -> Evening:
    submitted = {
        "pack": client.submit("shop.pack", tags={"log_level": "debug"}),
        "pack slowly": client.submit("shop.pack-slowly", tags={"log_level": "loud"}),
        "look up": client.submit("shop.look-up"),
        "fail once": client.submit("shop.fail-once"),
    }
    jobs = {name: job.id for name, job in submitted.items()}
    traces = {name: job.wait(WAIT_S).trace_id or "" for name, job in submitted.items()}
    children = client.result(jobs["pack"], WAIT_S)
    for name, job_id in children.items():
        jobs[name] = job_id
        traces[name] = client.wait(job_id, WAIT_S).trace_id or ""
    assert system.stop("worker-1") == 0
    lines = [json.loads(line) for line in system.output("worker-1").splitlines() if line.startswith("{")]
    return Evening(jobs, traces, children, collector.spans(), lines)


def test_a_span_of_a_jobs_own_code_is_inside_its_attempt(evening: Evening) -> None:
    assert evening.span("pack", "pack").parent_id == evening.attempt_span("pack")


def test_so_is_one_made_on_the_event_loop(evening: Evening) -> None:
    assert evening.span("pack slowly", "pack slowly").parent_id == evening.attempt_span("pack slowly")


def test_a_library_that_is_instrumented_makes_spans_inside_the_attempt(evening: Evening) -> None:
    assert evening.span("PING", "look up").parent_id == evening.attempt_span("look up")


def test_each_attempt_has_its_own_spans(evening: Evening) -> None:
    tries = [span for span in evening.spans if span.name == "try"]

    assert [span.parent_id for span in tries] == [evening.attempt_span("fail once", number) for number in (1, 2)]
    assert [span.status for span in tries] == ["error", "unset"]


@pytest.mark.parametrize("child", ["sent", "submitted"])
def test_jobs_that_a_job_submits_are_in_its_trace(evening: Evening, child: str) -> None:
    assert evening.traces[child] == evening.traces["pack"]


def test_the_workers_own_traffic_with_the_server_makes_no_spans(evening: Evening) -> None:
    ours = {span.name for span in evening.spans if span.service == SERVICE}

    assert ours == {"pack", "pack slowly", "PING", "POST", "try"}


def test_a_line_written_inside_a_job_names_it_its_attempt_and_its_span(evening: Evening) -> None:
    [line] = evening.said("packing")

    assert (line["job_id"], line["attempt"]) == (evening.jobs["pack"], 1)
    assert (line["trace_id"], line["span_id"]) == (evening.traces["pack"], evening.span("pack", "pack").span_id)
    assert (line["service"], line["level"]) == ("worker", "info")


def test_so_does_one_written_on_the_event_loop(evening: Evening) -> None:
    [line] = evening.said("packing slowly")

    assert (line["job_id"], line["trace_id"]) == (evening.jobs["pack slowly"], evening.traces["pack slowly"])


def test_the_line_of_a_failed_attempt_names_it(evening: Evening) -> None:
    [line] = [line for line in evening.lines if "the first time" in line["message"]]

    assert (line["job_id"], line["attempt"]) == (evening.jobs["fail once"], 1)
    assert line["span_id"] == evening.attempt_span("fail once")


def test_a_job_with_a_log_level_of_its_own_is_heard_in_detail_and_no_other(evening: Evening) -> None:
    assert len(evening.said("packing in detail")) == 1
    assert evening.said("packing slowly in detail") == []
    assert {line["job_id"] for line in evening.lines if line["level"] == "debug"} == {evening.jobs["pack"]}


def test_an_unknown_log_level_is_ignored_with_one_warning(evening: Evening) -> None:
    [line] = [line for line in evening.lines if "log_level" in line["message"]]

    assert (line["level"], line["job_id"]) == ("warning", evening.jobs["pack slowly"])
