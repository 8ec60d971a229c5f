"""Which settings contradict each other, or ask for what there is not. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from journeyman.errors import SettingsError
from journeyman.storage_places import DROPPED_BY_AGE, S3Place, place_of

if TYPE_CHECKING:
    from journeyman.settings import Settings

PREFIX = "JOURNEYMAN_"
LOOPBACK = ("127.0.0.1", "::1", "localhost")


def check(settings: Settings) -> None:
    """Raise SettingsError for the first thing that cannot be meant."""
    if settings.workers_min > settings.workers_max:
        raise SettingsError(
            f"JOURNEYMAN_WORKERS_MIN ({settings.workers_min}) is above JOURNEYMAN_WORKERS_MAX ({settings.workers_max})"
        )
    settings.scheduled_partitions()
    settings.queue_quotas()
    settings.queue_goals()
    if settings.scale_down_at > settings.scale_up_above:
        raise SettingsError(
            f"JOURNEYMAN_SCALE_DOWN_AT ({settings.scale_down_at}) is above JOURNEYMAN_SCALE_UP_ABOVE "
            f"({settings.scale_up_above})"
        )
    settings.further_origins()
    settings.trace_template()
    _check_cloud(settings)
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
    _check_places(settings)


def _check_places(settings: Settings) -> None:
    """See that blobs and archive can be where they shall be, and that nothing drops what must stay."""
    blobs = place_of(settings.blob_url, f"{PREFIX}BLOB_URL") if settings.blob_url else None
    archive = place_of(settings.archive_url, f"{PREFIX}ARCHIVE_URL") if settings.archive_url else None
    kept_ms = max(settings.outcome_retention_ms, settings.log_retention_ms)
    if 0 < settings.blob_retention_days * 86_400_000 < kept_ms:
        raise SettingsError(
            f"JOURNEYMAN_BLOB_RETENTION_DAYS ({settings.blob_retention_days}) is less than what the log is kept for"
        )
    if (
        isinstance(blobs, S3Place)
        and isinstance(archive, S3Place)
        and any(blobs.below(kind).holds(archive.below(settings.namespace)) for kind in DROPPED_BY_AGE)
    ):
        raise SettingsError("JOURNEYMAN_ARCHIVE_URL: blobs are dropped by age there; give the archive another prefix")


def _check_cloud(settings: Settings) -> None:
    if settings.transport == "sqs" and "." in settings.namespace:
        raise SettingsError("JOURNEYMAN_NAMESPACE: no dots with the transport sqs: names of its queues have none")
    if settings.autoscaler_provider == "ec2" and not settings.autoscaling_group:
        raise SettingsError(
            "JOURNEYMAN_AUTOSCALER_PROVIDER: ec2 scales an Auto Scaling group; name it in JOURNEYMAN_AUTOSCALING_GROUP"
        )
    if settings.lifecycle_hook and not settings.autoscaling_group:
        raise SettingsError(
            "JOURNEYMAN_LIFECYCLE_HOOK: a hook is of a group; name that too, in JOURNEYMAN_AUTOSCALING_GROUP"
        )
