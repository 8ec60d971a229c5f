"""What is installed is pinned, by hash, from wherever the machine gets its packages."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
LOCK = (ROOT / "requirements.lock").read_text()
PYPROJECTS = sorted(
    [ROOT / "shared/pyproject.toml", *ROOT.glob("services/*/pyproject.toml"), *ROOT.glob("deploy/*/pyproject.toml")]
)
PINS = {canonicalize_name(name): version for name, version in re.findall(r"^([\w.-]+)==([^\s;]+)", LOCK, re.MULTILINE)}


def test_the_lock_names_no_address() -> None:
    assert re.findall(r"https?://|--index-url|--find-links|file:", LOCK) == []


def test_everything_in_the_lock_is_pinned_by_hash() -> None:
    entries = re.split(r"^(?=[\w])", LOCK, flags=re.MULTILINE)[1:]

    assert [entry.split()[0] for entry in entries if "==" not in entry or "--hash=sha256:" not in entry] == []


@pytest.mark.parametrize("path", PYPROJECTS, ids=lambda path: path.parent.name)
def test_the_lock_fulfils_what_a_distribution_needs(path: Path) -> None:
    project = tomllib.loads(path.read_text())["project"]
    needs = [Requirement(text) for text in project["dependencies"] if not text.startswith("journeyman")]

    unmet = [str(need) for need in needs if not need.specifier.contains(PINS.get(canonicalize_name(need.name), "0"))]
    assert unmet == [], "run `make lock`"
