"""An archive's objects in an S3 bucket: a draft is collected in memory and appears with one conditional write.

`If-None-Match: *` is what a hard link is among files: a number of the chain can be taken once. A write whose answer
was lost and that is repeated finds its own object and is told that there is one; the archiver then looks again.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager

from journeyman.errors import ArchiveUnavailableError, CloudError
from journeyman.s3_objects import Objects
from journeyman.storage_places import S3Place


class S3Draft:
    """An object to be, in memory: a compressed segment at most."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects
        self._data = io.BytesIO()

    def write(self, data: bytes) -> object:
        """Add bytes to it."""
        return self._data.write(data)

    def publish(self, name: str) -> bool:
        """Write it to the bucket, in parts where it is large."""
        return self._objects.create(name, self._data.getvalue())


class S3ArchiveStore:
    """Objects below a prefix of a bucket. Raises SettingsError where boto3 is missing."""

    def __init__(self, place: S3Place) -> None:
        self.place = str(place)
        self._objects = Objects(place)

    @contextmanager
    def draft(self) -> Iterator[S3Draft]:
        """Give an object to be written."""
        with _told(self.place):
            yield S3Draft(self._objects)

    def read(self, name: str) -> bytes | None:
        """Return an object's bytes."""
        with _told(self.place):
            return self._objects.read(name)

    def names(self, folder: str) -> list[str]:
        """Return what is in a folder."""
        with _told(self.place):
            return self._objects.names(folder)

    def discard(self, name: str) -> None:
        """Remove an object."""
        with _told(self.place):
            self._objects.delete(name)


@contextmanager
def _told(place: str) -> Iterator[None]:
    """Say what the bucket says in words of the archive."""
    try:
        yield
    except CloudError as error:
        raise ArchiveUnavailableError(f"the archive at {place}: {error}") from error
