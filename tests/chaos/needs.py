"""What some rows need of the machine beyond programs, tried out."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from chaos.cgroup import MemoryGroup
from support.small_disk import small_disk


def missing_memory_group() -> str:
    """Return why no control group with little memory can be made here; empty where one can."""
    try:
        MemoryGroup(1 << 30).close()
    except OSError as error:
        return f"needs a writable memory cgroup ({error})"
    return ""


def missing_small_disk() -> str:
    """Return why no small disk can be mounted here; empty where one can."""
    with tempfile.TemporaryDirectory() as directory:
        try:
            with small_disk(Path(directory, "disk"), 1):
                return ""
        except (pytest.skip.Exception, pytest.fail.Exception) as why:
            return f"needs to mount a small disk ({why})"
