"""Says whether all is well, and where one would look next."""

from __future__ import annotations

from grafana_foundation_sdk.models import dashboard

from deploy.observability.dashboards.boards import HOME, Row, board, to_board
from deploy.observability.dashboards.colours import GREEN, RED
from deploy.observability.dashboards.parts import Panel, Query, graph, number, rows_of
from deploy.observability.dashboards.queries import exact, exact_quantile, exact_rate

WAIT = "journeyman_queue_wait_seconds"
RUN = "journeyman_run_seconds"
ENDED = ("journeyman_jobs_total", "type, queue, outcome")


def build() -> dashboard.Dashboard:
    """Return the dashboard."""
    return board(
        HOME,
        "Overview",
        "Is all well, and where would one look next?",
        [Row("Now", _now()), Row("Flow", _flow()), Row("Services", _services())],
    )


def _now() -> list[Panel]:
    return [
        number(
            "Alerts firing",
            "Alerts of Journeyman that fire now. Each has its page in the runbook.",
            'count(ALERTS{alertstate="firing", alertname=~"Journeyman.*"}) or vector(0)',
            limits=(1, 1),
        ),
        number(
            "Leader",
            "Whether every partition has a scheduler that leads. Without one, jobs are accepted and run, "
            "but none is retried, delayed or released by its parents.",
            "min(max by (partition) (journeyman_scheduler_leader))",
            words={"0": ("nobody leads", RED), "1": ("leads", GREEN)},
        ),
        number("Pending", "Jobs that have not begun.", exact('journeyman_jobs_now{status="pending"}')),
        number("Processing", "Jobs that run now.", exact('journeyman_jobs_now{status="processing"}')),
        number(
            "Longest wait",
            "How long the oldest job that could run waits for a worker.",
            "max(journeyman_queue_oldest_wait_seconds)",
            "s",
            limits=(30, 300),
        ),
        number(
            "Dead letters",
            "Jobs that failed for good and wait for a person.",
            exact("journeyman_dead_letters"),
            limits=(1, 100),
        ),
    ]


def _flow() -> list[Panel]:
    return [
        graph(
            "Jobs a second",
            "What is submitted, and how it ends. Where the first stays above the sum of the others, the backlog grows.",
            Query(exact_rate("journeyman_jobs_submitted_total", "type, queue"), "submitted"),
            Query(exact_rate(*ENDED, "outcome"), "{{outcome}}"),
            unit="jobs/s",
        ),
        graph(
            "Jobs that wait or run",
            "How many jobs have not ended.",
            Query(exact('journeyman_jobs_now{status=~"pending|processing"}', "status"), "{{status}}"),
            stacked=True,
        ),
        graph(
            "Time in the queue",
            "From when a job could run to when a worker has it. Points are examples: click one for its trace.",
            *(
                Query(exact_quantile(part, WAIT), f"p{part * 100:g}", exemplars=part == 0.99)
                for part in (0.5, 0.95, 0.99)
            ),
            unit="s",
        ),
        graph(
            "Run time",
            "How long attempts take, from the log. Points are examples: click one for its trace.",
            *(
                Query(exact_quantile(part, RUN), f"p{part * 100:g}", exemplars=part == 0.99)
                for part in (0.5, 0.95, 0.99)
            ),
            unit="s",
        ),
        rows_of(
            "Busiest types",
            "The ten types of which most jobs ended, and the share that failed. A click opens the job explorer.",
            [
                ("Ended", "jobs/s", f"topk(10, {exact_rate(*ENDED, 'type')})"),
                ("Failed", "percentunit", _failed_share()),
                ("Run time p95", "s", exact_quantile(0.95, RUN, "type")),
            ],
            ["type"],
            links=[to_board("journeyman-jobs", "Explore ${__value.text}", "var-type=${__value.raw}")],
        ),
        rows_of(
            "Longest queues",
            "The ten queues with most waiting jobs. A click opens the queue.",
            [
                ("Depth", "short", f"topk(10, sum by (queue) ({exact('journeyman_queue_depth', 'queue, priority')}))"),
                ("Longest wait", "s", exact("journeyman_queue_oldest_wait_seconds", "queue")),
            ],
            ["queue"],
            links=[to_board("journeyman-queues", "Open ${__value.text}", "var-queue=${__value.raw}")],
        ),
    ]


def _failed_share() -> str:
    failed = exact_rate('journeyman_jobs_total{outcome="failed"}', ENDED[1], "type")
    return f"({failed}) / ({exact_rate(*ENDED, 'type')} > 0)"


def _services() -> list[Panel]:
    memory = 'sum by (job) (process_resident_memory_bytes{job=~"journeyman.*", job!="journeyman-worker"})'
    return [
        graph(
            "CPU",
            "Processor time of each service but the workers, all its processes together: 1 is one core.",
            Query(
                'sum by (job) (rate(process_cpu_seconds_total{job=~"journeyman.*", job!="journeyman-worker"}'
                "[$__rate_interval]))",
                "{{job}}",
            ),
            width=8,
        ),
        graph(
            "Memory",
            "Resident memory of each service, all its processes together.",
            Query(memory, "{{job}}"),
            Query("sum by (job) (journeyman_worker_resident_memory_bytes)", "{{job}}"),
            unit="bytes",
            width=8,
        ),
        rows_of(
            "Versions",
            "Which version of which service runs, in how many processes. Two of a service: it is being rolled out.",
            [("Processes", "short", "count by (service, version) (journeyman_build_info)")],
            ["service", "version"],
            width=8,
        ),
    ]
