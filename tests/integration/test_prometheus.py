"""A real Prometheus scrapes a whole system: every service is up, the figures are the log's, an alert fires and ends."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from journeyman import events as e
from journeyman.tracing.ids import trace_id_of
from support.journal import Journal
from support.prometheus import Prometheus, configuration, prometheus, quick_rules
from support.servers import free_port
from support.system import System
from support.waiting import wait_for

ROOT = Path(__file__).parents[2]
PATIENCE_S = 90.0
JOBS = ("ingest", "dashboard", "scheduler", "autoscaler", "worker")
EARLY = ("JourneymanDeadLettersRise", "JourneymanTargetDown")
HEALTHY = ("scheduler", "worker", "autoscaler")


def traced(name: str) -> Mapping[str, str]:
    """Have the dashboard trace jobs, with nobody there to hear of it: Prometheus is told all the same."""
    return {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"} if name == "dashboard" else {}


@pytest.fixture
def observed(tmp_path: Path) -> Iterator[tuple[System, dict[str, str]]]:
    """Give a system whose services all serve metrics, and where they do."""
    ports: dict[str, Any] = {f"{name}_health_port": free_port() for name in HEALTHY}
    system = System(tmp_path / "system", partitions=1, environ=traced, **ports)
    try:
        system.start("autoscaler")
        addresses = {f"journeyman-{name}": f"127.0.0.1:{ports[f'{name}_health_port']}" for name in HEALTHY}
        addresses["journeyman-ingest"] = system.ingest_url.removeprefix("http://")
        addresses["journeyman-dashboard"] = system.dashboard_url.removeprefix("http://")
        system.await_workers(1)
        yield system, addresses
    finally:
        system.close()


@pytest.fixture
def history(observed: tuple[System, dict[str, str]]) -> list[e.Record]:
    """Run jobs that end in every way there is, and give everything the log says of it."""
    system, _ = observed
    with system.client() as client:
        journal = Journal(system.settings)
        first = [client.submit("synthetic", {}, queue="quick") for _ in range(10)]
        again = client.submit("synthetic", {"fail_times": 1}, queue="quick", backoff={"initial_ms": 1, "jitter": False})
        hopeless = [client.submit("synthetic", {"permanent": True}, queue="hopeless") for _ in range(3)]
        later = client.submit("synthetic", {}, queue="quick", delay="1h")
        client.cancel(later.id)
        for job in (*first, again, *hopeless, later):
            client.wait(job.id, timeout=PATIENCE_S)
        try:
            return journal.records()
        finally:
            journal.close()


def served_by(address: str) -> set[str]:
    """Return the metrics of Journeyman's own that a service names, in the text format."""
    try:
        lines = httpx.get(f"http://{address}/metrics", timeout=30, trust_env=False).text.splitlines()
    except httpx.TransportError:
        return set()
    return {line.split()[2] for line in lines if line.startswith("# TYPE journeyman_")}


def documented() -> dict[str, set[str]]:
    """Return the metrics that the documentation names, by service."""
    found: dict[str, set[str]] = {}
    for line in (ROOT / "docs/observability.md").read_text().splitlines():
        if line.startswith("### Of "):
            names = found.setdefault(line.removeprefix("### Of "), set())
        elif found and (name := re.match(r"\| `(journeyman_\w+)` \|", line)):
            names.add(name[1])
    return found


def test_every_service_tells_what_is_documented_and_nothing_else(observed: tuple[System, dict[str, str]]) -> None:
    _, addresses = observed
    page = documented()

    # There is no snapshot so early.
    page["dashboard"] |= page["dashboard, while it sends traces"]
    page["scheduler"].remove("journeyman_scheduler_snapshot_age_seconds")
    for service in JOBS:
        address, expected = addresses[f"journeyman-{service}"], page[service] | page["every service"]
        # Nobody leads, beats and has caught up from the first moment on.
        wait_for(lambda: expected <= served_by(address), f"{service} to tell {expected}", timeout_s=PATIENCE_S)  # noqa: B023
        assert served_by(address) == expected


