"""Small rooms: no file and no function that nobody reads to the end, and no drawer for everything."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
FILE_LINES_MAX = 400
FUNCTION_LINES_MAX = 70
DRAWERS = {"utils", "util", "helpers", "helper", "common", "manager", "managers", "base", "misc"}

SOURCES = sorted(
    path
    for folder in ("shared/src", "services", "deploy", "tests", "benchmarks")
    for path in (ROOT / folder).rglob("*.py")
    if "node_modules" not in path.parts and not any(part.startswith(".") for part in path.relative_to(ROOT).parts)
)


def test_a_file_can_be_read_to_the_end() -> None:
    lines = {str(path.relative_to(ROOT)): path.read_text().count("\n") for path in SOURCES}

    assert {path: count for path, count in lines.items() if count > FILE_LINES_MAX} == {}


def test_a_function_can_be_seen_at_once() -> None:
    assert {name: count for path in SOURCES for name, count in _functions(path) if count > FUNCTION_LINES_MAX} == {}


def _functions(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield f"{path.relative_to(ROOT)}:{node.name}", _lines(node)


def _lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    assert node.end_lineno is not None
    return node.end_lineno - node.lineno + 1


def test_no_file_is_a_drawer_for_everything() -> None:
    assert [path for path in SOURCES if path.stem in DRAWERS] == []
