"""Whether spans are sent, and what becomes of them where they cannot be."""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Mapping

import pytest

from journeyman.errors import SettingsError
from journeyman.otel import OnceInAWhile, current_traceparent, resource, span_exporter, start_tracing, tracing_wanted

COLLECTOR = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318/"}


@pytest.mark.parametrize(
    ("environ", "wanted"),
    [
        ({}, False),
        (COLLECTOR, True),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://collector:4318/here"}, True),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": " "}, False),
        ({"OTEL_TRACES_EXPORTER": "otlp"}, True),
        ({"OTEL_TRACES_EXPORTER": "console,otlp"}, True),
        ({**COLLECTOR, "OTEL_TRACES_EXPORTER": "none"}, False),
        ({**COLLECTOR, "OTEL_SDK_DISABLED": "True"}, False),
        ({**COLLECTOR, "OTEL_SDK_DISABLED": "false"}, True),
    ],
)
def test_spans_are_sent_where_a_collector_is_named_and_nobody_forbids_it(
    environ: Mapping[str, str], wanted: bool
) -> None:
    assert tracing_wanted(environ) is wanted


def test_where_none_are_wanted_nothing_is_started() -> None:
    assert start_tracing("worker", {}) is None


@pytest.mark.parametrize(
    ("environ", "endpoint"),
    [
        (COLLECTOR, "http://collector:4318/v1/traces"),
        ({**COLLECTOR, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://tempo/in"}, "http://tempo/in"),
    ],
)
def test_spans_go_to_the_path_of_traces_or_exactly_where_they_are_told_to(
    environ: Mapping[str, str], endpoint: str
) -> None:
    exporter = span_exporter(environ)
    try:
        assert getattr(exporter, "_endpoint") == endpoint  # noqa: B009 - nobody else tells
    finally:
        exporter.shutdown()  # type: ignore[no-untyped-call]


def test_a_protocol_that_is_not_there_is_refused() -> None:
    with pytest.raises(SettingsError, match=r"OTEL_EXPORTER_OTLP_PROTOCOL: only http/protobuf"):
        start_tracing("worker", {**COLLECTOR, "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"})


def test_a_sampler_that_is_none_is_refused() -> None:
    with pytest.raises(SettingsError, match=r"OTEL_TRACES_SAMPLER: 'most' is none of"):
        start_tracing("worker", {**COLLECTOR, "OTEL_TRACES_SAMPLER": "most"})


def test_without_the_packages_one_line_says_which_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("opentelemetry.exporter")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter", None)

    with pytest.raises(SettingsError) as caught:
        start_tracing("worker", COLLECTOR)

    assert "pip install 'journeyman[otel]'" in str(caught.value)
    assert str(caught.value).startswith("OTEL_EXPORTER_OTLP_ENDPOINT asks for traces")
    assert "\n" not in str(caught.value)


def test_spans_come_from_the_service_unless_the_environment_says_another_name(monkeypatch: pytest.MonkeyPatch) -> None:
    assert resource("worker").attributes["service.name"] == "journeyman-worker"

    monkeypatch.setenv("OTEL_SERVICE_NAME", "shop")
    monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "service.version=7,deployment.environment.name=test")

    said = resource("worker").attributes
    assert (said["service.name"], said["service.version"]) == ("shop", "7")
    assert said["deployment.environment.name"] == "test"


def test_a_collector_that_is_away_costs_one_line_a_minute(caplog: pytest.LogCaptureFixture) -> None:
    logger = logging.getLogger("test.exporter")
    quiet = OnceInAWhile(every_s=3_600)
    logger.addFilter(quiet)
    try:
        for _ in range(5):
            try:
                raise ConnectionError("refused")
            except ConnectionError:
                logger.exception("Failed to export %s", "spans")
    finally:
        logger.removeFilter(quiet)

    [record] = caplog.records
    assert record.getMessage() == "spans are not being sent: Failed to export spans"
    assert (record.levelname, record.exc_info) == ("WARNING", None)


def test_the_next_line_tells_how_many_were_left_out(caplog: pytest.LogCaptureFixture) -> None:
    logger = logging.getLogger("test.exporter")
    quiet = OnceInAWhile(every_s=3_600)
    logger.addFilter(quiet)
    try:
        for _ in range(3):
            logger.error("no")
        quiet.every_s = quiet.next = 0.0
        logger.error("no")
    finally:
        logger.removeFilter(quiet)

    assert [record.getMessage() for record in caplog.records][1:] == [
        "spans are not being sent: no (and 2 more lines like it)"
    ]


def test_where_no_span_is_current_there_is_no_traceparent() -> None:
    assert current_traceparent() == ""


@pytest.mark.parametrize("service", ["worker.child", "ingest.server", "dashboard.server", "scheduler.__main__"])
def test_no_service_imports_opentelemetry_until_spans_are_wanted(service: str) -> None:
    # redis-py imports what it can find of it for metrics of its own.
    code = f"""
import sys, redis
before = set(sys.modules)
import journeyman.client, journeyman_{service}
print([name for name in set(sys.modules) - before if name.startswith("opentelemetry")])
"""
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert ended.stdout.strip() == "[]"
