"""The environment of each service: what is the same on every machine, and what is a service's own.

Nothing secret is here: the URL of the log, which has a password, is fetched by the machine itself (units.py). Services
listen on their machine's own loopback interface, as they want to in production; what leads to them stands before.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from journeyman_deploy.storage_names import ARCHIVE, BLOBS

#: Where a service listens, and which settings say so.
PORTS = {"ingest": 8000, "dashboard": 8001, "scheduler": 9100, "worker": 9100, "autoscaler": 9100}
SECRET = "JOURNEYMAN_REDIS_URL"  # noqa: S105 - the name of a variable
FURTHER = re.compile(r"^(JOURNEYMAN|OTEL)_[A-Z0-9_]+$")
CLOUDWATCH_NAMESPACE = "Journeyman"
LOOPBACK = "127.0.0.1"


@dataclass(frozen=True)
class Known:
    """What services are told of their surroundings."""

    region: str
    namespace: str
    partitions: int
    transport: str
    sqs_prefix: str
    sqs_visibility_ms: int
    sqs_receives_max: int
    bucket: str
    ingest_url: str
    dashboard_url: str
    collector: str = ""


def settings_of(service: str, known: Known, own: Mapping[str, str], further: Mapping[str, str]) -> dict[str, str]:
    """Return a service's environment: what all have, its own, and what the stack's configuration adds.

    Raises ValueError for additions that are no settings, or that would put the secret into plain sight.
    """
    if wrong := [name for name in further if name == SECRET or not FURTHER.match(name)]:
        raise ValueError(f"settings: not for plain configuration: {', '.join(sorted(wrong))}")
    return {**_everybody(known), **_listening(service), **own, **further}


def _everybody(known: Known) -> dict[str, str]:
    found = {
        "AWS_REGION": known.region,
        "JOURNEYMAN_ENVIRONMENT": "production",
        "JOURNEYMAN_NAMESPACE": known.namespace,
        "JOURNEYMAN_PARTITIONS": str(known.partitions),
        "JOURNEYMAN_DURABILITY": "replica",
        "JOURNEYMAN_TRANSPORT": known.transport,
        "JOURNEYMAN_BLOB_URL": f"s3://{known.bucket}/{BLOBS}",
        "JOURNEYMAN_ARCHIVE_URL": f"s3://{known.bucket}/{ARCHIVE}",
        "JOURNEYMAN_INGEST_URL": known.ingest_url,
        "JOURNEYMAN_DASHBOARD_URL": known.dashboard_url,
        "JOURNEYMAN_LOG_FORMAT": "json",
    }
    if known.transport == "sqs":
        found["JOURNEYMAN_SQS_PREFIX"] = known.sqs_prefix
        found["JOURNEYMAN_SQS_VISIBILITY_MS"] = str(known.sqs_visibility_ms)
        found["JOURNEYMAN_SQS_RECEIVES_MAX"] = str(known.sqs_receives_max)
    if known.collector:
        found["OTEL_EXPORTER_OTLP_ENDPOINT"] = known.collector
    return found


def _listening(service: str) -> dict[str, str]:
    port = str(PORTS[service])
    if service in ("ingest", "dashboard"):
        name = service.upper()
        return {f"JOURNEYMAN_{name}_HOST": LOOPBACK, f"JOURNEYMAN_{name}_PORT": port}
    return {"JOURNEYMAN_HEALTH_HOST": LOOPBACK, f"JOURNEYMAN_{service.upper()}_HEALTH_PORT": port}
