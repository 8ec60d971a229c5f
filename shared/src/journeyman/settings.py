"""Every setting, in one frozen struct: its name, shape, default and meaning.

The environment variable of `redis_url` is `JOURNEYMAN_REDIS_URL`. A `JOURNEYMAN_` variable that is not here
is an error with the nearest known name, so that a typing mistake never runs as a default. `docs/settings.md`
is generated from this file.
"""

from __future__ import annotations

import difflib
import typing
from collections.abc import Mapping
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta

from journeyman.errors import SettingsError

PREFIX = "JOURNEYMAN_"
LOOPBACK = ("127.0.0.1", "::1", "localhost")

Port = Annotated[int, Meta(ge=0, le=65535)]
Millis = Annotated[int, Meta(ge=1)]


def _about(text: str, **limits: Any) -> Meta:
    return Meta(description=text, **limits)


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the environment says. Build with :func:`load`."""

    redis_url: Annotated[
        str,
        _about(
            "Server of the log: `redis://`, `rediss://`, `unix://`, `redis+sentinel://host:port,…/service`, `redis+cluster://`."
        ),
    ] = "redis://127.0.0.1:6379/0"
    namespace: Annotated[str, _about("First part of every key.", pattern=r"^[A-Za-z0-9._-]{1,32}$")] = "jm"
    partitions: Annotated[
        int, _about("Number of partitions: logs with a scheduler each. May be raised, never lowered.", ge=1, le=1024)
    ] = 1
    durability: Annotated[
        Literal["memory", "process-crash", "power-loss", "replica"],
        _about("What an accepted job survives; checked against the server's configuration at start-up."),
    ] = "process-crash"
    blob_url: Annotated[
        str,
        _about("Where what is too large for the log goes: `file:///…`. Empty: `blobs` in the data directory."),
    ] = ""
    archive_url: Annotated[
        str,
        _about("Where the log is archived before anything of it is trimmed: `file:///…`. Empty: nowhere."),
    ] = ""
    archive_every_ms: Annotated[
        Millis, _about("Longest time between two segments of the archive, where there is anything to archive.")
    ] = 60_000
    transport: Annotated[Literal["redis"], _about("How released jobs reach workers.")] = "redis"
    ingest_host: Annotated[str, _about("Address ingest binds to.")] = "127.0.0.1"
    ingest_port: Annotated[Port, _about("Port ingest binds to.")] = 8000
    dashboard_host: Annotated[str, _about("Address the dashboard binds to.")] = "127.0.0.1"
    dashboard_port: Annotated[Port, _about("Port the dashboard binds to.")] = 8001
    health_host: Annotated[
        str, _about("Address that health and metrics of scheduler, worker and autoscaler bind to.")
    ] = "127.0.0.1"
    scheduler_health_port: Annotated[Port, _about("Port of the scheduler's health and metrics; 0 for none.")] = 0
    worker_health_port: Annotated[Port, _about("Port of the worker's health and metrics; 0 for none.")] = 0
    autoscaler_health_port: Annotated[Port, _about("Port of the autoscaler's health and metrics; 0 for none.")] = 0
    ingest_url: Annotated[str, _about("Where clients and the CLI find ingest. Empty: from host and port.")] = ""
    dashboard_url: Annotated[
        str, _about("Where clients and the CLI find the dashboard. Empty: from host and port.")
    ] = ""
    cors_origins: Annotated[
        str,
        _about(
            "Origins of pages in browsers that may use both APIs, comma-separated: `https://ops.example`. "
            "The dashboard's own may anyway."
        ),
    ] = ""
    trace_url: Annotated[
        str,
        _about(
            "Where a trace is shown, with `{trace_id}` in it: `https://tempo.example/trace/{trace_id}`. Jobs in the "
            "dashboard link to it. Empty: they do not."
        ),
    ] = ""
    data_dir: Annotated[str, _about("Directory of the embedded server, the read model and the local blob store.")] = (
        ".journeyman"
    )
    environment: Annotated[
        Literal["development", "production"],
        _about("`production` closes `/dev/*` and refuses to bind beyond loopback without API keys."),
    ] = "development"
    workers_min: Annotated[int, _about("Fewest worker processes the autoscaler keeps.", ge=0, le=1000)] = 1
    workers_max: Annotated[int, _about("Most worker processes the autoscaler starts.", ge=1, le=1000)] = 10
    autoscaler_provider: Annotated[
        Literal["local", "none"], _about("Who starts and stops workers: processes on this machine, or nobody.")
    ] = "local"
    wait_goal_ms: Annotated[Millis, _about("Waiting time the autoscaler aims to stay under.")] = 5_000
    worker_processes: Annotated[int, _about("Worker processes per `journeyman-worker`.", ge=1, le=256)] = 1
    worker_threads: Annotated[int, _about("Jobs one worker process runs at once.", ge=1, le=1024)] = 8
    worker_tasks: Annotated[str, _about("Comma-separated modules whose jobs the worker knows.")] = (
        "journeyman_worker.samples"
    )
    worker_queues: Annotated[str, _about("Comma-separated queues to serve. Empty: every queue there is.")] = ""
    drain_timeout_ms: Annotated[
        Millis, _about("How long a draining worker lets running jobs go on before it hands them back.")
    ] = 30_000
    heartbeat_timeout_ms: Annotated[
        int, _about("Silence after which a worker is lost. It beats at a quarter of this.", ge=200, le=3_600_000)
    ] = 10_000
    scheduler_lease_ms: Annotated[int, _about("How long a scheduler leads without renewing.", ge=200, le=600_000)] = (
        5_000
    )
    scheduler_partitions: Annotated[
        str, _about("Comma-separated partitions that the scheduler serves, with a process each. Empty: all of them.")
    ] = ""
    snapshot_events: Annotated[int, _about("Events between two snapshots of the scheduler's state.", ge=1_000)] = (
        500_000
    )
    poison_attempts: Annotated[
        int, _about("Lost attempts after which a job is dead-lettered as poison.", ge=1, le=100)
    ] = 3
    evidence_log_lines: Annotated[
        int,
        _about(
            "How many of the last lines that a worker process wrote to standard error are kept when it dies, without "
            "what looks like a secret; 0: none.",
            ge=0,
            le=200,
        ),
    ] = 20
    wait_max_ms: Annotated[
        Millis, _about("Wait after which a ready job is moved to the head's priority (20), so that none starves.")
    ] = 1_800_000
    breaker_window_ms: Annotated[
        int, _about("How far back a type's circuit breaker looks for its failure ratio.", ge=1_000, le=300_000)
    ] = 60_000
    breaker_minimum_calls: Annotated[
        int, _about("Attempts within the window below which a breaker does not judge by the ratio.", ge=0)
    ] = 20
    breaker_failure_ratio: Annotated[
        float, _about("Share of failures within the window that opens a type's breaker; 0: never.", ge=0.0, le=1.0)
    ] = 0.5
    breaker_consecutive_failures: Annotated[
        int, _about("Failures without a success between them that open a type's breaker; 0: never.", ge=0)
    ] = 20
    breaker_open_ms: Annotated[
        Millis, _about("How long a breaker stays open before it is tried; twice as long whenever that fails again.")
    ] = 5_000
    breaker_open_max_ms: Annotated[Millis, _about("The longest a breaker stays open before it is tried.")] = 300_000
    breaker_probes: Annotated[
        int, _about("Jobs that a half-open breaker lets start; it closes when so many have succeeded.", ge=1, le=1_000)
    ] = 3
    outcome_retention_ms: Annotated[
        int, _about("How long outcomes, idempotency keys and cancelled jobs are remembered.", ge=60_000)
    ] = 86_400_000
    log_retention_ms: Annotated[
        int,
        _about(
            "Age up to which entries stay in the log, at least. Younger ones, and unread ones, are never trimmed.",
            ge=60_000,
        ),
    ] = 604_800_000
    reader_expiry_ms: Annotated[
        int,
        _about("Silence after which a reader of the log is struck off: no entry is kept for it any more.", ge=60_000),
    ] = 604_800_000
    backlog_max: Annotated[int, _about("Open jobs above which ingest answers 429.", ge=1)] = 5_000_000
    queue_backlog_max: Annotated[
        int, _about("Jobs that may wait in a queue; above that ingest answers 429 for it. 0: any number.", ge=0)
    ] = 0
    queue_backlogs: Annotated[
        str, _about("The same for single queues, instead of that: `images=1000,mail=50000`. 0: any number.")
    ] = ""
    memory_headroom: Annotated[
        float, _about("Share of the server's `maxmemory` above which ingest answers 503.", gt=0.0, le=1.0)
    ] = 0.9
    read_model_retention_ms: Annotated[
        int, _about("How long ended jobs stay in the dashboard's read model.", ge=60_000)
    ] = 2_592_000_000
    api_keys_file: Annotated[str, _about("File of API keys. Not available yet: setting it is refused.")] = ""
    smtp_url: Annotated[
        str, _about("Server of the `email-sending` sample: `smtp://`, `smtp+starttls://` or `smtps://host:port`.")
    ] = "smtp://127.0.0.1:1025"
    log_level: Annotated[Literal["debug", "info", "warning", "error"], _about("Least severe log lines written.")] = (
        "info"
    )
    log_format: Annotated[Literal["text", "json"], _about("Log lines for people or for machines.")] = "text"
    failpoints: Annotated[
        str,
        _about(
            "For tests of failures: `NAME=kill` or `NAME=stop:3`, comma-separated, has a process kill or stop itself "
            "when it passes the place ([the names](failpoints.md)) so often. Refused in production."
        ),
    ] = ""

    def ingest_address(self) -> str:
        """URL under which clients reach ingest."""
        return self.ingest_url or f"http://{self.ingest_host}:{self.ingest_port}"

    def dashboard_address(self) -> str:
        """URL under which clients reach the dashboard."""
        return self.dashboard_url or f"http://{self.dashboard_host}:{self.dashboard_port}"

    def further_origins(self) -> tuple[str, ...]:
        """Origins of pages that may use the APIs besides the dashboard's own. Raises SettingsError."""
        origins = tuple(part.strip() for part in self.cors_origins.split(",") if part.strip())
        for origin in origins:
            parts = urlsplit(origin)
            if parts.scheme not in ("http", "https") or origin != f"{parts.scheme}://{parts.netloc}" or "@" in origin:
                raise SettingsError("JOURNEYMAN_CORS_ORIGINS: not a list of origins like https://ops.example:8443")
        return origins

    def trace_template(self) -> str:
        """Where a trace is shown: a web address with `{trace_id}` in it, or nothing. Raises SettingsError."""
        parts = urlsplit(self.trace_url)
        there = parts.scheme in ("http", "https") and parts.hostname and "{trace_id}" in self.trace_url
        if self.trace_url and (not there or "{" in parts.netloc or not self.trace_url.isprintable()):
            raise SettingsError("JOURNEYMAN_TRACE_URL: not like https://tempo.example/trace/{trace_id}")
        return self.trace_url

    def origins(self) -> frozenset[str]:
        """Origins of pages that may use ingest. A dashboard on this machine has several names."""
        own = urlsplit(self.dashboard_address())
        names = ("127.0.0.1", "localhost") if own.hostname in LOOPBACK else (own.netloc,)
        port = f":{own.port}" if own.hostname in LOOPBACK and own.port is not None else ""
        return frozenset([*(f"{own.scheme}://{name}{port}" for name in names), *self.further_origins()])

    def queue_quotas(self) -> dict[str, int]:
        """How many jobs may wait in the queues that have a quota of their own. Raises SettingsError."""
        try:
            pairs = [part.split("=") for part in self.queue_backlogs.split(",") if part.strip()]
            quotas = {queue.strip(): int(quota) for queue, quota in pairs}
        except ValueError:
            quotas = {"": -1}
        if "" in quotas or min(quotas.values(), default=0) < 0:
            raise SettingsError("JOURNEYMAN_QUEUE_BACKLOGS: not a list of quotas like images=1000,mail=50000")
        return quotas

    def scheduled_partitions(self) -> list[int]:
        """Partitions that the scheduler serves, in order. Raises SettingsError."""
        try:
            served = sorted({int(part) for part in self.scheduler_partitions.split(",") if part.strip()})
        except ValueError:
            raise SettingsError("JOURNEYMAN_SCHEDULER_PARTITIONS: not a list of numbers like 0,1") from None
        if served and not 0 <= served[0] <= served[-1] < self.partitions:
            raise SettingsError(f"JOURNEYMAN_SCHEDULER_PARTITIONS: partitions are 0 to {self.partitions - 1}")
        return served or list(range(self.partitions))


