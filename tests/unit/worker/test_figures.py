"""What a worker process counts can be read by its parent, and outlives it."""

from __future__ import annotations

from pathlib import Path

from prometheus_client import CollectorRegistry, generate_latest

from journeyman import events as e
from journeyman.log.api import Outcome
from journeyman_worker.figures import Counts, Figures, Household, State, figures_of, read_figures
from journeyman_worker.metrics import WorkerMetrics

SUCCEEDED = Outcome(e.JobSucceeded("a", 1, "w"))
FAILED = Outcome(e.JobFailed("b", 1, "w", e.Error("E")))
RETURNED = Outcome(e.JobReturned("c", 1, "w", back=True), ("q", 10, "t", ""))
PROGRESSED = Outcome(e.JobProgressed("d", 1, "w", 50.0, ""))


def test_what_is_counted_is_read_by_who_knows_the_report(tmp_path: Path) -> None:
    path = figures_of(tmp_path / "worker-1")
    figures = Figures(path)
    figures.claimed(3)
    figures.claimed(0)
    figures.said([SUCCEEDED, SUCCEEDED, FAILED, RETURNED, PROGRESSED], [True, False, True, True, True])
    figures.measured(8, 2, 1 << 33, 1)
    figures.heard()

    counts, state = read_figures(path)

    assert counts == Counts(claims=2, claimed=3, succeeded=2, failed=1, returned=1, commits=1, refused=1)
    assert state[:4] == State(8, 2, 1 << 33, 1)[:4]
    assert state.heard_ms > 0


def test_a_process_that_left_no_figures_counts_for_nothing(tmp_path: Path) -> None:
    assert read_figures(tmp_path / "nowhere") == (Counts(), State())
    (tmp_path / "short.figures").write_bytes(b"\0" * 7)
    assert read_figures(tmp_path / "short.figures") == (Counts(), State())
    (tmp_path / "empty.figures").write_bytes(b"")
    assert read_figures(tmp_path / "empty.figures") == (Counts(), State())


def test_without_a_parent_counting_does_no_harm() -> None:
    Figures().said([SUCCEEDED], [True])


def test_the_parent_adds_up_what_its_children_say() -> None:
    household = Household(Counts(5, 4, 3, 1, 0, 2, 0), [State(8, 1, 100, 1), State(4, 2, 50, 4)], started=3, died=1)
    registry = CollectorRegistry()
    registry.register(WorkerMetrics(lambda: household))

    told = generate_latest(registry).decode()

    assert "journeyman_worker_threads 12.0" in told
    assert "journeyman_worker_open_threads 5.0" in told
    assert "journeyman_worker_running_jobs 3.0" in told
    assert "journeyman_worker_resident_memory_bytes 150.0" in told
    assert "journeyman_worker_died_processes_total 1.0" in told
    assert 'journeyman_worker_outcomes_total{outcome="succeeded"} 3.0' in told
    assert "heartbeat_age" not in told
