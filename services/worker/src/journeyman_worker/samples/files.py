"""Where the paths in a payload lead, and how a file is written so that nobody ever sees half of it.

A path is absolute, or relative to the worker's data directory, or `sample:NAME` for a file that ships with
this package. What a payload names and is not there, or may not be read or written, is the payload's
mistake (:class:`~journeyman_worker.samples.errors.UnusableInputError`); every other I/O error is the
machine's, stays an OSError and is worth another attempt.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from journeyman_worker.samples.errors import UnusableInputError

SAMPLE_PREFIX = "sample:"
SAMPLES = Path(__file__).parent / "data"
#: Errors of the operating system that repeating cannot mend.
HOPELESS = (FileNotFoundError, IsADirectoryError, NotADirectoryError, PermissionError, FileExistsError)


def resolve(path: str, data_dir: str) -> Path:
    """Return the file a payload's path names. Only `sample:` paths are checked for existence."""
    if not path or "\0" in path:
        raise UnusableInputError(f"{path!r} is not a path")
    if path.startswith(SAMPLE_PREFIX):
        return _sample(path.removeprefix(SAMPLE_PREFIX))
    return Path(data_dir).absolute() / path


def _sample(name: str) -> Path:
    names = sorted(entry.name for entry in SAMPLES.iterdir() if entry.suffix != ".md")
    if name not in names:
        raise UnusableInputError(f"no sample file {name!r}; there are: {', '.join(names)}")
    return SAMPLES / name


def read(path: Path, bytes_max: int) -> bytes:
    """Return a file's content, refusing more than `bytes_max` before it is in memory."""
    with reading(path), path.open("rb") as source:
        content = source.read(bytes_max + 1)
    if len(content) > bytes_max:
        raise UnusableInputError(f"{path} is larger than {bytes_max:,} bytes")
    return content


def reading(path: Path) -> contextlib.AbstractContextManager[None]:
    """Turn what cannot be mended about reading `path` into UnusableInputError."""
    return _mending("read", path)


@contextlib.contextmanager
def _mending(verb: str, path: Path) -> Iterator[None]:
    try:
        yield
    except HOPELESS as error:
        raise UnusableInputError(f"cannot {verb} {path}: {error.strerror}") from error


@contextlib.contextmanager
def writing(path: Path) -> Iterator[BinaryIO]:
    """Open a new file that takes the place of `path` when the block ends well, and vanishes when it does not.

    Missing parent folders are made. A reader sees the old file or the whole new one, and two writers at once
    (an attempt that was declared lost and its successor) cannot mix.
    """
    with _mending("write", path):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name[:64]}.", suffix=".part", dir=path.parent)
    part = Path(name)
    try:
        with os.fdopen(handle, "wb") as target:
            yield target
        part.chmod(0o644)
        with _mending("write", path):
            part.replace(path)
    finally:
        part.unlink(missing_ok=True)
