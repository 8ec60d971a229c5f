"""`journeyman simulate-scaling`, as a person uses it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from journeyman.cli.__main__ import main


def record(path: Path) -> Path:
    """Write what `tail -o json` would have written of a hundred jobs of two seconds, one a second."""
    lines = []
    for number in range(100):
        job, at_ms = f"j{number}", 1_000 * number
        for event, after_ms, data in (
            ("job.submitted", 0, {"type": "t", "queue": "q"}),
            ("job.released", 0, {"attempt": 1, "priority": 10}),
            ("job.started", 5, {"attempt": 1}),
        ):
            lines.append((at_ms + after_ms, {"event": event, "data": {"job_id": job, **data}}))
        lines.append((at_ms + 2_005, {"event": "job.succeeded", "data": {"job_id": job, "run_us": 2_000_000}}))
    lines.sort(key=lambda line: line[0])
    path.write_text("".join(json.dumps({"at_ms": at_ms, **line}) + "\n" for at_ms, line in lines))
    return path


def test_a_record_is_simulated_with_every_scaler(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plot = tmp_path / "plot.svg"

    assert main(["simulate-scaling", "--replay", str(record(tmp_path / "log")), "--reasons", "--plot", str(plot)]) == 0
    told = capsys.readouterr().out

    for scaler in ("wait goal", "target tracking", "step rule", "oracle"):
        assert scaler in told
    assert "what was decided, and why" in told
    assert plot.read_text().startswith("<svg")


def test_for_machines_it_is_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = str(record(tmp_path / "log"))

    assert main(["simulate-scaling", "--replay", log, "--goal", "10s", "--max", "3", "-o", "json"]) == 0
    (read,) = json.loads(capsys.readouterr().out)

    assert (read["jobs"], read["goal_ms"], read["fleet"]["workers_max"]) == (100, 10_000, 3)
    assert [one["attained"] for one in read["scalers"]] == [1.0] * 4


@pytest.mark.parametrize(
    "words",
    [
        ["sunny"],
        ["steady", "--live"],
        ["--replay", "no-such-file"],
        ["steady", "--goal", "5"],
        ["steady", "--max", "0"],
    ],
    ids=" ".join,
)
def test_wrong_usage_is_code_2(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["simulate-scaling", *words]) == 2
    assert capsys.readouterr().err.startswith("journeyman: ")


def test_a_file_that_is_no_record_is_code_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "log").write_text("nonsense\n")

    assert main(["simulate-scaling", "--replay", str(tmp_path / "log")]) == 2
    assert "line 1 is not one of" in capsys.readouterr().err
