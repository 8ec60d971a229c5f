"""Who is measured, and with which settings. The jobs themselves are in apps/, one file a peer."""

from __future__ import annotations

from typing import NamedTuple

OURS = "journeyman"


class Peer(NamedTuple):
    """A queue as it is measured.

    package: its distribution, by whose name the lock knows its version.
    environment: where it is installed (environments.py); "own" is Journeyman in the project's environment.
    worker, producer: commands; their first word is a program of that environment.
    jobs: jobs of one round, so that a round takes a few seconds on two cores.
    settings: what was chosen, in words for the table.
    """

    name: str
    package: str
    environment: str
    worker: tuple[str, ...]
    producer: tuple[str, ...]
    jobs: int
    settings: str
    variables: tuple[tuple[str, str], ...] = ()
    read_model: bool = False


_RESULTS = (("BENCH_RESULTS", "1"),)
_PREFETCH = (("dramatiq_queue_prefetch", "100"),)
_OURS = Peer(
    name=OURS,
    package="journeyman",
    environment="own",
    worker=("python", "-m", "journeyman_worker", "--threads", "8", "with_journeyman"),
    producer=("python", "with_journeyman.py"),
    jobs=40_000,
    settings="8 threads; commits of 500",
)
_DRAMATIQ = Peer(
    name="dramatiq",
    package="dramatiq",
    environment="python",
    worker=("python", "-m", "dramatiq", "with_dramatiq", "--processes", "1", "--threads", "8"),
    producer=("python", "with_dramatiq.py"),
    jobs=12_000,
    settings="8 threads, prefetch 100",
    variables=_PREFETCH,
)
_CELERY = Peer(
    name="celery",
    package="celery",
    environment="python",
    worker=(
        *("python", "-m", "celery", "--app", "with_celery", "worker", "--pool", "threads", "--concurrency", "8"),
        *("--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel", "warning"),
    ),
    producer=("python", "with_celery.py"),
    jobs=3_000,
    settings="8 threads, prefetch 64 a thread",
)
_ARQ = Peer(
    name="arq",
    package="arq",
    environment="arq",
    worker=("python", "-m", "arq", "with_arq.WorkerSettings"),
    producer=("python", "with_arq.py"),
    jobs=4_000,
    settings="500 at once, poll 10 ms, results not kept, uvloop; 100 calls in flight",
)
_TASKIQ = Peer(
    name="taskiq",
    package="taskiq",
    environment="python",
    worker=(
        *("python", "-m", "taskiq", "worker", "with_taskiq:broker", "--workers", "1", "--max-async-tasks", "100"),
        *("--max-prefetch", "500", "--no-parse", "--log-level", "WARNING"),
    ),
    producer=("python", "with_taskiq.py"),
    jobs=8_000,
    settings="stream broker, 100 at once, prefetch 500, no results, uvloop; 100 calls in flight",
)
_SAQ = Peer(
    name="saq",
    package="saq",
    environment="python",
    worker=("python", "-m", "saq", "with_saq.settings", "--quiet"),
    producer=("python", "with_saq.py"),
    jobs=4_000,
    settings="20 at once, results not kept, uvloop; 100 calls in flight",
)
_STREAQ = Peer(
    name="streaq",
    package="streaq",
    environment="python",
    worker=("python", "-m", "streaq", "run", "with_streaq:worker"),
    producer=("python", "with_streaq.py"),
    jobs=4_000,
    settings="8 at once, prefetch 32, results not kept, silent, uvloop; enqueue_many of 1,000",
)
_HUEY = Peer(
    name="huey",
    package="huey",
    environment="python",
    worker=("python", "-m", "huey.bin.huey_consumer", "with_huey.huey", "--workers", "8", "--quiet"),
    producer=("python", "with_huey.py"),
    jobs=18_000,
    settings="8 threads, no results (and no acknowledgements)",
)
_RQ = Peer(
    name="rq",
    package="rq",
    environment="python",
    worker=("rq", "worker", "--worker-class", "rq.worker.SimpleWorker", "--quiet"),
    producer=("python", "with_rq.py"),
    jobs=1_200,
    settings="SimpleWorker (no fork a job), results not kept; enqueue_many of 500",
)
_BULLMQ = Peer(
    name="bullmq",
    package="bullmq",
    environment="node",
    worker=("node", "with_bullmq.cjs", "worker"),
    producer=("node", "with_bullmq.cjs", "producer"),
    jobs=20_000,
    settings="100 at once, completed jobs removed; addBulk of 1,000",
)

PEERS = (
    _OURS,
    _OURS._replace(
        name=f"{OURS}, read model on", settings=f"{_OURS.settings}; dashboard API projecting", read_model=True
    ),
    _DRAMATIQ,
    _DRAMATIQ._replace(
        name="dramatiq, results",
        jobs=9_000,
        settings=f"{_DRAMATIQ.settings}; results in Redis",
        variables=_PREFETCH + _RESULTS,
    ),
    _CELERY,
    _CELERY._replace(
        name="celery, results", jobs=2_500, settings=f"{_CELERY.settings}; results in Redis", variables=_RESULTS
    ),
    _ARQ,
    _TASKIQ,
    _SAQ,
    _STREAQ,
    _HUEY,
    _RQ,
    _BULLMQ,
)
