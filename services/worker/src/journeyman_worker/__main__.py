"""`journeyman-worker [MODULE…]`: wires the command line to the parent process, and nothing else."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NoReturn

from journeyman.process import run_service
from journeyman.settings import PREFIX, Settings
from journeyman_worker.instance import instance_agent
from journeyman_worker.process import Parent


def _options(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="journeyman-worker",
        description="Run jobs. Modules are imported for the jobs they declare; without any, the samples.",
    )
    parser.add_argument("modules", nargs="*", metavar="MODULE", help="a module that declares jobs")
    parser.add_argument("--queues", help="queues to serve, separated by commas (default: every queue)")
    parser.add_argument("--processes", type=int, help="worker processes")
    parser.add_argument("--threads", type=int, help="jobs one process runs at once")
    parser.add_argument("--redis-url", help="server of the log")
    return parser.parse_args(argv)


def _environ(overrides: Mapping[str, Any]) -> dict[str, str]:
    given = {PREFIX + name.upper(): str(value) for name, value in overrides.items() if value is not None}
    return {**os.environ, **given}


@contextmanager
def _health(settings: Settings, keeper: Parent) -> Iterator[None]:
    """Serve health and metrics, where a port is set."""
    if not settings.worker_health_port:
        yield
        return
    from prometheus_client import REGISTRY

    from journeyman.exposition import tell_build
    from journeyman.health import serve_health
    from journeyman_worker.metrics import WorkerMetrics

    tell_build("worker")
    REGISTRY.register(WorkerMetrics(keeper.household))
    server = serve_health(settings.worker_health_port, keeper.ready, settings.health_host)
    try:
        yield
    finally:
        server.close()


def main(argv: Sequence[str] | None = None) -> NoReturn:
    """Run the worker's parent process and end with its exit code."""
    options = _options(argv)
    overrides = {
        "worker_queues": options.queues,
        "worker_processes": options.processes,
        "worker_threads": options.threads,
        "redis_url": options.redis_url,
    }

    def parent(settings: Settings) -> int:
        agent = instance_agent(settings)
        keeper = Parent(settings, options.modules, _environ(overrides), agent.instance if agent else "")
        keeper.signals.install()
        if agent:
            agent.watch(keeper.signals)
        with _health(settings, keeper):
            code = keeper.run()
            return agent.finish(code, keeper.signals) if agent else code

    run_service("worker", parent, **overrides)


if __name__ == "__main__":
    main()
