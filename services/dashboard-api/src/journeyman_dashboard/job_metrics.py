"""Turns the read model's figures into metrics: names, labels, and which queues and types have a name of their own.

Pure. Queues and types have a name here if they have one in the totals (`totals.py`); the rest are `OTHER` together, in
gauges as in counters.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import accumulate

from prometheus_client.metrics_core import Metric
from prometheus_client.samples import Exemplar

from journeyman.exposition import Family
from journeyman.tracing.conventions import (
    LABEL_OUTCOME,
    LABEL_PRIORITY,
    LABEL_QUEUE,
    LABEL_STATE,
    LABEL_STATUS,
    LABEL_TYPE,
    OTHER,
)
from journeyman_dashboard.queries.breakers import STATES
from journeyman_dashboard.queries.figures import Figures, gravest
from journeyman_dashboard.totals import BOUNDS_US, Spread, Total

#: The priority at which an empty queue is told of.
NORMAL = 10
_OUTCOMES = ("completed", "failed", "cancelled")
#: As Prometheus writes them: upper bounds in seconds, inclusive.
BUCKETS = (*(repr(bound / 1_000_000) for bound in BOUNDS_US), "+Inf")
_BUCKETS_IN_WORDS = "Buckets in seconds: " + ", ".join(f"{bound / 1_000_000:g}" for bound in BOUNDS_US) + "."

SUBMITTED = Family("journeyman_jobs_submitted_total", "counter", "Jobs submitted.", (LABEL_TYPE, LABEL_QUEUE))
STARTED = Family("journeyman_attempts_started_total", "counter", "Attempts started.", (LABEL_TYPE, LABEL_QUEUE))
ENDED = Family(
    "journeyman_jobs_total",
    "counter",
    "Jobs that ended, by how: completed, failed (a dead letter) or cancelled. A job that is redriven ends again.",
    (LABEL_TYPE, LABEL_QUEUE, LABEL_OUTCOME),
)
WAITS = Family(
    "journeyman_queue_wait_seconds",
    "histogram",
    f"Time in line before each attempt, from the log, exact to a millisecond. {_BUCKETS_IN_WORDS}",
    (LABEL_QUEUE,),
)
RUNS = Family(
    "journeyman_run_seconds",
    "histogram",
    "Time in the job's own code, of each attempt that succeeded or failed, as its worker measured it (lost attempts "
    f"are not in it). {_BUCKETS_IN_WORDS}",
    (LABEL_TYPE, LABEL_OUTCOME),
)
JOBS = Family("journeyman_jobs_now", "gauge", "Jobs in the read model, by status.", (LABEL_STATUS,))
DEAD = Family("journeyman_dead_letters", "gauge", "Jobs that failed for good and wait for a person.")
DEPTH = Family("journeyman_queue_depth", "gauge", "Jobs in line.", (LABEL_QUEUE, LABEL_PRIORITY))
OLDEST = Family(
    "journeyman_queue_oldest_wait_seconds",
    "gauge",
    "How long the job in line has waited that has waited longest.",
    (LABEL_QUEUE,),
)
PAUSED = Family("journeyman_queue_paused", "gauge", "1 while the queue is paused.", (LABEL_QUEUE,))
WORKERS = Family(
    "journeyman_workers",
    "gauge",
    "Workers: joined, draining; left and lost within the last five minutes.",
    (LABEL_STATE,),
)
SLOTS = Family(
    "journeyman_worker_slots",
    "gauge",
    "Jobs that run (busy), and that joined workers could run besides (idle).",
    (LABEL_STATE,),
)
BREAKERS = Family(
    "journeyman_breaker_state",
    "gauge",
    "1 for the state of the type's circuit breaker, the gravest of all partitions; 0 for the others.",
    (LABEL_TYPE, LABEL_STATE),
)

#: What counts since the log's beginning, and what says how things stand.
COUNTING = (SUBMITTED, STARTED, ENDED, WAITS, RUNS)
STANDING = (JOBS, DEAD, DEPTH, OLDEST, PAUSED, WORKERS, SLOTS, BREAKERS)

#: Returns an example of a metric's bucket: (metric's name, labels, bucket) to a trace, or None.
Examples = Callable[[str, Sequence[str], int], Exemplar | None]


def no_examples(_name: str, _labels: Sequence[str], _bucket: int) -> Exemplar | None:
    """Have no example of anything."""
    return None


def counting(totals: Mapping[tuple[str, str], Total], examples: Examples = no_examples) -> Iterable[Metric]:
    """Yield what counts since the log's beginning."""
    pairs = [((kind, queue), total) for (queue, kind), total in totals.items()]
    yield SUBMITTED.counter((labels, total.submitted) for labels, total in pairs)
    yield STARTED.counter((labels, total.started) for labels, total in pairs)
    yield ENDED.counter(
        ((*labels, outcome), getattr(total, outcome)) for labels, total in pairs for outcome in _OUTCOMES
    )
    waits: dict[tuple[str, ...], Spread] = {}
    runs: dict[tuple[str, ...], Spread] = {}
    for (kind, queue), total in pairs:
        waits.setdefault((queue,), Spread()).add(total.waits)
        runs.setdefault((kind, "succeeded"), Spread()).add(total.succeeded)
        runs.setdefault((kind, "failed"), Spread()).add(total.failures)
    yield _histogram(WAITS, waits, examples)
    yield _histogram(RUNS, runs, examples)


