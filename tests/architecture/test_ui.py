"""What the UI must know of the rest of the system, and how large its rooms may be."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
UI = ROOT / "services/dashboard-api/ui"
FILE_LINES_MAX = 250

SOURCES = [path for path in sorted((UI / "src").rglob("*")) if path.suffix in {".ts", ".tsx", ".css"}]


def test_its_types_are_those_of_the_apis() -> None:
    script = UI / "generate_types.py"
    checked = subprocess.run([sys.executable, script, "--check"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr


def test_it_listens_to_every_event() -> None:
    events = set(re.findall(r"^## `([\w.]+)`", (ROOT / "docs/events.md").read_text(), re.MULTILINE))
    known = set(re.findall(r'"([\w]+\.[\w]+)"', (UI / "src/live/tags.ts").read_text()))
    assert events - known == set()


def test_a_file_can_be_read_to_the_end() -> None:
    lines = {str(path.relative_to(UI)): path.read_text().count("\n") for path in SOURCES if path.name != "types.ts"}
    assert {path: count for path, count in lines.items() if count > FILE_LINES_MAX} == {}


def test_its_packages_are_pinned_and_their_lock_names_no_registry() -> None:
    package = (UI / "package.json").read_text()
    lock = (UI / "package-lock.json").read_text()
    assert re.findall(r'": "[\^~>*]', package.replace('"node": ">=20.19"', "")) == []
    assert '"resolved"' not in lock
    assert lock.count('"integrity"') > 50
