"""The figures of the README are those that were kept, and ratios beside others are taken within a round."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import readme
from benchmarks.peers.goals import compare
from benchmarks.peers.registry import PEERS
from benchmarks.peers.run import Round

ROOT = Path(__file__).parents[3]


def rounds(*speeds: float) -> dict[int, Round]:
    return {number: Round(speed, {"worker": 1.0}) for number, speed in enumerate(speeds, 1)}


def test_the_readme_tells_what_was_kept() -> None:
    checked = subprocess.run([sys.executable, "-m", "benchmarks.readme", "--check"], cwd=ROOT, check=False)
    assert checked.returncode == 0, "run `python -m benchmarks.readme`"


def test_figures_stand_between_their_marks_and_nothing_else_changes() -> None:
    page = f"before\n{readme.BEGIN}\nold\n{readme.END}\nafter\n"
    assert readme.filled(page, "new") == f"before\n{readme.BEGIN}\nnew\n{readme.END}\nafter\n"


def test_a_page_without_marks_is_refused() -> None:
    with pytest.raises(ValueError, match="lacks"):
        readme.filled("a page", "new")


def test_ours_is_compared_within_each_round() -> None:
    found = compare(PEERS, {"journeyman": rounds(100, 300, 200), "bullmq": rounds(50, 100, 150)})
    assert [(one.other, one.times, one.met) for one in found] == [("bullmq", 2.0, True)]


def test_the_best_in_python_keeps_results_and_loses_no_job() -> None:
    given = {
        "journeyman": rounds(100.0),
        "huey": rounds(90.0),
        "saq, results": rounds(80.0),
        "taskiq": rounds(70.0),
        "bullmq, results": rounds(60.0),
        "dramatiq, results": rounds(25.0),
        "taskiq, results": rounds(20.0),
    }
    assert [(one.other, one.times) for one in compare(PEERS, given)] == [("dramatiq, results", 4.0)]
