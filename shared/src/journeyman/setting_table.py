"""The settings as a table, from which their page is made. Pure."""

from __future__ import annotations

import typing

import msgspec
from msgspec import Meta

from journeyman.settings import PREFIX, Settings


class Documented(typing.NamedTuple):
    """One row of the settings table: variable, default as text, meaning."""

    variable: str
    default: str
    meaning: str


def documented() -> list[Documented]:
    """Return every setting with its default and meaning, in the order of the struct."""
    hints = typing.get_type_hints(Settings, include_extras=True)
    rows = []
    for field in msgspec.structs.fields(Settings):
        metas = [meta for meta in getattr(hints[field.name], "__metadata__", ()) if isinstance(meta, Meta)]
        meaning = next(meta.description for meta in reversed(metas) if meta.description)
        rows.append(Documented(PREFIX + field.name.upper(), str(field.default), meaning))
    return rows
