"""From a payload to a function's arguments, checked against its annotations. Pure.

A payload object becomes keyword arguments. One msgspec decode checks names and types and builds the values, so
an annotation may be anything msgspec can decode into: structs, dataclasses, datetimes, unions. A payload
that is no object goes to a function with exactly one parameter, as its only argument. `**rest` takes any other member,
or those of a TypedDict: `**rest: Unpack[Rest]`, which may have names that no parameter can have.
"""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable
from inspect import Parameter
from typing import Any, NamedTuple, NotRequired, Required, Unpack

import msgspec

from journeyman_worker.exceptions import InvalidPayload
from journeyman_worker.payload_schema import Field, payload_schema, payload_shape

_POSITIONAL = (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)


class Arguments(NamedTuple):
    """What a function is called with."""

    args: tuple[Any, ...] = ()
    kwargs: dict[str, Any] = {}


class _Envelope(msgspec.Struct, forbid_unknown_fields=True):
    """How `.send(…)` of a plain actor travels: what was given by position, and what by name."""

    args: list[Any]
    kwargs: dict[str, Any]


class Binding:
    """How the payloads of one job type become arguments. Built once per function."""

    def __init__(self, fn: Callable[..., Any], *, typed: bool) -> None:
        """Look at `fn`. Raises TypeError where an annotation cannot be decoded into.

        typed: check the values against the annotations, not the names alone.
        """
        self.signature = inspect.signature(fn)
        hints = _hints(fn) if typed else {}
        parameters = self.signature.parameters.values()
        self._named = [p for p in parameters if p.kind not in (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD)]
        self._positional_only = [p.name for p in self._named if p.kind is Parameter.POSITIONAL_ONLY]
        rest = next((p for p in parameters if p.kind is Parameter.VAR_KEYWORD), None)
        members = None if rest is None else _members(hints.get(rest.name))
        self._open = rest is not None and members is None
        self._fields = [Field(p.name, hints.get(p.name, Any), p.default) for p in self._named] + (members or [])
        self._decode = msgspec.json.Decoder(payload_shape(self._fields, is_open=self._open)).decode
        self._names = tuple(field.name for field in self._fields)
        self._alone = self._decoder_of_the_only_parameter()

    def schema(self) -> dict[str, Any]:
        """Return the JSON schema of a payload object: as strict as the annotations can be told."""
        return payload_schema(self._fields, is_open=self._open)

    def _decoder_of_the_only_parameter(self) -> Callable[[str | bytes], Any] | None:
        if len(self.signature.parameters) != 1 or len(self._named) != 1 or self._named[0].kind not in _POSITIONAL:
            return None
        return msgspec.json.Decoder(self._fields[0].type).decode

    def arguments(self, payload: str | bytes) -> Arguments:
        """Return the arguments for a payload (JSON text). Raises InvalidPayload."""
        if not self._names and not self._open and payload in ("{}", b"{}"):
            return Arguments((), {})
        try:
            if not _is_object(payload):
                return self._only(payload)
            values = self._decode(payload)
            given = {name: value for name in self._names if (value := getattr(values, name)) is not msgspec.UNSET}
            if self._open:
                everything = msgspec.json.decode(payload)
                given = {**everything, **given}
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise InvalidPayload(str(error)) from None
        if self._positional_only:
            return self._by_position(given)
        return Arguments((), given)

    def _by_position(self, given: dict[str, Any]) -> Arguments:
        args = []
        for name in self._positional_only:
            if name not in given:
                break
            args.append(given.pop(name))
        if stray := [name for name in self._positional_only if name in given]:
            raise InvalidPayload(f"`{stray[0]}` is given, but a parameter before it is not")
        return Arguments(tuple(args), given)

    def _only(self, payload: str | bytes) -> Arguments:
        if self._alone is None:
            raise InvalidPayload("Expected `object`: the job does not take exactly one parameter")
        return Arguments((self._alone(payload),), {})

    def enveloped(self, payload: str | bytes) -> Arguments:
        """Return the arguments of a plain actor: from `{"args": […], "kwargs": {…}}`, or as `arguments` does."""
        try:
            envelope = msgspec.json.decode(payload, type=_Envelope)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return self.arguments(payload)
        return self.check(tuple(envelope.args), envelope.kwargs)

    def check(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Arguments:
        """Return the arguments as they are. Raises InvalidPayload where the function does not take them."""
        try:
            self.signature.bind(*args, **kwargs)
        except TypeError as error:
            raise InvalidPayload(str(error)) from None
        return Arguments(args, kwargs)

    def as_object(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
        """Return a call's arguments by name, as a payload object. Raises TypeError as the call itself would."""
        given: dict[str, Any] = {}
        for name, value in self.signature.bind(*args, **kwargs).arguments.items():
            kind = self.signature.parameters[name].kind
            if kind is Parameter.VAR_KEYWORD:
                given.update(value)
            elif kind is Parameter.VAR_POSITIONAL:
                raise TypeError(f"a payload names its values: *{name} cannot be submitted")
            else:
                given[name] = value
        return given


def _is_object(payload: str | bytes) -> bool:
    head = payload.lstrip()[:1] if payload[:1] not in ("{", b"{") else payload[:1]
    return head in ("{", b"{")


def _hints(fn: Callable[..., Any]) -> dict[str, Any]:
    try:
        return typing.get_type_hints(fn, include_extras=True)
    except NameError as error:
        raise TypeError(f"an annotation of {fn.__qualname__} cannot be resolved: {error}") from None


def _members(annotation: Any) -> list[Field] | None:
    """Return the members of a TypedDict that keyword arguments are unpacked from; None for anything else."""
    if typing.get_origin(annotation) is not Unpack:
        return None
    (shape,) = typing.get_args(annotation)
    if not typing.is_typeddict(shape):
        return None
    hints = _hints(shape)
    return [
        Field(name, _value_type(hint), Parameter.empty if name in shape.__required_keys__ else msgspec.UNSET)
        for name, hint in hints.items()
    ]


def _value_type(hint: Any) -> Any:
    return typing.get_args(hint)[0] if typing.get_origin(hint) in (Required, NotRequired) else hint
