"""The keys that Tempo and the OpenTelemetry collector document, as far as they are configured here."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from support.documented import Address, Duration, Port, Strict

Percent = Annotated[int, msgspec.Meta(gt=0, lt=100)]

# --- Tempo -----------------------------------------------------------------------------------------------


class Endpoint(Strict):
    endpoint: Address


class GrpcOnly(Strict):
    grpc: Endpoint


class TempoProtocols(Strict):
    protocols: GrpcOnly


class TempoReceivers(Strict):
    otlp: TempoProtocols


class Distributor(Strict):
    receivers: TempoReceivers


class TempoServer(Strict):
    http_listen_port: Port
    grpc_listen_port: Port
    log_level: Literal["debug", "info", "warn", "error"]


class Ingester(Strict):
    trace_idle_period: Duration
    max_block_duration: Duration


class Compaction(Strict):
    block_retention: Duration


class Compactor(Strict):
    compaction: Compaction


class FrontendSearch(Strict):
    max_duration: Duration


class QueryFrontend(Strict):
    search: FrontendSearch


class Where(Strict):
    path: str


class TraceStorage(Strict):
    backend: Literal["local"]
    wal: Where
    local: Where


class Storage(Strict):
    trace: TraceStorage


class GlobalLimits(Strict):
    max_bytes_per_trace: int


class Defaults(Strict):
    global_: GlobalLimits = msgspec.field(name="global")


class Overrides(Strict):
    defaults: Defaults


class UsageReport(Strict):
    reporting_enabled: bool


class Tempo(Strict):
    target: Literal["all"]
    stream_over_http_enabled: bool
    server: TempoServer
    distributor: Distributor
    ingester: Ingester
    compactor: Compactor
    query_frontend: QueryFrontend
    storage: Storage
    overrides: Overrides
    usage_report: UsageReport


# --- the collector ---------------------------------------------------------------------------------------


class Extensions(Strict):
    health_check: Endpoint


class CollectorProtocols(Strict):
    grpc: Endpoint
    http: Endpoint


class CollectorOtlp(Strict):
    protocols: CollectorProtocols


class Receivers(Strict):
    otlp: CollectorOtlp


class MemoryLimiter(Strict):
    check_interval: Duration
    limit_percentage: Percent
    spike_limit_percentage: Percent


class Batch(Strict):
    timeout: Duration
    send_batch_size: int
    send_batch_max_size: int


class Processors(Strict):
    memory_limiter: MemoryLimiter
    batch: Batch


class Tls(Strict):
    insecure: bool


class SendingQueue(Strict):
    enabled: bool
    num_consumers: int
    queue_size: int


class Retry(Strict):
    enabled: bool
    initial_interval: Duration
    max_interval: Duration
    max_elapsed_time: Duration


class OtlpExporter(Strict):
    endpoint: str
    tls: Tls
    sending_queue: SendingQueue
    retry_on_failure: Retry


class Exporters(Strict):
    tempo: OtlpExporter = msgspec.field(name="otlp/tempo")


class Pipeline(Strict):
    receivers: list[str]
    processors: list[str]
    exporters: list[str]


class Pipelines(Strict):
    traces: Pipeline


class Logs(Strict):
    level: Literal["debug", "info", "warn", "error"]
    encoding: Literal["console", "json"]


class PullFrom(Strict):
    host: str
    port: Port


class PullExporter(Strict):
    prometheus: PullFrom


class Pull(Strict):
    exporter: PullExporter


class MetricReader(Strict):
    pull: Pull


class Metrics(Strict):
    level: Literal["none", "basic", "normal", "detailed"]
    readers: list[MetricReader]


class Telemetry(Strict):
    logs: Logs
    metrics: Metrics


class Service(Strict):
    extensions: list[str]
    pipelines: Pipelines
    telemetry: Telemetry


class Collector(Strict):
    extensions: Extensions
    receivers: Receivers
    processors: Processors
    exporters: Exporters
    service: Service
