"""`journeyman rebuild`: drop everything that is derived from the log, and see it come back.

The derived keys are deleted; the scheduler notices and rebuilds them, and until it has, every write is refused and
repeated by who wrote. The dashboard's read model is marked; the dashboard makes it anew.
"""

from __future__ import annotations

import time
import uuid
from itertools import count
from typing import TYPE_CHECKING

from journeyman.cli.connection import DEFAULT, Connection
from journeyman.cli.output import progress, say
from journeyman.cli.submit import read_span
from journeyman.errors import RebuildNeededError
from journeyman.rebuild_mark import leave_mark

if TYPE_CHECKING:
    from journeyman.log.redis_log import RedisLog

LOOK_EVERY_S = 0.1


def rebuild(*, timeout: str = "5m", connection: Connection = DEFAULT) -> int:
    """Drop and rebuild every derived key and projection from the log. Exit 1 where no scheduler rebuilds in time.

    Nothing is lost: the log stays as it is. Idempotency keys are forgotten.

    :param timeout: How long to wait for the scheduler.
    """
    patience_s = (read_span("--timeout", timeout) or 0) / 1_000
    settings = connection.log_settings()
    with connection.logs() as logs:
        dropped = sum(log.drop_derived() for log in logs)
        leave_mark(settings.data_dir)
        print(f"dropped {dropped} keys; the log stays")
        end_s = time.monotonic() + patience_s
        with progress("rebuilding", None):
            rebuilt = [wait_rebuilt(log, end_s) for log in logs]
    if not all(rebuilt):
        say("journeyman: no scheduler has rebuilt the keys yet; they come back when one runs")
        return 1
    print("rebuilt")
    return 0


def wait_rebuilt(log: RedisLog, end_s: float) -> bool:
    """Wait until the log takes writes again; False where it does not by `end_s` (monotonic)."""
    caller = f"cli-{uuid.uuid4().hex}"
    for number in count(1):
        try:
            log.append([], caller=caller, number=number)
        except RebuildNeededError:
            if time.monotonic() >= end_s:
                return False
            time.sleep(LOOK_EVERY_S)
        else:
            return True
    raise AssertionError("unreachable")
