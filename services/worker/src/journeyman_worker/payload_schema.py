"""What a function takes, as a JSON schema of the payload object. Pure.

Everything msgspec can check becomes a schema that says so. What it cannot describe is left open, parameter by
parameter: a loose schema is honest, and no annotation keeps a worker from starting.
"""

from __future__ import annotations

import typing
from collections.abc import Sequence
from inspect import Parameter
from typing import Any, NamedTuple

import msgspec

_REFERENCE = "#/$defs/"
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(dict[str, Any]).decode
_Properties = dict[str, dict[str, Any]]


class Field(NamedTuple):
    """A value that a payload has by name. `default`: `Parameter.empty` where it must be given."""

    name: str
    type: Any
    default: Any = Parameter.empty

    @property
    def required(self) -> bool:
        """Whether a payload without it is refused."""
        return self.default is Parameter.empty


def payload_shape(fields: Sequence[Field], *, is_open: bool) -> type[msgspec.Struct]:
    """Return the struct that a payload is decoded into; what is not given is UNSET. Raises TypeError.

    is_open: it may have other members too.
    """
    members: list[Any] = [
        (one.name, one.type) if one.required else (one.name, typing.Union[one.type, msgspec.UnsetType], msgspec.UNSET)
        for one in fields
    ]
    return msgspec.defstruct("Payload", members, kw_only=True, forbid_unknown_fields=not is_open)


def payload_schema(fields: Sequence[Field], *, is_open: bool) -> dict[str, Any]:
    """Return the schema of a payload with these fields. Never fails."""
    for candidate in (fields, [one if _describable(one) else one._replace(type=Any) for one in fields]):
        try:
            return _decode(_encode(_schema(candidate, is_open=is_open)))
        except Exception:  # noqa: BLE001, S112 - annotations run code of anybody's; what they break is said loosely
            continue
    return {"type": "object"}


def _describable(field: Field) -> bool:
    try:
        _encode(msgspec.json.schema_components([field.type]))
    except Exception:  # noqa: BLE001 - as above
        return False
    return True


def _schema(fields: Sequence[Field], *, is_open: bool) -> dict[str, Any]:
    shape = payload_shape(fields, is_open=is_open)
    (reference,), components = msgspec.json.schema_components([shape], ref_template=_REFERENCE + "{name}")
    root = components.pop(reference["$ref"].removeprefix(_REFERENCE))
    properties: _Properties = root.get("properties", {})
    for one in fields:
        if not one.required and one.default is not msgspec.UNSET:
            _add_default(properties.get(one.name, {}), one.default)
    schema = {name: value for name, value in root.items() if name != "title"}
    return {**schema, "$defs": components} if components else schema


def _add_default(schema: dict[str, Any], default: Any) -> None:
    try:
        schema["default"] = msgspec.to_builtins(default)
    except Exception:  # noqa: BLE001 - it has a default that is no JSON; that is all there is to say
        schema.pop("default", None)
