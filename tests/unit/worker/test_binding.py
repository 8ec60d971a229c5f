"""From payloads to arguments."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeyman_worker.binding import Arguments, Binding
from journeyman_worker.exceptions import InvalidPayload


@dataclass
class Size:
    width: int
    height: int = 1


def thumbnail(path: str, width: int = 256, *, sizes: list[Size] = [], at: datetime | None = None) -> None:  # noqa: B006
    pass


def test_an_object_becomes_keyword_arguments_and_defaults_stay_the_functions_own() -> None:
    assert Binding(thumbnail, typed=True).arguments('{"path": "cat.jpg"}') == Arguments((), {"path": "cat.jpg"})


def test_values_are_built_as_the_annotations_say() -> None:
    bound = Binding(thumbnail, typed=True).arguments(
        b'{"path": "x", "sizes": [{"width": 3}], "at": "2026-01-02T03:04:05Z"}'
    )
    assert bound.kwargs["sizes"] == [Size(3, 1)]
    assert bound.kwargs["at"].year == 2026


@pytest.mark.parametrize(
    ("payload", "words"),
    [
        ('{"path": 3}', "Expected `str`, got `int` - at `$.path`"),
        ('{"width": 3}', "missing required field `path`"),
        ('{"path": "x", "height": 3}', "unknown field `height`"),
        ('{"path": "x", "sizes": [{"width": "w"}]}', "at `$.sizes[0].width`"),
        ("[]", "Expected `object`"),
        ("null", "Expected `object`"),
        ('{"path": ', "truncated"),
        ('{"path": "\\ud800"}', ""),
    ],
)
def test_a_mismatch_is_an_invalid_payload_that_says_where(payload: str, words: str) -> None:
    with pytest.raises(InvalidPayload) as caught:
        Binding(thumbnail, typed=True).arguments(payload)
    assert words in str(caught.value)


def test_a_null_is_given_as_none_and_not_as_the_default() -> None:
    assert Binding(thumbnail, typed=True).arguments('{"path": "x", "at": null}').kwargs["at"] is None


def test_a_payload_that_is_no_object_goes_to_the_only_parameter() -> None:
    def total(numbers: list[int]) -> None: ...

    assert Binding(total, typed=True).arguments(" [1, 2]") == Arguments(([1, 2],), {})
    with pytest.raises(InvalidPayload):
        Binding(total, typed=True).arguments('["x"]')


def test_keyword_parameters_take_whatever_is_left() -> None:
    def echo(a: int, **rest: Any) -> None: ...

    assert Binding(echo, typed=True).arguments('{"a": 1, "b": [2]}') == Arguments((), {"a": 1, "b": [2]})


def test_positional_only_parameters_are_given_by_position() -> None:
    def divide(a: int, b: int = 2, /, *, digits: int = 0) -> None: ...

    assert Binding(divide, typed=True).arguments('{"a": 1, "digits": 3}') == Arguments((1,), {"digits": 3})
    assert Binding(divide, typed=True).arguments('{"b": 3, "a": 1}') == Arguments((1, 3), {})


def test_constraints_in_annotations_hold() -> None:
    def resize(width: Annotated[int, msgspec.Meta(ge=1)]) -> None: ...

    with pytest.raises(InvalidPayload, match=">= 1"):
        Binding(resize, typed=True).arguments('{"width": 0}')


def test_a_function_without_parameters_takes_the_empty_object_and_nothing_else() -> None:
    def noop() -> None: ...

    binding = Binding(noop, typed=True)
    assert binding.arguments("{}") == Arguments((), {})
    with pytest.raises(InvalidPayload):
        binding.arguments('{"a": 1}')
    with pytest.raises(InvalidPayload):
        binding.arguments("3")


def test_an_annotation_that_cannot_be_resolved_is_told_when_the_job_is_prepared() -> None:
    namespace: dict[str, Any] = {}
    exec("def job(a: 'Nowhere') -> None: ...", namespace)
    with pytest.raises(TypeError, match="Nowhere"):
        Binding(namespace["job"], typed=True)


def test_a_plain_actors_arguments_travel_by_position_and_name() -> None:
    def plain(a, b, c=3): ...  # type: ignore[no-untyped-def]

    binding = Binding(plain, typed=False)
    assert binding.enveloped('{"args": [1], "kwargs": {"b": 2}}') == Arguments((1,), {"b": 2})
    assert binding.enveloped('{"a": 1, "b": 2}') == Arguments((), {"a": 1, "b": 2})
    with pytest.raises(InvalidPayload, match="missing a required argument"):
        binding.enveloped('{"args": [1], "kwargs": {}}')


@given(
    st.dictionaries(st.sampled_from(["path", "width", "other"]), st.none() | st.integers(0, 9) | st.text(max_size=3))
)
def test_what_a_call_is_submitted_as_binds_to_the_same_call(given: dict[str, Any]) -> None:
    binding = Binding(thumbnail, typed=True)
    try:
        bound = binding.arguments(msgspec.json.encode(given))
    except InvalidPayload:
        return
    assert binding.as_object((), bound.kwargs) == given


def test_a_call_with_wrong_arguments_cannot_be_submitted() -> None:
    with pytest.raises(TypeError):
        Binding(thumbnail, typed=True).as_object((), {"nothing": 1})

    def many(*numbers: int) -> None: ...

    with pytest.raises(TypeError, match=r"\*numbers"):
        Binding(many, typed=True).as_object((1, 2), {})
