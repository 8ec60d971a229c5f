"""Objects below a prefix of an S3 bucket, written whole and once, their SHA-256 with them.

`create` never overwrites: it puts with `If-None-Match: *`, in one request, or in parts where an object is large; parts
of what failed are dropped. S3 compares every request with its digest, and who reads compares again.
Everything raises CloudUnavailableError and CloudRefusedError; calls are bounded in time, and where the bucket does not
answer several times in a row, fail at once for some seconds. Used by many threads.

Needs of AWS: s3:PutObject, s3:GetObject, s3:AbortMultipartUpload; s3:DeleteObject for `delete`; s3:ListBucket for
`names`, and for telling what is missing from what may not be read.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple

from journeyman.aws import Calls, CircuitBreaker, told
from journeyman.errors import CloudError, CloudRefusedError, CloudUnavailableError
from journeyman.storage_places import S3Place

#: Longest silence in a try, tries, and how long the bucket is left alone after five calls that failed.
ANSWER_S = 5.0
TRIES = 3
REST_S = 5.0
#: An object larger than this is sent in parts of this size, so many at once. S3 takes 10,000 parts.
PART_BYTES = 8 * 1024 * 1024
PARTS_MAX = 10_000
PARTS_AT_ONCE = 4
#: How often a write is tried anew that another one of the same object came into the way of.
CONFLICTS_MAX = 5

_MISSING = frozenset({"NoSuchKey", "404"})
_CONFLICTS = frozenset({"ConditionalRequestConflict", "NoSuchUpload"})
#: Digests are ours, of the whole object: what botocore would add by itself is not needed.
_OPTIONS = {"request_checksum_calculation": "when_required", "response_checksum_validation": "when_required"}


class Found(NamedTuple):
    """What S3 says of an object: its size, and how long ago it was written, by its own clock."""

    size: int
    age_s: float


class Objects:
    """The objects of one place. Names are relative to it. Raises SettingsError where boto3 is missing."""

    def __init__(self, place: S3Place, *, timeout_s: float = ANSWER_S, tries: int = TRIES) -> None:
        self.place = place
        breaker = CircuitBreaker(rest_s=REST_S)
        self._calls = Calls("s3", timeout_s=timeout_s, tries=tries, breaker=breaker, options=_OPTIONS)
        self._tries = tries
        # Made now, so that a missing boto3 is told at the start.
        self._calls.client  # noqa: B018

    def _call(self, operation: str, **arguments: Any) -> Any:
        return self._calls(operation, Bucket=self.place.bucket, **arguments)

    # --- reading -------------------------------------------------------------------------------------------

    def read(self, name: str) -> bytes | None:
        """Return an object; None where there is none. An answer that breaks off is asked for again."""
        for tries_left in reversed(range(self._tries)):
            try:
                answer = self._call("get_object", Key=self.place.key(name))
                with told("s3 get_object"):
                    data: bytes = answer["Body"].read()
            except CloudRefusedError as error:
                if error.code in _MISSING:
                    return None
                raise
            except CloudUnavailableError:
                if not tries_left:
                    raise
            else:
                return data
        raise AssertionError  # the last try returns or raises

    def look(self, name: str) -> Found | None:
        """Say what is known of an object; None where there is none."""
        try:
            answer = self._call("head_object", Key=self.place.key(name))
        except CloudRefusedError as error:
            if error.code in _MISSING:
                return None
            raise
        said = answer["ResponseMetadata"]["HTTPHeaders"].get("date")
        now = parsedate_to_datetime(said) if said else datetime.now(UTC)
        return Found(answer["ContentLength"], (now - answer["LastModified"]).total_seconds())

    def names(self, folder: str) -> list[str]:
        """Return the names in a folder, of objects and of folders, sorted."""
        prefix = self.place.key(folder).rstrip("/") + "/"
        found: list[str] = []
        token: dict[str, str] = {}
        while True:
            page = self._call("list_objects_v2", Prefix=prefix, Delimiter="/", **token)
            found += [each["Key"].removeprefix(prefix) for each in page.get("Contents", ())]
            found += [each["Prefix"].removeprefix(prefix).rstrip("/") for each in page.get("CommonPrefixes", ())]
            if not page.get("IsTruncated"):
                return sorted(name for name in found if name)
            token = {"ContinuationToken": page["NextContinuationToken"]}

    # --- writing -------------------------------------------------------------------------------------------

    def create(self, name: str, data: bytes) -> bool:
        """Write an object; False where there is one of that name already, which stays as it is."""
        for _ in range(CONFLICTS_MAX):
            try:
                self._write(name, data, {"IfNoneMatch": "*"})
            except CloudRefusedError as error:
                if error.status == 412:
                    return False
                if error.code not in _CONFLICTS:
                    raise
            else:
                return True
        raise CloudUnavailableError(f"s3: {name} is being written by others all the time")

    def replace(self, name: str, data: bytes) -> None:
        """Write an object, whatever is there."""
        self._write(name, data, {})

    def renew(self, name: str) -> None:
        """Let an object be as young as if it was written now."""
        key = self.place.key(name)
        source = {"Bucket": self.place.bucket, "Key": key}
        self._call("copy_object", Key=key, CopySource=source, MetadataDirective="REPLACE", ChecksumAlgorithm="SHA256")

    def delete(self, name: str) -> None:
        """Remove an object, where it is there."""
        self._call("delete_object", Key=self.place.key(name))

    def _write(self, name: str, data: bytes, condition: dict[str, str]) -> None:
        key = self.place.key(name)
        if len(data) > PART_BYTES:
            self._write_in_parts(key, data, condition)
        else:
            self._call("put_object", Key=key, Body=data, **_digest(data), **condition)

    def _write_in_parts(self, key: str, data: bytes, condition: dict[str, str]) -> None:
        upload = self._call("create_multipart_upload", Key=key, ChecksumAlgorithm="SHA256")["UploadId"]
        try:
            parts = self._send_parts(key, upload, data)
            self._call(
                "complete_multipart_upload", Key=key, UploadId=upload, MultipartUpload={"Parts": parts}, **condition
            )
        except BaseException:
            # Where that fails as well, the lifecycle rule drops them.
            with suppress(CloudError):
                self._call("abort_multipart_upload", Key=key, UploadId=upload)
            raise

    def _send_parts(self, key: str, upload: str, data: bytes) -> Sequence[dict[str, Any]]:
        view = memoryview(data)
        size = max(PART_BYTES, -(-len(data) // PARTS_MAX))

        def send(number: int) -> dict[str, Any]:
            part = bytes(view[(number - 1) * size : number * size])
            digest = _digest(part)
            sent = self._call("upload_part", Key=key, UploadId=upload, PartNumber=number, Body=part, **digest)
            return {"PartNumber": number, "ETag": sent["ETag"], "ChecksumSHA256": digest["ChecksumSHA256"]}

        senders = ThreadPoolExecutor(PARTS_AT_ONCE, thread_name_prefix="s3-parts")
        try:
            return list(senders.map(send, range(1, -(-len(data) // size) + 1)))
        finally:
            senders.shutdown(cancel_futures=True)


def _digest(data: bytes) -> dict[str, str]:
    return {"ChecksumAlgorithm": "SHA256", "ChecksumSHA256": b64encode(hashlib.sha256(data).digest()).decode()}
