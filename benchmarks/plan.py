"""Every case by name, in the order in which they are measured. A case is one function."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from benchmarks import (
    draining,
    growth,
    idle,
    latency,
    memory,
    page,
    page_live,
    partitions,
    prefetch,
    reading,
    recovery,
    scaling,
    submitting,
    sustained,
    threads,
    tracing,
    verifying,
)
from benchmarks.measures import Options, Row

Case = Callable[[Options], list[Row]]

QUICK = Options(jobs=5_000, samples=60, pending=(1_000, 10_000), projected=(20_000,))
USUAL = Options(jobs=30_000, samples=300, pending=(1_000, 10_000, 100_000), projected=(200_000,))
FULL = Options(jobs=100_000, samples=300, pending=(1_000, 10_000, 100_000, 1_000_000), projected=(1_000_000, 5_000_000))

CASES: dict[str, Case] = {
    "submit-log": submitting.straight,
    "submit-log-read-model": partial(submitting.straight, dashboard=True),
    "submit-http": submitting.singly,
    "submit-http-read-model": partial(submitting.singly, dashboard=True),
    "submit-batch": submitting.in_batches,
    "submit-batch-read-model": partial(submitting.in_batches, dashboard=True),
    "drain-1": partial(draining.drain, workers=1),
    "drain-1-read-model": partial(draining.drain, workers=1, dashboard=True),
    "drain-2": partial(draining.drain, workers=2),
    "drain-2-read-model": partial(draining.drain, workers=2, dashboard=True),
    "sustained-1": partial(sustained.sustain, workers=1),
    "sustained-1-read-model": partial(sustained.sustain, workers=1, dashboard=True),
    "sustained-2": partial(sustained.sustain, workers=2),
    "sustained-2-read-model": partial(sustained.sustain, workers=2, dashboard=True),
    "tracing": tracing.compare,
    "partitions": partitions.compare,
    "latency": latency.idle,
    "latency-read-model": partial(latency.idle, dashboard=True),
    "latency-http": partial(latency.idle, http=True),
    "prefetch": prefetch.keep,
    "prefetch-threads": partial(prefetch.keep, threads=8),
    "threads": threads.compare,
    "memory": memory.per_job,
    "idle": idle.crowd,
    "recovery": recovery.kill_worker,
    "scaling": scaling.simulate,
    "growth": growth.grow,
    "reading": reading.grow,
    "page": page.measure,
    "page-live": page_live.follow,
    "verify": verifying.verify,
}
