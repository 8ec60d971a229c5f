"""Hypothesis strategies for events, made from their annotations: every field, every type, nothing forgotten."""

from __future__ import annotations

import typing

from hypothesis import strategies as st

from journeyman import events as e

numbers = st.integers(0, 2**53)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
fractions = st.floats(allow_nan=False, allow_infinity=False, width=32)

_SIMPLE: dict[object, st.SearchStrategy[object]] = {
    int: numbers,
    str: texts,
    float: fractions,
    bool: st.booleans(),
    tuple[str, ...]: st.lists(texts, max_size=3).map(tuple),
    dict[str, str]: st.dictionaries(texts, texts, max_size=3),
}


def _of_annotation(annotation: object) -> st.SearchStrategy[object]:
    if annotation in _SIMPLE:
        return _SIMPLE[annotation]
    arguments = typing.get_args(annotation)
    if arguments:
        return st.one_of(*(st.none() if one is type(None) else _of_annotation(one) for one in arguments))
    assert isinstance(annotation, type)
    return _of_struct(annotation)


def _of_struct(struct: type) -> st.SearchStrategy[object]:
    hints = typing.get_type_hints(struct)
    fields: tuple[str, ...] = struct.__struct_fields__  # type: ignore[attr-defined]
    return st.builds(struct, **{name: _of_annotation(hints[name]) for name in fields})


any_event: st.SearchStrategy[e.Event] = st.one_of(*(_of_struct(event) for event in e.EVENT_TYPES))
any_events: st.SearchStrategy[list[e.Event]] = st.lists(any_event, min_size=1, max_size=6)
