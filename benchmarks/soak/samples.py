"""What is looked at every few seconds: the memory of each process, the server's keys, the files."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from benchmarks.processes import family, rss_bytes
from benchmarks.system import System

MIB = 1 << 20


class Sample(NamedTuple):
    """One look. `processes`: MiB by name; a worker's child is told from its parent. `server`: figures of the server."""

    at_s: float
    ended: int
    open: int
    processes: dict[str, float]
    server: dict[str, float]


def look(system: System, at_s: float, ended: int, open_count: int) -> Sample:
    """Take a sample."""
    return Sample(at_s, ended, open_count, _processes(system), _server(system))


def _processes(system: System) -> dict[str, float]:
    found: dict[str, float] = {}
    for name in system.names():
        pid = system.pid(name)
        if name == "server":
            continue
        for number, member in enumerate(family(pid)):
            found[name if number == 0 else f"{name}, child {number}"] = rss_bytes(member) / MIB
    return found


def _server(system: System) -> dict[str, float]:
    keys = system.key_bytes()
    used = system.used_memory()
    remembered = keys.get("ended", 0)
    return {
        "process": rss_bytes(system.pid("server")) / MIB,
        "used memory, outcomes left out": (used - remembered) / MIB,
        "outcomes (kept by the hour)": remembered / MIB,
        "log": keys.get("log", 0) / MIB,
        "log entries": float(system.log.client.xlen(system.log.keys.log)),
        "read model file": _size(system.folder / "read-model.sqlite") / MIB,
    }


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
