"""What clients write into queries, read: times, windows, tags, offsets, page cursors. Pure.

Everything malformed is a BadQueryError that names the parameter.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import msgspec

from journeyman.errors import JourneymanError
from journeyman.events import Offset, read_position

_WINDOW = re.compile(r"(\d{1,6})(s|m|h)\Z")
_AGE = re.compile(r"(>|<|)(\d{1,6})(s|m|h|d)\Z")
_UNIT_MS = {"s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_EPOCH_MS = re.compile(r"\d{1,15}\Z")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS_MAX = 253_402_300_799_999


class BadQueryError(JourneymanError):
    """A query parameter is unknown or malformed."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(f"{path}: {message}")
        self.path = path
        self.message = message


def read_time(path: str, text: str | None) -> int | None:
    """Return a time, RFC 3339 or milliseconds since 1970, in milliseconds."""
    if text is None:
        return None
    if _EPOCH_MS.match(text):
        return int(text)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise BadQueryError(path, "must be an RFC 3339 time with its offset, or milliseconds since 1970")
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def write_time(ms: int) -> str | None:
    """Write a time as RFC 3339 in UTC with milliseconds; None for 0 and for what no calendar has."""
    if not 0 < ms <= _MS_MAX:
        return None
    moment = datetime.fromtimestamp(ms // 1000, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{ms % 1000:03d}Z"


def read_window(path: str, text: str, *, max_ms: int) -> int:
    """Return a span such as `90s`, `15m` or `2h` in milliseconds."""
    found = _WINDOW.match(text)
    ms = int(found[1]) * _UNIT_MS[found[2]] if found else 0
    if not 0 < ms <= max_ms:
        raise BadQueryError(path, f"must be a span such as 90s, 15m or 2h, at most {max_ms // 3_600_000}h")
    return ms


def read_age(path: str, text: str) -> tuple[bool, int]:
    """Return an age such as `>1h` or `<30s`: whether it is the least age (else it is the most), and it in ms."""
    found = _AGE.match(text)
    if found is None:
        raise BadQueryError(path, "must be an age such as >1h or <30s")
    return found[1] != "<", int(found[2]) * _UNIT_MS[found[3]]


def read_tags(path: str, texts: list[str] | None) -> tuple[tuple[str, str], ...]:
    """Return `key:value` texts as pairs; the key ends at the first colon."""
    pairs = []
    for text in texts or ():
        key, colon, value = text.partition(":")
        if not colon or not key:
            raise BadQueryError(path, "must be key:value")
        pairs.append((key, value))
    return tuple(pairs)


def read_places(path: str, text: str, partitions: Collection[int]) -> dict[int, Offset]:
    """Return offsets as `Journeyman-Offset` writes them: one, or several of different partitions."""
    try:
        position = read_position(text)
    except ValueError:
        example = "1732247000123-0/4" if len(partitions) == 1 else "3:1732247000123-0/4"
        raise BadQueryError(path, f"must be an offset such as {example}, or several with commas between") from None
    for partition in position:
        if partition not in partitions:
            raise BadQueryError(path, f"there is no partition {partition}")
    return position


class PageCursor(NamedTuple):
    """Behind which job a page begins: the order it belongs to, that job's sort key, its number."""

    sort: str
    key: int
    n: int


def write_cursor(cursor: PageCursor) -> str:
    """Write a cursor so that clients can only hand it back."""
    return base64.urlsafe_b64encode(msgspec.json.encode(tuple(cursor))).decode().rstrip("=")


def read_cursor(path: str, text: str | None, sort: str) -> PageCursor | None:
    """Read a cursor of the same order."""
    if text is None:
        return None
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        cursor = PageCursor(*msgspec.json.decode(data, type=tuple[str, int, int]))
    except (binascii.Error, ValueError, msgspec.MsgspecError):
        raise BadQueryError(path, "is not a cursor of this API") from None
    if cursor.sort != sort or not all(-(2**62) < value < 2**62 for value in cursor[1:]):
        raise BadQueryError(path, "belongs to another order")
    return cursor
