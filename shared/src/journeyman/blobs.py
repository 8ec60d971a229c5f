"""Where payloads, results and snapshots too large for the log are kept.

A store is a place for immutable bytes: `put` returns a :class:`~journeyman.events.Blob` (key, size, SHA-256) that
goes into an event, `get` returns exactly those bytes or raises BlobMissingError. The key is made from the
digest, so the same bytes are stored once and a put may be repeated. All calls block: call them in a thread.
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

from journeyman.errors import BlobMissingError, ServerRefusedError, SettingsError
from journeyman.events import Blob
from journeyman.settings import Settings

#: Bytes up to which payloads and results ride in the event itself.
INLINE_MAX = 16 * 1024

_KEY = re.compile(r"[0-9a-f]{2}/[0-9a-f]{64}\Z")


class BlobStore(Protocol):
    """A place for immutable bytes."""

    def put(self, data: bytes) -> Blob:
        """Store bytes, durably when this returns. Raises ServerRefusedError where there is no room."""
        ...

    def get(self, blob: Blob) -> bytes:
        """Return the bytes of a blob. Raises BlobMissingError where they are gone or are not what was stored."""
        ...


class FileBlobStore:
    """Blobs as files of one directory, spread over 256 folders.

    A file appears whole or not at all: it is written under another name, synced, then renamed. Storing what is
    there already renews its time of modification, so that a sweep by age spares what is in use.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def put(self, data: bytes) -> Blob:
        """Store bytes, durably when this returns."""
        digest = hashlib.sha256(data).hexdigest()
        blob = Blob(f"{digest[:2]}/{digest}", len(data), digest)
        path = self.directory / blob.key
        try:
            if not self._renew(path, len(data)):
                self._write(path, data)
        except OSError as error:
            raise ServerRefusedError(f"the blob store at {self.directory} cannot write: {error.strerror}") from error
        return blob

    def get(self, blob: Blob) -> bytes:
        """Return the bytes of a blob, after comparing size and digest."""
        if not _KEY.match(blob.key):
            raise BlobMissingError(f"not the key of a blob: {blob.key[:100]!r}")
        try:
            data = (self.directory / blob.key).read_bytes()
        except OSError as error:
            raise BlobMissingError(f"blob {blob.key} cannot be read: {error.strerror}") from error
        if len(data) != blob.size or hashlib.sha256(data).hexdigest() != blob.sha256:
            raise BlobMissingError(f"blob {blob.key} is not what was stored: {len(data)} bytes for {blob.size}")
        return data

    @staticmethod
    def _renew(path: Path, size: int) -> bool:
        try:
            if path.stat().st_size != size:
                return False
            os.utime(path)
        except FileNotFoundError:
            return False
        return True

    @staticmethod
    def _write(path: Path, data: bytes) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=".new-")
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).replace(path)
        except BaseException:
            with suppress(FileNotFoundError):
                Path(temporary).unlink()
            raise
        _sync_directory(path.parent)


def _sync_directory(directory: Path) -> None:
    """Make a rename in a directory durable."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def open_blobs(settings: Settings) -> BlobStore:
    """Return the store the settings name, which need not exist yet. Raises SettingsError for an unknown kind."""
    if not settings.blob_url:
        return FileBlobStore(Path(settings.data_dir) / "blobs")
    parts = urlsplit(settings.blob_url)
    if parts.scheme != "file" or parts.netloc not in ("", "localhost") or not parts.path.strip("/"):
        raise SettingsError("JOURNEYMAN_BLOB_URL: expected file:///directory")
    return FileBlobStore(Path(unquote(parts.path)))
