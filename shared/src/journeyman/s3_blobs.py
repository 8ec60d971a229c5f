"""Blobs as objects of an S3 bucket: `prefix/payloads/ab/ab12…`, and so for results and snapshots.

An object is written once; who stores the same bytes again finds them there. Since a lifecycle rule may drop payloads
and results by age (`s3_lifecycle`), finding some that are older than a day makes them young again. See docs/s3.md.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator
from contextlib import contextmanager

from journeyman.blobs import Kind, check_bytes, check_key
from journeyman.errors import (
    BlobMissingError,
    CloudError,
    CloudRefusedError,
    CloudUnavailableError,
    ServerRefusedError,
    ServerUnavailableError,
    UnsuitableServerError,
)
from journeyman.events import Blob
from journeyman.s3_objects import Objects
from journeyman.storage_places import S3Place

_log = logging.getLogger(__name__)

#: Older ones are made young again when they are stored once more. Far below what any rule of ours drops by age.
RENEWED_S = 86_400.0
#: What is written to see whether writing works.
PROBE = ".journeyman"


class S3BlobStore:
    """Blobs in a bucket."""

    def __init__(self, place: S3Place, *, objects: Objects | None = None) -> None:
        self.place = place
        self.trouble = ""
        self._objects = objects or Objects(place)

    def put(self, data: bytes, kind: Kind = "payloads") -> Blob:
        """Store bytes, durably when this returns."""
        digest = hashlib.sha256(data).hexdigest()
        blob = Blob(f"{kind}/{digest[:2]}/{digest}", len(data), digest)
        with self._told("cannot be written"):
            if not self._objects.create(blob.key, data):
                self._see_that_it_stays(blob, data)
        return blob

    def _see_that_it_stays(self, blob: Blob, data: bytes) -> None:
        found = self._objects.look(blob.key)
        if found is None or found.size != blob.size:
            self._objects.replace(blob.key, data)
        elif found.age_s > RENEWED_S:
            self._objects.renew(blob.key)

    def get(self, blob: Blob) -> bytes:
        """Return the bytes of a blob, after comparing size and digest."""
        check_key(blob)
        with self._told("cannot be read"):
            data = self._objects.read(blob.key)
        if data is None:
            raise BlobMissingError(f"blob {blob.key} is not in {self.place}")
        return check_bytes(blob, data)

    def discard(self, blob: Blob) -> None:
        """Remove an object."""
        check_key(blob)
        with self._told("cannot be written"):
            self._objects.delete(blob.key)

    def check(self, *, writes: bool) -> None:
        """See whether the bucket is there and takes what this process will ask of it.

        Raises UnsuitableServerError where it will not. Silence, which may pass, is logged and kept as `trouble`.
        """
        try:
            if writes:
                self._objects.replace(PROBE, b"Journeyman looks here whether it may write.\n")
            else:
                self._objects.read(PROBE)
        except CloudRefusedError as error:
            if writes or error.code == "NoSuchBucket":
                raise UnsuitableServerError(f"the blob store at {self.place} will not do: {error}") from error
            _log.warning("the blob store at %s may not be readable: %s", self.place, error)
        except CloudUnavailableError as error:
            self.trouble = f"the blob store at {self.place} does not answer: {error}"
            _log.warning("%s", self.trouble)

    @contextmanager
    def _told(self, what: str) -> Iterator[None]:
        try:
            yield
        except CloudError as error:
            self.trouble = f"the blob store at {self.place} {what}: {error}"
            kind = ServerUnavailableError if isinstance(error, CloudUnavailableError) else ServerRefusedError
            raise kind(self.trouble) from error
        self.trouble = ""
