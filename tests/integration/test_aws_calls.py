"""Calls of Amazon's services by real clients: what comes back, and what is raised when it does not."""

from __future__ import annotations

import socket
import subprocess
import sys
import time

import pytest

from journeyman.aws import Calls, CircuitBreaker, client, forget_session
from journeyman.errors import CloudRefusedError, CloudUnavailableError, SettingsError
from support.aws import MotoServer


@pytest.fixture
def nobody(aws_environ: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Point this process at an address where nobody answers."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{port}")
    forget_session()


def test_a_call_is_made_where_the_environment_says(aws: MotoServer, aws_environ: dict[str, str]) -> None:
    name = aws.unique("queue")

    url = Calls("sqs")("create_queue", QueueName=name)["QueueUrl"]

    assert url in aws.client("sqs").list_queues(QueueNamePrefix=name)["QueueUrls"]


def test_a_refusal_says_its_code_and_is_no_reason_to_leave_the_service_alone(aws_environ: dict[str, str]) -> None:
    calls = Calls("s3", breaker=CircuitBreaker(failures_max=1))

    for _ in range(2):
        with pytest.raises(CloudRefusedError, match="s3 get_object: NoSuchBucket") as caught:
            calls("get_object", Bucket="there-is-no-such-bucket", Key="x")

    assert (caught.value.code, caught.value.status) == ("NoSuchBucket", 404)


def test_a_service_that_is_not_there_is_unavailable_and_soon_left_alone(nobody: None) -> None:
    calls = Calls("sqs", tries=1, breaker=CircuitBreaker(failures_max=2))

    for _ in range(2):
        with pytest.raises(CloudUnavailableError, match="sqs list_queues: Could not connect"):
            calls("list_queues")
    with pytest.raises(CloudUnavailableError, match="left alone"):
        calls("list_queues")


def test_a_service_that_does_not_answer_is_given_up_in_time(
    aws_environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{silent.getsockname()[1]}")
        forget_session()
        began = time.monotonic()

        with pytest.raises(CloudUnavailableError, match="Read timeout"):
            Calls("sqs", timeout_s=0.2, tries=1)("list_queues")

    assert time.monotonic() - began < 10


def test_a_call_that_is_malformed_says_so(aws_environ: dict[str, str]) -> None:
    with pytest.raises(CloudRefusedError, match="QueueName"):
        Calls("sqs")("create_queue")


def test_a_missing_region_is_a_wrong_setting(aws_environ: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_REGION")
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    forget_session()

    with pytest.raises(SettingsError, match="region"):
        client("sqs")


def test_a_missing_boto3_is_a_wrong_setting_that_says_what_to_install() -> None:
    code = (
        "import sys; sys.modules['boto3'] = None\n"
        "from journeyman.aws import Calls; from journeyman.errors import SettingsError\n"
        "try: Calls('sqs')('list_queues')\n"
        "except SettingsError as error: print(error)"
    )

    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout

    assert "install journeyman[aws]" in said


def test_without_anything_of_amazon_boto3_is_not_imported() -> None:
    code = "import sys, journeyman.aws, journeyman.blobs, journeyman.archive; print('boto3' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"
