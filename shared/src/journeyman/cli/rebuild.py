"""`journeyman rebuild`: derive everything from the log anew; and, from an archive, the log itself.

Without an archive, every function is made to refuse, and a scheduler writes the derived keys anew from the log. With
one, this command does it: it restores the logs that a server has lost, and then derives their keys. The dashboard's
read model is marked either way; the dashboard makes it anew.
"""

from __future__ import annotations

import time
import uuid
from datetime import UTC, datetime
from itertools import count
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from journeyman import failpoints
from journeyman.cli.connection import DEFAULT, Connection
from journeyman.cli.output import progress, say
from journeyman.cli.submit import read_span
from journeyman.errors import RebuildNeededError
from journeyman.rebuild_mark import leave_mark

if TYPE_CHECKING:
    from journeyman.archive import Archive
    from journeyman.log.redis_log import RedisLog
    from journeyman.log.restore import Plan
    from journeyman.settings import Settings

LOOK_EVERY_S = 0.1


def rebuild(
    *,
    from_archive: Annotated[str | None, Parameter(help="URL of an archive: `file:///…`.")] = None,
    timeout: str = "5m",
    connection: Connection = DEFAULT,
) -> int:
    """Rebuild every derived key and projection from the log. Exit 1 where that is not done in time.

    Nothing is lost: the log stays as it is. With --from-archive, a server that has lost its log gets it back, up to
    where it was archived; a log that contradicts the archive is left alone, and the command fails.

    :param timeout: How long to wait for the scheduler.
    """
    patience_s = (read_span("--timeout", timeout) or 0) / 1_000
    settings = connection.log_settings()
    failpoints.arm(settings.failpoints)
    if from_archive is not None:
        return rebuild_from_archive(settings, from_archive, time.monotonic() + patience_s)
    logs = open_found(settings)
    try:
        return rebuild_from_logs(settings, logs, time.monotonic() + patience_s)
    finally:
        for log in logs:
            log.close()


def open_found(settings: Settings, more: list[int] | None = None) -> list[RedisLog]:
    """Open the logs of all partitions that the server has, and of `more`; say so where the settings name fewer."""
    from journeyman.log.connect import open_logs
    from journeyman.log.partitions_found import found_partitions

    partitions = sorted({*found_partitions(settings), *(more or [])})
    beyond = [partition for partition in partitions if partition >= settings.partitions]
    if beyond:
        say(f"journeyman: there are partitions up to {beyond[-1]}, and JOURNEYMAN_PARTITIONS is {settings.partitions}")
    return open_logs(settings, partitions)


def rebuild_from_logs(settings: Settings, logs: list[RedisLog], end_s: float) -> int:
    """Have the schedulers rebuild all these."""
    from journeyman.log.rebuild import demand_rebuild

    if not logs:
        print("there is no log on the server: nothing to rebuild")
        return 0
    for log in logs:
        demand_rebuild(log)
    leave_mark(settings.data_dir)
    print(f"the keys of {_partitions(len(logs))} are to be derived anew; the log stays")
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


# --- from an archive -----------------------------------------------------------------------------------------


def rebuild_from_archive(settings: Settings, url: str, end_s: float) -> int:
    """Restore what the server has lost, and derive everything anew; nothing where one log contradicts its archive."""
    from journeyman.archive import archive_at
    from journeyman.log.raw_entries import RawLog
    from journeyman.log.restore import plan

    archive = archive_at(url, settings.namespace, "--from-archive")
    archived = archive.partitions()
    if not archived:
        say(f"journeyman: nothing is archived at {archive.place}")
        return 1
    logs = open_found(settings, archived)
    try:
        plans = [plan(RawLog(log), archive.chain(log.partition)) for log in logs]
        for log, planned in zip(logs, plans, strict=True):
            _restore(log, archive, planned)
        leave_mark(settings.data_dir)
        rebuilt = [_derive(log, archive, end_s) for log in logs]
    finally:
        for log in logs:
            log.close()
    if not all(rebuilt):
        say("journeyman: somebody else is rebuilding the keys, and is not done yet")
        return 1
    print("rebuilt")
    return 0


def _restore(log: RedisLog, archive: Archive, planned: Plan) -> None:
    """Restore one log, where there is something to restore, and say what came of it."""
    from journeyman.log.raw_entries import RawLog
    from journeyman.log.restore import Found, Restore

    name = f"partition {log.partition}"
    if planned.found is Found.SAME:
        print(f"{name}: the log is on the server; nothing to restore")
        return
    restore = Restore(RawLog(log), archive.chain(log.partition), planned, _own_name())
    with progress(f"restoring {name}", float(planned.entries)) as done:
        restored = restore.run(lambda written: done(float(written)))
    at = datetime.fromtimestamp(restored.last.ms / 1000, UTC).isoformat(timespec="milliseconds")
    print(f"{name}: restored {restored.entries} entries up to {restored.last.entry} ({at})")
    print(f"{name}: what was appended after that, and is not on the server, is lost: it had not been archived")
    if planned.missing:
        print(f"{name}: {planned.missing} entries of before were never archived")
    if restored.younger:
        print(f"{name}: {restored.younger} entries that the server has begun since stand behind them")


def _derive(log: RedisLog, archive: Archive, end_s: float) -> bool:
    """Derive the keys of one log; False where somebody else is at it and not done by `end_s`."""
    from journeyman.archive import read_whole
    from journeyman.log.rebuild import demand_rebuild, hold, rebuild
    from journeyman.partition import fold

    chain = archive.chain(log.partition)
    name = _own_name()
    demand_rebuild(log)
    with progress(f"rebuilding partition {log.partition}", None):
        rebuilt = rebuild(log, name, fold(read_whole(log, archive)), chain) if hold(log, name) else None
    if rebuilt is None:
        return wait_rebuilt(log, end_s)
    if rebuilt.bodiless:
        say(f"journeyman: the bodies of {rebuilt.bodiless} unfinished jobs are nowhere any more: these never start")
    return True


def _own_name() -> str:
    return f"restore-{uuid.uuid4().hex}"


def _partitions(number: int) -> str:
    return f"{number} partitions" if number > 1 else "one partition"
