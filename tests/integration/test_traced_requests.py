"""Requests to ingest whose spans are sent, and what becomes of the `traceparent` of their jobs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from journeyman.events import JobSubmitted
from journeyman.log.memory_log import MemoryLog
from journeyman.settings import Settings
from journeyman.traced_requests import TracedRequests
from journeyman.tracing.ids import read_traceparent, trace_id_of
from journeyman.tracing.sampling import Sampler
from journeyman_ingest.app import BUSIEST, build_app
from journeyman_ingest.awaited_log import AwaitedLog
from support.awaited_log import AwaitedMemoryLog
from support.ingest import Api, events, serving

TRACE, SPAN = "a" * 32, "b" * 16
SAMPLED, UNSAMPLED = f"00-{TRACE}-{SPAN}-01", f"00-{TRACE}-{SPAN}-00"
ALL = "parentbased_always_on"


class Traced(NamedTuple):
    """Ingest inside its spans: `send` a request, and see the `spans` and what was `submitted`."""

    log: MemoryLog
    api: Api
    client: httpx.AsyncClient
    exporter: InMemorySpanExporter

    def send(self, path: str = "/jobs", body: Any = None, method: str = "POST", **headers: str) -> httpx.Response:
        body = {"type": "t"} if body is None else body
        return self.api.run(self.client.request(method, path, json=body, headers=headers))

    def spans(self) -> list[ReadableSpan]:
        return list(self.exporter.get_finished_spans())

    def submitted(self) -> list[JobSubmitted]:
        return [event for event in events(self.log) if isinstance(event, JobSubmitted)]


@contextmanager
def traced(directory: Path, sampler: str = ALL, ratio: str = "1", begins: bool = True) -> Iterator[Traced]:
    environ: Mapping[str, str] = {"OTEL_TRACES_SAMPLER": sampler, "OTEL_TRACES_SAMPLER_ARG": ratio}
    exporter = InMemorySpanExporter()
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    log = MemoryLog()

    async def open_it() -> list[AwaitedLog]:
        return [AwaitedMemoryLog(log)]

    with serving(open_it, directory, Settings(durability="memory")) as api:
        app = TracedRequests(
            build_app(api.intake), provider, Sampler.from_environ(environ), begins=begins, exact=BUSIEST
        )
        client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app, raise_app_exceptions=False), base_url="http://ingest"
        )
        yield Traced(log, api, client, exporter)
        api.run(client.aclose())


def ids_of(span: ReadableSpan) -> tuple[str, str]:
    context = span.get_span_context()
    assert context is not None
    return f"{context.trace_id:032x}", f"{context.span_id:016x}"


@pytest.mark.parametrize("path", ["/jobs", "/jobs/batch", "/types/t/jobs"])
def test_a_sampled_request_is_a_span_below_its_senders_and_above_its_jobs(tmp_path: Path, path: str) -> None:
    with traced(tmp_path) as ingest:
        body = {"jobs": [{"type": "t"}, {"type": "t"}]} if path == "/jobs/batch" else {}
        assert ingest.send(path, body if path != "/jobs" else None, traceparent=SAMPLED).status_code == 202

        [span] = ingest.spans()
        trace_id, span_id = ids_of(span)
        assert (trace_id, span.parent and f"{span.parent.span_id:016x}") == (TRACE, SPAN)
        assert {job.traceparent for job in ingest.submitted()} == {f"00-{trace_id}-{span_id}-01"}


def test_a_request_without_a_trace_begins_one_for_its_jobs(tmp_path: Path) -> None:
    with traced(tmp_path) as ingest:
        ingest.send()

        [span], [job] = ingest.spans(), ingest.submitted()
        assert span.parent is None
        assert read_traceparent(job.traceparent) == (*ids_of(span), True)


def test_a_request_that_its_sender_does_not_sample_has_no_span_and_hands_on_the_senders(tmp_path: Path) -> None:
    with traced(tmp_path) as ingest:
        ingest.send(traceparent=UNSAMPLED)

        assert ingest.spans() == []
        assert [job.traceparent for job in ingest.submitted()] == [UNSAMPLED]


def test_where_a_ratio_is_sampled_jobs_without_a_trace_are_left_to_their_own_ids(tmp_path: Path) -> None:
    with traced(tmp_path, "parentbased_traceidratio", "0.99") as ingest:
        for _ in range(10):
            ingest.send()

        assert ingest.spans() == []
        assert {job.traceparent for job in ingest.submitted()} == {""}


def test_a_service_whose_requests_begin_no_traces_goes_on_with_those_of_others(tmp_path: Path) -> None:
    with traced(tmp_path, begins=False) as dashboard:
        dashboard.send()
        assert dashboard.spans() == []

        dashboard.send(traceparent=SAMPLED)
        assert [span.parent and f"{span.parent.span_id:016x}" for span in dashboard.spans()] == [SPAN]


@pytest.mark.parametrize(
    "nonsense", [f"00-{TRACE}-{'0' * 16}-01", f"00-{'0' * 32}-{SPAN}-01", "01", f"ff-{TRACE}-{SPAN}-01"]
)
def test_a_traceparent_that_is_none_counts_as_none(tmp_path: Path, nonsense: str) -> None:
    with traced(tmp_path) as ingest:
        ingest.send(traceparent=nonsense)

        [span], [job] = ingest.spans(), ingest.submitted()
        assert span.parent is None
        assert TRACE not in job.traceparent


def test_a_client_cannot_send_what_stands_for_a_workflow(tmp_path: Path) -> None:
    with traced(tmp_path, "always_off") as ingest:
        ingest.send(traceparent=f"00-{TRACE}-{'0' * 16}-00")

        [job] = ingest.submitted()
        assert (job.traceparent, trace_id_of(job.job_id, job.traceparent)) != (TRACE, TRACE)
        assert job.traceparent == ""


@pytest.mark.parametrize("path", ["/health/live", "/health/ready", "/metrics"])
def test_probes_and_scrapers_leave_no_spans(tmp_path: Path, path: str) -> None:
    with traced(tmp_path) as ingest:
        assert ingest.send(path, method="GET", traceparent=SAMPLED).status_code == 200

        assert ingest.spans() == []


def test_a_span_is_named_after_the_route_and_knows_how_it_ended(tmp_path: Path) -> None:
    with traced(tmp_path) as ingest:
        ingest.send()
        ingest.send("/jobs/01m81t0kdgbprb15mgrjbk00/cancel", {})
        ingest.send("/no/such/thing")

        spans = ingest.spans()
        assert [span.name for span in spans] == ["POST /jobs", "POST /jobs/{job_id}/cancel", "POST"]
        assert [(span.attributes or {}).get("http.status_code") for span in spans] == [202, 404, 404]


def test_a_workflow_without_a_trace_is_one_trace_where_its_request_is_not_sampled(tmp_path: Path) -> None:
    jobs = [{"type": "t", "ref": "a"}, {"type": "t", "ref": "b", "depends_on": ["ref:a"]}, {"type": "t"}]
    with traced(tmp_path, "always_off") as ingest:
        ingest.send("/jobs/batch", {"jobs": jobs})

        first, second, alone = [trace_id_of(job.job_id, job.traceparent) for job in ingest.submitted()]
        assert first == second != alone
