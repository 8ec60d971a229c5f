"""Places for archives, of both kinds, and what may happen to what stands there."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from journeyman.archive import Archive, archive_at
from support.aws import REGION, MotoServer


class Shelf(Protocol):
    """A place for an archive. Names are those of its objects, whole."""

    url: str

    def archive(self) -> Archive: ...
    def names(self, ending: str) -> list[str]:
        """Return the objects with this ending, in the order of segments."""
        ...

    def read(self, name: str) -> bytes: ...
    def write(self, name: str, data: bytes) -> None: ...
    def remove(self, name: str) -> None: ...
    def block(self) -> None:
        """Let nothing be written to the place, which is empty yet."""
        ...

    def unblock(self) -> None:
        """Let it be written to again."""
        ...


class FileShelf:
    """A directory, which is not there yet."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory / "archive"
        self.url = f"file://{self.directory}"

    def archive(self) -> Archive:
        return archive_at(self.url, "jm")

    def names(self, ending: str) -> list[str]:
        return sorted(str(path.relative_to(self.directory)) for path in self.directory.rglob(f"*{ending}"))

    def read(self, name: str) -> bytes:
        return (self.directory / name).read_bytes()

    def write(self, name: str, data: bytes) -> None:
        (self.directory / name).write_bytes(data)

    def remove(self, name: str) -> None:
        (self.directory / name).unlink()

    def block(self) -> None:
        self.directory.parent.mkdir(exist_ok=True)
        self.directory.write_text("in the way")

    def unblock(self) -> None:
        self.directory.unlink()


class BucketShelf:
    """A prefix of a bucket that nobody else has."""

    def __init__(self, aws: MotoServer) -> None:
        self._bucket = aws.bucket()
        self._s3 = aws.client("s3")
        self.url = f"s3://{self._bucket}/kept"
        self._archive = archive_at(self.url, "jm")

    def archive(self) -> Archive:
        return self._archive

    def names(self, ending: str) -> list[str]:
        found = self._s3.list_objects_v2(Bucket=self._bucket).get("Contents", ())
        return sorted(each["Key"] for each in found if each["Key"].endswith(ending))

    def read(self, name: str) -> bytes:
        data: bytes = self._s3.get_object(Bucket=self._bucket, Key=name)["Body"].read()
        return data

    def write(self, name: str, data: bytes) -> None:
        self._s3.put_object(Bucket=self._bucket, Key=name, Body=data)

    def remove(self, name: str) -> None:
        self._s3.delete_object(Bucket=self._bucket, Key=name)

    def block(self) -> None:
        self._s3.delete_bucket(Bucket=self._bucket)

    def unblock(self) -> None:
        self._s3.create_bucket(Bucket=self._bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
