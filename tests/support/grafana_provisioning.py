"""The keys that Grafana documents for provisioning data sources, dashboards, contact points and policies."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from support.documented import Camel, Duration, Strict

# --- Grafana: data sources -------------------------------------------------------------------------------


class Exemplars(Camel):
    name: str
    datasource_uid: str = ""
    url: str = ""
    url_display_label: str = ""


class Tag(Strict):
    key: str
    value: str


class MetricQuery(Strict):
    name: str
    query: str


class TracesToMetrics(Camel):
    datasource_uid: str
    tags: list[Tag]
    queries: list[MetricQuery]
    span_start_time_shift: Duration = "0s"
    span_end_time_shift: Duration = "0s"


class Enabled(Strict):
    enabled: bool


class SpanBar(Strict):
    type: Literal["None", "Duration", "Tag"]
    tag: str = ""


class TraceQuery(Camel):
    time_shift_enabled: bool
    span_start_time_shift: Duration
    span_end_time_shift: Duration


class SearchFilter(Strict):
    id: str
    tag: str
    operator: Literal["=", "!=", ">", "<", "=~"]
    scope: Literal["span", "resource", "intrinsic", "unscoped"]


class Search(Strict):
    hide: bool
    filters: list[SearchFilter]


class PrometheusData(Camel):
    http_method: Literal["GET", "POST"]
    time_interval: Duration
    manage_alerts: bool
    allow_recording_rules_target: bool
    prometheus_type: Literal["Prometheus", "Cortex", "Mimir", "Thanos"]
    cache_level: Literal["Low", "Medium", "High", "None"]
    incremental_querying: bool
    exemplar_trace_id_destinations: list[Exemplars]


class TempoData(Camel):
    http_method: Literal["GET"]
    traces_to_metrics: TracesToMetrics
    node_graph: Enabled
    span_bar: SpanBar
    trace_query: TraceQuery
    search: Search


class Source(Camel, tag_field="type"):
    name: str
    uid: Annotated[str, msgspec.Meta(max_length=40)]
    access: Literal["proxy"]
    url: str
    is_default: bool
    editable: bool


class PrometheusSource(Source, tag="prometheus"):
    json_data: PrometheusData


class TempoSource(Source, tag="tempo"):
    json_data: TempoData


class Sources(Camel):
    api_version: Literal[1]
    prune: bool
    datasources: list[PrometheusSource | TempoSource]


# --- Grafana: dashboards and alerts ----------------------------------------------------------------------


class FolderOptions(Camel):
    path: str
    folders_from_files_structure: bool


class Provider(Camel):
    name: str
    org_id: int
    type: Literal["file"]
    folder: str
    folder_uid: str
    disable_deletion: bool
    allow_ui_updates: bool
    update_interval_seconds: int
    options: FolderOptions


class Providers(Camel):
    api_version: Literal[1]
    providers: list[Provider]


class Webhook(Camel):
    url: str
    http_method: Literal["POST", "PUT"]
    max_alerts: int


class Receiver(Camel):
    uid: str
    type: Literal["webhook"]
    disable_resolve_message: bool
    settings: Webhook


class ContactPoint(Camel):
    org_id: int
    name: str
    receivers: list[Receiver]


class Policy(Strict):
    org_id: Annotated[int, msgspec.Meta(ge=1)] = msgspec.field(name="orgId")
    receiver: str
    group_by: list[str]
    group_wait: Duration
    group_interval: Duration
    repeat_interval: Duration


class Alerting(Camel):
    api_version: Literal[1]
    contact_points: list[ContactPoint]
    policies: list[Policy]
