"""Says what jobs of a type do: how long they take, how often they go wrong, and which one in particular."""

from __future__ import annotations

from grafana_foundation_sdk.builders import dashboard as builders
from grafana_foundation_sdk.builders import table, tempo
from grafana_foundation_sdk.models import dashboard
from grafana_foundation_sdk.models.tempo import SearchTableType

from deploy.observability.dashboards.boards import Row, board, chosen, source
from deploy.observability.dashboards.parts import TRACES, Panel, Query, graph, heat, rows_of
from deploy.observability.dashboards.queries import exact_buckets, exact_quantile, exact_rate
from journeyman.tracing import conventions as words

RUN = 'journeyman_run_seconds{type=~"$type"}'
WAIT = 'journeyman_queue_wait_seconds{queue=~"$queue"}'
ENDED = 'journeyman_jobs_total{type=~"$type", queue=~"$queue"}'
LABELS = "type, queue, outcome"
FOUND = 20
#: `${name:regex}`: the chosen values as one pattern, `.*` for all.
CHOSEN = f"span.{words.JOB_TYPE} =~ `${{type:regex}}` && span.{words.DESTINATION} =~ `${{queue:regex}}`"
SHOWN = f"select(span.{words.JOB_ID}, span.{words.JOB_TYPE}, span.{words.DESTINATION})"
JOB_PAGE = "${dashboard_url}/#/jobs/${__value.raw}"


def build() -> dashboard.Dashboard:
    """Return the dashboard."""
    return board(
        "journeyman-jobs",
        "Job explorer",
        "What do jobs of this type do: how long, how often wrong, and which one in particular?",
        [
            Row("Durations", _durations()),
            Row("Outcomes", _outcomes()),
            Row("Jobs", _jobs()),
            Row("One trace", _one_trace()),
        ],
        [
            source("traces", "tempo", "Traces"),
            chosen("type", "Type", "journeyman_jobs_total"),
            chosen("queue", "Queue", "journeyman_jobs_total"),
            builders.TextBoxVariable("trace")
            .label("Trace")
            .description("A trace whose jobs are listed at the end; an example's link sets it"),
        ],
    )


def _durations() -> list[Panel]:
    follow = "Diamonds are examples: hover over one, follow it to its trace, and from there to the job's page."
    return [
        heat("Run time", f"How long attempts of the chosen types take, from the log. {follow}", exact_buckets(RUN)),
        heat(
            "Time in the queue",
            f"How long jobs of the chosen queues wait once they could run. {follow}",
            exact_buckets(WAIT),
        ),
        graph(
            "Run time, p95",
            "Ninety-five of a hundred attempts take less than this.",
            Query(exact_quantile(0.95, RUN, "type"), "{{type}}", exemplars=True),
            unit="s",
        ),
        graph(
            "Time in the queue, p95",
            "Ninety-five of a hundred jobs wait less than this.",
            Query(exact_quantile(0.95, WAIT, "queue"), "{{queue}}", exemplars=True),
            unit="s",
        ),
    ]


def _outcomes() -> list[Panel]:
    return [
        graph(
            "How jobs end",
            "Jobs that ended a second, by outcome.",
            Query(exact_rate(ENDED, LABELS, "outcome"), "{{outcome}}"),
            unit="jobs/s",
            stacked=True,
        ),
        rows_of(
            "Type by type",
            "Every type that is chosen above: how many ended, and how long their attempts take.",
            [
                ("Ended", "jobs/s", exact_rate(ENDED, LABELS, "type")),
                ("Run time p50", "s", exact_quantile(0.5, RUN, "type")),
                ("Run time p95", "s", exact_quantile(0.95, RUN, "type")),
                ("Run time p99", "s", exact_quantile(0.99, RUN, "type")),
            ],
            ["type"],
        ),
    ]


def _jobs() -> list[Panel]:
    status = f"span.{words.JOB_STATUS}"
    return [
        _search(
            "Jobs that failed",
            "Traces of jobs that failed. All of them are there, whatever the sampling. The job's id leads to its page.",
            f'{{ {CHOSEN} && {status} = "failed" }} | {SHOWN}',
        ),
        _search(
            "Slow jobs",
            "Traces of sampled jobs that took longer than a second, waiting included. The job's id leads to its page.",
            f"{{ {CHOSEN} && {status} != nil && duration > 1s }} | {SHOWN}",
        ),
        _search(
            "Attempts whose worker was lost",
            "Traces of attempts that nobody finished: the worker was killed, or was silent for too long.",
            f'{{ {CHOSEN} && span.{words.ATTEMPT_OUTCOME} = "lost" }} | {SHOWN}',
        ),
    ]


def _one_trace() -> list[Panel]:
    return [
        _search(
            "Jobs of the trace",
            "The jobs of the trace that is named above: one, or all of a workflow. The job's id leads to its page.",
            f'{{ trace:id = "$trace" && span.{words.JOB_STATUS} != nil }} | {SHOWN}',
        ),
    ]


def _search(title: str, why: str, query: str) -> table.Panel:
    link = builders.DashboardLink("Open the job").url(JOB_PAGE).build()
    links = [{"title": link.title, "url": link.url, "targetBlank": True}]
    return (
        table.Panel()
        .title(title)
        .description(why)
        .datasource(TRACES)
        .span(24)
        .height(8)
        .with_target(
            tempo.TempoQuery()
            .datasource(TRACES)
            .ref_id("A")
            .query_type("traceql")
            .query(query)
            .limit(FOUND)
            .table_type(SearchTableType.SPANS)
        )
        .override_by_name(words.JOB_ID, [dashboard.DynamicConfigValue(id_val="links", value=links)])
    )
