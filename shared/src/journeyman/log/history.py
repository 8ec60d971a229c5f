"""Does a log still hold what was read of it, or written to it? A crash or a failover may have taken its end away.

Whoever acts on what the log said must ask, since nothing else tells: the server that took over knows nothing of it.
"""

from __future__ import annotations

from journeyman.events import BEGINNING, Offset
from journeyman.log.api import Log

#: No sequence number of an entry is as high.
SEQ_MAX = 2**63


def still_holds(log: Log, offset: Offset) -> bool:
    """Tell whether the log has an entry at this place, or has been trimmed beyond it; the beginning counts as one."""
    if offset[:2] == BEGINNING[:2]:
        return True
    before = Offset(offset.ms, offset.seq - 1) if offset.seq else Offset(offset.ms - 1, SEQ_MAX)
    found = log.read(before, count=1)
    if found and found[0].offset[:2] == offset[:2]:
        return True
    first = log.read(BEGINNING, count=1)
    return bool(first) and first[0].offset[:2] > offset[:2]
