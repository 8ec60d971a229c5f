"""Blobs and archive in S3, with every service at work: what is large, what was trimmed, what was lost, and S3 down."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from journeyman.archive import Archive, archive_at, read_entries
from journeyman.client import Client
from journeyman.read_model import FILE_NAME
from support.aws import MotoServer
from support.journal import Journal
from support.system import System
from support.tcp_proxy import TcpProxy
from support.waiting import wait_for

PATIENT_S = 120.0
LARGE = 100_000


class InS3:
    """A system whose blobs and archive are in a bucket of its own, behind a proxy."""

    def __init__(self, aws: MotoServer, directory: Path) -> None:
        self.bucket = aws.bucket()
        self.s3 = aws.client("s3")
        self.proxy = TcpProxy(aws.port)
        self.environ = aws.environ(f"http://127.0.0.1:{self.proxy.port}")
        archive_url = f"s3://{self.bucket}/archive"
        self.system = System(
            directory,
            environ=lambda _: self.environ,
            blob_url=f"s3://{self.bucket}/jm",
            archive_url=archive_url,
            archive_every_ms=200,
            partitions=1,
        )
        self.journal = Journal(self.system.settings)
        self.archive: Archive = archive_at(archive_url, "jm")

    def keys(self, prefix: str) -> list[str]:
        found = self.s3.list_objects_v2(Bucket=self.bucket, Prefix=prefix).get("Contents", ())
        return [each["Key"] for each in found]

    def await_archived(self) -> None:
        """Wait until all that the log has now is in the archive."""
        end = self.journal.logs[0].end()
        wait_for(
            lambda: max((entry.offset for entry in read_entries(self.archive)), default=end._replace(ms=0)) >= end,
            "everything to be archived",
            timeout_s=PATIENT_S,
            every_s=0.5,
        )

    def trim(self) -> None:
        """Trim the log up to its last archived entry, as time would."""
        last = self.archive.chain(0).last()
        assert last is not None
        log = self.journal.logs[0]
        log.client.xtrim(log.keys.log, minid=last.last, approximate=False)

    def restore(self) -> str:
        """Run the command that an operator would run; return what it says."""
        settings = self.system.settings
        own = {"JOURNEYMAN_DATA_DIR": str(self.system.directory), "JOURNEYMAN_REDIS_URL": settings.redis_url}
        return subprocess.run(
            [sys.executable, "-m", "journeyman.cli", "rebuild", "--from-archive", settings.archive_url],
            env=os.environ | self.environ | own,
            capture_output=True,
            text=True,
            check=True,
            timeout=PATIENT_S,
        ).stdout

    def close(self) -> None:
        self.proxy.heal()
        self.system.close()
        self.journal.close()
        self.proxy.close()


@pytest.fixture
def in_s3(aws: MotoServer, aws_environ: dict[str, str], tmp_path: Path) -> Iterator[InS3]:
    in_s3 = InS3(aws, tmp_path)
    yield in_s3
    in_s3.close()


def completed(client: Client, echo: str) -> str:
    """Run a job with a large payload and a large result to its end; return its id."""
    job = client.submit("synthetic", {"echo": echo, "result_bytes": LARGE})
    assert job.result(timeout=PATIENT_S)["echo"] == echo
    return job.id


def length_of_result(in_s3: InS3, job_id: str) -> int:
    """Return the length of what a job returned, as the dashboard says; 0 where it does not."""
    answer = httpx.get(f"{in_s3.system.dashboard_url}/jobs/{job_id}/result", trust_env=False)
    return len(answer.json()["result"]["data"]) if answer.status_code == 200 else 0


def test_what_is_large_survives_trimming_a_lost_read_model_and_an_emptied_server(in_s3: InS3) -> None:
    system = in_s3.system
    with system.client() as client:
        job_id = completed(client, "x" * LARGE)
    assert len(in_s3.keys("jm/payloads/")) == len(in_s3.keys("jm/results/")) == 1

    in_s3.await_archived()
    in_s3.trim()
    system.stop("dashboard")
    for path in system.directory.glob(f"{FILE_NAME}*"):
        path.unlink()
    system.start("dashboard")
    system.await_ready()
    wait_for(lambda: length_of_result(in_s3, job_id) == LARGE, "the result", timeout_s=PATIENT_S)

    system.server.flush()
    assert "restored" in in_s3.restore()
    with system.client() as client:
        wait_for(lambda: length_of_result(in_s3, job_id) == LARGE, "the result again", timeout_s=PATIENT_S)
        completed(client, "y" * LARGE)
    assert in_s3.journal.unkept() == []


def test_while_s3_is_down_what_is_large_is_refused_whole_and_the_rest_goes_on(in_s3: InS3) -> None:
    system = in_s3.system
    with system.client() as client:
        completed(client, "before")
        in_s3.proxy.refuse()
        in_s3.proxy.cut()
        known = len(in_s3.journal.records())

        refused = httpx.post(
            f"{system.ingest_url}/jobs", json={"type": "synthetic", "payload": "x" * LARGE}, timeout=60, trust_env=False
        )
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
        assert "the blob store at s3://" in refused.json()["detail"]
        assert not any("JobSubmitted" in type(one.event).__name__ for one in in_s3.journal.records()[known:])
        ready = httpx.get(f"{system.ingest_url}/health/ready", trust_env=False)
        assert (ready.status_code, "large payloads are refused" in ready.text) == (200, True)

        assert client.submit("synthetic", {"echo": "small"}).result(timeout=PATIENT_S)["echo"] == "small"
        waiting = client.submit("synthetic", {"echo": "large result", "result_bytes": LARGE})
        wait_for(lambda: client.job(waiting.id).status == "processing", "it to be under way", timeout_s=PATIENT_S)
        in_s3.proxy.heal()

        assert len(waiting.result(timeout=PATIENT_S)["data"]) == LARGE
        assert client.job(waiting.id).attempt == 1
        completed(client, "z" * LARGE)
    assert in_s3.journal.unkept() == []
