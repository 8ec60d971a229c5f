"""Holds JSON against the types of Grafana's published schema, as the library that is generated from it has them."""

from __future__ import annotations

import enum
import json
import types
import typing
from collections.abc import Iterator, Mapping
from typing import Any

from grafana_foundation_sdk.cog import plugins
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import Dashboard

SCHEMA = "grafana_foundation_sdk"

_SCALARS: Mapping[object, tuple[type, ...]] = {str: (str,), int: (int,), float: (int, float), bool: (bool,)}


def violations(document: dict[str, Any]) -> list[str]:
    """Return what in a dashboard is not as the schema says: fields it does not know, values it does not allow."""
    plugins.register_default_plugins()
    read = Dashboard.from_json(document)
    again = json.loads(json.dumps(read, cls=JSONEncoder))
    return [*_unknown(document, again, "$"), *_wrong(read, Dashboard, "$")]


def _unknown(document: object, known: object, path: str) -> Iterator[str]:
    """Yield the fields that were lost when it was read as the schema's types."""
    if isinstance(document, dict) and isinstance(known, dict):
        for name, value in document.items():
            if name not in known:
                yield f"{path}.{name}: unknown"
            else:
                yield from _unknown(value, known[name], f"{path}.{name}")
    elif isinstance(document, list) and isinstance(known, list):
        for index, (value, other) in enumerate(zip(document, known, strict=True)):
            yield from _unknown(value, other, f"{path}[{index}]")
    elif document != known:
        yield f"{path}: {document!r} was read as {known!r}"


def _wrong(value: object, hint: Any, path: str) -> Iterator[str]:
    """Yield the values that are not of their field's type."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if hint in (Any, object):
        # Anything, unless it was read as what its kind of panel has there.
        if not type(value).__module__.startswith(SCHEMA):
            return
        hint = type(value)
    if isinstance(value, dict) and hasattr(hint, "from_json"):
        # Some nested types are left as they are when what is around them is read.
        read = hint.from_json(value)
        yield from _unknown(value, json.loads(json.dumps(read, cls=JSONEncoder)), path)
        value = read
    if origin in (typing.Union, types.UnionType):
        against = [list(_wrong(value, one, path)) for one in arguments]
        if all(against):
            # Of an alternative that it is by itself, but for something within, that is told.
            within = [words for words in against if not any(word.startswith(f"{path}:") for word in words)]
            yield from within[0] if within else [f"{path}: {value!r} is none of {hint}"]
    elif origin is list and isinstance(value, list):
        for index, one in enumerate(value):
            yield from _wrong(one, arguments[0], f"{path}[{index}]")
    elif origin is dict and isinstance(value, dict):
        for name, one in value.items():
            yield from _wrong(one, arguments[1], f"{path}.{name}")
    elif not _is(value, hint):
        yield f"{path}: {value!r} is not {getattr(hint, '__name__', hint)}"
    elif isinstance(hint, type) and hint.__module__.startswith(SCHEMA):
        for field, kind in typing.get_type_hints(type(value)).items():
            yield from _wrong(getattr(value, field, None), kind, f"{path}.{field}")


def _is(value: object, hint: Any) -> bool:
    """Say whether something that is not of several kinds is of this one."""
    if typing.get_origin(hint) is typing.Literal:
        return value in typing.get_args(hint)
    if hint in _SCALARS:
        return isinstance(value, _SCALARS[hint]) and (hint is bool or not isinstance(value, bool))
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        return value in {one.value for one in hint}
    return isinstance(value, hint) if isinstance(hint, type) else True
