"""How many jobs wait in each queue of a partition: what an admission quota is compared with."""

from __future__ import annotations

from journeyman.log.redis_log import RedisLog
from journeyman.log.refusals import translated


@translated
def depths(log: RedisLog) -> dict[str, int]:
    """Return how many places the lines of each queue have. A place that was given up counts until a claim meets it."""
    keys = log.keys
    queues = [name.decode() for name in log.client.smembers(keys.of("queues"))]
    with log.client.pipeline(transaction=False) as pipe:
        for queue in queues:
            pipe.zrange(keys.of("ready", queue), 0, -1)
        lines = [(queue, line.decode()) for queue, found in zip(queues, pipe.execute(), strict=True) for line in found]
        for queue, line in lines:
            pipe.llen(keys.of("ready", queue, line))
        found: dict[str, int] = {}
        for (queue, _), places in zip(lines, pipe.execute(), strict=True):
            found[queue] = found.get(queue, 0) + int(places)
    return found
