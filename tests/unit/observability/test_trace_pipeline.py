"""The way of a span, from the services through the collector to Tempo: documented keys, and ends that meet."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from support.documented import read_as
from support.trace_pipeline import Collector, Tempo

OBSERVABILITY = Path(__file__).parents[3] / "deploy" / "observability"


def test_tempo_keeps_traces_for_as_long_as_a_search_looks_back() -> None:
    tempo: Tempo = read_as(OBSERVABILITY / "tempo" / "tempo.yaml", Tempo)

    assert tempo.compactor.compaction.block_retention == tempo.query_frontend.search.max_duration
    assert tempo.server.grpc_listen_port != int(tempo.distributor.receivers.otlp.protocols.grpc.endpoint.split(":")[1])


def _collector() -> Collector:
    return read_as(OBSERVABILITY / "collector" / "collector.yaml", Collector)


def _names(part: msgspec.Struct) -> set[str]:
    known: Any = msgspec.to_builtins(part)
    return set(known)


def test_a_pipeline_is_made_of_what_is_configured_and_all_of_it_is_used() -> None:
    collector = _collector()
    traces = collector.service.pipelines.traces

    assert set(traces.receivers) == _names(collector.receivers)
    assert set(traces.processors) == _names(collector.processors)
    assert set(traces.exporters) == _names(collector.exporters)
    assert set(collector.service.extensions) == _names(collector.extensions)


def test_memory_is_limited_before_anything_else_is_done() -> None:
    collector = _collector()
    limiter = collector.processors.memory_limiter

    assert collector.service.pipelines.traces.processors[0] == "memory_limiter"
    assert limiter.spike_limit_percentage < limiter.limit_percentage
    assert collector.processors.batch.send_batch_size <= collector.processors.batch.send_batch_max_size


def test_the_collector_sends_to_the_port_that_tempo_listens_on() -> None:
    tempo = read_as(OBSERVABILITY / "tempo" / "tempo.yaml", Tempo)
    listens = tempo.distributor.receivers.otlp.protocols.grpc.endpoint.rpartition(":")[2]

    assert _collector().exporters.tempo.endpoint == f"${{env:TEMPO_OTLP_ENDPOINT:-tempo:{listens}}}"
