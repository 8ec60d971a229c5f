"""One worker process: reads settings, imports the modules with the jobs, connects, works.

Started by `process.py`, which reads in a file which worker id this process has, and whose end this process notices
by its lifeline (see `journeyman.process`).
"""

from __future__ import annotations

import argparse
import faulthandler
import gc
import importlib
import logging
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

from journeyman.blobs import PatientBlobs, open_blobs
from journeyman.errors import SettingsError
from journeyman.log.api import Log
from journeyman.log.connect import opener
from journeyman.log.doorbells import Doorbells
from journeyman.log.redis_log import RedisLog
from journeyman.process import FAILED, run_service
from journeyman.settings import Settings
from journeyman_worker.bells import Bells, OneBell
from journeyman_worker.broker import JourneymanBroker, default_broker
from journeyman_worker.figures import Figures, figures_of
from journeyman_worker.job_lines import observe_lines
from journeyman_worker.job_tracing import open_tracing
from journeyman_worker.observed import Observed
from journeyman_worker.running_board import RunningBoard, board_of
from journeyman_worker.seat import Courier
from journeyman_worker.station import Connections, Station

#: How many more objects may be made than dropped before the collector looks at the young ones; Python has 700.
YOUNG_MAX = 5_000


def import_jobs(modules: Sequence[str]) -> JourneymanBroker:
    """Import modules and return the broker their jobs are declared on. Raises SettingsError, in one line."""
    broker = default_broker()
    for module in modules:
        try:
            importlib.import_module(module)
        except Exception as error:
            words = " ".join(str(error).split())
            raise SettingsError(f"cannot import {module}: {type(error).__name__}: {words}") from error
    return broker


def quiet_collector() -> None:
    """Have the garbage collector leave alone what is loaded by now, and look at young objects less often.

    A claim makes a few thousand objects that live for some milliseconds and are in no cycle. Python would look
    through them, and through every module now and then, for a tenth of what a small job costs.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_MAX)


def split(text: str) -> list[str]:
    """Return the names in a comma-separated list."""
    return [name.strip() for name in text.split(",") if name.strip()]


def work(settings: Settings, modules: Sequence[str], report: Path | None, instance: str = "") -> int:
    """Run the worker until it has drained; return its exit code."""
    tracing = open_tracing(os.environ)
    try:
        return _work(settings, modules, report, Observed(tracing, observe_lines()), instance)
    finally:
        if tracing is not None:
            tracing.close()


def _work(settings: Settings, modules: Sequence[str], report: Path | None, observed: Observed, instance: str) -> int:
    broker = import_jobs(modules or split(settings.worker_tasks))
    opened = opener(settings)
    logs = [opened(partition) for partition in range(settings.partitions)]
    blobs = PatientBlobs(open_blobs(settings))
    broker.use(logs=logs, blobs=blobs)
    station = Station(
        broker,
        Connections(logs, opened, lambda worker: listen(logs, worker), blobs, couriers_of(settings)),
        threads=settings.worker_threads,
        queues=split(settings.worker_queues),
        heartbeat_timeout_ms=settings.heartbeat_timeout_ms,
        drain_timeout_ms=settings.drain_timeout_ms,
        tell=lambda worker: _tell(report, worker),
        board=None if report is None else RunningBoard(board_of(report), settings.worker_threads),
        figures=None if report is None else Figures(figures_of(report)),
        observed=observed,
        instance=instance,
    )
    station.signals.install()
    quiet_collector()
    return station.run()


def couriers_of(settings: Settings) -> Callable[[Log], Courier] | None:
    """Return what makes couriers, where jobs come through SQS. Raises SettingsError."""
    if settings.transport != "sqs":
        return None
    try:
        from journeyman_worker.sqs.courier import couriers
    except ImportError:
        raise SettingsError("JOURNEYMAN_TRANSPORT: sqs needs dramatiq-sqs: install journeyman[aws]") from None
    return couriers(settings)


def listen(logs: Sequence[RedisLog], worker: str) -> Bells:
    """Return the doorbells of a worker."""
    return OneBell(logs[0].doorbell(worker)) if len(logs) == 1 else Doorbells(logs, worker)


def _tell(report: Path | None, worker: str) -> None:
    if report is not None:
        report.write_text(worker)


def main(argv: Sequence[str] | None = None) -> NoReturn:
    """Run one worker process. Ends it for good: no thread of user code keeps it."""
    parser = argparse.ArgumentParser(prog="journeyman-worker")
    parser.add_argument("modules", nargs="*")
    parser.add_argument("--report", type=Path, help="file to write the worker id into")
    parser.add_argument("--instance", default="", help="the EC2 instance that this runs on")
    options = parser.parse_args(argv)
    # A crash below Python says where it was: in the last lines that the parent keeps.
    faulthandler.enable(all_threads=False)
    code = FAILED
    try:
        run_service("worker", lambda settings: work(settings, options.modules, options.report, options.instance))
    except SystemExit as exit_:
        code = exit_.code if isinstance(exit_.code, int) else FAILED
    except BaseException:
        logging.getLogger(__name__).exception("the worker failed")
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    main()
