"""How the log on a server stands to its archive: whether the one is of the other, and where the archive goes on."""

from __future__ import annotations

from journeyman.archive import Chain
from journeyman.archive_segments import Segment, digest
from journeyman.entries import BEGINNING, Offset
from journeyman.errors import OtherLogError
from journeyman.log.raw_entries import Extent, RawLog


class Standing:
    """How a log stands to its archive. `last`: the segment that it ends with; `after`: the entry to go on behind."""

    def __init__(self, last: Segment | None, after: Offset, *, position: int, gap: bool = False) -> None:
        self.last = last
        self.after = after
        self.position = position
        self.gap = gap

    @property
    def number(self) -> int:
        """The number of the last segment; 0 where there is none."""
        return self.last.number if self.last else 0


def standing(raw: RawLog, chain: Chain) -> Standing:
    """Find out where the archive of a log goes on. Raises OtherLogError where it is not this log's."""
    last = chain.last()
    extent = raw.extent()
    if last is None:
        return Standing(None, BEGINNING, position=extent.trimmed, gap=extent.trimmed > 0)
    end = last.span[2]
    there = raw.at(end)
    if there is not None and digest(there) == last.last_sha256:
        return Standing(last, end, position=last.end_position)
    if there is None and extent.length:
        if extent.first[:2] > end[:2] and extent.trimmed >= last.end_position:
            return Standing(last, end, position=extent.trimmed, gap=True)
        common = _common(raw, chain, extent)
        if common is not None:
            entry, position = common
            return Standing(last, entry, position=position)
    begins = f"begins at {extent.first.entry}" if extent.length else "is empty"
    raise OtherLogError(
        f"the log of partition {chain.partition} {begins}, and the archive at {chain.place} goes up to {last.last}, "
        "which the log does not hold: it was emptied or replaced. Run `journeyman rebuild --from-archive` to bring "
        "back what is archived, or point JOURNEYMAN_ARCHIVE_URL elsewhere to leave it behind"
    )


def _common(raw: RawLog, chain: Chain, extent: Extent) -> tuple[Offset, int] | None:
    """Return the last archived entry that the log has too, and how many entries the log had had up to it."""
    for part in reversed(chain.parts()):
        _, first, _ = part.segment.span
        found = None
        for number, entry in enumerate(chain.contents(part.segment), start=1):
            if entry.offset[:2] > part.limit[:2]:
                break
            if entry.offset[:2] >= extent.first[:2] and raw.at(entry.offset) == entry:
                found = entry.offset, part.segment.position + number
        if found is not None or first[:2] < extent.first[:2]:
            return found
    return None
