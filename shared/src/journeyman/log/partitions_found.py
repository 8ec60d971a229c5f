"""Which partitions there are in a namespace, whatever the settings say: found by looking for their keys.

For commands that look at everything (`verify`, `rebuild`): with `PARTITIONS` left out, or too low, they would pass over
logs in silence.
"""

from __future__ import annotations

from collections.abc import Callable

import redis
from redis import exceptions as x

from journeyman.ids import PARTITIONS_MAX
from journeyman.log.cluster import slot_of
from journeyman.log.connect import connector, unavailable
from journeyman.log.keys import Keys
from journeyman.log.slot_connections import SlotPool
from journeyman.settings import Settings


def found_partitions(settings: Settings) -> list[int]:
    """Return, in order, the partitions of the namespace that have a log, or keys of one that was trimmed to nothing.

    Asks about every number that a partition may have. Raises SettingsError for a URL that is none, and
    ServerUnavailableError where the server cannot be asked.
    """
    client_of = connector(settings.redis_url)
    first = client_of(0)
    try:
        if isinstance(first.connection_pool, SlotPool):
            return _on_a_cluster(first, client_of, settings)
        pipe = first.pipeline(transaction=False)
        for partition in range(PARTITIONS_MAX):
            pipe.exists(*_telling(settings, partition))
        return [partition for partition, found in enumerate(pipe.execute()) if found]
    except x.RedisError as error:
        raise unavailable(error, settings.redis_url) from None
    finally:
        first.close()


def _on_a_cluster(first: redis.Redis, client_of: Callable[[int], redis.Redis], settings: Settings) -> list[int]:
    first.connection_pool.connection_kwargs["cluster"].learn(map(slot_of, range(PARTITIONS_MAX)))
    # While this client has been used and is open, the connections to the nodes are kept for the others.
    found = [0] if first.exists(*_telling(settings, 0)) else []
    for partition in range(1, PARTITIONS_MAX):
        with client_of(partition) as client:
            if client.exists(*_telling(settings, partition)):
                found.append(partition)
    return found


def _telling(settings: Settings, partition: int) -> tuple[str, str]:
    """Return the keys of which a partition has at least one."""
    keys = Keys(settings.namespace, partition)
    return keys.log, keys.meta
