"""Says whether there are enough workers, whether they are busy, and whether any of them die."""

from __future__ import annotations

from grafana_foundation_sdk.models import dashboard

from deploy.observability.dashboards.boards import Row, board
from deploy.observability.dashboards.colours import GREEN, RED, YELLOW
from deploy.observability.dashboards.parts import Panel, Query, graph, number, states
from deploy.observability.dashboards.queries import RATE, exact, exact_rate

BUSY = exact('journeyman_worker_slots{state="busy"}')
SLOTS = f"sum({exact('journeyman_worker_slots', 'state')})"
BREAKER = {"0": ("closed", GREEN), "1": ("half open", YELLOW), "2": ("open", RED)}


def build() -> dashboard.Dashboard:
    """Return the dashboard."""
    return board(
        "journeyman-workers",
        "Workers",
        "Are there enough workers, are they busy, and do any of them die?",
        [Row("Now", _now()), Row("Work", _work()), Row("Processes", _processes())],
    )


def _now() -> list[Panel]:
    return [
        number(
            "Working",
            "Workers that take jobs.",
            exact('journeyman_workers{state="joined"}'),
            limits=(1, 1),
            least=True,
            width=6,
        ),
        number(
            "Draining",
            "Workers that finish what they have and leave.",
            exact('journeyman_workers{state="draining"}'),
            width=6,
        ),
        number(
            "Lost",
            "Workers that fell silent in the last five minutes. What they held is run again elsewhere.",
            exact('journeyman_workers{state="lost"}'),
            limits=(1, 3),
            width=6,
        ),
        number(
            "Busy",
            "The share of slots that have a job. Near one for long, and jobs wait: more workers would help.",
            f"{BUSY} / ({SLOTS} > 0)",
            "percentunit",
            limits=(0.8, 0.95),
            width=6,
        ),
    ]


def _work() -> list[Panel]:
    return [
        graph(
            "Workers",
            "By state: joined and draining now, left and lost in the last five minutes.",
            Query(exact("journeyman_workers", "state"), "{{state}}"),
            stacked=True,
        ),
        graph(
            "Slots",
            "How many jobs could run at once, and how many do.",
            Query(exact("journeyman_worker_slots", "state"), "{{state}}"),
            stacked=True,
        ),
        graph(
            "Attempts begun",
            "Attempts a second, the repeated ones included, by queue.",
            Query(exact_rate("journeyman_attempts_started_total", "type, queue", "queue"), "{{queue}}"),
            unit="ops",
        ),
        graph(
            "Attempts that did not succeed",
            "Attempts a second that ended with an error, by type. The job is tried again while attempts are left.",
            Query(
                exact_rate('journeyman_run_seconds_count{outcome="failed"}', "type", "type"),
                "{{type}}",
            ),
            unit="ops",
        ),
        states(
            "Circuit breakers",
            "Types whose attempts mostly fail are held back for a while, so that what they call can recover.",
            Query(
                'max by (type) (journeyman_breaker_state{state="half_open"}) '
                '+ 2 * max by (type) (journeyman_breaker_state{state="open"})',
                "{{type}}",
            ),
            BREAKER,
            width=24,
        ),
    ]


def _processes() -> list[Panel]:
    return [
        graph(
            "Memory",
            "What the processes of each worker take. One that only grows keeps something.",
            Query("journeyman_worker_resident_memory_bytes", "{{instance}}"),
            unit="bytes",
        ),
        graph(
            "Silence",
            "Since when the log has not heard each worker. At the heartbeat timeout, what it holds is run elsewhere.",
            Query("journeyman_worker_heartbeat_age_seconds", "{{instance}}"),
            unit="s",
            limits=(3, 10),
        ),
        graph(
            "Outcomes",
            "Attempts told to the log a second, by how they ended. Returned ones were given back unfinished.",
            Query(f"sum by (outcome) (rate(journeyman_worker_outcomes_total[{RATE}]))", "{{outcome}}"),
            unit="ops",
            stacked=True,
        ),
        graph(
            "Outcomes that came too late",
            "Outcomes of attempts that had been given up as lost: work done twice. Longer heartbeats make them fewer.",
            Query(f"sum by (instance) (rate(journeyman_worker_refused_outcomes_total[{RATE}]))", "{{instance}}"),
            unit="ops",
        ),
        graph(
            "Processes that died",
            "Worker processes that ended without being asked, a minute: killed, out of memory, or crashed.",
            Query(f"sum by (instance) (rate(journeyman_worker_died_processes_total[{RATE}])) * 60", "{{instance}}"),
        ),
        graph(
            "Jobs in a batch",
            "Jobs a claim, and outcomes a commit: more where there is much to do, which makes it cheap.",
            Query(f"{_rate('claimed_jobs')} / ({_rate('claims')} > 0)", "jobs a claim"),
            Query(f"{_rate('outcomes')} / ({_rate('outcome_commits')} > 0)", "outcomes a commit"),
        ),
    ]


def _rate(metric: str) -> str:
    return f"sum(rate(journeyman_worker_{metric}_total[{RATE}]))"
