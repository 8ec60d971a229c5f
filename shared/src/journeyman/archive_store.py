"""Where an archive's objects are: a place in which an object appears whole or not at all, and never changes.

A store of files keeps that by writing under another name, syncing, and linking the file to its own name, which fails
where there is one. Whatever a crash leaves behind has a name that nobody looks for (`.new-…`), and is swept by who
writes next. Buckets are in `s3_archive`, which is imported where one is configured. All calls block.
"""

from __future__ import annotations

import contextlib
import errno
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Protocol

from journeyman.errors import ArchiveUnavailableError
from journeyman.storage_places import S3Place, place_of

#: What was left half written is swept once it is older than any writer needs.
LEFT_OVER_S = 3_600.0
_TEMPORARY = ".new-"


class Draft(Protocol):
    """An object that is being written."""

    def write(self, data: bytes) -> object:
        """Add bytes to it."""
        ...

    def publish(self, name: str) -> bool:
        """Let it appear under a name, durably; False where there is an object of that name already."""
        ...


class ArchiveStore(Protocol):
    """A place for objects. Names are relative, with `/` between folders. Everything raises ArchiveUnavailableError."""

    place: str

    def draft(self) -> contextlib.AbstractContextManager[Draft]:
        """Give an object to be written; what is not published is gone at the end of the block."""
        ...

    def read(self, name: str) -> bytes | None:
        """Return an object; None where there is none."""
        ...

    def names(self, folder: str) -> list[str]:
        """Return the names in a folder, sorted; none where there is no such folder."""
        ...

    def discard(self, name: str) -> None:
        """Remove an object that nothing leads to, where it is there."""
        ...


class FileDraft:
    """A file under a temporary name."""

    def __init__(self, root: Path, file: IO[bytes], path: Path) -> None:
        self._root = root
        self._file = file
        self._path = path

    def write(self, data: bytes) -> object:
        """Add bytes to it."""
        return self._file.write(data)

    def publish(self, name: str) -> bool:
        """Sync it, and link it to its name."""
        self._file.flush()
        os.fsync(self._file.fileno())
        target = self._root / name
        make_folders(target.parent)
        try:
            os.link(self._path, target)
        except FileExistsError:
            return False
        _sync_folder(target.parent)
        return True


class FileArchiveStore:
    """Objects as files below a directory, which is made when something is first written."""

    def __init__(self, root: Path) -> None:
        self.place = f"file://{root}"
        self._root = root

    @contextmanager
    def draft(self) -> Iterator[FileDraft]:
        """Give a file to be written."""
        with _told(self.place):
            make_folders(self._root)
            self._sweep()
            path = self._root / f"{_TEMPORARY}{os.getpid()}-{time.monotonic_ns()}"
            try:
                with path.open("xb") as file:
                    yield FileDraft(self._root, file, path)
            finally:
                path.unlink(missing_ok=True)

    def read(self, name: str) -> bytes | None:
        """Return a file's bytes."""
        with _told(self.place):
            try:
                return (self._root / name).read_bytes()
            except FileNotFoundError:
                return None

    def names(self, folder: str) -> list[str]:
        """Return what is in a folder."""
        with _told(self.place):
            try:
                return sorted(path.name for path in (self._root / folder).iterdir() if path.name[0] != ".")
            except (FileNotFoundError, NotADirectoryError):
                return []

    def discard(self, name: str) -> None:
        """Remove a file."""
        with _told(self.place):
            (self._root / name).unlink(missing_ok=True)

    def _sweep(self) -> None:
        before = time.time() - LEFT_OVER_S
        for path in self._root.glob(f"{_TEMPORARY}*"):
            with contextlib.suppress(FileNotFoundError):
                if path.stat().st_mtime < before:
                    path.unlink()


def make_folders(folder: Path) -> None:
    """Make a folder and those above it, durably."""
    if folder.is_dir():
        return
    make_folders(folder.parent)
    folder.mkdir(exist_ok=True)
    _sync_folder(folder.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _told(place: str) -> Iterator[None]:
    """Say what the machine says of a file in words of the archive."""
    try:
        yield
    except OSError as error:
        detail = error.strerror or str(error)
        if error.errno in (errno.EPERM, errno.ENOTSUP) and error.filename2 is not None:
            detail = "it has no hard links, which keep an object from being overwritten"
        raise ArchiveUnavailableError(f"the archive at {place}: {detail}") from error


def open_store(url: str, named: str) -> ArchiveStore:
    """Return the store of a URL. `named`: who asks for it. Raises SettingsError for a kind that there is not."""
    place = place_of(url, named)
    if not isinstance(place, S3Place):
        return FileArchiveStore(Path(place.path))
    from journeyman.s3_archive import S3ArchiveStore

    return S3ArchiveStore(place)
