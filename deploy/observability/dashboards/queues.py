"""Says which queue waits, since when, and whether it will soon be empty."""

from __future__ import annotations

from grafana_foundation_sdk.models import dashboard

from deploy.observability.dashboards.boards import Row, board, chosen
from deploy.observability.dashboards.parts import Panel, Query, graph, heat, number, rows_of
from deploy.observability.dashboards.queries import exact, exact_buckets, exact_quantile, exact_rate

ONLY = '{queue=~"$queue"}'
DEPTH = exact(f"journeyman_queue_depth{ONLY}", "queue, priority")
OLDEST = exact(f"journeyman_queue_oldest_wait_seconds{ONLY}", "queue")
ENDED = exact_rate(f"journeyman_jobs_total{ONLY}", "type, queue, outcome", "queue")
SUBMITTED = exact_rate(f"journeyman_jobs_submitted_total{ONLY}", "type, queue", "queue")


def build() -> dashboard.Dashboard:
    """Return the dashboard."""
    return board(
        "journeyman-queues",
        "Queues",
        "Which queue waits, since when, and will it be empty soon?",
        [Row("Now", _now()), Row("Over time", _over_time()), Row("Waiting", _waiting())],
        [chosen("queue", "Queue", "journeyman_queue_depth")],
    )


def _now() -> list[Panel]:
    return [
        number("Waiting", "Jobs that could run and wait for a worker.", f"sum({DEPTH})", width=6),
        number("Longest wait", "How long the oldest of them waits.", f"max({OLDEST})", "s", limits=(30, 300), width=6),
        number(
            "Net rate",
            "Jobs submitted less jobs ended, a second. Above zero for long: the backlog grows.",
            f"sum({SUBMITTED}) - sum({ENDED})",
            "jobs/s",
            limits=(0.1, 10),
            width=6,
        ),
        number(
            "Empty in",
            "How long it takes at the rate of now to work off what waits. No figure while nothing ends.",
            f"sum({DEPTH}) / (sum({ENDED}) > 0)",
            "s",
            limits=(300, 3600),
            width=6,
        ),
    ]


def _over_time() -> list[Panel]:
    return [
        graph(
            "Depth by queue",
            "Jobs that wait for a worker.",
            Query(f"sum by (queue) ({DEPTH})", "{{queue}}"),
            stacked=True,
        ),
        graph(
            "Depth by priority",
            "The same by priority: higher ones first, so that a growing low priority alone means too few workers.",
            Query(f"sum by (priority) ({DEPTH})", "priority {{priority}}"),
            stacked=True,
        ),
        graph("Submitted", "Jobs submitted a second.", Query(SUBMITTED, "{{queue}}"), unit="jobs/s"),
        graph("Ended", "Jobs that ended a second, however.", Query(ENDED, "{{queue}}"), unit="jobs/s"),
    ]


def _waiting() -> list[Panel]:
    wait = f"journeyman_queue_wait_seconds{ONLY}"
    return [
        heat(
            "Time in the queue",
            "How long jobs wait once they could run. Diamonds are examples: hover over one, follow it to its trace.",
            exact_buckets(wait),
        ),
        graph(
            "Time in the queue, p95",
            "Ninety-five of a hundred jobs wait less than this.",
            Query(exact_quantile(0.95, wait, "queue"), "{{queue}}", exemplars=True),
            unit="s",
        ),
        graph(
            "Longest wait",
            "How long the oldest waiting job has waited.",
            Query(OLDEST, "{{queue}}"),
            unit="s",
            limits=(30, 300),
        ),
        rows_of(
            "Queue by queue",
            "Every queue that is chosen above.",
            [
                ("Waiting", "short", f"sum by (queue) ({DEPTH})"),
                ("Longest wait", "s", OLDEST),
                ("Submitted", "jobs/s", SUBMITTED),
                ("Ended", "jobs/s", ENDED),
            ],
            ["queue"],
        ),
    ]
