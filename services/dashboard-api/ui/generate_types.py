"""Write src/api/types.ts: the shapes of both APIs, from their OpenAPI documents. `--check` only compares.

Run it with the Python of the repository after a change of the API: `.venv/bin/python services/dashboard-api/ui/generate_types.py`.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any, cast

from litestar import Litestar

from journeyman_dashboard.app import build_app as build_dashboard
from journeyman_ingest.app import build_app as build_ingest

TARGET = Path(__file__).parent / "src/api/types.ts"
NOTE = "// The shapes that the APIs answer. Generated from their OpenAPI documents by generate_types.py; do not edit.\n"
SIMPLE = {"string": "string", "integer": "number", "number": "number", "boolean": "boolean", "null": "null"}

Schema = dict[str, Any]


def name_of(reference: str) -> str:
    """Return the name of a type: the last part of a generic's arguments says what it lists."""
    name = reference.rpartition("/")[2]
    generic = re.fullmatch(r"(\w+?)_(?:[\w.]*\.)?(\w+?)_", name)
    return f"{generic[1]}{generic[2]}" if generic else name


def written(schema: Schema) -> str:
    """Return a schema as a TypeScript type."""
    match schema:
        case {"$ref": str(reference)}:
            return name_of(reference)
        case {"enum": list(values)}:
            return " | ".join(json.dumps(value) for value in values)
        case {"oneOf": list(options)} | {"anyOf": list(options)}:
            return " | ".join(written(option) for option in options)
        case {"type": "array", "items": items}:
            inner = written(items)
            return f"({inner})[]" if " | " in inner else f"{inner}[]"
        case {"type": list(kinds)}:
            return " | ".join(written({**schema, "type": kind}) for kind in kinds)
        case {"properties": properties}:
            return fields(properties, schema.get("required", []), "; ")
        case {"additionalProperties": dict(values)}:
            return f"Record<string, {written(values)}>"
        case {"type": "object"}:
            return "Record<string, unknown>"
        case {"type": str(kind)}:
            return SIMPLE[kind]
    return "unknown"


def fields(properties: dict[str, Schema], required: list[str], between: str) -> str:
    """Return the fields of an object. What an answer has a default for is always in it."""
    lines = [
        f"{name}{'' if name in required or 'default' in schema else '?'}: {written(schema)}"
        for name, schema in properties.items()
    ]
    return "{ " + between.join(lines) + " }"


def declared(name: str, schema: Schema) -> str:
    """Return the declaration of a named schema."""
    about = f"/** {schema['description']} */\n" if "description" in schema else ""
    if "properties" not in schema:
        return f"{about}export type {name} = {written(schema)};\n"
    lines = fields(schema["properties"], schema.get("required", []), ";\n  ")
    return f"{about}export interface {name} {{\n  {lines[2:-2]};\n}}\n"


def types() -> str:
    """Return the module."""
    found: dict[str, str] = {}
    ingest = cast("Any", build_ingest(cast("Any", None)))._app
    for app in (ingest, build_dashboard(cast("Any", None))):
        document = cast("Litestar", app).openapi_schema.to_schema()
        for key, schema in document["components"]["schemas"].items():
            found[name_of(key)] = declared(name_of(key), schema)
    return NOTE + "".join(f"\n{found[name]}" for name in sorted(found))


def main() -> int:
    """Write the module, or say that it is old."""
    wanted = types()
    if "--check" not in sys.argv:
        TARGET.write_text(wanted)
    elif not TARGET.exists() or TARGET.read_text() != wanted:
        print("src/api/types.ts is old: run services/dashboard-api/ui/generate_types.py", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
