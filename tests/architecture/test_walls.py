"""Who may import whom. The contracts stand in pyproject.toml; `make walls` shows what breaks one in full."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]

#: What of `journeyman` talks to the world, or to something that does. Everything else must be in the core's contract.
EDGE = {
    "archive",
    "archive_standing",
    "archive_store",
    "aws",
    "blobs",
    "children",
    "cli",
    "client",
    "clock",
    "cloud_calls",
    "exposition",
    "failpoints",
    "health",
    "last_lines",
    "log",
    "otel",
    "outbox",
    "process",
    "read_model",
    "rebuild_mark",
    "s3_archive",
    "s3_blobs",
    "s3_objects",
    "scheduling",
    "serving",
    "sqs",
    "telemetry",
    "traced_requests",
    "verifying",
}
#: Pure, and of no concern to the core: words for HTTP.
OUTSIDE = {"problems"}


def contract(name: str) -> list[str]:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    modules: list[str] = next(each for each in contracts if each["id"] == name)["source_modules"]
    return modules


def test_nobody_imports_what_they_may_not() -> None:
    ended = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert ended.returncode == 0, ended.stdout


def test_every_shared_module_is_of_the_core_or_known_to_talk_to_the_world() -> None:
    found = {path.stem for path in (ROOT / "shared/src/journeyman").glob("*") if path.suffix == ".py" or path.is_dir()}
    core = {module.removeprefix("journeyman.") for module in contract("core")}

    assert found - {"__init__", "__pycache__"} == core | EDGE | OUTSIDE
