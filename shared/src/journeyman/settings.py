"""Every setting, in one frozen struct: its name, shape, default and meaning.

The environment variable of `redis_url` is `JOURNEYMAN_REDIS_URL`. A `JOURNEYMAN_` variable that is not here
is an error with the nearest known name, so that a typing mistake never runs as a default. `docs/settings.md`
is generated from this file.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta

from journeyman.errors import SettingsError
from journeyman.queue_values import read_queue_values
from journeyman.setting_checks import LOOPBACK, PREFIX, check

__all__ = ["LOOPBACK", "PREFIX", "Settings", "load"]

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
        _about(
            "Where what is too large for the log goes: `file:///…` or `s3://bucket/prefix` ([S3](s3.md)). Empty: "
            "`blobs` in the data directory."
        ),
    ] = ""
    blob_retention_days: Annotated[
        int,
        _about(
            "Age at which results in a bucket are dropped, and payloads 366 days later, by the rules that `journeyman "
            "blobs lifecycle` makes. 0: never.",
            ge=0,
            le=36_500,
        ),
    ] = 0
    archive_url: Annotated[
        str,
        _about(
            "Where the log is archived before anything of it is trimmed: `file:///…` or `s3://bucket/prefix`. Empty: "
            "nowhere."
        ),
    ] = ""
    archive_every_ms: Annotated[
        Millis, _about("Longest time between two segments of the archive, where there is anything to archive.")
    ] = 60_000
    transport: Annotated[
        Literal["redis", "sqs"],
        _about("How released jobs reach workers: through the server alone, or through Amazon SQS ([SQS](sqs.md))."),
    ] = "redis"
    sqs_prefix: Annotated[
        str, _about("Transport `sqs`: first part of the queues' names.", pattern=r"^[A-Za-z0-9_-]{1,32}$")
    ] = "journeyman"
    sqs_visibility_ms: Annotated[
        int,
        _about(
            "Transport `sqs`: how long a message that a worker has received stays hidden from the others; heartbeats "
            "extend it while its job runs. For queues that are made, and for every message received.",
            ge=2_000,
            le=43_200_000,
        ),
    ] = 30_000
    sqs_receives_max: Annotated[
        int,
        _about(
            "Transport `sqs`: how often a message may be received before it goes to the dead-letter queue. For queues "
            "that are made.",
            ge=1,
            le=1_000,
        ),
    ] = 5
    ingest_host: Annotated[str, _about("Address ingest binds to.")] = "127.0.0.1"
    ingest_port: Annotated[Port, _about("Port ingest binds to.")] = 8000
    dashboard_host: Annotated[str, _about("Address the dashboard binds to.")] = "127.0.0.1"
    dashboard_port: Annotated[Port, _about("Port the dashboard binds to.")] = 8001
    health_host: Annotated[
        str, _about("Address that health and metrics of scheduler, worker and autoscaler bind to.")
    ] = "127.0.0.1"
    scheduler_health_port: Annotated[Port, _about("Port of the scheduler's health and metrics; 0 for none.")] = 0
    worker_health_port: Annotated[
        Port,
        _about(
            "Port of the worker's health and metrics; 0 for none. Of several that the autoscaler starts on a machine, "
            "each has the next one that is free."
        ),
    ] = 0
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
    trace_turn_ms: Annotated[
        int,
        _about(
            "Silence after which another dashboard sends the traces of jobs, where one that sent them is gone; longer "
            "than a send takes.",
            ge=1_000,
            le=3_600_000,
        ),
    ] = 30_000
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
        Literal["local", "ec2", "none"],
        _about(
            "Who starts and stops workers: processes on this machine, an Auto Scaling group ([EC2](ec2.md)), or nobody."
        ),
    ] = "local"
    autoscaling_group: Annotated[
        str,
        _about("Name of the Auto Scaling group that the workers' instances belong to; the provider `ec2` needs it."),
    ] = ""
    lifecycle_hook: Annotated[
        str,
        _about("Name of the group's termination lifecycle hook, completed when the worker has drained. Empty: none."),
    ] = ""
    instance_metadata: Annotated[
        Literal["off", "imds"],
        _about("`imds`: the worker runs on an EC2 instance; it tells which, and drains before that is taken away."),
    ] = "off"
    instance_metadata_url: Annotated[
        str,
        _about("Where the instance metadata service answers, if `imds` is asked for.", pattern=r"^http://[^/@]+/?$"),
    ] = "http://169.254.169.254"
    cloudwatch: Annotated[
        Literal["auto", "off", "on"],
        _about(
            "Whether the autoscaler writes the number of waiting jobs of each queue to CloudWatch; `auto`: with the "
            "provider `ec2`."
        ),
    ] = "auto"
    cloudwatch_namespace: Annotated[
        str, _about("Namespace of that metric.", pattern=r"^(?!AWS/)[A-Za-z0-9._/#:-]{1,255}$")
    ] = "Journeyman"
    cloudwatch_metric: Annotated[str, _about("Its name.", pattern=r"^[A-Za-z0-9._/#:-]{1,255}$")] = "PendingJobs"
    cloudwatch_dimension: Annotated[
        str,
        _about(
            "Name of its dimension, whose value is the queue.", pattern=r"^[A-Za-z0-9._/#-][A-Za-z0-9._/#:-]{0,254}$"
        ),
    ] = "QueueName"
    wait_goal_ms: Annotated[
        Millis, _about("Waiting time that the autoscaler aims to stay under ([how](autoscaling.md)).")
    ] = 5_000
    wait_goals: Annotated[str, _about("The same for single queues, instead of that: `images=1000,email=60000`.")] = ""
    scaling_policy: Annotated[
        Literal["wait-goal", "step"],
        _about("How the number of workers is chosen: by the waiting time, or by one at a time as the backlog says."),
    ] = "wait-goal"
    scale_up_cooldown_ms: Annotated[
        int,
        _about(
            "So long after workers were added, more are added only where the goal itself would be missed; with the "
            "policy `step`: none are.",
            ge=0,
        ),
    ] = 60_000
    scale_down_cooldown_ms: Annotated[
        int, _about("So long after the number of workers was changed, up or down, it is not lowered.", ge=0)
    ] = 120_000
    scale_up_above: Annotated[int, _about("Policy `step`: one worker more where more jobs than this wait.", ge=0)] = 4
    scale_down_at: Annotated[
        int, _about("Policy `step`: one worker fewer where so many jobs wait, or not as many.", ge=0)
    ] = 0
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
        return read_queue_values("JOURNEYMAN_QUEUE_BACKLOGS", self.queue_backlogs, "quotas")

    def queue_goals(self) -> dict[str, int]:
        """Return the queues with a goal of their own for waiting time, in milliseconds. Raises SettingsError."""
        return read_queue_values("JOURNEYMAN_WAIT_GOALS", self.wait_goals, "milliseconds", least=1)

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
    check(settings)
    return settings


def _in_words(message: str) -> str:
    """Turn msgspec's "… - at `$.workers_min`" into a line that names the variable. Never repeats the value."""
    text, _, path = message.partition(" - at `$.")
    return f"{PREFIX}{path.rstrip('`').upper()}: {text}" if path else message
