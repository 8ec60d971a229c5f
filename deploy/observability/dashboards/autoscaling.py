"""Says how many workers there should be, how many there are, and why."""

from __future__ import annotations

from grafana_foundation_sdk.models import dashboard

from deploy.observability.dashboards.boards import Row, board
from deploy.observability.dashboards.parts import Panel, Query, graph, number
from deploy.observability.dashboards.queries import exact, exact_rate

JOINED = exact('journeyman_workers{state="joined"}')
BACKLOG = f"sum({exact('journeyman_queue_depth', 'queue, priority')})"
BUSY = exact('journeyman_worker_slots{state="busy"}')
SLOTS = f"sum({exact('journeyman_worker_slots', 'state')})"


def build() -> dashboard.Dashboard:
    """Return the dashboard."""
    return board(
        "journeyman-autoscaling",
        "Autoscaling",
        "How many workers should there be, how many are there, and why?",
        [Row("Now", _now()), Row("Workers", _workers()), Row("Load", _load())],
    )


def _now() -> list[Panel]:
    return [
        number("Workers", "Workers that take jobs.", JOINED, width=6),
        number(
            "Wanted",
            "How many the autoscaler decided there should be. Above those that work: they start, or cannot.",
            "max(journeyman_autoscaler_wanted_workers)",
            width=6,
        ),
        number("Waiting", "Jobs that wait for a worker.", BACKLOG, width=6),
        number(
            "Changes",
            "Decisions to have more or fewer workers, in the chosen time. Many a minute: it swings.",
            "sum(increase(journeyman_autoscaler_decisions_total[$__range]))",
            width=6,
        ),
    ]


def _workers() -> list[Panel]:
    return [
        graph(
            "Wanted and there",
            "Workers that the autoscaler wants, the bounds it keeps to, and those that take jobs.",
            Query("max(journeyman_autoscaler_wanted_workers)", "wanted"),
            Query("max(journeyman_autoscaler_min_workers)", "at least"),
            Query("max(journeyman_autoscaler_max_workers)", "at most"),
            Query(JOINED, "working"),
            Query(exact('journeyman_workers{state="draining"}'), "draining"),
        ),
        graph(
            "Decisions",
            "Decisions a minute, up and down. Their reasons stand in Journeyman's own dashboard, under Workers.",
            Query(
                "sum by (direction) (rate(journeyman_autoscaler_decisions_total[$__rate_interval])) * 60",
                "{{direction}}",
            ),
        ),
    ]


def _load() -> list[Panel]:
    return [
        graph(
            "Waiting",
            "Jobs that wait for a worker, and those of them that some worker may claim: what the autoscaler reacts to.",
            Query(BACKLOG, "waiting"),
            Query("max(journeyman_autoscaler_backlog_jobs)", "claimable"),
        ),
        graph(
            "Arriving and begun",
            "Jobs submitted and attempts begun a second. Apart for long: too few workers, or too slow.",
            Query(exact_rate("journeyman_jobs_submitted_total", "type, queue"), "submitted"),
            Query(exact_rate("journeyman_attempts_started_total", "type, queue"), "begun"),
            unit="jobs/s",
        ),
        graph(
            "Busy",
            "The share of slots that have a job.",
            Query(f"{BUSY} / ({SLOTS} > 0)", "busy"),
            unit="percentunit",
            limits=(0.8, 0.95),
            most=1,
        ),
        graph(
            "Longest wait",
            "How long the oldest waiting job has waited: what users feel while workers start.",
            Query("max(journeyman_queue_oldest_wait_seconds)", "longest wait"),
            unit="s",
            limits=(30, 300),
        ),
    ]
