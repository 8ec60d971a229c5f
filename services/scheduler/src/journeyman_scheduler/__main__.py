"""`journeyman-scheduler`: wires the loop to a log, a blob store and a health endpoint; a process for each partition."""

from __future__ import annotations

import argparse
import os
import secrets
import socket
from typing import TYPE_CHECKING, NoReturn

from prometheus_client import REGISTRY

from journeyman.archive import open_archive
from journeyman.blobs import open_blobs
from journeyman.exposition import tell_build
from journeyman.health import serve_health
from journeyman.log.connect import open_log
from journeyman.log.keys import FORWARDER
from journeyman.log.redis_log import RedisLog
from journeyman.process import run_service, stop_event
from journeyman.settings import Settings
from journeyman_scheduler.history import History
from journeyman_scheduler.log_figures import LogFigures
from journeyman_scheduler.loop import SchedulerLoop
from journeyman_scheduler.neighbours import Neighbours

if TYPE_CHECKING:
    from journeyman_scheduler.sqs.forwarder import Forwarder


def serve(settings: Settings) -> None:
    """Run the schedulers of this machine until told to stop."""
    partitions = settings.scheduled_partitions()
    if len(partitions) == 1:
        serve_partition(settings, partitions[0])
    else:
        serve_several(settings, partitions)


def serve_partition(settings: Settings, partition: int) -> None:
    """Run one scheduler, in this process."""
    stop = stop_event()
    log = open_log(settings, partition)
    neighbours = Neighbours(settings)
    name = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(3)}"
    history = History(log, open_archive(settings), settings.archive_every_ms)
    loop = SchedulerLoop(log, neighbours, open_blobs(settings), settings, name, history)
    forwarder = forwarding(log, settings, name)
    port, host = settings.scheduler_health_port, settings.health_host
    health = None
    if port:
        tell_build("scheduler")
        REGISTRY.register(LogFigures(log, loop.reading))
        health = serve_health(port, lambda: _ready(loop, forwarder), host)
    try:
        if forwarder is not None:
            forwarder.start()
        loop.run(stop)
    finally:
        if forwarder is not None:
            forwarder.stop()
        if health is not None:
            health.close()
        neighbours.close()
        log.close()


def forwarding(log: RedisLog, settings: Settings, holder: str) -> Forwarder | None:
    """Return who hands jobs to SQS, where they go that way. Raises SettingsError."""
    if settings.transport == "sqs":
        from journeyman_scheduler.sqs.forwarder import Forwarder

        return Forwarder(log, settings, holder)
    # Where they went that way before, the log need not be kept for it any more.
    log.forget_reader(FORWARDER)
    return None


def _ready(loop: SchedulerLoop, forwarder: Forwarder | None) -> tuple[bool, str]:
    able, words = loop.ready()
    return able, words if forwarder is None else f"{words}; {forwarder.status()}"


def serve_several(settings: Settings, partitions: list[int]) -> None:
    """Run a process for each partition, once it is seen that there is a server that will do."""
    from journeyman_scheduler.crew import Crew

    stop = stop_event()
    open_log(settings, partitions[0]).close()
    Crew(partitions, settings, os.environ).run(stop)


def main() -> NoReturn:
    """Parse the command line and serve."""
    parser = argparse.ArgumentParser(prog="journeyman-scheduler", description="Decide what happens to jobs.")
    parser.add_argument("--redis-url", help="server of the log (JOURNEYMAN_REDIS_URL)")
    parser.add_argument("--health-port", type=int, help="port of health and metrics, 0 for none")
    parser.add_argument("--partitions", help="which to serve, like 0,1 (JOURNEYMAN_SCHEDULER_PARTITIONS)")
    options = parser.parse_args()
    run_service(
        "scheduler",
        serve,
        redis_url=options.redis_url,
        scheduler_health_port=options.health_port,
        scheduler_partitions=options.partitions,
    )


if __name__ == "__main__":
    main()