def _histogram(family: Family, spreads: Mapping[tuple[str, ...], Spread], examples: Examples) -> Metric:
    metric = family.histogram()
    for labels, spread in spreads.items():
        reached = accumulate(spread.counts)
        buckets = [
            (bucket, float(number), examples(family.name, labels, index))
            for index, (bucket, number) in enumerate(zip(BUCKETS, reached, strict=True))
        ]
        metric.add_metric(labels, buckets, spread.sum_us / 1_000_000)  # type: ignore[arg-type] # None: no example
    return metric


def standing(figures: Figures, now_ms: int) -> Iterable[Metric]:
    """Yield how things stand. A queue or type that has a name is told of while it has nothing to tell, too."""
    queues, kinds = {queue for queue, _ in figures.totals}, {kind for _, kind in figures.totals}
    depths: Counter[tuple[str, str]] = Counter()
    for (queue, priority), number in figures.depths.items():
        depths[_named(queue, queues), str(priority)] += number
    for queue in queues:
        depths.setdefault((queue, str(NORMAL)), 0)
    oldest = dict.fromkeys(queues, 0.0)
    for queue, since_ms in figures.oldest_ms.items():
        name = _named(queue, queues)
        oldest[name] = max(oldest.get(name, 0.0), (now_ms - since_ms) / 1000)
    paused = dict.fromkeys(queues, False)
    for queue, is_paused in figures.paused.items():
        name = _named(queue, queues)
        paused[name] = paused.get(name, False) or is_paused
    breakers: dict[str, str] = {}
    for kind, state in figures.breakers.items():
        name = _named(kind, kinds)
        breakers[name] = gravest(breakers.get(name, "closed"), state)
    yield JOBS.gauge(((status,), number) for status, number in figures.statuses.items())
    yield DEAD.gauge([((), figures.dead)])
    yield DEPTH.gauge(depths.items())
    yield OLDEST.gauge(((queue,), seconds) for queue, seconds in oldest.items())
    yield PAUSED.gauge(((queue,), is_paused) for queue, is_paused in paused.items())
    yield WORKERS.gauge(((state,), number) for state, number in figures.workers.items())
    yield SLOTS.gauge([(("busy",), figures.busy), (("idle",), figures.idle)])
    yield BREAKERS.gauge(((kind, state), state == now) for kind, now in breakers.items() for state in STATES)


def _named(name: str, known: set[str]) -> str:
    return name if name in known else OTHER
