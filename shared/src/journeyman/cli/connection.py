"""How commands reach the servers and the log: three options, the rest from the settings' environment variables."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Group, Parameter

from journeyman.errors import SettingsError
from journeyman.settings import PREFIX, Settings, load

if TYPE_CHECKING:
    from journeyman.client import Client
    from journeyman.log.redis_log import RedisLog

RETRIES = 3
"""Less patient than a program would be: a person is waiting, and can repeat the command."""

_GROUP = Group("Connection", sort_key=10)


class UsageError(SettingsError):
    """The command line asks for something that cannot be meant. Ends with exit code 2."""


@Parameter(name="*", group=_GROUP)
@dataclass(frozen=True)
class Connection:
    """Where ingest, the dashboard and the log are."""

    url: Annotated[str | None, Parameter(help="Ingest. Default: JOURNEYMAN_INGEST_URL, else from host and port.")] = (
        None
    )
    dashboard_url: Annotated[
        str | None, Parameter(help="Dashboard. Default: JOURNEYMAN_DASHBOARD_URL, else from host and port.")
    ] = None
    redis_url: Annotated[
        str | None, Parameter(help="Server of the log. Default: JOURNEYMAN_REDIS_URL, else that of `up`.")
    ] = None

    def settings(self, **more: Any) -> Settings:
        """Return the settings of the environment, with these options over them. Raises SettingsError."""
        urls = {"ingest_url": self.url, "dashboard_url": self.dashboard_url, "redis_url": self.redis_url}
        return load(os.environ, **{**urls, **more})

    def client(self) -> Client:
        """Return a client of the two HTTP servers."""
        settings = self.settings()
        from journeyman.client import Client

        return Client(settings.ingest_address(), dashboard_url=settings.dashboard_address(), retries=RETRIES)

    @contextmanager
    def logs(self) -> Iterator[list[RedisLog]]:
        """Give the logs of all partitions, in order. Raises ServerUnavailableError, UnsuitableServerError."""
        settings = self.log_settings()
        from journeyman.log.connect import open_logs

        logs = open_logs(settings)
        try:
            yield logs
        finally:
            for log in logs:
                log.close()

    def log_settings(self) -> Settings:
        """Return the settings; where nobody names a server of the log, the one that `journeyman up` runs here."""
        settings = self.settings()
        if self.redis_url is not None or f"{PREFIX}REDIS_URL" in os.environ:
            return settings
        url, partitions = (Path(settings.data_dir) / name for name in ("redis-url", "partitions"))
        if not url.is_file():
            return settings
        known = partitions.is_file() and f"{PREFIX}PARTITIONS" not in os.environ
        return self.settings(
            redis_url=url.read_text().strip(), partitions=partitions.read_text().strip() if known else None
        )


DEFAULT = Connection()
