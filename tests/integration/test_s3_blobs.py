"""Blobs in a bucket: what is sent along, what happens twice, and what happens while S3 is down."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from journeyman import s3_objects
from journeyman.aws import forget_session
from journeyman.blobs import PatientBlobs, open_blobs
from journeyman.errors import CloudUnavailableError, ServerRefusedError, ServerUnavailableError, UnsuitableServerError
from journeyman.s3_blobs import S3BlobStore
from journeyman.s3_objects import Objects
from journeyman.settings import load
from journeyman.storage_places import S3Place
from support.aws import MotoServer
from support.blob_stores import InBucket
from support.tcp_proxy import TcpProxy


@pytest.fixture
def bucket(aws: MotoServer, aws_environ: dict[str, str]) -> InBucket:
    return InBucket(aws)


@pytest.fixture
def proxy(aws: MotoServer, aws_environ: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[TcpProxy]:
    """Stand between this process and S3."""
    proxy = TcpProxy(aws.port)
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{proxy.port}")
    forget_session()
    yield proxy
    proxy.close()


def sha256(data: bytes) -> str:
    return b64encode(hashlib.sha256(data).digest()).decode()


def test_an_object_carries_its_digest_under_a_prefix_of_its_kind(bucket: InBucket) -> None:
    blob = bucket.store.put(b"data", "results")

    (key,) = bucket.keys()
    assert key == f"some/prefix/results/{blob.sha256[:2]}/{blob.sha256}"
    head = bucket.s3.head_object(Bucket=bucket.place.bucket, Key=key, ChecksumMode="ENABLED")
    assert head["ChecksumSHA256"] == sha256(b"data")


def test_what_is_large_is_sent_in_parts_and_found_when_it_is_sent_again(bucket: InBucket) -> None:
    data = bytes(range(256)) * 80_000

    blob = bucket.store.put(data, "snapshots")
    assert bucket.store.put(data, "snapshots") == blob

    (key,) = bucket.keys()
    assert "-3" in bucket.s3.head_object(Bucket=bucket.place.bucket, Key=key)["ETag"]
    assert bucket.s3.list_multipart_uploads(Bucket=bucket.place.bucket).get("Uploads", []) == []
    assert bucket.store.get(blob) == data


def test_parts_of_what_failed_are_dropped(bucket: InBucket, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise CloudUnavailableError("the network went")

    monkeypatch.setattr(s3_objects.Objects, "_send_parts", fails)
    with pytest.raises(ServerUnavailableError, match="the network went"):
        bucket.store.put(b"x" * 10_000_000)

    assert bucket.s3.list_multipart_uploads(Bucket=bucket.place.bucket).get("Uploads", []) == []
    assert bucket.keys() == []


def test_storing_what_is_old_makes_it_young_again(bucket: InBucket, monkeypatch: pytest.MonkeyPatch) -> None:
    blob = bucket.store.put(b"old")
    key = bucket.place.key(blob.key)

    def modified() -> datetime:
        when: datetime = bucket.s3.head_object(Bucket=bucket.place.bucket, Key=key)["LastModified"]
        return when

    from moto.s3.models import s3_backends

    (account,) = s3_backends
    stored = s3_backends[account]["aws"].buckets[bucket.place.bucket].keys[key]
    stored.last_modified = datetime.now(UTC).replace(tzinfo=None) - timedelta(days=2)
    assert datetime.now(UTC) - modified() > timedelta(days=1)

    bucket.store.put(b"old")

    assert datetime.now(UTC) - modified() < timedelta(days=1)
    assert bucket.store.get(blob) == b"old"


def test_writers_of_different_archives_of_a_number_are_told_who_was_first(bucket: InBucket) -> None:
    objects = Objects(bucket.place)

    with ThreadPoolExecutor(8) as threads:
        won = list(threads.map(lambda number: objects.create("one", b"%d" % number), range(16)))

    assert won.count(True) == 1
    assert objects.read("one") == b"%d" % won.index(True)


def test_names_are_listed_page_by_page(bucket: InBucket) -> None:
    objects = Objects(bucket.place)
    for name in ("f/1", "f/2/x", "f/2/y", "f/3", "g/1", "f.txt"):
        objects.replace(name, b"")

    assert objects.names("f") == ["1", "2", "3"]
    assert objects.names("nothing") == []


def test_a_bucket_that_is_not_there_is_told_at_the_start(aws: MotoServer, aws_environ: dict[str, str]) -> None:
    settings = load({"JOURNEYMAN_BLOB_URL": f"s3://{aws.unique('none')}/jm"})

    for writes in (True, False):
        with pytest.raises(UnsuitableServerError, match="NoSuchBucket"):
            open_blobs(settings, writes=writes)


def test_a_bucket_that_is_there_is_probed_and_taken(aws: MotoServer, aws_environ: dict[str, str]) -> None:
    store = open_blobs(load({"JOURNEYMAN_BLOB_URL": f"s3://{aws.bucket()}/jm"}))

    assert isinstance(store, S3BlobStore)
    assert store.get(store.put(b"x")) == b"x"


def test_while_s3_is_down_every_call_says_so_soon_and_all_is_well_when_it_is_back(
    aws: MotoServer, proxy: TcpProxy
) -> None:
    store = S3BlobStore(S3Place(aws.bucket(), "jm"))
    blob = store.put(b"before")
    proxy.refuse()
    proxy.cut()

    for _ in range(6):
        with pytest.raises(ServerUnavailableError, match="s3://"):
            store.put(b"meanwhile")
    with pytest.raises(ServerUnavailableError, match="left alone"):
        store.get(blob)
    assert "left alone" in store.trouble

    proxy.heal()
    assert PatientBlobs(store).get(blob) == b"before"
    assert store.trouble == ""


def test_an_answer_that_breaks_off_is_asked_for_again(aws: MotoServer, proxy: TcpProxy) -> None:
    store = S3BlobStore(S3Place(aws.bucket(), "jm"))
    data = b"x" * 3_000_000
    blob = store.put(data)
    proxy.throttle(2_000_000)
    with ThreadPoolExecutor(1) as thread:
        reading = thread.submit(store.get, blob)
        while proxy.connections() == 0 or not reading.running():
            pass
        proxy.cut()
        proxy.heal()

        assert reading.result() == data


def test_patience_has_an_end(aws: MotoServer, proxy: TcpProxy) -> None:
    place = S3Place(aws.bucket(), "jm")
    store = PatientBlobs(S3BlobStore(place, objects=Objects(place, tries=1)), patience_s=0.3)
    proxy.refuse()
    proxy.cut()

    with pytest.raises(ServerUnavailableError):
        store.put(b"x")


def test_what_is_refused_is_refused_at_once(bucket: InBucket) -> None:
    blob = bucket.store.put(b"x")
    bucket.ruin()

    for call in (lambda: bucket.store.put(b"y"), lambda: bucket.store.get(blob)):
        with pytest.raises(ServerRefusedError, match="NoSuchBucket"):
            call()
