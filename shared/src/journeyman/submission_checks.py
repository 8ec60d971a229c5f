"""How submitted text is read without ever failing in an unforeseen way: JSON, its depth, its errors in words.

Whatever bytes come in, these functions return or raise :class:`InvalidSubmissionError`. The three kinds of it are
told apart by what a client must change: `malformed` (not JSON, not this shape), `meaning` (the right shape, a
value that cannot be), `too_large`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Literal, NamedTuple, TypeAlias, TypeVar

import msgspec

from journeyman.errors import JourneymanError

T = TypeVar("T")
Kind: TypeAlias = Literal["malformed", "meaning", "too_large"]

#: How deep arrays and objects may nest in a whole body, itself included.
DEPTH_MAX = 64

#: Names of types, queues and refs. The lookahead keeps Python's `$` from accepting a trailing newline.
NAME_PATTERN = r"^[A-Za-z0-9._-]{1,128}(?!\n)$"
_NAME_WORDS = "1 to 128 characters, each a letter A-Z or a-z, a digit, `.`, `_` or `-`"
_NAME = re.compile(NAME_PATTERN)

_FIELD = re.compile(r"Object (contains unknown|missing required) field `(.*)`", re.DOTALL)
_FIELD_WORDS = {"contains unknown": "Unknown field", "missing required": "Required field is missing"}

_STRINGS = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
_FLATTEN = bytes.maketrans(b"{}", b"[]")
_NOT_BRACKETS = bytes(byte for byte in range(256) if byte not in b"[]{}")


class Problem(NamedTuple):
    """One thing wrong with a submission: where (`$.jobs[3].priority`) and what, in words."""

    path: str
    message: str


class InvalidSubmissionError(JourneymanError):
    """What was submitted cannot become a job. `problems` has at least one entry."""

    def __init__(self, problems: list[Problem], kind: Kind = "meaning") -> None:
        super().__init__("; ".join(f"{path}: {message}" for path, message in problems))
        self.problems = problems
        self.kind = kind


def invalid(path: str, message: str, kind: Kind = "meaning") -> InvalidSubmissionError:
    """Return the error for a single problem."""
    return InvalidSubmissionError([Problem(path, message)], kind)


def is_name(text: str) -> bool:
    """Tell whether `text` can be the name of a type or a queue."""
    return _NAME.match(text) is not None


def check_name(text: str, path: str) -> str:
    """Return `text` if it can be the name of a type or a queue; raises InvalidSubmissionError otherwise."""
    if not is_name(text):
        raise invalid(path, f"Expected {_NAME_WORDS}")
    return text


def read(decode: Callable[[bytes], T], body: bytes, path: str = "$") -> T:
    """Decode JSON with a msgspec decoder. `path` is where `body` stands in the whole, for the errors."""
    try:
        return decode(body)
    except msgspec.ValidationError as error:
        raise _explain(str(error), path) from None
    except msgspec.DecodeError as error:
        raise invalid(path, str(error), "malformed") from None
    except UnicodeDecodeError:
        raise invalid(path, "JSON is malformed: not UTF-8", "malformed") from None
    except RecursionError:
        raise too_deep(path) from None


def too_deep(path: str) -> InvalidSubmissionError:
    """Return the error for arrays and objects nested beyond the limit."""
    return invalid(path, f"Nested deeper than {DEPTH_MAX} levels")


def _explain(message: str, at: str) -> InvalidSubmissionError:
    """Turn msgspec's "what - at `path`" into a problem, and tell shape from meaning by its words."""
    what, _, where = message.partition(" - at ")
    is_key = where.startswith("`key` in ")
    path = where.removeprefix("`key` in ").strip("`") or "$"
    if NAME_PATTERN in what:
        what = f"Expected {_NAME_WORDS}"
    if field := _FIELD.fullmatch(what):
        return invalid(f"{at}{path.removeprefix('$')}.{field[2]}", _FIELD_WORDS[field[1]], "malformed")
    shape = ", got `" in what
    words = f"key: {what}" if is_key else what
    return invalid(at + path.removeprefix("$"), words, "malformed" if shape else "meaning")


def check_json(text: memoryview | bytes, path: str, above: int = 1) -> None:
    """Check that JSON text which was skipped so far can be read, and nests no deeper than allowed.

    A skipping decoder finds errors of syntax, but neither wrong UTF-8 nor numbers that no float or
    integer can hold. `above` is how many levels of the body stand around this text.
    """
    try:
        _decode_any(text)
    except msgspec.DecodeError as error:
        raise invalid(path, str(error), "malformed") from None
    except UnicodeDecodeError:
        raise invalid(path, "JSON is malformed: not UTF-8", "malformed") from None
    except RecursionError:
        raise too_deep(path) from None
    levels = DEPTH_MAX - above
    # Every level is two brackets.
    if len(text) > 2 * levels and depth_exceeds(bytes(text), levels):
        raise too_deep(path)


_decode_any: Callable[[Any], Any] = msgspec.json.Decoder().decode


def depth_exceeds(text: bytes, limit: int) -> bool:
    """Tell whether arrays and objects nest deeper than `limit` in this JSON text, which is known to be valid.

    Most texts have no more brackets than that in all. Of the others only the brackets outside strings are kept,
    and the innermost pairs are removed, level by level.
    """
    if text.count(b"[") + text.count(b"{") <= limit:
        return False
    brackets = _STRINGS.sub(b"", text).translate(_FLATTEN, _NOT_BRACKETS)
    for _ in range(limit):
        if not brackets:
            return False
        brackets = brackets.replace(b"[]", b"")
    return bool(brackets)
