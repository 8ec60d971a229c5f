"""How values are written for people. Pure: text from values."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from journeyman.durations import in_words

STYLES = {
    "pending": "yellow",
    "processing": "cyan",
    "completed": "green",
    "failed": "red",
    "cancelled": "magenta",
}
BREAKERS = {"open": "red", "half_open": "yellow", "closed": "green"}
NOTHING = "-"
VALUE_MAX = 120


def moment(at: datetime | None) -> str:
    """Write a time in UTC, to the millisecond: `2026-03-01 12:00:00.250`."""
    if at is None:
        return NOTHING
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]


def clock(at: datetime | None) -> str:
    """Write the time of day alone: `12:00:00.250`."""
    return moment(at).rpartition(" ")[2]


def between(start: datetime | None, end: datetime | None) -> str:
    """Write how long it was from one time to another."""
    return in_words(max(0.0, (end - start).total_seconds() * 1_000)) if start and end else NOTHING


def span(span_ms: float | None) -> str:
    """Write a span of time, which may be unknown."""
    return NOTHING if span_ms is None else in_words(span_ms)


def size(count: int | None) -> str:
    """Write a number of bytes: `12.3 MiB`."""
    if count is None:
        return NOTHING
    amount = float(count)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if amount < 1024 or unit == "GiB":
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1024
    raise AssertionError(count)


def state(status: str, phase: str) -> str:
    """Write a job's status, with its phase where that says more."""
    return status if phase in ("", status) else f"{status} ({phase})"


def fields(data: Mapping[str, Any], *, without: tuple[str, ...] = ()) -> str:
    """Write an event's fields on one line: `name=value`, only those that say something, long ones cut."""
    parts = []
    for name, value in data.items():
        if name in without or value in ("", None, [], {}, ()):
            continue
        is_error = name == "error" and isinstance(value, Mapping)
        said = f"{value.get('type')}: {value.get('message')}" if is_error else value
        parts.append(f"{name}={one_line(said)}")
    return " ".join(parts)


def harmless(text: str) -> str:
    """Return text that a terminal only shows: without control characters but the ends of lines."""
    return "".join(symbol if symbol.isprintable() or symbol == "\n" else " " for symbol in text)


def one_line(value: Any) -> str:
    """Write a value on one line that no terminal stumbles over, cut where it is long."""
    if isinstance(value, float):
        return f"{value:.6g}"
    text = value if isinstance(value, str) else msgspec.json.encode(value, order="deterministic").decode()
    text = harmless(text).replace("\n", " ")
    text = f'"{text}"' if isinstance(value, str) and (" " in text or not text) else text
    return text if len(text) <= VALUE_MAX else text[: VALUE_MAX - 1] + "…"
