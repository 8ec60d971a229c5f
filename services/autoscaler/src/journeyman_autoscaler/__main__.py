"""The autoscaler: reads the log, decides, records the decision, applies it. `journeyman-autoscaler`."""

from __future__ import annotations

import os
import sys
from typing import NoReturn

from journeyman.exposition import tell_build
from journeyman.health import serve_health
from journeyman.log.connect import open_logs
from journeyman.process import run_service, stop_event
from journeyman.settings import Settings
from journeyman_autoscaler import metrics
from journeyman_autoscaler.cloudwatch import pending_jobs
from journeyman_autoscaler.loop import Loop
from journeyman_autoscaler.policy import limits_of
from journeyman_autoscaler.providers import Provider
from journeyman_autoscaler.providers.ec2 import ec2_provider
from journeyman_autoscaler.providers.local import local_provider
from journeyman_autoscaler.providers.none import NoProvider


def run(settings: Settings) -> None:
    """Scale until told to stop; then stop what was started."""
    stop = stop_event()
    logs = open_logs(settings)
    provider = _provider(settings)
    pending = pending_jobs(settings)
    limits = limits_of(settings)
    loop = Loop(logs, provider, limits, pending.tell if pending else lambda _: None)
    port, host = settings.autoscaler_health_port, settings.health_host
    if port:
        tell_build("autoscaler")
    metrics.LEAST.set(settings.workers_min)
    metrics.MOST.set(settings.workers_max)
    health = serve_health(port, loop.ready, host) if port else None
    try:
        loop.run(stop)
    finally:
        provider.close()
        if pending:
            pending.close()
        for log in logs:
            log.close()
        if health:
            health.close()


def _provider(settings: Settings) -> Provider:
    match settings.autoscaler_provider:
        case "local":
            return local_provider(settings, os.environ)
        case "ec2":
            return ec2_provider(settings)
        case "none":
            return NoProvider()


def main() -> NoReturn:
    """Run the service and end the process."""
    run_service("autoscaler", run)


if __name__ == "__main__":
    sys.exit(main())
