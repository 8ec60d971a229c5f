"""Did the kernel's memory killer strike? What the memory cgroup of a process says, of either version of cgroups."""

from __future__ import annotations

import os
from pathlib import Path

#: Where cgroups are mounted, and where they say how often something was killed.
V2, V2_EVENTS = Path("/sys/fs/cgroup"), "memory.events"
V1, V1_EVENTS = Path("/sys/fs/cgroup/memory"), "memory.oom_control"


class MemoryKiller:
    """Watches the cgroups of a process and of its parent, this one, from its start on. Without any it never strikes."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._kills = _kills(pid) | _kills(os.getpid())

    def has_struck(self) -> bool:
        """Tell whether something was killed in its cgroup since. Ask before the dead process is waited for."""
        now = {events: _count(events) for events in self._kills}
        # Both may have been put into another one meanwhile; where a dead process was is not always told.
        now |= _kills(self._pid) | _kills(os.getpid())
        return any(count > self._kills.get(events, 0) for events, count in now.items())


def _kills(pid: int) -> dict[Path, int]:
    try:
        lines = Path(f"/proc/{pid}/cgroup").read_text().splitlines()
    except OSError:
        return {}
    found = {}
    for line in lines:
        _, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if controllers == "":
            events = V2 / path.strip("/") / V2_EVENTS
        elif "memory" in controllers.split(","):
            events = V1 / path.strip("/") / V1_EVENTS
        else:
            continue
        if events.exists():
            found[events] = _count(events)
    return found


def _count(events: Path) -> int:
    try:
        words = dict(line.split(maxsplit=1) for line in events.read_text().splitlines() if " " in line)
    except OSError:
        return 0
    text = words.get("oom_kill", "0").strip()
    return int(text) if text.isdigit() else 0
