"""What the dashboard tells its page of the system around it: where writes go, above all."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Request, get

from journeyman import __version__
from journeyman.settings import Settings

#: Hosts to bind to, at which nobody can be reached.
EVERYWHERE = frozenset(["0.0.0.0", "::"])  # noqa: S104 - it is looked for, not bound to

#: What this API can do that an older one could not, for pages that may meet either.
FEATURES = ("as_of", "payload", "bulk", "notable", "pulse")


class About(msgspec.Struct, frozen=True):
    """The system. `features`: what this API can do.

    `ingest_url`: where everything goes that changes something, as this client can reach it. `trace_url`: where a trace
    is shown, with `{trace_id}` in it; empty where nobody said.
    """

    ingest_url: str = ""
    version: str = __version__
    environment: str = "development"
    heartbeat_timeout_ms: int = 10_000
    trace_url: str = ""
    features: tuple[str, ...] = FEATURES


class Surroundings(msgspec.Struct, frozen=True):
    """What is known of the system. No `ingest_url`: ingest is at `ingest_port` of whatever host a client came to."""

    ingest_url: str = ""
    ingest_port: int = 8000
    environment: str = "development"
    heartbeat_timeout_ms: int = 10_000
    trace_url: str = ""
    #: Origins of pages, other than the own, that may read.
    origins: tuple[str, ...] = ()

    def ingest_for(self, request: Request[Any, Any, Any]) -> str:
        """Return where a client finds ingest."""
        url = request.base_url
        return self.ingest_url or f"{url.scheme}://{url.hostname}:{self.ingest_port}"


def surroundings(settings: Settings) -> Surroundings:
    """Return what the settings say of the system."""
    anywhere = settings.ingest_host in EVERYWHERE and not settings.ingest_url
    return Surroundings(
        ingest_url="" if anywhere else settings.ingest_address().rstrip("/"),
        ingest_port=settings.ingest_port,
        environment=settings.environment,
        heartbeat_timeout_ms=settings.heartbeat_timeout_ms,
        trace_url=settings.trace_template(),
        origins=settings.further_origins(),
    )


@get("/config", summary="Say where ingest is")
async def read_config(request: Request[Any, Any, Any]) -> About:
    """Say where a page sends what changes something, the version, and whether this is production."""
    known: Surroundings = request.app.state["surroundings"]
    return About(
        ingest_url=known.ingest_for(request),
        environment=known.environment,
        heartbeat_timeout_ms=known.heartbeat_timeout_ms,
        trace_url=known.trace_url,
    )
