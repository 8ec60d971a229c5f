"""What a worker tells Prometheus: its parent process, for all of its children together.

Counts of children that have ended are kept, so that none of these metrics goes down while the parent lives.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from journeyman.exposition import Family
from journeyman_worker.figures import Household, now_ms

_PROCESSES = Family("journeyman_worker_processes", "gauge", "Worker processes of this parent.")
_THREADS = Family("journeyman_worker_threads", "gauge", "Jobs they can run at once.")
_OPEN = Family(
    "journeyman_worker_open_threads",
    "gauge",
    "Threads of theirs that take jobs, as of the last heartbeat: one of a process where that gets as much done as all.",
)
_RUNNING = Family("journeyman_worker_running_jobs", "gauge", "Jobs they run, as of the last heartbeat.")
_MEMORY = Family("journeyman_worker_resident_memory_bytes", "gauge", "Memory they take, as of the last heartbeat.")
_HEARTBEAT = Family(
    "journeyman_worker_heartbeat_age_seconds", "gauge", "Since when the log has not answered the quietest of them."
)
_STARTED = Family("journeyman_worker_started_processes_total", "counter", "Worker processes started.")
_DIED = Family("journeyman_worker_died_processes_total", "counter", "Worker processes that ended without being asked.")
_CLAIMS = Family("journeyman_worker_claims_total", "counter", "Claims that were answered, with jobs or without.")
_CLAIMED = Family("journeyman_worker_claimed_jobs_total", "counter", "Jobs claimed.")
_OUTCOMES = Family("journeyman_worker_outcomes_total", "counter", "Outcomes told to the log.", ("outcome",))
_COMMITS = Family("journeyman_worker_outcome_commits_total", "counter", "Commits of outcomes.")
_REFUSED = Family("journeyman_worker_refused_outcomes_total", "counter", "Outcomes that came too late to count.")


class WorkerMetrics(Collector):
    """Reads what the children count at the moment of the scrape."""

    families = (
        *(_PROCESSES, _THREADS, _OPEN, _RUNNING, _MEMORY, _HEARTBEAT, _STARTED, _DIED),
        *(_CLAIMS, _CLAIMED, _OUTCOMES, _COMMITS, _REFUSED),
    )

    def __init__(self, household: Callable[[], Household]) -> None:
        self._household = household

    def collect(self) -> Iterable[Metric]:
        """Return the figures of the moment."""
        counts, children, started, died = self._household()
        heard = [child.heard_ms for child in children if child.heard_ms]
        yield _PROCESSES.gauge([((), len(children))])
        yield _THREADS.gauge([((), sum(child.slots for child in children))])
        yield _OPEN.gauge([((), sum(child.open for child in children))])
        yield _RUNNING.gauge([((), sum(child.running for child in children))])
        yield _MEMORY.gauge([((), sum(child.memory for child in children))])
        if heard:
            yield _HEARTBEAT.gauge([((), max(now_ms() - min(heard), 0) / 1000)])
        yield _STARTED.counter([((), started)])
        yield _DIED.counter([((), died)])
        yield _CLAIMS.counter([((), counts.claims)])
        yield _CLAIMED.counter([((), counts.claimed)])
        yield _OUTCOMES.counter(((name,), getattr(counts, name)) for name in ("succeeded", "failed", "returned"))
        yield _COMMITS.counter([((), counts.commits)])
        yield _REFUSED.counter([((), counts.refused)])
