"""Somebody deletes what is in the server while jobs are waiting and running.

Keys that are derived from the log, each kind alone: `journeyman rebuild` brings them back from the log, and every job
ends. The functions (FUNCTION FLUSH): whoever calls them loads them again, and nobody notices. Everything (FLUSHALL):
what was accepted is gone with the log; that is said aloud, the read model follows, and the system begins anew. With an
archive no scheduler leads such a log, and `journeyman rebuild --from-archive` brings back what was archived.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import redis

from chaos.frame import Outcome, Row, Stage
from journeyman.log.keys import FIXED, Keys
from support.system import System
from support.waiting import wait_for

#: The log itself, and what is a channel and no key.
NOT_DERIVED = {"log", "bell"}
DRAWN, SLOW = 16, 12
SLOW_MS = 400
REBUILD_S = 120.0
FLUSHES = 6
EMPTIED = "beginning with the log that is there now"
HALTED = "not leading: "
#: Jobs whose time has not come when everything is deleted.
WAITING, WAITING_MS = 8, 20_000


def _run_keys(stage: Stage) -> Outcome:
    system = stage.system(workers=2)
    client = stage.client(system)
    kinds = [kind for kind in FIXED if kind not in NOT_DERIVED]
    stage.random.shuffle(kinds)
    recovered = {}
    deleted = 0
    for kind in kinds:
        # Nobody submits meanwhile: a key that is sent again after its deletion is not known any more.
        client.submit(DRAWN)
        client.submit(SLOW, sleep_ms=SLOW_MS)
        deleted += _delete(system, kind)
        since = stage.now()
        rebuild(system)
        recovered[kind] = client.recovery(since)
    verdict = stage.settle(system, client)
    slowest = max(recovered, key=lambda kind: recovered[kind])
    return verdict.outcome(
        faults=len(kinds),
        recovery_s=recovered[slowest],
        unless="" if deleted else "there was nothing to delete",
        kinds=len(kinds),
        keys_deleted=deleted,
    )


def _delete(system: System, kind: str) -> int:
    """Delete every key of a kind; return how many there were."""
    key = Keys(system.settings.namespace, 0).of(kind)
    with system.server.client() as server:
        found = [key, *server.scan_iter(match=f"{key}:*", count=1_000)]
        return int(server.delete(*found))


def rebuild(system: System, *options: str) -> None:
    """Run `journeyman rebuild` as a person would; fails with what it said."""
    command = [sys.executable, "-m", "journeyman.cli", "rebuild", *options, "--redis-url", system.server.url]
    settings = {"PARTITIONS": system.settings.partitions, "DATA_DIR": system.settings.data_dir}
    if system.settings.archive_url:
        settings["ARCHIVE_URL"] = system.settings.archive_url
    environ = {name: value for name, value in os.environ.items() if not name.startswith("JOURNEYMAN_")}
    environ |= {f"JOURNEYMAN_{name}": str(value) for name, value in settings.items()}
    ended = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=REBUILD_S, check=False)
    assert ended.returncode == 0, f"`journeyman rebuild` ended with {ended.returncode}: {ended.stdout}{ended.stderr}"


def _run_functions(stage: Stage) -> Outcome:
    system = stage.system(workers=2)
    client = stage.client(system)
    slowest = 0.0
    with client.submitting(per_s=60), system.server.client() as server:
        for _ in range(FLUSHES):
            client.await_accepted(30)
            since = stage.now()
            server.execute_command("FUNCTION", "FLUSH")
            slowest = max(slowest, client.recovery(since))
    verdict = stage.settle(system, client)
    refused = f"{verdict.found.refused} submissions were refused" if verdict.found.refused else ""
    return verdict.outcome(faults=FLUSHES, recovery_s=slowest, unless=refused)


def _run_everything(stage: Stage) -> Outcome:
    system = stage.system(workers=2)
    client = stage.client(system)
    client.submit(DRAWN)
    client.submit(SLOW, sleep_ms=SLOW_MS)
    since = stage.now()
    with system.server.client() as server:
        server.flushall()
    recovered = client.recovery(since)
    wait_for(lambda: EMPTIED in system.output("scheduler"), "the scheduler to say that the log is gone", timeout_s=60)
    with client.submitting(per_s=60):
        client.await_accepted(60)
    verdict = stage.settle(system, client, may_lose=True)
    return verdict.outcome(
        faults=1,
        recovery_s=recovered,
        why="the log itself was deleted, and there was no archive: what it held is gone",
    )


def _run_everything_archived(stage: Stage) -> Outcome:
    archive = stage.directory / "archive"
    system = stage.system(workers=2, archive_url=archive.as_uri(), archive_every_ms=500)
    client = stage.client(system)
    client.submit(DRAWN)
    client.submit(WAITING, delay_ms=WAITING_MS)
    with system.server.client() as server:
        wait_for(lambda: _is_archived(server, system, archive), "the log to be archived", timeout_s=60, every_s=0.2)
        server.flushall()
    since = stage.now()
    wait_for(lambda: HALTED in system.output("scheduler"), "the scheduler to halt", timeout_s=60)
    client.submit(DRAWN)
    rebuild(system, "--from-archive", archive.as_uri())
    recovered = client.recovery(since)
    with client.submitting(per_s=60):
        client.await_accepted(60)
    verdict = stage.settle(system, client)
    return verdict.outcome(faults=1, recovery_s=recovered)


def _is_archived(server: redis.Redis, system: System, archive: Path) -> bool:
    """Tell whether the last entry of the log stands in a manifest, as the last of its segment."""
    entries: Any = server.xrevrange(Keys(system.settings.namespace, 0).log, count=1)
    [(last, _)] = entries
    return any(last.decode() in manifest.read_text() for manifest in archive.rglob("*.json"))


ROWS = [
    Row(
        "deleted-keys",
        "every kind of derived key is deleted while jobs wait and run",
        "`rebuild` restores the state from the log",
        _run_keys,
    ),
    Row(
        "deleted-functions",
        "the functions are deleted under load",
        "nobody notices",
        _run_functions,
        quick=True,
    ),
    Row(
        "flushall",
        "FLUSHALL without an archive",
        "said aloud; the system begins anew and is consistent",
        _run_everything,
    ),
    Row(
        "flushall-archive",
        "FLUSHALL with an archive",
        "loud halt; `rebuild --from-archive` restores everything",
        _run_everything_archived,
    ),
]
