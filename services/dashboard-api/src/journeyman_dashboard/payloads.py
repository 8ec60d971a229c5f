"""What clients may ask of a payload: that it has a value at a path, as in `user.id:42`. Pure.

A path is keys with dots between them; in a list, a number is an index, and a key or a value is looked for in every
element. A value is compared as text, with numbers by what they are worth; `*` at its end stands for anything.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec

from journeyman_dashboard.params import BadQueryError

PARTS_MAX = 16


class PayloadTerm(NamedTuple):
    """A path and the value that is to be there."""

    path: tuple[str, ...]
    value: str

    def holds(self, payload: Any) -> bool:
        """Tell whether a payload has the value at the path."""
        return any(_is(found, self.value) for found in _at(payload, self.path))


def read_terms(name: str, texts: list[str] | None) -> tuple[PayloadTerm, ...]:
    """Return `path:value` texts as terms; the path ends at the first colon."""
    terms = []
    for text in texts or ():
        path, colon, value = text.partition(":")
        parts = tuple(path.split("."))
        if not colon or not all(parts) or len(parts) > PARTS_MAX:
            raise BadQueryError(name, "must be path:value, like user.id:42")
        terms.append(PayloadTerm(parts, value))
    return tuple(terms)


def payload_holds(text: str, terms: tuple[PayloadTerm, ...]) -> bool:
    """Tell whether a payload, as JSON text, satisfies all terms."""
    try:
        payload = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return False
    return all(term.holds(payload) for term in terms)


def _at(value: Any, path: tuple[str, ...]) -> Iterator[Any]:
    """Yield what is at a path: several where it leads through lists."""
    if not path:
        yield from value if isinstance(value, list) else [value]
        return
    head, rest = path[0], path[1:]
    if isinstance(value, dict):
        if head in value:
            yield from _at(value[head], rest)
    elif isinstance(value, list):
        if head.isascii() and head.isdigit():
            if len(head) < 10 and int(head) < len(value):
                yield from _at(value[int(head)], rest)
        else:
            for element in value:
                if isinstance(element, dict):
                    yield from _at(element, path)


def _is(found: Any, wanted: str) -> bool:
    match found:
        case str():
            return found.startswith(wanted[:-1]) if wanted.endswith("*") else found == wanted
        case None:
            return wanted == "null"
        case bool():
            return wanted == ("true" if found else "false")
        case int() | float():
            return found == _number(wanted)
    return False


def _number(text: str) -> float | int | None:
    try:
        value = msgspec.json.decode(text, type=int | float)
    except (msgspec.DecodeError, UnicodeEncodeError):
        return None
    return value
