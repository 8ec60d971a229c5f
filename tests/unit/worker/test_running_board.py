"""What a process was running is known after its end, whatever ended it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from journeyman.ids import compose
from journeyman_worker.running_board import PLACES_A_THREAD, RunningBoard, read_board

A, B, C = (compose(1_700_000_000_000, number, 0) for number in range(3))


def test_what_runs_is_on_the_board_and_what_has_ended_is_not(tmp_path: Path) -> None:
    path = tmp_path / "board"
    board = RunningBoard(path, 2)
    assert read_board(path) == (0, [])
    board.begin(1, A)
    board.begin(2, B)
    board.note_memory(4_711)
    assert read_board(path) == (4_711, [A, B])
    board.end(1)
    assert read_board(path) == (4_711, [B])
    board.begin(1, C)
    assert read_board(path) == (4_711, [C, B])


def test_more_threads_than_places_are_not_on_it_and_do_no_harm(tmp_path: Path) -> None:
    board = RunningBoard(tmp_path / "board", 1)
    for thread in range(PLACES_A_THREAD + 3):
        board.begin(thread, A)
    found = read_board(tmp_path / "board")
    assert found == (0, [A] * PLACES_A_THREAD)
    for thread in range(PLACES_A_THREAD + 4):
        board.end(thread)
    assert read_board(tmp_path / "board") == (0, [])


def test_what_is_no_board_says_nothing(tmp_path: Path) -> None:
    assert read_board(tmp_path / "none") is None
    (tmp_path / "short").write_bytes(b"\0")
    assert read_board(tmp_path / "short") is None
    (tmp_path / "garbage").write_bytes(b"\xff" * 100)
    assert read_board(tmp_path / "garbage") == (2**64 - 1, [])


def test_the_board_outlives_a_process_that_is_killed(tmp_path: Path) -> None:
    path = tmp_path / "board"
    script = (
        "import os, signal, sys; from pathlib import Path; from journeyman_worker.running_board import RunningBoard\n"
        "RunningBoard(Path(sys.argv[1]), 1).begin(1, sys.argv[2]); os.kill(os.getpid(), signal.SIGKILL)"
    )
    ended = subprocess.run([sys.executable, "-c", script, str(path), A], check=False, env=os.environ)
    assert ended.returncode == -signal.SIGKILL
    assert read_board(path) == (0, [A])
