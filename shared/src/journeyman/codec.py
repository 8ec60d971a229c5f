"""Commits as bytes: a msgpack array of events, read and written in one call.

Reading never raises for what stands in the log. Old shapes are lifted to today's here and nowhere else
(`UPCASTERS`); what is unknown or damaged becomes an :class:`~journeyman.events.Undecodable` with its
offset, and its neighbours are read as if it were not there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from journeyman.events import Entry, Event, JobReleased, Offset, Undecodable, tag_of

EVENTS_PER_COMMIT_MAX = 1_000
BYTES_PER_COMMIT_MAX = 1 << 20

#: Old tag -> a function from the old array (tag included) to the array of a newer event. Applied until it rests.
UPCASTERS: dict[str, Callable[[list[Any]], list[Any]]] = {}

_encode = msgspec.msgpack.Encoder().encode
_decode_commit = msgspec.msgpack.Decoder(list[Event]).decode
_decode_event = msgspec.msgpack.Decoder(Event).decode
_decode_raw = msgspec.msgpack.Decoder(list[msgspec.Raw]).decode
_decode_any = msgspec.msgpack.Decoder().decode

encode_event: Callable[[Event], bytes] = _encode


def decode_event(data: bytes) -> Event:
    """Read one event written by :func:`encode_event`. Raises msgspec.MsgspecError for anything else."""
    event: Event = _decode_event(data)
    return event


def encode_commit(events: Sequence[Event]) -> bytes:
    """Write a whole commit."""
    return _encode(events)


class Cutter:
    """Says where a run of events is cut into commits of at most 1,000 events and 1 MiB.

    Never between a `job.submitted` and the `job.released` behind it: whoever read the first without the second would
    release the job again.
    """

    def __init__(self) -> None:
        self._events = self._bytes = 0

    def cuts_before(self, event: Event, size: int) -> bool:
        """Take the next event, `size` bytes long; tell whether a new commit begins with it."""
        full = self._events + 1 >= EVENTS_PER_COMMIT_MAX or self._bytes + size > BYTES_PER_COMMIT_MAX
        cut = full and self._events > 0 and not isinstance(event, JobReleased)
        if cut:
            self._events = self._bytes = 0
        self._events += 1
        self._bytes += size
        return cut


def decode_commit(data: bytes, offset: Offset, *, epoch: int | None = None, cursor: str | None = None) -> Entry:
    """Read a commit that stands at `offset`; never raises."""
    try:
        return Entry(offset, _decode_commit(data), (), epoch, cursor)  # type: ignore[arg-type]
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return _decode_piecewise(data, offset, epoch, cursor)


def _decode_piecewise(data: bytes, offset: Offset, epoch: int | None, cursor: str | None) -> Entry:
    try:
        parts = _decode_raw(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        return Entry(offset, [], (Undecodable(offset, f"not a commit: {error}"),), epoch, cursor)
    events: list[Event | None] = []
    undecodable: list[Undecodable] = []
    for index, part in enumerate(parts):
        try:
            events.append(_decode_event(_upcast(bytes(part))))
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            events.append(None)
            undecodable.append(Undecodable(offset._replace(index=index), str(error)))
    return Entry(offset, events, tuple(undecodable), epoch, cursor)


def _upcast(data: bytes) -> bytes:
    if not UPCASTERS:
        return data
    value = _decode_any(data)
    while isinstance(value, list) and value and isinstance(value[0], str) and value[0] in UPCASTERS:
        try:
            value = UPCASTERS[value[0]](value)
        except (IndexError, KeyError, TypeError, ValueError) as error:
            raise msgspec.ValidationError(f"cannot be lifted from {value[0]}: {error!r}") from error
    return _encode(value)


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