def test_prometheus_knows_what_the_log_says(
    observed: tuple[System, dict[str, str]], history: list[e.Record], tmp_path: Path
) -> None:
    system, addresses = observed
    with prometheus(tmp_path / "prometheus", configuration(addresses), quick_rules()) as board:
        up = dict.fromkeys(addresses, "up")
        wait_for(lambda: board.targets() == up, "every target to be up", timeout_s=PATIENCE_S, every_s=0.2)
        expected = outcomes(history)
        wait_for(lambda: ended(board) == expected, f"jobs by outcome: {expected}", timeout_s=PATIENCE_S, every_s=0.2)

        def told(expression: str, expected: object) -> None:
            """A scrape that takes too long makes all figures of its target vanish until the next."""
            what = f"{expression} to be {expected}"
            wait_for(lambda: board.value(expression) == expected, what, timeout_s=PATIENCE_S, every_s=0.2)

        runs = [r.event.run_us for r in history if isinstance(r.event, (e.JobSucceeded, e.JobFailed))]
        starts = sum(isinstance(record.event, e.JobStarted) for record in history)
        told("sum(journeyman_run_seconds_count)", len(runs))
        told("sum(journeyman_run_seconds_sum)", pytest.approx(sum(runs) / 1_000_000))
        told("sum(journeyman_queue_wait_seconds_count)", starts)
        told("sum(journeyman_queue_wait_seconds_sum)", pytest.approx(waited_ms(history) / 1_000))
        told("sum(journeyman_attempts_started_total)", starts)
        told("sum(journeyman_jobs_submitted_total)", 15)
        told("journeyman_dead_letters", 3)
        told("sum(journeyman_worker_claimed_jobs_total)", starts)
        told('sum(journeyman_worker_outcomes_total{outcome=~"succeeded|failed"})', len(runs))
        told('journeyman_worker_slots{state="idle"}', system.settings.worker_threads)
        told('journeyman_workers{state="joined"}', 1)
        told("sum(journeyman_queue_depth)", 0)
        told("journeyman_scheduler_leader", 1)
        told("journeyman_scheduler_lag_entries", 0)
        entries = "journeyman_log_entries"
        wait_for(
            lambda: board.value(entries) == pytest.approx(entries_of(system), abs=2), entries, timeout_s=PATIENCE_S
        )
        info = "journeyman_build_info"
        wait_for(
            lambda: {labels["service"] for labels, _ in board.query(info)} == set(JOBS), info, timeout_s=PATIENCE_S
        )
        wait_for(lambda: board.query("journeyman:queue_depth"), "what is recorded", timeout_s=PATIENCE_S)
        ids = {record.event.job_id for record in history if isinstance(record.event, e.JobSubmitted)}
        examples = wait_for(lambda: board.exemplars("journeyman_run_seconds_bucket"), "examples", timeout_s=PATIENCE_S)
        assert examples <= {trace_id_of(job_id, "") for job_id in ids}


def test_alerts_fire_and_end(observed: tuple[System, dict[str, str]], tmp_path: Path) -> None:
    system, addresses = observed
    with (
        prometheus(tmp_path / "prometheus", configuration(addresses), quick_rules(*EARLY)) as board,
        system.client() as client,
    ):
        up = dict.fromkeys(addresses, "up")
        wait_for(lambda: board.targets() == up, "every target to be up", timeout_s=PATIENCE_S, every_s=0.2)
        client.submit("synthetic", {}).result(PATIENCE_S)
        wait_for(lambda: board.value("sum(journeyman_jobs_total)") == 1, "it to be counted", timeout_s=PATIENCE_S)
        wait_for(lambda: all(state != "firing" for _, state in board.alerts()), "no alert", timeout_s=PATIENCE_S)

        client.wait(client.submit("synthetic", {"permanent": True}).id, timeout=PATIENCE_S)
        system.kill("autoscaler")

        both = {(name, "firing") for name in EARLY}
        wait_for(lambda: both <= board.alerts(), "both alerts to fire", timeout_s=PATIENCE_S, every_s=0.2)

        system.start("autoscaler")

        gone = ("JourneymanTargetDown", "firing")
        wait_for(lambda: gone not in board.alerts(), "the alert to end", timeout_s=PATIENCE_S, every_s=0.2)
        assert ("JourneymanDeadLettersRise", "firing") in board.alerts()


def outcomes(history: list[e.Record]) -> dict[tuple[str, str], float]:
    """Return how many jobs ended, by queue and outcome, as the log says."""
    queues = {record.event.job_id: record.event.queue for record in history if isinstance(record.event, e.JobSubmitted)}
    ends = {e.JobSucceeded: "completed", e.JobDeadLettered: "failed", e.JobCancelled: "cancelled"}
    found: Counter[tuple[str, str]] = Counter()
    for record in history:
        if outcome := ends.get(type(record.event)):
            found[queues[record.event.job_id], outcome] += 1  # type: ignore[union-attr]
    return dict(found)


def ended(board: Prometheus) -> dict[tuple[str, str], float]:
    """Return the same as Prometheus says."""
    found = board.query("sum by (queue, outcome) (journeyman_jobs_total) > 0")
    return {(labels["queue"], labels["outcome"]): value for labels, value in found}


def waited_ms(history: list[e.Record]) -> int:
    """Return how long jobs stood in line, all attempts together, as the log says."""
    since: dict[str, int] = {}
    total = 0
    for record in history:
        if isinstance(record.event, e.JobReleased):
            since[record.event.job_id] = record.at_ms
        elif isinstance(record.event, e.JobStarted):
            total += record.at_ms - since[record.event.job_id]
    return total


def entries_of(system: System) -> int:
    """Return how many commits the log has."""
    return int(system.server.client().xlen("jm:{0}:log"))
