"""Says whether jobs get in quickly, and whether what people read keeps up."""

from __future__ import annotations

from grafana_foundation_sdk.models import dashboard

from deploy.observability.dashboards.boards import Row, board
from deploy.observability.dashboards.parts import Panel, Query, graph, heat, number
from deploy.observability.dashboards.queries import RATE, bucket, mean, quantile

APPEND = "journeyman_ingest_append_seconds"
GROUP = "journeyman_ingest_group_commit_proposals"
INGEST = "journeyman_ingest_requests_total"
READS = "journeyman_dashboard_requests_total"
LAG = "journeyman_dashboard_lag_seconds"
MEMORY_USED = "max by (partition) (journeyman_server_used_memory_bytes)"
MEMORY_LIMIT = "(max by (partition) (journeyman_server_max_memory_bytes) > 0)"
ROOM = f"1 - {MEMORY_USED} / {MEMORY_LIMIT} / scalar(max(journeyman_ingest_memory_headroom_ratio))"


def build() -> dashboard.Dashboard:
    """Return the dashboard."""
    return board(
        "journeyman-doors",
        "Ingest and read model",
        "Do jobs get in quickly, and does what people read keep up?",
        [Row("Ingest", _ingest()), Row("Read model", _read_model()), Row("Traces", _traces())],
    )


def _ingest() -> list[Panel]:
    return [
        number("Requests", "Requests answered a second.", f"sum(rate({INGEST}[{RATE}]))", "reqps", width=6),
        number(
            "Refused",
            "The share of requests answered 429 or 503: a quota is used up, or the server is full or away. "
            "Clients try again; nothing accepted is lost.",
            f'(sum(rate({INGEST}{{status=~"429|503"}}[{RATE}])) or vector(0)) / (sum(rate({INGEST}[{RATE}])) > 0)',
            "percentunit",
            limits=(0.001, 0.05),
            width=6,
        ),
        number(
            "Append, p99",
            "Ninety-nine of a hundred appends to the log take less.",
            quantile(0.99, APPEND),
            "s",
            limits=(0.05, 0.5),
            width=6,
        ),
        number(
            "Requests in an append",
            "The mean: requests that come while one append is under way share the next.",
            mean(GROUP),
            width=6,
        ),
        graph(
            "Answers",
            "Requests a second by status: 2xx accepted, 4xx the client's mistake or quota, 5xx ours.",
            Query(f"sum by (status) (rate({INGEST}[{RATE}]))", "{{status}}"),
            unit="reqps",
            stacked=True,
        ),
        graph(
            "Refused, by reason",
            "Requests refused a second, by the problem they were answered with.",
            Query(f"sum by (reason) (rate(journeyman_ingest_refused_requests_total[{RATE}]))", "{{reason}}"),
            unit="reqps",
        ),
        heat(
            "Append",
            "Time from sending an append to the server's reply, repetitions included.",
            f"sum by (le) (rate({bucket(APPEND)}[{RATE}]))",
        ),
        graph(
            "Appended",
            "Events written to the log a second. A job that can run at once is one.",
            Query(f"sum(rate(journeyman_ingest_appended_events_total[{RATE}]))", "events"),
            unit="ops",
        ),
        graph(
            "Requests that wait",
            "Requests that wait to be written. More than a few for long: the server is slow to answer.",
            Query("sum by (instance) (journeyman_ingest_waiting_requests)", "{{instance}}"),
        ),
        graph(
            "Room for new jobs",
            "How much of the server's memory is left before new jobs are refused. Nothing where it has no limit.",
            Query(ROOM, "partition {{partition}}"),
            unit="percentunit",
            most=1,
        ),
    ]


def _read_model() -> list[Panel]:
    return [
        number("Lag", "How far the slowest read model is behind the log.", f"max({LAG})", "s", limits=(5, 60), width=6),
        number(
            "Following",
            "Read models that follow the log.",
            "sum(journeyman_dashboard_ready)",
            limits=(1, 1),
            least=True,
            width=6,
        ),
        number(
            "Put aside",
            "Events that no read model could make sense of, since it was started. `journeyman verify` tells which.",
            "max(journeyman_dashboard_quarantined_events_total)",
            limits=(1, 100),
            width=6,
        ),
        number(
            "Open pages",
            "Browsers and scripts that listen for events now.",
            "sum(journeyman_dashboard_streams)",
            width=6,
        ),
        graph(
            "Lag",
            "How far each read model is behind the log.",
            Query(LAG, "{{instance}}"),
            unit="s",
            limits=(5, 60),
        ),
        graph(
            "Events read",
            "Events put into each read model a second. All read the whole log, so all show the same.",
            Query(f"rate(journeyman_dashboard_projected_events_total[{RATE}])", "{{instance}}"),
            unit="ops",
        ),
        graph(
            "Size",
            "The read model's file and its write-ahead log. Retention keeps it level.",
            Query("journeyman_dashboard_database_bytes", "{{instance}}"),
            unit="bytes",
        ),
        graph(
            "Reads",
            "Requests a second by route.",
            Query(f"sum by (route) (rate({READS}[{RATE}]))", "{{route}}"),
            unit="reqps",
        ),
    ]


def _traces() -> list[Panel]:
    sent = "journeyman_dashboard_traces"
    return [
        graph(
            "Traces sent",
            "Jobs whose spans were sent a second, by the one dashboard that sends them. Nothing where tracing is off.",
            Query(f"sum by (instance) (rate({sent}_sent_total[{RATE}]))", "{{instance}}"),
            unit="jobs/s",
            width=8,
        ),
        graph(
            "Traces that wait",
            "Sampled jobs that have ended and are to be sent. Growing: the collector is away, or too slow.",
            Query(f"max({sent}_waiting)", "waiting"),
            width=8,
        ),
        graph(
            "Traces left out",
            "Sampled jobs a second whose spans were not sent: the collector was away for too long, or refused them.",
            Query(f"sum(rate({sent}_left_out_total[{RATE}]))", "left out"),
            unit="jobs/s",
            width=8,
        ),
    ]
