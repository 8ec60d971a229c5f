"""How many values are handed to a statement."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec


def as_json(values: Iterable[Any]) -> str:
    """Write values as the one parameter of a statement that reads them with json_each."""
    return msgspec.json.encode(list(values)).decode()
