"""Both kinds of blob store for tests, and what may happen to what they keep behind their backs."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Protocol

from journeyman.blobs import BlobStore, FileBlobStore
from journeyman.events import Blob
from journeyman.s3_blobs import S3BlobStore
from journeyman.s3_objects import Objects
from journeyman.storage_places import S3Place
from support.aws import MotoServer


class Kept(Protocol):
    """A store, and the place behind it."""

    store: BlobStore

    def overwrite(self, blob: Blob, data: bytes) -> None: ...
    def remove(self, blob: Blob) -> None: ...
    def count(self) -> int: ...
    def ruin(self) -> None:
        """Let the place itself be gone, for good."""
        ...


class InFiles:
    """A store of files."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory / "blobs"
        self.store: BlobStore = FileBlobStore(self._directory)

    def overwrite(self, blob: Blob, data: bytes) -> None:
        (self._directory / blob.key).write_bytes(data)

    def remove(self, blob: Blob) -> None:
        (self._directory / blob.key).unlink()

    def count(self) -> int:
        return sum(path.is_file() for path in self._directory.rglob("*"))

    def ruin(self) -> None:
        shutil.rmtree(self._directory, ignore_errors=True)
        self._directory.write_text("in the way")


class InBucket:
    """A store in a bucket of its own. `tries`: how often a call is tried."""

    def __init__(self, aws: MotoServer, tries: int = 3) -> None:
        self.place = S3Place(aws.bucket(), "some/prefix")
        self.s3 = aws.client("s3")
        self.store: BlobStore = S3BlobStore(self.place, objects=Objects(self.place, tries=tries))

    def keys(self) -> list[str]:
        page = self.s3.list_objects_v2(Bucket=self.place.bucket)
        return sorted(each["Key"] for each in page.get("Contents", ()))

    def overwrite(self, blob: Blob, data: bytes) -> None:
        self.s3.put_object(Bucket=self.place.bucket, Key=self.place.key(blob.key), Body=data)

    def remove(self, blob: Blob) -> None:
        self.s3.delete_object(Bucket=self.place.bucket, Key=self.place.key(blob.key))

    def count(self) -> int:
        return len(self.keys())

    def ruin(self) -> None:
        for key in self.keys():
            self.s3.delete_object(Bucket=self.place.bucket, Key=key)
        self.s3.delete_bucket(Bucket=self.place.bucket)
