"""Redis clients that nobody observes.

Where spans are sent, every redis client of a process makes one for each command: user code's are to be seen inside its
attempt. Ours are not: they would be a trace of their own for every look at the server, many a second.
"""

from __future__ import annotations

from typing import Any

import redis
from redis.client import Pipeline


def _plain(method: Any) -> Any:
    """Return a method as the library wrote it, also where it was instrumented before this module was imported."""
    while hasattr(method, "_self_wrapper"):  # what wrapt leaves, with which instrumentation is done
        method = method.__wrapped__
    return method


class QuietPipeline(Pipeline):
    """A pipeline whose execution makes no span."""

    execute = _plain(Pipeline.execute)
    immediate_execute_command = _plain(Pipeline.immediate_execute_command)


class QuietRedis(redis.Redis):
    """A client whose commands make no spans."""

    execute_command = _plain(redis.Redis.execute_command)

    def pipeline(self, transaction: bool = True, shard_hint: str | None = None) -> Pipeline:
        """Return a pipeline that makes no span either."""
        return QuietPipeline(self.connection_pool, self.response_callbacks, transaction, shard_hint)
