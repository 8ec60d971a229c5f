"""`GET /metrics` of the dashboard: what it tells while it follows a log, begins it anew, and cannot read its file."""

from __future__ import annotations

from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from journeyman import events as e
from journeyman.log.memory_log import MemoryLog
from journeyman.tracing.ids import trace_id_of
from journeyman_dashboard import schema
from journeyman_dashboard.metrics import CAUGHT_UP_MS, Metrics
from journeyman_dashboard.reach import Reach
from support.dashboard import Dashboard, Writer, dashboard
from support.waiting import wait_for

OPENMETRICS = "application/openmetrics-text; version=1.0.0"
NOW_MS = 1_732_000_000_000
COMPLETED = 'journeyman_jobs_total{outcome="completed",queue="default",type="test.job"}'


def told(board: Dashboard, accept: str = "text/plain") -> str:
    """Return the metrics as a scraper is told them."""
    return board.http.get("/metrics", headers={"Accept": accept}).text


def test_jobs_are_told_as_soon_as_the_log_was_read(tmp_path: Path) -> None:
    log = MemoryLog(now_ms=lambda: NOW_MS)
    writer = Writer(log)
    writer.completed()
    with dashboard(log, tmp_path) as board:
        wait_for(lambda: f"{COMPLETED} 1.0" in told(board), "totals")
        writer.completed()
        wait_for(lambda: f"{COMPLETED} 2.0" in told(board), "another")


def test_what_counts_is_left_out_until_a_read_model_that_is_made_anew_has_caught_up(tmp_path: Path) -> None:
    path = tmp_path / schema.FILE_NAME
    connection = schema.open_for_writing(path)
    reach = Reach()
    registry = Metrics(path, reach, lambda: 0).registry

    assert "journeyman_jobs_submitted_total" not in generate_latest(registry).decode()
    reach.advance(0, e.Offset(NOW_MS, 0), lag_ms=CAUGHT_UP_MS, caught_up=True)
    assert "journeyman_jobs_submitted_total" not in generate_latest(registry).decode()
    reach.advance(0, e.Offset(NOW_MS, 1), lag_ms=0, caught_up=True)
    assert "journeyman_jobs_submitted_total" in generate_latest(registry).decode()
    reach.advance(0, e.Offset(NOW_MS, 2), lag_ms=10**6, caught_up=True)
    assert "journeyman_jobs_submitted_total" in generate_latest(registry).decode()

    schema.rebuild(connection)

    shown = generate_latest(registry).decode()
    assert "journeyman_jobs_submitted_total" not in shown
    assert 'journeyman_jobs_now{status="pending"} 0.0' in shown
    connection.close()


def test_a_file_that_cannot_be_read_leaves_the_rest(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    registry: CollectorRegistry = Metrics(tmp_path / "nowhere.sqlite", Reach(), lambda: 7).registry

    shown = generate_latest(registry).decode()

    assert "journeyman_dashboard_streams 7.0" in shown
    assert "journeyman_jobs_now{" not in shown
    assert "left out of the metrics" in caplog.text


def test_a_scraper_that_knows_openmetrics_is_shown_the_trace_of_a_job(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", "otlp")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    log = MemoryLog(now_ms=lambda: NOW_MS)
    job_id = Writer(log).completed()
    with dashboard(log, tmp_path) as board:
        wait_for(lambda: f"{COMPLETED} 1.0" in told(board), "totals")

        shown = told(board, OPENMETRICS)

    assert shown.endswith("# EOF\n")
    assert f'# {{trace_id="{trace_id_of(job_id, "")}"}} 0.0015' in shown
    assert "trace_id" not in told_lines(shown, "journeyman_jobs_total")


def told_lines(text: str, name: str) -> str:
    """Return the lines of a metric."""
    return "\n".join(line for line in text.splitlines() if line.startswith(name))
