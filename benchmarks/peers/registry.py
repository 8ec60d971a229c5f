"""Who is measured, and with which settings. The jobs themselves are in apps/, one file a peer.

What each does when the process that runs a job is killed was read in its own source, of the version that is pinned.
"""

from __future__ import annotations

from typing import NamedTuple

OURS = "journeyman"
BULLMQ = "bullmq"
DRAMATIQ = "dramatiq"


class Peer(NamedTuple):
    """A queue as it is measured.

    package: its distribution, by whose name the lock knows its version.
    environment: where it is installed (environments.py); "own" is Journeyman in the project's environment.
    worker, producer: commands; their first word is a program of that environment.
    jobs: jobs of one round, so that a round takes a few seconds on two cores.
    settings: what was chosen, in words for the table.
    when_killed: what becomes of a job whose worker process is killed, as the queue is set up here.
    runs_again: whether that is: it runs again by itself.
    results: whether the outcome of a job can be asked for afterwards.
    """

    name: str
    package: str
    environment: str
    worker: tuple[str, ...]
    producer: tuple[str, ...]
    jobs: int
    settings: str
    when_killed: str
    runs_again: bool
    results: bool = False
    variables: tuple[tuple[str, str], ...] = ()
    read_model: bool = False

    def keeping_results(self, jobs: int) -> Peer:
        """Return the same queue, told to keep results for ten minutes, with so many jobs a round."""
        return self._replace(
            name=f"{self.name}, results",
            jobs=jobs,
            results=True,
            settings=f"{self.settings}; results kept",
            variables=(*self.variables, ("BENCH_RESULTS", "1")),
        )


_OURS = Peer(
    name=OURS,
    package="journeyman",
    environment="own",
    worker=("python", "-m", "journeyman_worker", "--threads", "8", "with_journeyman"),
    producer=("python", "with_journeyman.py"),
    jobs=40_000,
    settings="8 threads; commits of 500; results and the whole history kept",
    when_killed="runs again at once, after 10 s where the whole machine is gone; late outcomes are refused",
    runs_again=True,
    results=True,
)
_DRAMATIQ = Peer(
    name=DRAMATIQ,
    package="dramatiq",
    environment="python",
    worker=("python", "-m", "dramatiq", "with_dramatiq", "--processes", "1", "--threads", "8"),
    producer=("python", "with_dramatiq.py"),
    jobs=12_000,
    settings="8 threads, prefetch 100",
    when_killed="runs again after 60 s",
    runs_again=True,
    variables=(("dramatiq_queue_prefetch", "100"),),
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
    settings="8 threads, prefetch 64 a thread, acknowledged before the run as by default",
    when_killed="is lost; what was only prefetched runs after an hour",
    runs_again=False,
)
_ARQ = Peer(
    name="arq",
    package="arq",
    environment="arq",
    worker=("python", "-m", "arq", "with_arq.WorkerSettings"),
    producer=("python", "with_arq.py"),
    jobs=4_000,
    settings="500 at once, poll 10 ms, uvloop; 100 calls in flight",
    when_killed="runs again after its timeout (300 s)",
    runs_again=True,
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
    settings="stream broker, 100 at once, prefetch 500, uvloop; 100 calls in flight",
    when_killed="runs again after 10 min",
    runs_again=True,
)
_SAQ = Peer(
    name="saq",
    package="saq",
    environment="python",
    worker=("python", "-m", "saq", "with_saq.settings", "--quiet"),
    producer=("python", "with_saq.py"),
    jobs=4_000,
    settings="20 at once, uvloop; 100 calls in flight",
    when_killed="is aborted after its timeout, unless it was given more than one attempt",
    runs_again=False,
)
_STREAQ = Peer(
    name="streaq",
    package="streaq",
    environment="python",
    worker=("python", "-m", "streaq", "run", "with_streaq:worker"),
    producer=("python", "with_streaq.py"),
    jobs=4_000,
    settings="8 at once, prefetch 32, silent, uvloop; enqueue_many of 1,000",
    when_killed="runs again after 60 s",
    runs_again=True,
)
_HUEY = Peer(
    name="huey",
    package="huey",
    environment="python",
    worker=("python", "-m", "huey.bin.huey_consumer", "with_huey.huey", "--workers", "8", "--quiet"),
    producer=("python", "with_huey.py"),
    jobs=18_000,
    settings="8 threads",
    when_killed="is lost: taking it is removing it",
    runs_again=False,
)
_RQ = Peer(
    name="rq",
    package="rq",
    environment="python",
    worker=("rq", "worker", "--worker-class", "rq.worker.SimpleWorker", "--quiet"),
    producer=("python", "with_rq.py"),
    jobs=1_200,
    settings="SimpleWorker (no fork a job); enqueue_many of 500",
    when_killed="is marked as failed, unless it was given retries",
    runs_again=False,
)
_BULLMQ = Peer(
    name=BULLMQ,
    package="bullmq",
    environment="node",
    worker=("node", "with_bullmq.cjs", "worker"),
    producer=("node", "with_bullmq.cjs", "producer"),
    jobs=20_000,
    settings="100 at once; addBulk of 1,000",
    when_killed="runs again after 30 s, once; then it fails",
    runs_again=True,
)

PEERS = (
    _OURS,
    _OURS._replace(
        name=f"{OURS}, read model on", settings=f"{_OURS.settings}; dashboard API projecting", read_model=True
    ),
    _BULLMQ,
    _BULLMQ.keeping_results(16_000),
    _DRAMATIQ,
    _DRAMATIQ.keeping_results(9_000),
    _HUEY,
    _TASKIQ,
    _TASKIQ.keeping_results(6_000),
    _STREAQ,
    _STREAQ.keeping_results(4_000),
    _ARQ,
    _ARQ.keeping_results(3_000),
    _SAQ,
    _SAQ.keeping_results(3_000),
    _CELERY,
    _CELERY.keeping_results(2_500),
    _RQ,
    _RQ.keeping_results(1_200),
)
