"""Which jobs this process is running, written where its parent can read it after the process has died.

A small file mapped into memory: a write to it costs what a write to memory costs, and survives any end of the process.
So a job that kills its worker is told from those that merely waited there or had just ended.
"""

from __future__ import annotations

import mmap
import struct
from pathlib import Path
from typing import TYPE_CHECKING, Any

from journeyman.ids import is_job_id

if TYPE_CHECKING:
    from journeyman_worker.runner.attempt import Attempt

_HEAD = struct.Struct("<Q")
_ID = 24
#: Threads may be replaced, and each has a place of its own.
PLACES_A_THREAD = 4


def board_of(report: Path) -> Path:
    """Return where the board of the process with this report file is."""
    return report.with_suffix(".running")


class RunningBoard:
    """The writing side. `threads`: how many run jobs."""

    def __init__(self, path: Path, threads: int) -> None:
        self._size = _HEAD.size + threads * PLACES_A_THREAD * _ID
        with path.open("w+b") as file:
            file.truncate(self._size)
            self._memory = mmap.mmap(file.fileno(), self._size)
        self._places: dict[int, int] = {}

    def begin(self, thread: int, job_id: str) -> None:
        """Note that a thread begins to run a job."""
        place = self._places.get(thread)
        if place is None:
            place = self._places[thread] = _HEAD.size + len(self._places) * _ID
        if place < self._size:
            self._memory[place : place + _ID] = job_id.encode()

    def end(self, thread: int) -> None:
        """Note that a thread has ended its job."""
        place = self._places.get(thread, self._size)
        if place < self._size:
            self._memory[place] = 0

    def note_memory(self, rss_bytes: int) -> None:
        """Note how much memory the process has."""
        _HEAD.pack_into(self._memory, 0, rss_bytes)


class Running(dict[int, "Attempt"]):
    """What runs at the moment, by thread, and on a board."""

    def __init__(self, board: RunningBoard) -> None:
        super().__init__()
        self.board = board

    def __setitem__(self, thread: int, attempt: Attempt) -> None:
        """Begin."""
        super().__setitem__(thread, attempt)
        self.board.begin(thread, attempt.key[0])

    def pop(self, thread: int, default: Any = None) -> Any:
        """End."""
        self.board.end(thread)
        return super().pop(thread, default)


def read_board(path: Path) -> tuple[int, list[str]] | None:
    """Return the memory a process had, and the jobs it was running; None where it left no board."""
    try:
        data = path.read_bytes()
        (rss_bytes,) = _HEAD.unpack_from(data)
    except (OSError, struct.error):
        return None
    texts = (data[at : at + _ID].decode("ascii", "replace") for at in range(_HEAD.size, len(data), _ID))
    return rss_bytes, [text for text in texts if is_job_id(text)]
