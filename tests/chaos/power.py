"""A server whose power can be cut: what had not reached the disk is gone then.

The shim `powerloss.c`, preloaded into the server, keeps the ledger; see there for what counts as being on the disk.
`cut` kills the server, undoes what directories had not been synced for, and cuts every file down to what was synced,
or, as real disks do, to something between that and what was written.
"""

from __future__ import annotations

import os
import random
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from chaos.preload import build
from support.servers import TestServer, log_options, start_alone


class Cut(NamedTuple):
    """What a power loss took: bytes written and not synced, and entries of directories that were not synced."""

    bytes_lost: int
    entries_undone: int


class _Entry(NamedTuple):
    """Something that happened in a directory. `kept`: a link to what stood there before, where something did."""

    verb: str
    path: Path
    kept: Path | None
    old: Path | None = None


class PoweredServer:
    """A server under the shim. `server` is to be used as any; end it with `server.stop()`."""

    def __init__(self, directory: Path, binary: str, *, aof: str, lots: random.Random) -> None:
        self._lots = lots
        self._disk = directory / "disk"
        self._ledger = directory / "ledger" / "ledger"
        self._ledger.parent.mkdir(parents=True)
        shim = build("powerloss", directory)
        start = directory / "server"
        preload = {"LD_PRELOAD": shim, "POWERLOSS_DIR": self._disk, "POWERLOSS_LEDGER": self._ledger}
        said = " ".join(f"{name}={shlex.quote(str(value))}" for name, value in preload.items())
        start.write_text(f'#!/bin/sh\nexec env {said} {shlex.quote(binary)} "$@"\n')
        start.chmod(0o700)
        options = {**log_options(aof), "aof-load-truncated": "yes"}
        self.server: TestServer = start_alone("powered", str(start), self._disk, options)

    def cut(self) -> Cut:
        """End the server as a power loss would. It can be restarted."""
        self.server.kill()
        synced, unsynced = self._read_ledger()
        for entry in reversed(unsynced):
            _undo(entry)
        lost = sum(self._cut_file(path, synced) for path in _files(self._disk))
        for left in self._ledger.parent.iterdir():
            left.unlink()
        # What is there now is on the disk.
        stats = [path.stat() for path in _files(self._disk)]
        self._ledger.write_text("".join(f"synced\t{each.st_ino}\t{each.st_size}\n" for each in stats))
        return Cut(lost, len(unsynced))

    def _cut_file(self, path: Path, synced: dict[int, int]) -> int:
        about = path.stat()
        # Files that the server itself never made or synced (its output) are not the shim's business.
        reached = min(synced.get(about.st_ino, about.st_size), about.st_size)
        if self._lots.random() < 0.5:
            reached = self._lots.randint(reached, about.st_size)
        os.truncate(path, reached)
        return about.st_size - reached

    def _read_ledger(self) -> tuple[dict[int, int], list[_Entry]]:
        """Return how far each file was synced, and what happened in directories since they were."""
        synced: dict[int, int] = {}
        unsynced: list[_Entry] = []
        for line in self._ledger.read_text().splitlines():
            match line.split("\t"):
                case ["new", inode, path]:
                    synced[int(inode)] = 0
                    unsynced.append(_Entry("new", Path(path), None))
                case ["cut", inode, size]:
                    synced[int(inode)] = min(synced.get(int(inode), 0), int(size))
                case ["synced", inode, size]:
                    synced[int(inode)] = int(size)
                case ["moved", kept, old, new]:
                    unsynced.append(_Entry("moved", Path(new), Path(kept) if kept else None, Path(old)))
                case ["removed", kept, path]:
                    unsynced.append(_Entry("removed", Path(path), Path(kept) if kept else None))
                case ["entries", path]:
                    unsynced = [entry for entry in unsynced if entry.path.parent != Path(path)]
                case _:
                    raise AssertionError(f"not a line of a ledger: {line!r}")
        return synced, unsynced


def _undo(entry: _Entry) -> None:
    if entry.verb == "new":
        entry.path.unlink(missing_ok=True)
        return
    # What has gone on into a directory that was synced since is there to stay.
    if entry.old is not None and entry.path.exists():
        entry.path.rename(entry.old)
    if entry.kept is not None and entry.kept.exists():
        os.link(entry.kept, entry.path)


def _files(directory: Path) -> Iterator[Path]:
    return (path for path in directory.rglob("*") if path.is_file())
