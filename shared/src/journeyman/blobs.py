"""Where payloads, results and snapshots too large for the log are kept.

A store is a place for immutable bytes: `put` returns a :class:`~journeyman.events.Blob` (key, size, SHA-256) that
goes into an event, `get` returns exactly those bytes or raises BlobMissingError. The key is made from the
digest, so the same bytes are stored once and a put may be repeated. All calls block: call them in a thread.

Files are here; buckets are in `s3_blobs`, which is imported where one is configured.
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Literal, Protocol

import tenacity

from journeyman.errors import BlobMissingError, ServerRefusedError, ServerUnavailableError
from journeyman.events import Blob
from journeyman.settings import PREFIX, Settings
from journeyman.storage_places import S3Place, place_of

#: Bytes up to which payloads and results ride in the event itself.
INLINE_MAX = 16 * 1024

#: What bytes are, which says how long they are wanted. A bucket keeps the kinds apart; files are not told apart.
Kind = Literal["payloads", "results", "snapshots"]

#: How long whoever can wait goes on asking a store that does not answer.
PATIENCE_S = 30.0

#: Keys of both stores, so that what was copied from one into the other is found there.
KEY = re.compile(r"(?:(?:payloads|results|snapshots)/)?[0-9a-f]{2}/[0-9a-f]{64}\Z")


class BlobStore(Protocol):
    """A place for immutable bytes."""

    @property
    def trouble(self) -> str:
        """Why the last call failed, in words; empty where it did not."""
        ...

    def put(self, data: bytes, kind: Kind = "payloads") -> Blob:
        """Store bytes, durably when this returns.

        Raises ServerRefusedError where there is no room or no permission, ServerUnavailableError where nobody answers.
        """
        ...

    def get(self, blob: Blob) -> bytes:
        """Return the bytes of a blob.

        Raises BlobMissingError where they are gone or are not what was stored, and what `put` raises.
        """
        ...

    def discard(self, blob: Blob) -> None:
        """Drop bytes that nothing refers to any more, where they are there. Raises what `put` raises."""
        ...


def check_key(blob: Blob) -> None:
    """See that a key leads to a blob and nowhere else. Raises BlobMissingError."""
    if not KEY.match(blob.key):
        raise BlobMissingError(f"not the key of a blob: {blob.key[:100]!r}")


def check_bytes(blob: Blob, data: bytes) -> bytes:
    """Return what was read, after comparing size and digest. Raises BlobMissingError."""
    if len(data) != blob.size or hashlib.sha256(data).hexdigest() != blob.sha256:
        raise BlobMissingError(f"blob {blob.key} is not what was stored: {len(data)} bytes for {blob.size}")
    return data


class FileBlobStore:
    """Blobs as files of one directory, spread over 256 folders.

    A file appears whole or not at all: it is written under another name, synced, then renamed. Storing what is
    there already renews its time of modification, so that a sweep by age spares what is in use.
    """

    trouble = ""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def put(self, data: bytes, kind: Kind = "payloads") -> Blob:  # noqa: ARG002 - all files are kept alike
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
        check_key(blob)
        try:
            data = (self.directory / blob.key).read_bytes()
        except OSError as error:
            raise BlobMissingError(f"blob {blob.key} cannot be read: {error.strerror}") from error
        return check_bytes(blob, data)

    def discard(self, blob: Blob) -> None:
        """Remove a file."""
        check_key(blob)
        try:
            (self.directory / blob.key).unlink(missing_ok=True)
        except OSError as error:
            raise ServerRefusedError(f"the blob store at {self.directory} cannot write: {error.strerror}") from error

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


class PatientBlobs:
    """A store whose calls are repeated for a while where it does not answer, for who has a thread to wait in."""

    def __init__(self, store: BlobStore, patience_s: float = PATIENCE_S) -> None:
        self.store = store
        self._calls = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(ServerUnavailableError),
            stop=tenacity.stop_after_delay(patience_s),
            wait=tenacity.wait_random_exponential(multiplier=0.2, max=2.0),
            reraise=True,
        )

    @property
    def trouble(self) -> str:
        """Why the last call failed."""
        return self.store.trouble

    def put(self, data: bytes, kind: Kind = "payloads") -> Blob:
        """Store bytes."""
        return self._calls.copy()(self.store.put, data, kind)

    def get(self, blob: Blob) -> bytes:
        """Return the bytes of a blob."""
        return self._calls.copy()(self.store.get, blob)

    def discard(self, blob: Blob) -> None:
        """Drop bytes."""
        self._calls.copy()(self.store.discard, blob)


def open_blobs(settings: Settings, *, writes: bool = True) -> BlobStore:
    """Return the store the settings name. A directory need not exist yet; a bucket must, and is looked at.

    writes: whether this process stores anything. Raises SettingsError for an unknown kind or where boto3 is missing,
    and UnsuitableServerError where there is no such bucket, or this process may not write to it. A bucket that does
    not answer is no error: what needs it fails until it does.
    """
    if not settings.blob_url:
        return FileBlobStore(Path(settings.data_dir) / "blobs")
    place = place_of(settings.blob_url, f"{PREFIX}BLOB_URL")
    if not isinstance(place, S3Place):
        return FileBlobStore(Path(place.path))
    from journeyman.s3_blobs import S3BlobStore

    store = S3BlobStore(place)
    store.check(writes=writes)
    return store
