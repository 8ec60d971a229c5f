"""A control group with little memory, for processes that are to be killed for wanting more. Linux, root; v1 or v2."""

from __future__ import annotations

import contextlib
import secrets
from pathlib import Path

from support.waiting import wait_for

V1 = Path("/sys/fs/cgroup/memory")
V2 = Path("/sys/fs/cgroup")


class MemoryGroup:
    """A group whose processes have `limit` bytes together, and no swap. `close` it when they have ended."""

    def __init__(self, limit: int) -> None:
        self._second = (V2 / "cgroup.controllers").exists()
        self._path = (V2 if self._second else V1) / f"chaos-{secrets.token_hex(4)}"
        self._path.mkdir()
        try:
            self._set("memory.max" if self._second else "memory.limit_in_bytes", limit)
            # Where there is no accounting for swap there is none of these, and mostly no swap.
            with contextlib.suppress(OSError):
                self._set(*(("memory.swap.max", 0) if self._second else ("memory.memsw.limit_in_bytes", limit)))
        except OSError:
            self._path.rmdir()
            raise

    def _set(self, name: str, value: int) -> None:
        (self._path / name).write_text(str(value))

    def add(self, pid: int) -> None:
        """Have a process, and those it starts from now on, live in the group."""
        self._set("cgroup.procs", pid)

    def kills(self) -> int:
        """Return how many processes the kernel has killed here for want of memory."""
        name = "memory.events" if self._second else "memory.oom_control"
        counts = dict(line.split() for line in (self._path / name).read_text().splitlines())
        return int(counts.get("oom_kill", 0))

    def close(self) -> None:
        """Remove it, once it is empty."""
        wait_for(lambda: not (self._path / "cgroup.procs").read_text(), "the control group to be empty", timeout_s=30)
        self._path.rmdir()
