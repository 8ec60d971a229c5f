"""The data directory of one machine: who uses it, what runs from it, where its server listens.

lock         held (flock) by the `journeyman up` that uses the directory; says its pid
run.json     every process started from it, by pid and start time, so that the next start can end leftovers
server.json  the embedded server's own process, noted by its keeper
redis-url    URL of the embedded server, for `journeyman verify`, `tail` and people
partitions   how many partitions the embedded server's jobs are spread over
valkey/      the embedded server's files
samples/     what the sample jobs made
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import tempfile
from pathlib import Path
from typing import IO

import msgspec

from journeyman.errors import SettingsError

#: Longest path a Unix socket may have on every system we know (macOS: 104 bytes with the final zero).
SOCKET_PATH_MAX = 100


class RunProcess(msgspec.Struct, frozen=True):
    """A process as it can be recognised later: a pid alone may have been given to somebody else."""

    name: str
    pid: int
    created: float


class DataDir:
    """A data directory, created if need be and locked for as long as this object is open."""

    def __init__(self, path: Path) -> None:
        """Create and lock it. Raises SettingsError, in one line, where it cannot be written or is in use."""
        self.path = path.absolute()
        self.run_file = self.path / "run.json"
        self.server_directory = self.path / "valkey"
        self.server_config = self.path / "valkey.conf"
        self.url_file = self.path / "redis-url"
        self._partitions_file = self.path / "partitions"
        try:
            self.server_directory.mkdir(parents=True, exist_ok=True)
            self._lock = _lock(self.path)
        except OSError as error:
            raise SettingsError(f"cannot use the data directory {self.path}: {error.strerror}") from None

    def socket(self) -> Path:
        """Return where the embedded server listens: in the directory, or, where that path is too long, beside /tmp."""
        socket = self.server_directory / "valkey.sock"
        if len(os.fsencode(socket)) <= SOCKET_PATH_MAX:
            return socket
        digest = hashlib.sha256(os.fsencode(self.path)).hexdigest()[:16]
        short = Path(tempfile.gettempdir()) / f"journeyman-{os.getuid()}-{digest}"
        short.mkdir(mode=0o700, exist_ok=True)
        if short.stat().st_uid != os.getuid():
            raise SettingsError(f"{short} belongs to somebody else; choose a data directory with a shorter path")
        return short / "valkey.sock"

    def settle_partitions(self, wanted: int | None) -> int:
        """Return how many partitions there are from now on: as many as wanted, else as many as there were.

        Raises SettingsError for fewer than there were: whatever jobs the others hold would be left behind.
        """
        there = int(self._partitions_file.read_text()) if self._partitions_file.is_file() else 1
        if wanted is not None and wanted < there:
            raise SettingsError(
                f"the jobs in {self.path} are spread over {there} partitions, which cannot become {wanted}; "
                "choose another directory with --data"
            )
        partitions = wanted or there
        self._partitions_file.write_text(f"{partitions}\n")
        return partitions

    def close(self) -> None:
        """Let others use the directory."""
        self._lock.close()


def server_run_file(run_file: Path) -> Path:
    """Return where the keeper notes the server's own process, beside the list of the run."""
    return run_file.with_name("server.json")


def write_run(run_file: Path, processes: list[RunProcess]) -> None:
    """Replace a list of running processes in one step."""
    fresh = run_file.with_suffix(".new")
    fresh.write_bytes(msgspec.json.encode(processes))
    fresh.replace(run_file)


def read_run(run_file: Path) -> list[RunProcess]:
    """Return the processes of the last run; none where the file is missing or damaged."""
    try:
        return msgspec.json.decode(run_file.read_bytes(), type=list[RunProcess])
    except (OSError, msgspec.MsgspecError):
        return []


def _lock(path: Path) -> IO[str]:
    lock = (path / "lock").open("a+")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.seek(0)
        holder = lock.read(32).strip() or "?"
        lock.close()
        raise SettingsError(
            f"another `journeyman up` (pid {holder}) uses {path}; stop it, or choose another directory with --data"
        ) from None
    lock.truncate(0)
    lock.write(str(os.getpid()))
    lock.flush()
    return lock
