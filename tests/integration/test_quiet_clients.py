"""Where redis clients make spans, ours do not, and those of user code do."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import redis
from opentelemetry.instrumentation.redis import RedisInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from journeyman.log.connect import connect
from support.servers import CLUSTERED, TestServer

pytestmark = pytest.mark.skipif(
    CLUSTERED, reason="the keys used here are of slots that no client of a partition serves"
)


@pytest.fixture
def exporter() -> Iterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    instrumentor = RedisInstrumentor()
    instrumentor.instrument(tracer_provider=provider)
    yield exporter
    instrumentor.uninstrument()


def use(client: redis.Redis) -> None:
    with client:
        client.get("a")
        client.config_get("maxmemory")
        with client.pipeline(transaction=False) as pipe:
            pipe.get("a")
            pipe.get("b")
            assert pipe.execute() == [None, None]
        with client.pipeline() as pipe:
            pipe.watch("a")  # type: ignore[no-untyped-call]
            assert pipe.get("a") is None


def test_clients_of_the_log_make_no_spans(valkey: TestServer, exporter: InMemorySpanExporter) -> None:
    use(connect(valkey.url))

    assert exporter.get_finished_spans() == ()


def test_others_do(valkey: TestServer, exporter: InMemorySpanExporter) -> None:
    use(redis.Redis.from_url(valkey.url))

    assert len(exporter.get_finished_spans()) >= 4
