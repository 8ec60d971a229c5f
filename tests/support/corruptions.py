"""Every kind of corruption of a log, each done at a place that is drawn.

An injector takes a good log and returns a bad one, or None where this log has nothing that it could spoil. It changes
one thing only. Entries have room between their ids (`spaced`), so that more can be put between them.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

from journeyman import events as e
from journeyman.codec import encode_event, parts_of
from support.lives import Raw

Injector = Callable[[random.Random, list[Raw]], list[Raw] | None]

#: Ids per id there was.
ROOM = 64


def spaced(entries: Sequence[Raw]) -> list[Raw]:
    """Return the log with its entries further apart, and cursors that name them where they are now."""
    return [entry._replace(offset=_wider(entry.offset), cursor=_wider_cursor(entry.cursor)) for entry in entries]


def _wider(offset: e.Offset) -> e.Offset:
    return e.Offset(offset.ms, (offset.seq + 1) * ROOM)


def _wider_cursor(cursor: str | None) -> str | None:
    if not cursor or cursor == "0-0":
        return cursor
    return _wider(e.Offset.parse(cursor)).entry


def commit(parts: Sequence[bytes]) -> bytes:
    return b"\xdc" + len(parts).to_bytes(2, "big") + b"".join(parts)


def _parts(entry: Raw) -> list[bytes]:
    return [part for _, part in parts_of(entry.data)]


def _behind(entry: Raw, *events: e.Event, epoch: int | None = None) -> Raw:
    """Return an entry with these events, right behind another."""
    return Raw(
        entry.offset._replace(seq=entry.offset.seq + 1), commit([encode_event(one) for one in events]), epoch, None
    )


def _epoch_at(entries: Sequence[Raw], index: int) -> int:
    return max((entry.epoch or 0 for entry in entries[: index + 1]), default=0)


def _find(draw: random.Random, entries: Sequence[Raw], *kinds: type[e.Event]) -> tuple[int, e.Event] | None:
    found = [
        (index, record.event)
        for index, entry in enumerate(entries)
        for record in entry.read().records()
        if type(record.event) in kinds
    ]
    return draw.choice(found) if found else None


def _put(entries: list[Raw], index: int, entry: Raw) -> list[Raw]:
    return [*entries[: index + 1], entry, *entries[index + 1 :]]


# --- what is there, spoilt -------------------------------------------------------------------------------


def missing_entry(draw: random.Random, entries: list[Raw]) -> list[Raw]:
    gone = draw.randrange(len(entries))
    return entries[:gone] + entries[gone + 1 :]


def missing_event(draw: random.Random, entries: list[Raw]) -> list[Raw]:
    at = draw.randrange(len(entries))
    parts = _parts(entries[at])
    del parts[draw.randrange(len(parts))]
    changed = [entries[at]._replace(data=commit(parts))] if parts else []
    return entries[:at] + changed + entries[at + 1 :]


def entry_twice(draw: random.Random, entries: list[Raw]) -> list[Raw]:
    return _put(entries, at := draw.randrange(len(entries)), entries[at])


def entry_again_later(draw: random.Random, entries: list[Raw]) -> list[Raw]:
    first = draw.randrange(len(entries))
    at = draw.randrange(first, len(entries))
    after = entries[at].offset
    return _put(entries, at, entries[first]._replace(offset=after._replace(seq=after.seq + 1)))


def event_again_later(draw: random.Random, entries: list[Raw]) -> list[Raw]:
    first = draw.randrange(len(entries))
    at = draw.randrange(first, len(entries))
    after = entries[at].offset
    again = commit([draw.choice(_parts(entries[first]))])
    return _put(entries, at, entries[first]._replace(offset=after._replace(seq=after.seq + 1), data=again))


def entries_swapped(draw: random.Random, entries: list[Raw]) -> list[Raw]:
    one, other = sorted(draw.sample(range(len(entries)), 2))
    swapped = list(entries)
    swapped[one], swapped[other] = swapped[other], swapped[one]
    return swapped


def contents_swapped(draw: random.Random, entries: list[Raw]) -> list[Raw]:
    one = draw.randrange(len(entries) - 1)
    other = min(one + draw.choice((1, 1, 1, 2, 5)), len(entries) - 1)
    swapped = list(entries)
    swapped[one] = entries[other]._replace(offset=entries[one].offset)
    swapped[other] = entries[one]._replace(offset=entries[other].offset)
    return swapped


def events_swapped(draw: random.Random, entries: list[Raw]) -> list[Raw] | None:
    several = [index for index, entry in enumerate(entries) if len(_parts(entry)) > 1]
    if not several:
        return None
    at = draw.choice(several)
    parts = _parts(entries[at])
    one, other = draw.sample(range(len(parts)), 2)
    parts[one], parts[other] = parts[other], parts[one]
    return [*entries[:at], entries[at]._replace(data=commit(parts)), *entries[at + 1 :]]


def epoch_forged(draw: random.Random, entries: list[Raw]) -> list[Raw]:
    at = draw.randrange(len(entries))
    now = _epoch_at(entries, at)
    others = [epoch for epoch in (None, now - 1, now, now + 1, now + 7) if epoch != entries[at].epoch]
    return [*entries[:at], entries[at]._replace(epoch=draw.choice(others)), *entries[at + 1 :]]


def byte_flipped(draw: random.Random, entries: list[Raw]) -> list[Raw]:
    at = draw.randrange(len(entries))
    data = bytearray(entries[at].data)
    data[draw.randrange(len(data))] ^= 1 << draw.randrange(8)
    return [*entries[:at], entries[at]._replace(data=bytes(data)), *entries[at + 1 :]]


def entry_truncated(draw: random.Random, entries: list[Raw]) -> list[Raw]:
    at = draw.randrange(len(entries))
    data = entries[at].data
    return [*entries[:at], entries[at]._replace(data=data[: draw.randrange(len(data))]), *entries[at + 1 :]]


# --- what was never said ---------------------------------------------------------------------------------


def second_end(draw: random.Random, entries: list[Raw]) -> list[Raw] | None:
    found = _find(draw, entries, e.JobSucceeded, e.JobCancelled, e.JobDeadLettered)
    if found is None:
        return None
    at, first = found
    job_id: str = first.job_id  # type: ignore[union-attr]
    ends: list[e.Event] = [e.JobCancelled(job_id), e.JobDeadLettered(job_id, 1, "permanent", e.Error("E"))]
    return _put(entries, at, _behind(entries[at], draw.choice(ends), epoch=_epoch_at(entries, at)))


def early_start(draw: random.Random, entries: list[Raw]) -> list[Raw] | None:
    found = _find(draw, entries, e.JobSubmitted, e.JobRetryScheduled)
    if found is None:
        return None
    at, event = found
    job_id: str = event.job_id  # type: ignore[union-attr]
    attempt = event.attempt if isinstance(event, e.JobRetryScheduled) else 1
    if isinstance(event, e.JobSubmitted) and event.released:
        return None
    return _put(entries, at, _behind(entries[at], e.JobStarted(job_id, attempt, "w0")))


def child_before_parent(draw: random.Random, entries: list[Raw]) -> list[Raw] | None:
    children = [
        (index, event)
        for index, entry in enumerate(entries)
        for event in entry.read().events
        if isinstance(event, e.JobSubmitted) and event.depends_on
    ]
    if not children:
        return None
    at, child = draw.choice(children)
    over = (e.JobSucceeded, e.JobCancelled, e.JobDeadLettered)
    ended = {event.job_id for entry in entries[: at + 1] for event in entry.read().events if isinstance(event, over)}
    if ended.issuperset(child.depends_on):
        return None
    released = e.JobReleased(child.job_id, 1, child.priority)
    return _put(entries, at, _behind(entries[at], released, epoch=_epoch_at(entries, at) or 1))


def stranger_reports(draw: random.Random, entries: list[Raw]) -> list[Raw] | None:
    found = _find(draw, entries, e.JobStarted)
    if found is None:
        return None
    at, event = found
    assert isinstance(event, e.JobStarted)
    key = (event.job_id, event.attempt, "w-stranger")
    said: list[e.Event] = [e.JobSucceeded(*key), e.JobFailed(*key, e.Error("E")), e.JobReturned(*key)]
    return _put(entries, at, _behind(entries[at], draw.choice(said)))


def other_attempt_reports(draw: random.Random, entries: list[Raw]) -> list[Raw] | None:
    found = _find(draw, entries, e.JobStarted)
    if found is None:
        return None
    at, event = found
    assert isinstance(event, e.JobStarted)
    attempt = event.attempt + draw.choice((-1, 1))
    return _put(entries, at, _behind(entries[at], e.JobSucceeded(event.job_id, attempt, event.worker)))


def key_used_twice(draw: random.Random, entries: list[Raw]) -> list[Raw] | None:
    keyed = [
        (index, event)
        for index, entry in enumerate(entries)
        for event in entry.read().events
        if isinstance(event, e.JobSubmitted) and event.idempotency
    ]
    if not keyed:
        return None
    at, event = draw.choice(keyed)
    again = e.JobSubmitted("0" * 24, "a", idempotency=event.idempotency)
    return _put(entries, at, _behind(entries[at], again))


def submitted_twice(draw: random.Random, entries: list[Raw]) -> list[Raw] | None:
    found = _find(draw, entries, e.JobSubmitted)
    if found is None:
        return None
    at, event = found
    return _put(entries, at, _behind(entries[at], event))


INJECTORS: tuple[Injector, ...] = (
    missing_entry,
    missing_event,
    entry_twice,
    entry_again_later,
    event_again_later,
    entries_swapped,
    contents_swapped,
    events_swapped,
    epoch_forged,
    byte_flipped,
    entry_truncated,
    second_end,
    early_start,
    child_before_parent,
    stranger_reports,
    other_attempt_reports,
    key_used_twice,
    submitted_twice,
)
