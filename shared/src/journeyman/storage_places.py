"""Where bytes are kept outside the log, as the settings say it: `file:///directory` or `s3://bucket/prefix`. Pure."""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from journeyman.errors import SettingsError

#: Folders of a bucket of blobs in which a lifecycle rule may drop what is old.
DROPPED_BY_AGE = ("payloads", "results")

_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]\Z")
_PREFIX_MAX = 200


class FilePlace(NamedTuple):
    """A directory of this machine."""

    path: str

    def __str__(self) -> str:
        """Return it as a URL."""
        return f"file://{self.path}"


class S3Place(NamedTuple):
    """Everything in a bucket whose key begins with `prefix/`. There is always a prefix: buckets have other users."""

    bucket: str
    prefix: str

    def __str__(self) -> str:
        """Return it as a URL."""
        return f"s3://{self.bucket}/{self.prefix}"

    def key(self, name: str) -> str:
        """Return the key of an object of this place."""
        return f"{self.prefix}/{name}"

    def below(self, name: str) -> S3Place:
        """Return a place within this one."""
        return S3Place(self.bucket, self.key(name))

    def holds(self, other: S3Place) -> bool:
        """Tell whether another place is this one, or within it."""
        return self.bucket == other.bucket and f"{other.prefix}/".startswith(f"{self.prefix}/")


Place = FilePlace | S3Place


def place_of(url: str, named: str) -> Place:
    """Read a URL. `named`: whose it is, for errors. Raises SettingsError, which never repeats the URL."""
    parts = urlsplit(url)
    if parts.scheme == "file":
        if parts.netloc not in ("", "localhost") or not parts.path.strip("/"):
            raise SettingsError(f"{named}: expected file:///directory")
        return FilePlace(unquote(parts.path))
    prefix = unquote(parts.path).strip("/")
    steps = prefix.split("/")
    if parts.scheme != "s3" or parts.query or parts.fragment:
        raise SettingsError(f"{named}: expected file:///directory or s3://bucket/prefix")
    if not _BUCKET.match(parts.netloc) or not {"", ".", ".."}.isdisjoint(steps):
        raise SettingsError(f"{named}: expected s3://bucket/prefix, with a prefix")
    if len(prefix) > _PREFIX_MAX or not prefix.isprintable():
        raise SettingsError(f"{named}: the prefix is longer than {_PREFIX_MAX} characters, or not printable")
    return S3Place(parts.netloc, prefix)
