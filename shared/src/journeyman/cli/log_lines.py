"""Log entries as lines, for people and for machines. Pure."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, NamedTuple, TypeAlias

import msgspec

from journeyman.cli import words
from journeyman.codec import to_data
from journeyman.events import BEGINNING, Entry, Offset, Record, Undecodable, tag_of, write_offset

Item: TypeAlias = Record | Undecodable
Writer: TypeAlias = Callable[[Item, int], str]

SEQUENCE_MAX = 2**64 - 1


class Wanted(NamedTuple):
    """Which events are to be shown: tags or beginnings of tags, jobs, and from where on. Empty means all."""

    tags: tuple[str, ...] = ()
    jobs: frozenset[str] = frozenset()
    start: Offset = BEGINNING

    def __call__(self, item: Item) -> bool:
        """Tell whether this one is wanted. What cannot be read is, unless certain jobs are asked for."""
        if item.offset < self.start:
            return False
        if isinstance(item, Undecodable):
            return not self.jobs and not self.tags
        tag = tag_of(item.event)
        if self.tags and not any(_matches(tag, wanted) for wanted in self.tags):
            return False
        return not self.jobs or getattr(item.event, "job_id", None) in self.jobs


def _matches(tag: str, wanted: str) -> bool:
    return tag == wanted or (wanted.endswith(".") and tag.startswith(wanted)) or tag.startswith(wanted + ".")


def items(entry: Entry) -> list[Item]:
    """Return everything a commit holds, readable or not, in log order."""
    return sorted([*entry.records(), *entry.undecodable], key=lambda item: item.offset)


def just_before(start: Offset) -> Offset:
    """Return an offset after which reading begins with the commit of `start`."""
    if start.seq > 0:
        return Offset(start.ms, start.seq - 1)
    return Offset(start.ms - 1, SEQUENCE_MAX) if start.ms > 0 else BEGINNING


def as_text(item: Item, partition: int = 0) -> str:
    """Write one event for a person: where, when, what, and what it says."""
    at = words.moment(_time(item.offset.ms))
    where = write_offset(partition, item.offset)
    if isinstance(item, Undecodable):
        return f"{where:<22} {at}  !undecodable         {words.one_line(item.reason)}"
    return f"{where:<22} {at}  {tag_of(item.event):<20} {words.fields(to_data(item.event))}".rstrip()


def as_json(item: Item, partition: int = 0) -> str:
    """Write one event for a machine, as in the history of a job. What cannot be read has no event but a reason."""
    at = _time(item.offset.ms).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    value: dict[str, Any] = {
        "offset": write_offset(partition, item.offset),
        "event": None,
        "at": at,
        "at_ms": item.offset.ms,
    }
    if isinstance(item, Undecodable):
        value["undecodable"] = item.reason
    else:
        value["event"] = tag_of(item.event)
        value["data"] = to_data(item.event)
    return msgspec.json.encode(value).decode()


def _time(at_ms: int) -> datetime:
    return datetime.fromtimestamp(at_ms / 1_000, UTC)
