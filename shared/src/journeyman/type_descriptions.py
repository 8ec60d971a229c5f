"""What a worker tells of its types of jobs when it joins: what they take, in words and as a JSON schema. Pure.

It travels as JSON text, `{type: {"schema", "description", "queue", "max_attempts", "timeout_ms"}}`, in `worker.joined`.
What is too large is left out by the writer; a reader takes what it understands, and never fails for the rest.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, TypeAlias

import msgspec

#: A schema that is larger than this is left out: a form made from it would be no help.
SCHEMA_BYTES_MAX = 16 * 1024
#: What all descriptions of a worker take. They stand in the log once for each worker that joins.
TOLD_BYTES_MAX = 256 * 1024
DESCRIPTION_MAX = 1_000


Count: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=2**53)]


class TypeDescription(msgspec.Struct, frozen=True):
    """A type of job, as the worker that runs it describes it.

    schema: JSON schema of the payload; null where it is not told. queue, max_attempts, timeout_ms: what
    its jobs have where they are submitted by the worker's own code and nobody says otherwise.
    """

    schema: dict[str, Any] | None = None
    description: str = ""
    queue: str = "default"
    max_attempts: Count = 3
    timeout_ms: Count = 600_000


class Told(msgspec.Struct, frozen=True):
    """The text for `worker.joined`, and the types of which it has no schema, or nothing, for want of room."""

    text: str
    without_schema: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()


_encode = msgspec.json.Encoder().encode
_read_all = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_read_one = msgspec.json.Decoder(TypeDescription).decode
_BEGINNING = len(b'"":,')


def write_descriptions(types: Mapping[str, TypeDescription]) -> Told:
    """Return what is told of these types, by name. Small schemas come first where there is no room for all."""
    room = TOLD_BYTES_MAX - len(b"{}")
    told: dict[str, TypeDescription] = {}
    bare, left_out = [], []
    sized = [(_size(one), name, one) for name, one in types.items()]
    for size, name, one in sorted(sized, key=lambda each: each[:2]):
        chosen = one
        if one.schema is not None and (size > SCHEMA_BYTES_MAX or _length(name, one) > room):
            chosen = msgspec.structs.replace(one, schema=None)
            bare.append(name)
        if _length(name, chosen) > room:
            left_out.append(name)
            continue
        room -= _length(name, chosen)
        told[name] = chosen
    text = _encode(dict(sorted(told.items()))).decode() if told else ""
    return Told(text, tuple(sorted(set(bare) - set(left_out))), tuple(sorted(left_out)))


def _size(one: TypeDescription) -> int:
    return 0 if one.schema is None else len(_encode(one.schema))


def _length(name: str, one: TypeDescription) -> int:
    return len(name) + _BEGINNING + len(_encode(one))


def read_descriptions(text: str) -> dict[str, TypeDescription]:
    """Return what a worker told of its types. What is none of it is passed over."""
    if not text:
        return {}
    try:
        found = _read_all(text)
    except (msgspec.MsgspecError, RecursionError):
        return {}
    return {name: one for name, raw in found.items() if (one := _description(raw)) is not None}


def _description(raw: msgspec.Raw) -> TypeDescription | None:
    try:
        return _read_one(raw)
    except (msgspec.MsgspecError, RecursionError):
        return None
