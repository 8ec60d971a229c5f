"""The number of waiting jobs in CloudWatch, written with real boto3 calls to moto and read back from it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from journeyman.settings import Settings
from journeyman_autoscaler import metrics
from journeyman_autoscaler.cloud import CountedCalls
from journeyman_autoscaler.cloudwatch import PendingJobs, pending_jobs
from support.aws import MotoServer
from support.tcp_proxy import TcpProxy
from support.waiting import wait_for


def failed_calls() -> float:
    return float(metrics.CLOUD_CALLS.labels("put_metric_data", "unavailable")._value.get())


@pytest.fixture
def pending(aws: MotoServer, aws_environ: dict[str, str]) -> Iterator[Callable[..., PendingJobs]]:
    started: list[PendingJobs] = []

    def start(**settings: Any) -> PendingJobs:
        writer = PendingJobs(CountedCalls("cloudwatch"), Settings(**settings), every_s=0.2)
        started.append(writer)
        return writer

    yield start
    for writer in started:
        writer.close()


def written(aws: MotoServer, namespace: str) -> list[tuple[str, str, str]]:
    metrics = aws.client("cloudwatch").list_metrics(Namespace=namespace)["Metrics"]
    return sorted(
        (each["MetricName"], each["Dimensions"][0]["Name"], each["Dimensions"][0]["Value"]) for each in metrics
    )


def values(aws: MotoServer, namespace: str, queue: str) -> list[float]:
    """Return the numbers that CloudWatch holds for a queue, in order of size."""
    now = datetime.now(UTC)
    told = aws.client("cloudwatch").get_metric_statistics(
        Namespace=namespace,
        MetricName="PendingJobs",
        Dimensions=[{"Name": "QueueName", "Value": queue}],
        StartTime=now - timedelta(hours=1),
        EndTime=now + timedelta(hours=1),
        Period=60,
        Statistics=["Minimum", "Maximum"],
    )
    return sorted({value for point in told["Datapoints"] for value in (point["Minimum"], point["Maximum"])})


def test_the_number_of_waiting_jobs_is_read_back_from_cloudwatch(
    aws: MotoServer, pending: Callable[..., PendingJobs]
) -> None:
    namespace = aws.unique("Shop")
    writer = pending(cloudwatch_namespace=namespace)

    writer.tell({"images": 41, "email": 2, "": 7})
    wait_for(lambda: values(aws, namespace, "images") == [41.0], "the number of waiting jobs")
    assert values(aws, namespace, "email") == [2.0]
    assert written(aws, namespace) == [("PendingJobs", "QueueName", "email"), ("PendingJobs", "QueueName", "images")]


def test_a_queue_that_has_emptied_goes_on_being_told_of(aws: MotoServer, pending: Callable[..., PendingJobs]) -> None:
    namespace = aws.unique("Shop")
    writer = pending(cloudwatch_namespace=namespace)

    writer.tell({"images": 3})
    wait_for(lambda: values(aws, namespace, "images") == [3.0], "the first number")
    writer.tell({})
    wait_for(lambda: values(aws, namespace, "images") == [0.0, 3.0], "the number 0")


def test_namespace_metric_and_dimension_have_the_names_that_the_settings_give(
    aws: MotoServer, pending: Callable[..., PendingJobs]
) -> None:
    namespace = aws.unique("Shop")
    pending(cloudwatch_namespace=namespace, cloudwatch_metric="Waiting", cloudwatch_dimension="Line").tell({"q": 1})

    wait_for(lambda: written(aws, namespace) == [("Waiting", "Line", "q")], "the metric under its own names")


def test_cloudwatch_that_is_away_is_written_to_again_when_it_is_back(
    aws: MotoServer, pending: Callable[..., PendingJobs], monkeypatch: pytest.MonkeyPatch
) -> None:
    namespace = aws.unique("Shop")
    proxy = TcpProxy(aws.port)
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{proxy.port}")
    try:
        before = failed_calls()
        proxy.refuse()
        writer = pending(cloudwatch_namespace=namespace)
        writer.tell({"images": 1})
        wait_for(lambda: failed_calls() > before, "a failed call", timeout_s=40)
        proxy.heal()
        writer.tell({"images": 2})
        wait_for(lambda: values(aws, namespace, "images") == [2.0], "the latest number", timeout_s=40)
    finally:
        proxy.close()


@pytest.mark.parametrize(
    ("provider", "cloudwatch", "written"),
    [("ec2", "auto", True), ("local", "auto", False), ("ec2", "off", False), ("none", "on", True)],
)
def test_cloudwatch_is_written_to_with_the_provider_ec2_or_when_asked_for(
    aws_environ: dict[str, str], provider: Any, cloudwatch: Any, written: bool
) -> None:
    writer = pending_jobs(Settings(autoscaler_provider=provider, cloudwatch=cloudwatch))

    assert (writer is not None) is written
    if writer is not None:
        writer.close()
