"""Holds a configuration file against the keys that its documentation names: a model of them, and nothing besides."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, TypeVar

import msgspec
import yaml

T = TypeVar("T")

Duration = Annotated[str, msgspec.Meta(pattern=r"^-?(\d+(\.\d+)?(ms|s|m|h|d))+$")]
Address = Annotated[str, msgspec.Meta(pattern=r"^(\d+\.){3}\d+:\d+$")]
Port = Annotated[int, msgspec.Meta(ge=1, le=65_535)]


class Strict(msgspec.Struct, forbid_unknown_fields=True):
    """Nothing that is not named, and nothing left out that has no default."""


class Camel(Strict, rename="camel"):
    """The same, written as Grafana writes names."""


def read_as(path: Path, kind: type[T]) -> T:
    """Return a YAML file as what it is to be. Fails with the path of the key that is not."""
    return msgspec.convert(yaml.safe_load(path.read_text()), kind)
