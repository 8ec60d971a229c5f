"""What `journeyman up` starts, and in which order it stops it: pure functions from settings to process specs.

Every process is told its settings through the environment alone, so what runs under the supervisor is exactly
what a person could start by hand.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from journeyman.errors import SettingsError
from journeyman.settings import PREFIX, Settings

BACKOFF_FIRST_S = 0.2
BACKOFF_MAX_S = 10.0
#: A process that ran this long before it ended starts again at the first backoff.
STEADY_S = 30.0

#: Beyond the drain timeout, for handing jobs back and saying good-bye.
DRAIN_MARGIN_S = 10.0
STOP_S = 10.0
SERVER_STOP_S = 30.0

#: `appendfsync` for what an accepted job must survive. Even `memory` keeps the file: a stop keeps every job.
FSYNC: Mapping[str, str] = {"memory": "everysec", "process-crash": "everysec", "power-loss": "always"}


class Spec(NamedTuple):
    """One process to keep running.

    stage: processes of a lower stage stop first; stop_s: how long it may take to stop before it is killed;
    ready_url: answers 200 once it can do its work, empty for none.
    """

    name: str
    argv: tuple[str, ...]
    environ: Mapping[str, str]
    stage: int
    stop_s: float
    ready_url: str = ""


def with_options(settings: Settings, *, workers: int | None, tasks: Sequence[str]) -> Settings:
    """Return the settings of all children: command-line options in, paths absolute.

    `workers` fixes their number; 0 starts none.
    """
    changes: dict[str, object] = {"data_dir": str(Path(settings.data_dir).absolute())}
    if tasks:
        changes["worker_tasks"] = ",".join(tasks)
    if workers == 0:
        changes |= {"autoscaler_provider": "none", "workers_min": 0}
    elif workers is not None:
        changes |= {"workers_min": workers, "workers_max": workers}
    return msgspec.structs.replace(settings, **changes)


def environment(settings: Settings, inherited: Mapping[str, str]) -> dict[str, str]:
    """Return what a child's environment says: everything inherited but our settings, then those that are not defaults.

    Children write their log lines as JSON; the supervisor shows them as it was asked to.
    """
    environ = {name: value for name, value in inherited.items() if not name.startswith(PREFIX)}
    defaults = Settings()
    settings = msgspec.structs.replace(settings, log_format="json")
    for name in Settings.__struct_fields__:
        value = getattr(settings, name)
        if value != getattr(defaults, name):
            environ[PREFIX + name.upper()] = str(value)
    environ["PYTHONUNBUFFERED"] = "1"
    return environ


def services(settings: Settings, inherited: Mapping[str, str]) -> list[Spec]:
    """Return the services, in the order they start. The autoscaler, which owns the workers, stops first."""
    environ = environment(settings, inherited)
    drain_s = settings.drain_timeout_ms / 1000 + DRAIN_MARGIN_S

    def spec(name: str, stage: int, stop_s: float, ready_url: str = "") -> Spec:
        return Spec(name, (sys.executable, "-m", f"journeyman_{name}"), environ, stage, stop_s, ready_url)

    return [
        spec("scheduler", 3, STOP_S),
        spec("ingest", 2, STOP_S, f"{settings.ingest_address()}/health/ready"),
        spec("dashboard", 2, STOP_S, f"{settings.dashboard_address()}/health/ready"),
        spec("autoscaler", 1, drain_s),
    ]


def server(config: Path, run_file: Path, settings: Settings, inherited: Mapping[str, str]) -> Spec:
    """Return the embedded server's keeper, which starts first and stops last."""
    argv = (sys.executable, "-m", "journeyman_local.keeper", str(config), str(run_file))
    return Spec("server", argv, environment(settings, inherited), 4, SERVER_STOP_S)


def server_config(settings: Settings, directory: Path, socket: Path) -> str:
    """Write the embedded server's configuration: append-only file on, nothing evicted, no network.

    Raises SettingsError for a durability that one server cannot give.
    """
    if settings.durability not in FSYNC:
        raise SettingsError(
            f"JOURNEYMAN_DURABILITY={settings.durability} needs a server with replicas; "
            "the embedded one has none (see --redis-url)"
        )
    lines = [
        "# Written by `journeyman up` at every start; changes here are lost.",
        "port 0",
        f'unixsocket "{socket}"',
        "unixsocketperm 700",
        f'dir "{directory}"',
        "appendonly yes",
        f"appendfsync {FSYNC[settings.durability]}",
        "auto-aof-rewrite-min-size 64mb",
        'save ""',
        "maxmemory-policy noeviction",
        "loglevel notice",
        "daemonize no",
    ]
    return "\n".join(lines) + "\n"


def backoff_s(failures: int) -> float:
    """Return how long to wait before the restart after the `failures`-th failure in a row."""
    return min(BACKOFF_MAX_S, BACKOFF_FIRST_S * 2.0 ** max(0, failures - 1))