def load(environ: Mapping[str, str], **overrides: Any) -> Settings:
    """Read the settings from an environment; `overrides` (command-line options) win where not None.

    Raises SettingsError, in one line, for unknown names, malformed values and contradictions.
    """
    known = {PREFIX + name.upper(): name for name in Settings.__struct_fields__}
    values: dict[str, Any] = {}
    for variable, value in environ.items():
        if not variable.startswith(PREFIX):
            continue
        if variable not in known:
            near = difflib.get_close_matches(variable, known, n=1, cutoff=0.0)
            raise SettingsError(f"unknown setting {variable}; did you mean {near[0]}?")
        values[known[variable]] = value
    values.update((name, value) for name, value in overrides.items() if value is not None)
    try:
        settings = msgspec.convert(values, Settings, strict=False)
    except msgspec.ValidationError as error:
        raise SettingsError(_in_words(str(error))) from None
    _check(settings)
    return settings


def _in_words(message: str) -> str:
    """Turn msgspec's "… - at `$.workers_min`" into a line that names the variable. Never repeats the value."""
    text, _, path = message.partition(" - at `$.")
    return f"{PREFIX}{path.rstrip('`').upper()}: {text}" if path else message


def _check(settings: Settings) -> None:
    if settings.workers_min > settings.workers_max:
        raise SettingsError(
            f"JOURNEYMAN_WORKERS_MIN ({settings.workers_min}) is above JOURNEYMAN_WORKERS_MAX ({settings.workers_max})"
        )
    settings.scheduled_partitions()
    settings.queue_quotas()
    settings.further_origins()
    settings.trace_template()
    if settings.failpoints and settings.environment == "production":
        raise SettingsError("JOURNEYMAN_FAILPOINTS: refusing to have processes kill themselves in production")
    if settings.api_keys_file:
        raise SettingsError("JOURNEYMAN_API_KEYS_FILE: API keys are not available in this version")
    for name in ("ingest_host", "dashboard_host", "health_host"):
        host = getattr(settings, name)
        if settings.environment == "production" and host not in LOOPBACK:
            raise SettingsError(
                f"{PREFIX}{name.upper()}: refusing to bind {host} in production without API keys; "
                "bind to loopback behind a proxy"
            )
    if settings.blob_url and urlsplit(settings.blob_url).scheme != "file":
        raise SettingsError("JOURNEYMAN_BLOB_URL: only file:///… is available in this version")
    if settings.archive_url and urlsplit(settings.archive_url).scheme != "file":
        raise SettingsError("JOURNEYMAN_ARCHIVE_URL: only file:///… is available in this version")


class Documented(typing.NamedTuple):
    """One row of the settings table: variable, default as text, meaning."""

    variable: str
    default: str
    meaning: str


def documented() -> list[Documented]:
    """Return every setting with its default and meaning, in the order of the struct."""
    hints = typing.get_type_hints(Settings, include_extras=True)
    rows = []
    for field in msgspec.structs.fields(Settings):
        metas = [meta for meta in getattr(hints[field.name], "__metadata__", ()) if isinstance(meta, Meta)]
        meaning = next(meta.description for meta in reversed(metas) if meta.description)
        rows.append(Documented(PREFIX + field.name.upper(), str(field.default), meaning))
    return rows
