"""Traces of jobs, from a log in memory to a collector: whose are sent, how often, and what when things are away."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from journeyman import events as e
from journeyman.log.memory_log import MemoryLog
from journeyman.tracing.ids import span_id_of, trace_id_of
from journeyman_dashboard import schema
from journeyman_dashboard.partitions import DashboardLog
from journeyman_dashboard.projector import Projector
from journeyman_dashboard.reach import Reach
from journeyman_dashboard.tracing import handing
from journeyman_dashboard.tracing import projector as sending
from journeyman_dashboard.tracing.projector import TraceProjector
from support.dashboard import KEEPING, Writer, partitions_of
from support.otlp import Collector, Received
from support.waiting import wait_for

ERROR = e.Error("ValueError", "no such file", "", "f1")
TRACE, ABOVE = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


class Replica:
    """A read model that follows logs, and sends traces."""

    def __init__(
        self, logs: list[DashboardLog], directory: Path, collector: Collector, holder: str = "one", sampler: str = ""
    ) -> None:
        partitions = partitions_of(*logs)
        for partition in partitions:
            partition.log()
        path = directory / schema.FILE_NAME
        environ = {**collector.environ, "OTEL_TRACES_SAMPLER": sampler}
        self.traces = TraceProjector(partitions, path, holder, environ)
        self.reach = Reach(range(len(logs)))
        self.projector = Projector(partitions, path, self.reach, KEEPING, None, self.traces.handing.take)
        self.projector.start()
        self.traces.start()

    def sends(self) -> bool:
        """Tell whether it has every turn."""
        return all(line.open for line in self.traces.handing.lines.values())

    def until(self, offset: e.Offset) -> None:
        """Wait until it has read so far."""
        wait_for(lambda: self.reach.position[0] >= offset, f"the projection to reach {offset}")

    def stop(self) -> None:
        """Stop in good order."""
        self.projector.stop()
        self.traces.stop()


@pytest.fixture
def collector() -> Iterator[Collector]:
    made = Collector()
    yield made
    made.stop()


@pytest.fixture
def writer() -> Writer:
    return Writer(MemoryLog())


@pytest.fixture
def replicas(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Replica]]:
    """Give a list whose replicas are stopped at the end; they are quick to notice."""
    monkeypatch.setattr(sending, "EVERY_S", 0.02)
    monkeypatch.setattr(sending, "RENEW_S", 0.02)
    monkeypatch.setattr(sending, "BACKOFF_S", (0.05,))
    started: list[Replica] = []
    yield started
    for replica in started:
        replica.stop()


def begin(replicas: list[Replica], directory: Path, collector: Collector, *logs: DashboardLog, **more: str) -> Replica:
    directory.mkdir(exist_ok=True)
    replicas.append(Replica(list(logs), directory, collector, **more))
    return replicas[-1]


def sending_replica(replicas: list[Replica], directory: Path, collector: Collector, *logs: DashboardLog) -> Replica:
    replica = begin(replicas, directory, collector, *logs)
    wait_for(replica.sends, "the turn")
    return replica


def dead(writer: Writer, **fields: object) -> str:
    """Have a job fail for good."""
    job_id = writer.submitted(**fields)  # type: ignore[arg-type]
    writer.append(e.JobStarted(job_id, 1, "w-1"))
    writer.append(
        e.JobFailed(job_id, 1, "w-1", ERROR, retryable=False), e.JobDeadLettered(job_id, 1, "permanent", ERROR)
    )
    return job_id


def roots(collector: Collector) -> list[str]:
    """Return the jobs whose trees have come, as often as they came."""
    return [span.attributes["journeyman.job.id"] for span in collector.spans() if span.name.startswith("job ")]


def await_roots(collector: Collector, *job_ids: str) -> None:
    wait_for(lambda: set(job_ids) <= set(roots(collector)), f"{len(job_ids)} trees", timeout_s=30)


def test_a_job_that_ended_is_a_tree_of_spans_with_the_logs_times(
    replicas: list[Replica], writer: Writer, collector: Collector, tmp_path: Path
) -> None:
    sending_replica(replicas, tmp_path, collector, writer.log)
    parent = writer.completed()
    child = writer.submitted(depends_on=(parent,), traceparent=f"00-{TRACE}-{ABOVE}-01")
    released = writer.append(e.JobReleased(child, 1, 10))
    begun = writer.append(e.JobStarted(child, 1, "w-1"))
    ended = writer.append(e.JobSucceeded(child, 1, "w-1"))
    await_roots(collector, parent, child)

    found = {span.name: span for span in collector.spans("journeyman-jobs") if span.trace_id == TRACE}
    root, attempt = found["job test.job"], found["process default"]
    assert (root.parent_id, root.span_id) == (ABOVE, span_id_of(child, 1, "job", 1))
    assert root.end_ns == ended.ms * 10**6
    assert (attempt.parent_id, attempt.kind) == (root.span_id, "consumer")
    assert (attempt.start_ns, attempt.end_ns) == (begun.ms * 10**6, ended.ms * 10**6)
    assert (found["queued"].start_ns, found["queued"].end_ns) == (released.ms * 10**6, begun.ms * 10**6)
    assert [link[:2] for link in root.links] == [(trace_id_of(parent, ""), span_id_of(parent, 1, "job", 1))]


def test_only_what_is_sampled_is_sent_but_what_failed_for_good_always(
    replicas: list[Replica], writer: Writer, collector: Collector, tmp_path: Path
) -> None:
    wait_for(begin(replicas, tmp_path, collector, writer.log, sampler="always_off").sends, "the turn")
    completed = [writer.completed(), writer.completed(traceparent=f"00-{TRACE}-{ABOVE}-01")]
    failed = dead(writer)
    await_roots(collector, failed)

    assert roots(collector) == [failed]
    assert not {trace_id_of(job_id, "") for job_id in completed} & {span.trace_id for span in collector.spans()}


def test_a_dashboard_that_comes_back_sends_what_ended_meanwhile_and_nothing_else(
    replicas: list[Replica], writer: Writer, collector: Collector, tmp_path: Path
) -> None:
    sending_replica(replicas, tmp_path, collector, writer.log)
    before = writer.completed()
    under_way = writer.submitted()
    await_roots(collector, before)
    replicas.pop().stop()
    meanwhile = writer.completed()
    sending_replica(replicas, tmp_path, collector, writer.log)
    writer.append(e.JobStarted(under_way, 1, "w-1"))
    writer.append(e.JobSucceeded(under_way, 1, "w-1"))
    await_roots(collector, under_way, meanwhile)

    assert sorted(roots(collector)) == sorted([before, meanwhile, under_way])


def test_what_ended_before_anybody_sent_traces_is_not_sent(
    replicas: list[Replica], writer: Writer, collector: Collector, tmp_path: Path
) -> None:
    writer.completed()
    writer.submitted()
    sending_replica(replicas, tmp_path, collector, writer.log)
    later = writer.completed()
    await_roots(collector, later)

    assert roots(collector) == [later]


def test_one_of_two_dashboards_sends_and_the_other_takes_over(
    replicas: list[Replica], writer: Writer, collector: Collector, tmp_path: Path
) -> None:
    first = sending_replica(replicas, tmp_path / "1", collector, writer.log)
    second = begin(replicas, tmp_path / "2", collector, writer.log, holder="two")
    jobs = [writer.completed() for _ in range(5)]
    await_roots(collector, *jobs)
    assert not second.sends()
    replicas.remove(first)
    first.stop()
    late = writer.completed()
    await_roots(collector, late)

    assert sorted(roots(collector)) == sorted([*jobs, late])


def test_a_dashboard_that_died_before_it_noted_how_far_it_was_sends_the_same_again(
    replicas: list[Replica],
    writer: Writer,
    collector: Collector,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sending.Sender, "_note", lambda _: None)
    sending_replica(replicas, tmp_path, collector, writer.log)
    jobs = [writer.completed(), dead(writer)]
    await_roots(collector, *jobs)
    replicas.pop().stop()
    monkeypatch.undo()
    monkeypatch.setattr(sending, "EVERY_S", 0.02)
    sending_replica(replicas, tmp_path, collector, writer.log)
    wait_for(lambda: len(roots(collector)) == 4, "everything again", timeout_s=30)

    trees = collector.spans()
    again = {span.span_id: span for span in trees[len(trees) // 2 :]}
    assert {span.span_id: span for span in trees[: len(trees) // 2]} == again


@pytest.mark.parametrize("how", ["refusing", "stopped"])
def test_a_collector_that_was_away_gets_everything_when_it_is_back(
    replicas: list[Replica],
    writer: Writer,
    collector: Collector,
    tmp_path: Path,
    how: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "0.2")
    replica = sending_replica(replicas, tmp_path, collector, writer.log)
    if how == "refusing":
        collector.refusing = 503
    else:
        collector.stop()
    jobs = [writer.completed() for _ in range(3)]
    wait_for(lambda: replica.traces.figures.waiting == 3, "jobs to wait", timeout_s=30)
    if how == "refusing":
        collector.refusing = 0
    else:
        collector.start()
    await_roots(collector, *jobs)

    wait_for(lambda: replica.traces.figures.waiting == 0, "nothing to wait")
    # One whose answer came too late was sent again.
    assert set(roots(collector)) == set(jobs)
    assert (replica.traces.figures.sent, replica.traces.figures.left_out) == (3, 0)


def test_what_does_not_fit_into_the_line_is_left_out_and_counted(
    replicas: list[Replica], writer: Writer, collector: Collector, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "0.2")
    monkeypatch.setattr(handing.Line.__init__, "__defaults__", (2,))
    replica = sending_replica(replicas, tmp_path, collector, writer.log)
    collector.refusing = 503
    jobs = []
    for _ in range(6):
        job_id = writer.submitted()
        writer.append(e.JobStarted(job_id, 1, "w-1"))
        replica.until(writer.append(e.JobSucceeded(job_id, 1, "w-1")))
        jobs.append(job_id)
    figures = replica.traces.figures
    wait_for(lambda: figures.left_out == 4, "four to be given up")
    collector.refusing = 0
    await_roots(collector, *jobs[4:])

    wait_for(lambda: figures.waiting == 0, "nothing to wait")
    assert set(roots(collector)) == set(jobs[4:])
    assert (figures.sent, figures.left_out) == (2, 4)


def test_a_trace_that_the_collector_refuses_does_not_hold_up_the_others(
    replicas: list[Replica], writer: Writer, collector: Collector, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replica = sending_replica(replicas, tmp_path, collector, writer.log)
    refused: list[str] = []
    take = Collector._take

    def fussy(self: Collector, path: str, body: bytes) -> int:
        return 400 if refused and refused[0].encode() in body else take(self, path, body)

    monkeypatch.setattr(Collector, "_take", fussy)
    refused.append(writer.submitted())
    writer.append(e.JobStarted(refused[0], 1, "w-1"))
    writer.append(e.JobSucceeded(refused[0], 1, "w-1"))
    fine = writer.completed()
    await_roots(collector, fine)

    assert roots(collector) == [fine]
    figures = replica.traces.figures
    wait_for(lambda: (figures.sent, figures.left_out) == (1, 1), "both to be counted")


def test_a_collector_that_has_no_time_for_a_trace_is_asked_again(
    replicas: list[Replica], writer: Writer, collector: Collector, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "0.2")
    replica = sending_replica(replicas, tmp_path, collector, writer.log)
    busy, take = [503, 503, 503], Collector._take
    slow = writer.submitted()

    def short_of_time(self: Collector, path: str, body: bytes) -> int:
        return busy.pop() if busy and slow.encode() in body else take(self, path, body)

    monkeypatch.setattr(Collector, "_take", short_of_time)
    writer.append(e.JobStarted(slow, 1, "w-1"))
    writer.append(e.JobSucceeded(slow, 1, "w-1"))
    other = writer.completed()
    await_roots(collector, slow, other)

    figures = replica.traces.figures
    wait_for(lambda: (figures.waiting, figures.sent) == (0, 2), "both to be counted")
    assert (busy, figures.left_out) == ([], 0)


def test_every_partition_is_told_of(
    replicas: list[Replica], writer: Writer, collector: Collector, tmp_path: Path
) -> None:
    elsewhere = MemoryLog(partition=1)
    sending_replica(replicas, tmp_path, collector, writer.log, elsewhere)
    here = writer.completed()
    there = here[:-1] + "1"
    submitted = e.JobSubmitted(there, "test.job", released=True)
    other = Writer(elsewhere)
    other.append(submitted)
    other.append(e.JobStarted(there, 1, "w-1"))
    other.append(e.JobSucceeded(there, 1, "w-1"))
    await_roots(collector, here, there)

    assert partition_told(collector, there) == "1"


def test_a_wait_in_a_paused_queue_is_told_as_such(
    replicas: list[Replica], writer: Writer, collector: Collector, tmp_path: Path
) -> None:
    sending_replica(replicas, tmp_path, collector, writer.log)
    job_id = writer.submitted()
    paused = wait_a_moment(writer, e.QueuePaused("default"))
    resumed = wait_a_moment(writer, e.QueueResumed("default"))
    wait_a_moment(writer, e.JobStarted(job_id, 1, "w-1"))
    writer.append(e.JobSucceeded(job_id, 1, "w-1"))
    await_roots(collector, job_id)

    held = next(span for span in collector.spans() if span.name == "held")
    assert (held.start_ns, held.end_ns) == (paused.ms * 10**6, resumed.ms * 10**6)
    assert sum(span.name == "queued" for span in collector.spans()) == 2


def wait_a_moment(writer: Writer, event: e.Event) -> e.Offset:
    """Append an event, in a later millisecond than what came before."""
    before = writer.log.now_ms()
    wait_for(lambda: writer.log.now_ms() > before + 1, "time to pass")
    return writer.append(event)


def partition_told(collector: Collector, job_id: str) -> str:
    found: Received = next(
        span
        for span in collector.spans()
        if span.name.startswith("job ") and span.attributes["journeyman.job.id"] == job_id
    )
    return str(found.attributes["messaging.destination.partition.id"])
