"""`journeyman-scheduler`: wires the loop to a log, a blob store and a health endpoint."""

from __future__ import annotations

import argparse
import os
import secrets
import socket
from typing import NoReturn

from journeyman.blobs import open_blobs
from journeyman.health import serve_health
from journeyman.log.connect import open_log
from journeyman.process import run_service, stop_event
from journeyman.settings import Settings
from journeyman_scheduler.loop import SchedulerLoop


def serve(settings: Settings) -> None:
    """Run one scheduler until it is told to stop."""
    stop = stop_event()
    log = open_log(settings)
    name = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(3)}"
    loop = SchedulerLoop(log, open_blobs(settings), settings, name)
    health = serve_health(settings.scheduler_health_port, loop.ready) if settings.scheduler_health_port else None
    try:
        loop.run(stop)
    finally:
        if health is not None:
            health.close()
        log.close()


def main() -> NoReturn:
    """Parse the command line and serve."""
    parser = argparse.ArgumentParser(prog="journeyman-scheduler", description="Decide what happens to jobs.")
    parser.add_argument("--redis-url", help="server of the log (JOURNEYMAN_REDIS_URL)")
    parser.add_argument("--health-port", type=int, help="port of health and metrics, 0 for none")
    options = parser.parse_args()
    run_service("scheduler", serve, redis_url=options.redis_url, scheduler_health_port=options.health_port)


if __name__ == "__main__":
    main()
