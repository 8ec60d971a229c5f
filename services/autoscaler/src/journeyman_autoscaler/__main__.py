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
from journeyman_autoscaler.loop import Loop
from journeyman_autoscaler.policy import Limits
from journeyman_autoscaler.providers import Provider
from journeyman_autoscaler.providers.local import local_provider
from journeyman_autoscaler.providers.none import NoProvider


def run(settings: Settings) -> None:
    """Scale until told to stop; then stop what was started."""
    stop = stop_event()
    logs = open_logs(settings)
    provider: Provider = (
        local_provider(settings, os.environ) if settings.autoscaler_provider == "local" else NoProvider()
    )
    limits = Limits(settings.workers_min, settings.workers_max, settings.wait_goal_ms, settings.worker_threads)
    loop = Loop(logs, provider, limits)
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
        for log in logs:
            log.close()
        if health:
            health.close()


def main() -> NoReturn:
    """Run the service and end the process."""
    run_service("autoscaler", run)


if __name__ == "__main__":
    sys.exit(main())
