"""Whatever a server loses between two segments, readers of the archive see the log as it then was, each entry once."""

from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from journeyman.archive_segments import Part, Segment, check_chain, limits
from journeyman.entries import Offset

#: Each step: entries appended, entries archived of what is not yet, entries lost at the end of the log.
steps = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6), st.integers(0, 4)), max_size=12)


class Model:
    """A log, and the segments of its archive with the entries in them."""

    def __init__(self) -> None:
        self.log: list[int] = []
        self.segments: list[Segment] = []
        self.contents: list[list[int]] = []
        self._next = 1

    def append(self, count: int) -> None:
        self.log += range(self._next, self._next + count)
        self._next += count

    def archive(self, count: int) -> None:
        """Archive on from the last archived entry that the log still has."""
        there = set(self.log)
        after = max((entry for entry in self.archived() if entry in there), default=0)
        entries = [entry for entry in self.log if entry > after][:count]
        if not entries or (self.segments and not after):
            return
        self.contents.append(entries)
        self.segments.append(
            Segment(
                partition=0,
                number=len(self.segments) + 1,
                after=f"{after}-0",
                first=f"{entries[0]}-0",
                last=f"{entries[-1]}-0",
                entries=len(entries),
                position=0,
                object="",
                bytes=0,
                sha256="",
                raw_bytes=0,
                last_sha256="",
            )
        )

    def lose(self, count: int) -> None:
        del self.log[len(self.log) - count :]

    def archived(self) -> list[int]:
        check_chain(self.segments)
        return [
            entry
            for part, entries in zip(limits(self.segments), self.contents, strict=True)
            for entry in entries
            if Offset(entry, 0) <= part.limit
        ]


@given(steps)
def test_readers_see_what_the_log_had_when_it_was_last_archived(steps: list[tuple[int, int, int]]) -> None:
    model = Model()
    for appended, archived, lost in steps:
        model.append(appended)
        before = len(model.segments)
        model.archive(archived)
        if len(model.segments) > before:
            read = model.archived()
            assert read == model.log[: len(read)]
        model.lose(min(lost, len(model.log)))


@given(st.lists(st.integers(0, 3), min_size=1, max_size=5))
def test_a_part_never_reaches_beyond_its_segment(cuts: list[int]) -> None:
    model = Model()
    for cut in cuts:
        model.append(5)
        model.archive(5)
        model.lose(cut)
    parts: list[Part] = limits(model.segments)
    assert [part.segment for part in parts] == model.segments
    assert all(part.limit <= part.segment.span[2] for part in parts)
    assert all(msgspec.structs.asdict(part.segment)["format"] == 1 for part in parts)
