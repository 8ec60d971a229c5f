"""Return values as JSON."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeyman_worker.exceptions import UnserialisableResult
from journeyman_worker.results import encode_result


class Hostile:
    @property
    def __dict__(self) -> Any:  # type: ignore[override]
        raise ValueError("go away")


def endless() -> list[Any]:
    value: list[Any] = []
    value.append(value)
    return value


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, b"null"),
        ({"a": (1, 2)}, b'{"a":[1,2]}'),
        (float("nan"), b"null"),
        (float("-inf"), b"null"),
        (10**40, b"1" + b"0" * 40),
        ({1: 2}, b'{"1":2}'),
        ({3}, b"[3]"),
        (b"x", b'"eA=="'),
    ],
)
def test_what_has_a_sensible_form_gets_it(value: object, text: bytes) -> None:
    assert encode_result(value) == text


@pytest.mark.parametrize(
    "value",
    [object(), "\ud800", {"\udfff": 1}, {(1, 2): 3}, {None: 1}, endless(), ValueError("x"), lambda: 1, Hostile()],
    ids=lambda value: type(value).__name__,
)
def test_what_has_none_is_unserialisable_and_never_a_crash(value: object) -> None:
    with pytest.raises(UnserialisableResult):
        encode_result(value)


json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


@given(json)
def test_json_comes_back_as_it_went(value: Any) -> None:
    assert msgspec.json.decode(encode_result(value)) == value
