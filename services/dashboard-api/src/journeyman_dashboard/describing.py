"""What workers tell of their types when they join, as rows of `described`. Pure."""

from __future__ import annotations

from typing import TypeAlias

import msgspec

from journeyman.events import WorkerJoined
from journeyman.type_descriptions import DESCRIPTION_MAX, SCHEMA_BYTES_MAX, read_descriptions

#: type, partition, told_at_ms, queue, max_attempts, timeout_ms, description, schema
DescribedRow: TypeAlias = tuple[str, int, int, str, int, int, str, str | None]

_json = msgspec.json.Encoder().encode


def described(event: WorkerJoined, partition: int, at_ms: int) -> list[DescribedRow]:
    """Return what a worker told of its types: of those that it knows, and as far as it keeps to the limits."""
    rows: list[DescribedRow] = []
    for name, told in read_descriptions(event.described).items():
        if name not in event.types:
            continue
        schema = None if told.schema is None else _json(told.schema)
        text = schema.decode() if schema is not None and len(schema) <= SCHEMA_BYTES_MAX else None
        about = told.description[:DESCRIPTION_MAX]
        rows.append((name, partition, at_ms, told.queue, told.max_attempts, told.timeout_ms, about, text))
    return rows
