"""What a worker tells of its types: schemas from annotations, words from docstrings, within limits."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal, NotRequired, TypedDict, Unpack

import dramatiq
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Meta

import journeyman_worker as jm
from journeyman.type_descriptions import (
    SCHEMA_BYTES_MAX,
    TOLD_BYTES_MAX,
    TypeDescription,
    read_descriptions,
    write_descriptions,
)
from journeyman_worker.binding import Arguments, Binding
from journeyman_worker.broker import JourneymanBroker
from journeyman_worker.descriptions import describe
from journeyman_worker.exceptions import InvalidPayload


@dataclass
class Box:
    """A part of the picture."""

    left: int
    top: int = 0


class Unlike:
    """What msgspec knows nothing of."""


Rest = TypedDict("Rest", {"from": Annotated[str, Meta(min_length=3)], "cc": NotRequired[list[str]]})


def cut(
    path: Annotated[str, Meta(description="Where it is.", min_length=1)],
    box: Box,
    at: datetime | None = None,
    sizes: list[int] = [128, 256],  # noqa: B006 - never changed
    form: Literal["webp", "jpeg"] = "webp",
) -> None:
    """Cut a `box` out
    of a picture.

    Nobody is told this.
    """


def schema(fn: Any) -> Any:
    return Binding(fn, typed=True).schema()


def test_parameters_are_the_members_of_the_payload() -> None:
    said = schema(cut)
    assert said["required"] == ["path", "box"]
    assert said["additionalProperties"] is False
    assert said["properties"]["path"] == {"type": "string", "minLength": 1, "description": "Where it is."}
    assert said["properties"]["at"]["default"] is None
    assert said["properties"]["sizes"] == {"type": "array", "items": {"type": "integer"}, "default": [128, 256]}
    assert set(said["properties"]["form"]["enum"]) == {"webp", "jpeg"}
    assert said["properties"]["box"] == {"$ref": "#/$defs/Box"}
    assert said["$defs"]["Box"]["required"] == ["left"]


def test_parameters_without_annotations_may_be_anything() -> None:
    def loose(a, b=object(), *rest, **more):  # type: ignore[no-untyped-def]  # noqa: B008
        pass

    assert schema(loose) == {"type": "object", "properties": {"a": {}, "b": {}}, "required": ["a"]}


def test_what_cannot_be_described_is_left_open_and_its_neighbours_are_not() -> None:
    def odd(unlike: Unlike, width: int, boxes: dict[str, Unlike] = {}) -> None:  # noqa: B006
        pass

    assert schema(odd)["properties"] == {"unlike": {}, "width": {"type": "integer"}, "boxes": {"default": {}}}


def test_a_type_whose_schema_fails_in_any_way_takes_any_object() -> None:
    def broken(a: Annotated[int, Meta(extra_json_schema={"x-of": Unlike()})]) -> None:
        pass

    assert schema(broken) == {
        "type": "object",
        "properties": {"a": {}},
        "required": ["a"],
        "additionalProperties": False,
    }


def test_members_unpacked_from_a_typed_dict_are_named_and_checked() -> None:
    def send(to: str, **rest: Unpack[Rest]) -> None:
        pass

    binding = Binding(send, typed=True)
    assert list(schema(send)["properties"]) == ["to", "from", "cc"]
    assert schema(send)["required"] == ["to", "from"]
    assert binding.arguments('{"to": "a", "from": "bob"}') == Arguments((), {"to": "a", "from": "bob"})
    for payload in ('{"to": "a"}', '{"to": "a", "from": "b"}', '{"to": "a", "from": "bob", "bcc": []}'):
        with pytest.raises(InvalidPayload):
            binding.arguments(payload)


def test_a_description_has_the_first_paragraph_and_the_policies() -> None:
    broker = JourneymanBroker()
    jm.job("cut", queue="images", max_attempts=5, timeout="30s", broker=broker)(cut)
    told = read_descriptions(describe(broker.actors))["cut"]
    assert told.description == "Cut a `box` out of a picture."
    assert (told.queue, told.max_attempts, told.timeout_ms) == ("images", 5, 30_000)
    assert told.schema == schema(cut)


def test_a_plain_actor_is_described_by_annotations_that_nobody_checks() -> None:
    broker = JourneymanBroker()

    @dramatiq.actor(broker=broker, max_retries=1)
    def plain(width: int, unlike: Unlike | None = None) -> None:
        pass

    told = read_descriptions(describe(broker.actors))["plain"]
    assert told.schema is not None
    assert told.schema["properties"]["width"] == {"type": "integer"}
    assert (told.description, told.max_attempts) == ("", 2)


def test_a_schema_that_is_too_large_is_left_out_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    broker = JourneymanBroker()

    def large(a: Annotated[str, Meta(description="x" * SCHEMA_BYTES_MAX)]) -> None:
        """Say little."""

    jm.job("large", broker=broker)(large)
    jm.job("cut", broker=broker)(cut)
    with caplog.at_level(logging.WARNING):
        told = read_descriptions(describe(broker.actors))
    assert (told["large"].schema, told["large"].description) == (None, "Say little.")
    assert told["cut"].schema is not None
    assert "large" in caplog.text


def test_there_is_room_for_so_much_and_small_schemas_come_first() -> None:
    schema = {"title": "x" * 15_000}
    types = {f"t{number:02}": TypeDescription(schema) for number in range(40)} | {"z": TypeDescription({})}
    told = write_descriptions(types)
    found = read_descriptions(told.text)
    assert len(told.text.encode()) <= TOLD_BYTES_MAX
    assert len(found) == 41
    assert found["z"].schema == {}
    assert [name for name, one in found.items() if one.schema is None] == list(told.without_schema) != []
    many = write_descriptions({"n" * 100 + str(number): TypeDescription() for number in range(3_000)})
    assert many.left_out
    assert len(many.text.encode()) <= TOLD_BYTES_MAX


descriptions = st.builds(
    TypeDescription,
    st.none() | st.dictionaries(st.text(max_size=5), st.text(max_size=20), max_size=3),
    st.text(max_size=20),
    st.text(max_size=5),
    st.integers(0, 100),
    st.integers(0, 10**9),
)


@given(st.dictionaries(st.text(max_size=10), descriptions, max_size=5))
def test_what_is_told_is_read_again(types: dict[str, TypeDescription]) -> None:
    assert read_descriptions(write_descriptions(types).text) == types


@given(
    st.text()
    | st.recursive(st.none() | st.integers() | st.text(), st.lists).map(lambda v: msgspec.json.encode(v).decode())
)
def test_reading_what_is_no_description_finds_none(text: str) -> None:
    assert isinstance(read_descriptions(text), dict)
    assert read_descriptions("[" * 100_000) == {}
