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
#: What Pulumi's programs need besides: in the same environment, so it may not say otherwise.
DEPLOY_LOCK = (ROOT / "deploy/requirements.lock").read_text()
COMPONENTS = ROOT / "deploy/components/pyproject.toml"
PYPROJECTS = sorted(
    [ROOT / "shared/pyproject.toml", *ROOT.glob("services/*/pyproject.toml"), *ROOT.glob("deploy/*/pyproject.toml")]
)


def pins(lock: str) -> dict[str, str]:
    found = re.findall(r"^([\w.-]+)==([^\s;]+)", lock, re.MULTILINE)
    return {canonicalize_name(name): version for name, version in found}


PINS, DEPLOY_PINS = pins(LOCK), pins(DEPLOY_LOCK)
LOCKS = pytest.mark.parametrize("lock", [LOCK, DEPLOY_LOCK], ids=["requirements.lock", "deploy/requirements.lock"])


@LOCKS
def test_the_lock_names_no_address(lock: str) -> None:
    assert re.findall(r"https?://|--index-url|--find-links|file:", lock) == []


@LOCKS
def test_everything_in_the_lock_is_pinned_by_hash(lock: str) -> None:
    entries = re.split(r"^(?=[\w])", lock, flags=re.MULTILINE)[1:]

    assert [entry.split()[0] for entry in entries if "==" not in entry or "--hash=sha256:" not in entry] == []


@pytest.mark.parametrize("path", PYPROJECTS, ids=lambda path: path.parent.name)
def test_the_lock_fulfils_what_a_distribution_needs(path: Path) -> None:
    project = tomllib.loads(path.read_text())["project"]
    needs = [Requirement(text) for text in project["dependencies"] if not text.startswith("journeyman")]

    there = DEPLOY_PINS if path == COMPONENTS else PINS
    unmet = [str(need) for need in needs if not need.specifier.contains(there.get(canonicalize_name(need.name), "0"))]
    assert unmet == [], "run `make lock`"


def test_both_locks_agree_on_what_is_in_both() -> None:
    both = PINS.keys() & DEPLOY_PINS.keys()
    assert {name: DEPLOY_PINS[name] for name in both} == {name: PINS[name] for name in both}


def test_pulumi_is_installed_for_those_who_deploy_alone() -> None:
    assert "pulumi-aws" in DEPLOY_PINS
    assert not {"pulumi", "pulumi-aws"} & PINS.keys()
