"""A memory cgroup with a limit, to put processes into; of either version, where this process may make one."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from support.servers import absent

ROOT = Path("/sys/fs/cgroup")
V1 = ROOT / "memory"
GONE_S = 10.0


class MemoryCgroup:
    """One cgroup at `path`."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def take_in(self, pids: Iterable[int]) -> None:
        """Put processes into it; those they start later are in it, too."""
        for pid in pids:
            (self.path / "cgroup.procs").write_text(str(pid))


@contextmanager
def memory_cgroup(limit_bytes: int) -> Iterator[MemoryCgroup]:
    """Make one; skips the test where that is not allowed."""
    is_v1 = V1.is_dir()
    path = (V1 if is_v1 else ROOT) / f"journeyman-test-{os.getpid()}-{time.monotonic_ns()}"
    limit = path / ("memory.limit_in_bytes" if is_v1 else "memory.max")
    try:
        path.mkdir()
        limit.write_text(str(limit_bytes))
    except OSError as error:
        with suppress(OSError):
            path.rmdir()
        absent(f"cannot limit memory by a cgroup: {error}")
    try:
        yield MemoryCgroup(path)
    finally:
        _remove(path)


def _remove(path: Path) -> None:
    deadline = time.monotonic() + GONE_S
    while True:
        for pid in (path / "cgroup.procs").read_text().split():
            with suppress(OSError):
                (path.parent / "cgroup.procs").write_text(pid)
        try:
            path.rmdir()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)
        else:
            return
