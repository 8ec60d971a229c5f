"""Says whether somebody leads and keeps up, and whether the log stays small."""

from __future__ import annotations

from grafana_foundation_sdk.models import dashboard

from deploy.observability.dashboards.boards import Row, board
from deploy.observability.dashboards.colours import GREEN, GREY, RED
from deploy.observability.dashboards.parts import Panel, Query, graph, heat, number, states
from deploy.observability.dashboards.queries import bucket, exact, mean, quantile

ROUND = "journeyman_scheduler_round_seconds"


def build() -> dashboard.Dashboard:
    """Return the dashboard."""
    return board(
        "journeyman-scheduler",
        "Scheduler internals",
        "Does somebody lead, does it keep up, and does the log stay small?",
        [Row("Leading", _leading()), Row("Deciding", _deciding()), Row("Log and archive", _log())],
    )


def _leading() -> list[Panel]:
    return [
        number(
            "Partitions led",
            "Partitions that have a leader.",
            "sum(max by (partition) (journeyman_scheduler_leader))",
            limits=(1, 1),
            least=True,
        ),
        number(
            "Epoch",
            "Counts the leaders there have been. A figure that keeps growing means that they lose their lease.",
            "max(journeyman_scheduler_epoch)",
        ),
        number(
            "Halted",
            "Schedulers that do not lead because the server's log is not the one that was archived. See the runbook.",
            "sum(journeyman_scheduler_halted)",
            limits=(1, 1),
        ),
        states(
            "Who leads",
            "Each scheduler and when it led. Of a partition, one at a time.",
            Query("max by (instance, partition) (journeyman_scheduler_leader)", "{{instance}} {{partition}}"),
            {"0": ("stands by", GREY), "1": ("leads", GREEN)},
        ),
    ]


def _deciding() -> list[Panel]:
    return [
        heat(
            "Rounds",
            "How long it takes to read, decide and commit once.",
            f"sum by (le) (rate({bucket(ROUND)}[$__rate_interval]))",
        ),
        graph(
            "Rounds, quantiles",
            "How long it takes to read, decide and commit once.",
            *(Query(quantile(part, ROUND), f"p{part * 100:g}") for part in (0.5, 0.95, 0.99)),
            unit="s",
            limits=(0.3, 1),
        ),
        graph(
            "Lag",
            "How much older what the leader last read is than the end of the log.",
            Query("max by (partition) (journeyman_scheduler_lag_seconds)", "log {{partition}}"),
            unit="s",
            limits=(1, 10),
        ),
        graph(
            "Decisions in a commit",
            "The mean. Large commits are what makes a busy system cheap; small ones what makes an idle one quick.",
            Query(mean("journeyman_scheduler_commit_decisions"), "mean"),
            Query(quantile(0.99, "journeyman_scheduler_commit_decisions"), "p99"),
        ),
        graph(
            "Decisions",
            "Decisions proposed to the log, by verdict. A refused one was overtaken by a fact, and is thought over.",
            Query("sum by (verdict) (rate(journeyman_scheduler_proposals_total[$__rate_interval]))", "{{verdict}}"),
            unit="ops",
        ),
        graph(
            "Entries read",
            "Entries of the log folded, a second.",
            Query("sum(rate(journeyman_scheduler_entries_total[$__rate_interval]))", "entries"),
            unit="ops",
        ),
        graph(
            "Unfinished jobs",
            "Jobs in the leader's memory, and those of them about which something is to be decided.",
            Query("sum(max by (partition) (journeyman_scheduler_unfinished_jobs))", "unfinished"),
            Query("sum(max by (partition) (journeyman_scheduler_agenda_jobs))", "to be decided"),
        ),
        graph(
            "Behind the last snapshot",
            "How much of the log, in time, a new leader would read. It falls to nothing with every snapshot.",
            Query("max by (partition) (journeyman_scheduler_snapshot_age_seconds)", "log {{partition}}"),
            unit="s",
            width=6,
        ),
        graph(
            "Snapshots",
            "Snapshots taken in an hour.",
            Query("sum(rate(journeyman_scheduler_snapshots_total[$__rate_interval])) * 3600", "snapshots an hour"),
            width=6,
        ),
    ]


def _log() -> list[Panel]:
    return [
        graph(
            "Log in the server",
            "How much memory the log takes. It is trimmed to what somebody still has to read.",
            Query(exact("journeyman_log_bytes", "partition"), "log {{partition}}"),
            unit="bytes",
        ),
        graph(
            "Memory of the server",
            "What the server uses, and its limit where it has one. Well before that, ingest refuses new jobs.",
            Query("max by (partition) (journeyman_server_used_memory_bytes)", "used {{partition}}"),
            Query("max by (partition) (journeyman_server_max_memory_bytes) > 0", "limit {{partition}}"),
            unit="bytes",
        ),
        graph(
            "Entries in the log",
            "How many entries the log holds.",
            Query(exact("journeyman_log_entries", "partition"), "log {{partition}}"),
        ),
        graph(
            "Trimmed",
            "Entries trimmed a second. Nothing for long while the log grows: it waits for a reader that is away.",
            Query("sum(max by (partition) (rate(journeyman_log_trimmed_total[$__rate_interval])))", "entries"),
            unit="ops",
        ),
        graph(
            "Archived",
            "Bytes written to the archive a second, compressed. Nothing where no archive is configured.",
            Query("sum(rate(journeyman_scheduler_archived_bytes_total[$__rate_interval]))", "bytes"),
            unit="Bps",
        ),
        number(
            "Archive",
            "Whether the archive can be written. While it cannot, nothing is trimmed.",
            "max(journeyman_scheduler_archive_trouble)",
            words={"0": ("no trouble", GREEN), "1": ("cannot be written", RED)},
            width=6,
        ),
        number(
            "Readers struck off",
            "Readers of the log that fell silent and are waited for no longer, in the chosen time.",
            "sum(increase(journeyman_scheduler_readers_expired_total[$__range]))",
            limits=(1, 5),
            width=6,
        ),
    ]
