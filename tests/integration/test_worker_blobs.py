"""A worker whose blob store is a bucket, and S3 is away: it waits for a while, and then the attempt has failed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import journeyman_worker as jm
from integration.worker_kit import Kit, memory_kit
from journeyman.aws import forget_session
from journeyman.blobs import PatientBlobs
from journeyman.events import JobFailed, JobSucceeded
from journeyman.s3_blobs import S3BlobStore
from journeyman.s3_objects import Objects
from journeyman.storage_places import S3Place
from support.aws import MotoServer
from support.tcp_proxy import TcpProxy

LARGE = 20_000


@pytest.fixture
def proxy(aws: MotoServer, aws_environ: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[TcpProxy]:
    proxy = TcpProxy(aws.port)
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{proxy.port}")
    forget_session()
    yield proxy
    proxy.close()


@pytest.fixture
def kit(aws: MotoServer, proxy: TcpProxy, tmp_path: Path) -> Kit:
    """Give a kit whose workers keep what is large in S3, and wait half a second for it."""
    place = S3Place(aws.bucket(), "jm")
    kit = memory_kit(tmp_path)
    kit.blobs = PatientBlobs(S3BlobStore(place, objects=Objects(place, tries=1)), patience_s=0.5)  # type: ignore[assignment]
    kit.broker.use(logs=kit.logs, blobs=kit.blobs)
    return kit


def test_a_result_that_cannot_be_stored_is_a_failed_attempt_that_is_tried_again(kit: Kit, proxy: TcpProxy) -> None:
    @jm.job("large", broker=kit.broker)
    def large() -> str:
        return "x" * LARGE

    proxy.refuse()
    with kit.worker():
        failed = kit.wait_for_event(JobFailed, large.submit())

    assert (failed.error.type, failed.retryable) == ("ServerUnavailableError", True)
    assert "the blob store at s3://" in failed.error.message


def test_a_payload_that_cannot_be_read_is_a_failed_attempt_that_is_tried_again(kit: Kit, proxy: TcpProxy) -> None:
    @jm.job("measure", broker=kit.broker)
    def measure(text: str) -> int:
        return len(text)

    job_id, later = measure.submit("x" * LARGE), measure.submit("y" * LARGE)
    proxy.refuse()
    proxy.cut()
    with kit.worker():
        failed = kit.wait_for_event(JobFailed, job_id)
        kit.wait_for_event(JobFailed, later)
        proxy.heal()

    assert (failed.error.type, failed.retryable) == ("ServerUnavailableError", True)
    assert kit.events(JobSucceeded) == []
