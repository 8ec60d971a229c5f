"""Spans of time as people write them: "500ms", "5s", "1h30m". Pure; milliseconds on the inside."""

from __future__ import annotations

import re
from datetime import timedelta

UNITS_MS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}

EXAMPLES = "write it like 500ms, 5s, 10m, 2h, 1d or 1h30m"

_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
_WHOLE = re.compile(rf"(?:{_PART.pattern}\s*)+\Z")


def parse_ms(span: str | int | timedelta) -> int:
    """Return a span in milliseconds.

    Text has units (`ms`, `s`, `m`, `h`, `d`), which may follow each other: "1h30m", "1.5s". A bare integer is
    milliseconds; a bare number as text is refused, since it does not say its unit. Raises ValueError.
    """
    match span:
        case timedelta():
            total = round(span / timedelta(milliseconds=1))
        case str():
            total = _parse_text(span.strip())
        case int() if not isinstance(span, bool):
            total = span
        case _:
            raise ValueError(f"not a duration: {span!r}; {EXAMPLES}")
    if total < 0:
        raise ValueError(f"a duration cannot be negative: {span!r}")
    return total


def _parse_text(text: str) -> int:
    if text == "0":
        return 0
    if len(text) > 64 or not _WHOLE.match(text):
        advice = f"say the unit, like {text}s or {text}ms" if text[:20].isdigit() and len(text) <= 20 else EXAMPLES
        raise ValueError(f"not a duration: {text[:64]!r}; {advice}")
    return round(sum(float(number) * UNITS_MS[unit] for number, unit in _PART.findall(text)))


def in_words(span_ms: float) -> str:
    """Write a span for a person, with at most two units: "850 ms", "4.2 s", "3 m 20 s", "2 d 4 h"."""
    if span_ms < 1_000:
        return f"{span_ms:.0f} ms"
    if span_ms < UNITS_MS["m"]:
        return f"{span_ms / 1_000:.1f} s".replace(".0 s", " s")
    whole = round(span_ms / 1_000) * 1_000
    for large, small in (("d", "h"), ("h", "m"), ("m", "s")):
        if whole >= UNITS_MS[large]:
            count, rest = divmod(whole, UNITS_MS[large])
            left = rest // UNITS_MS[small]
            return f"{count} {large} {left} {small}" if left else f"{count} {large}"
    raise AssertionError(span_ms)
