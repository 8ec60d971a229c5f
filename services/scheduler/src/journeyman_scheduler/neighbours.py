"""The logs of the other partitions, connected to when there is first something to say to them."""

from __future__ import annotations

from journeyman.log.connect import open_log
from journeyman.log.redis_log import RedisLog
from journeyman.settings import Settings


class Neighbours:
    """Called with a partition, returns its log. Several threads may call, for one partition each."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._logs: dict[int, RedisLog] = {}

    def __call__(self, partition: int) -> RedisLog:
        """Return the log of a partition. Raises what `open_log` does, as long as it cannot be reached."""
        log = self._logs.get(partition)
        if log is None:
            log = self._logs[partition] = open_log(self._settings, partition)
        return log

    def close(self) -> None:
        """Close what was opened."""
        for log in list(self._logs.values()):
            log.close()
