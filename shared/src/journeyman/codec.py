"""Commits as bytes: a msgpack array of events.

Reading never raises for what stands in the log. Old shapes are lifted to today's here and nowhere else
(`UPCASTERS`); what is unknown or damaged becomes an :class:`~journeyman.events.Undecodable` with its
offset, and its neighbours are read as if it were not there.

Two things make the commonest event small. What is default at the end of a submission is not written. And a submission
that was released in the same step stands for its `job.released` too (`JobSubmitted.released`): writers put one event
into the commit, readers see two, and offsets count what readers see. *Written* below means the former.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec

from journeyman.events import Entry, Event, JobReleased, JobSubmitted, Offset, Undecodable, tag_of

EVENTS_PER_COMMIT_MAX = 1_000
#: A claim reads a whole commit to cut one job's body out of it, so commits stay well below the 1 MiB they may have.
#: With what the server adds, a full one just fits into 80 KiB, a size in which its allocator wastes nothing.
BYTES_PER_COMMIT_MAX = 80 * 1024 - 256

FIRST_ATTEMPT = 1

#: What reading raises for bytes that are no commit, or no event.
UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)

_encode = msgspec.msgpack.Encoder().encode
_decode_commit = msgspec.msgpack.Decoder(list[Event]).decode
_decode_event = msgspec.msgpack.Decoder(Event).decode
_decode_bodies = msgspec.msgpack.Decoder(list[JobSubmitted]).decode
_decode_raw = msgspec.msgpack.Decoder(list[msgspec.Raw]).decode
_decode_any = msgspec.msgpack.Decoder().decode


# --- old shapes ------------------------------------------------------------------------------------------


def _submitted_1(old: list[Any]) -> list[Any]:
    """Lift the first shape of `job.submitted`, whose fields stood in another order."""
    defaults = ["", "", "default", 10, "{}", [], "cancel", 0, 3, [1_000, 2.0, 60_000, True], 600_000, {}, None, "", ""]
    if len(old) < 3:
        raise ValueError("neither job id nor type")
    values = (old[1:] + defaults[len(old) - 1 :])[: len(defaults)]
    parents, policy, due_ms, attempts, backoff, timeout_ms, tags = values[5:12]
    rest = [tags, parents, due_ms, attempts, timeout_ms, backoff, policy, *values[12:]]
    return ["job.submitted.2", *values[:5], False, *rest]


#: Old tag -> a function from the old array (tag included) to the array of a newer event. Applied until it rests.
UPCASTERS: dict[str, Callable[[list[Any]], list[Any]]] = {"job.submitted": _submitted_1}


# --- writing ---------------------------------------------------------------------------------------------


_FIELDS = JobSubmitted.__struct_fields__
_BARE = JobSubmitted("", "")
_DEFAULTS = [getattr(_BARE, name) for name in _FIELDS]
#: How many bytes the defaults from each field on to the end take.
_ENDINGS = [sum(len(_encode(default)) for default in _DEFAULTS[first:]) for first in range(len(_FIELDS) + 1)]
#: What a submission of which everything is written begins with.
_WHOLE = b"\xdc" + (1 + len(_FIELDS)).to_bytes(2, "big")
_ALWAYS_WRITTEN = _FIELDS.index("released")
_PLAIN = _ALWAYS_WRITTEN + 1
_ATTEMPTS_MAX, _TIMEOUT_MS, _BACKOFF, _POLICY = (
    _BARE.max_attempts,
    _BARE.timeout_ms,
    _BARE.backoff,
    _BARE.on_dependency_failure,
)


def encode_event(event: Event) -> bytes:
    """Write one event."""
    data: bytes = _encode(event)
    if type(event) is not JobSubmitted:
        return data
    written = _PLAIN if _is_plain(event) else _written_fields(event)
    end = len(data) - _ENDINGS[written]
    if written < 15:
        return bytes((0x91 + written,)) + data[len(_WHOLE) : end]
    return b"\xdc" + (1 + written).to_bytes(2, "big") + data[len(_WHOLE) : end]


def _is_plain(event: JobSubmitted) -> bool:
    """Tell whether everything behind `released` is at its default, as it mostly is."""
    return not (
        event.tags
        or event.depends_on
        or event.due_ms
        or event.traceparent
        or event.idempotency
        or event.max_attempts != _ATTEMPTS_MAX
        or event.timeout_ms != _TIMEOUT_MS
        or event.backoff != _BACKOFF
        or event.on_dependency_failure != _POLICY
        or event.payload_blob is not None
    )


def _written_fields(event: JobSubmitted) -> int:
    """Return how many fields of a submission are written: none that is at its default at the end."""
    written = len(_FIELDS)
    while written > _ALWAYS_WRITTEN and getattr(event, _FIELDS[written - 1]) == _DEFAULTS[written - 1]:
        written -= 1
    return written


def width(event: Event) -> int:
    """Return how many events a written one stands for."""
    return 2 if type(event) is JobSubmitted and event.released else 1


def encode_commit(events: Sequence[Event]) -> bytes:
    """Write a whole commit of written events. Its header always takes three bytes."""
    return b"\xdc" + len(events).to_bytes(2, "big") + b"".join(map(encode_event, events))


def as_written(events: Iterable[Event | None]) -> list[Event]:
    """Return the events of a commit, as read, without those that the one before them stands for."""
    written: list[Event] = []
    implied = False
    for event in events:
        if event is not None and not implied:
            written.append(event)
        implied = not implied and event is not None and width(event) == 2
    return written


class Cutter:
    """Says where written events are cut into commits of at most 1,000 events (as read) and `BYTES_PER_COMMIT_MAX`.

    What is proposed together stays together while it fits into one commit; what does not begins with a commit of its
    own, and all its commits but the last are full.
    """

    def __init__(self) -> None:
        self._events = self._bytes = 0

    def cuts(self, stand_for: Sequence[int], sizes: Sequence[int]) -> list[int]:
        """Take the events of the next proposal: how many each stands for, and its size. Return which begin a commit."""
        events, length = sum(stand_for), sum(sizes)
        if not is_full(self._events, self._bytes, events, length):
            self._events += events
            self._bytes += length
            return []
        cuts = [0] if self._events else []
        self._events = self._bytes = 0
        for index, (count, size) in enumerate(zip(stand_for, sizes, strict=True)):
            if is_full(self._events, self._bytes, count, size) and self._events:
                cuts.append(index)
                self._events = self._bytes = 0
            self._events += count
            self._bytes += size
        return cuts


def is_full(events: int, length: int, more_events: int, more_length: int) -> bool:
    """Tell whether a commit of so many events and bytes has no room for so many more."""
    return events + more_events > EVENTS_PER_COMMIT_MAX or length + more_length > BYTES_PER_COMMIT_MAX


# --- reading ---------------------------------------------------------------------------------------------


def decode_event(data: bytes) -> Event:
    """Read one event written by :func:`encode_event`, of this version or an older one.

    Raises msgspec.MsgspecError for anything else.
    """
    try:
        event: Event = _decode_event(data)
    except msgspec.ValidationError:
        event = _decode_event(_upcast(data))
    return event


def decode_bodies(data: bytes, count: int) -> list[JobSubmitted]:
    """Read `count` submissions that stand one behind the other. Raises msgspec.MsgspecError for anything else."""
    whole = b"\xdd" + count.to_bytes(4, "big") + data
    try:
        bodies: list[JobSubmitted] = _decode_bodies(whole)
    except msgspec.ValidationError:
        bodies = _decode_bodies(_encode([msgspec.Raw(_upcast(bytes(part))) for part in _decode_raw(whole)]))
    return bodies


def decode_commit(data: bytes, offset: Offset, *, epoch: int | None = None, cursor: str | None = None) -> Entry:
    """Read a commit that stands at `offset`; never raises."""
    try:
        events: list[Event] = _decode_commit(data)
    except UNREADABLE:
        return _decode_piecewise(data, offset, epoch, cursor)
    return Entry(offset, _as_read(events), (), epoch, cursor)


def _as_read(events: list[Event]) -> list[Event | None]:
    read: list[Event | None] = []
    append = read.append
    for event in events:
        append(event)
        if type(event) is JobSubmitted and event.released:
            append(JobReleased(event.job_id, FIRST_ATTEMPT, event.priority))
    return read


def parts_of(data: bytes) -> list[tuple[int, bytes]]:
    """Return the written events of a commit as bytes, each with where it begins; none where it is no commit."""
    try:
        parts = [bytes(part) for part in _decode_raw(data)]
    except UNREADABLE:
        return []
    start = len(data) - sum(map(len, parts))
    found = []
    for part in parts:
        found.append((start, part))
        start += len(part)
    return found


def _decode_piecewise(data: bytes, offset: Offset, epoch: int | None, cursor: str | None) -> Entry:
    try:
        parts = _decode_raw(data)
    except UNREADABLE as error:
        return Entry(offset, [], (Undecodable(offset, f"not a commit: {error}"),), epoch, cursor)
    events: list[Event | None] = []
    undecodable: list[Undecodable] = []
    for part in parts:
        try:
            events += _as_read([_decode_event(_upcast(bytes(part)))])
        except UNREADABLE as error:
            undecodable.append(Undecodable(offset._replace(index=len(events)), str(error)))
            events.append(None)
    return Entry(offset, events, tuple(undecodable), epoch, cursor)


def _upcast(data: bytes) -> bytes:
    value = _decode_any(data)
    if not (isinstance(value, list) and value and isinstance(value[0], str) and value[0] in UPCASTERS):
        return data
    while value[0] in UPCASTERS:
        try:
            value = UPCASTERS[value[0]](value)
        except (IndexError, KeyError, TypeError, ValueError) as error:
            raise msgspec.ValidationError(f"cannot be lifted from {value[0]}: {error!r}") from error
    return _encode(value)


# --- for people ------------------------------------------------------------------------------------------


def to_data(event: Event) -> dict[str, Any]:
    """Return an event's fields by name, as plain values for JSON. Payloads and results stay JSON text."""
    return {name: msgspec.to_builtins(_by_name(getattr(event, name))) for name in event.__struct_fields__}


def _by_name(value: Any) -> Any:
    if isinstance(value, msgspec.Struct):
        return msgspec.structs.asdict(value)
    return value


def describe(event: Event) -> str:
    """Write an event on one line for a person: its tag and what is not a default."""
    parts = [f"{name}={value!r}" for name, value in to_data(event).items() if value not in ("", None, [], {})]
    return f"{tag_of(event)} {' '.join(parts)}"
