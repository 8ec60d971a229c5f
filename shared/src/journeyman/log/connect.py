"""From settings to a checked connection: which server, whether it will do, and the log on it.

Refused at start-up, each with one line that says what to change: a server older than Redis 7.0, a `maxmemory-policy`
that evicts, a durability class the configuration cannot keep, a cluster met as a single server, users that keep the
server from reading its append-only file back, a user of ours with too few rights.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import redis
from redis import exceptions as x
from redis.backoff import ExponentialBackoff
from redis.connection import parse_url
from redis.retry import Retry
from redis.sentinel import MasterNotFoundError, Sentinel

from journeyman.errors import ServerUnavailableError, SettingsError, UnsuitableServerError
from journeyman.log.append_only_reader import check_append_only_reader
from journeyman.log.caller_rights import check_caller_rights
from journeyman.log.clients import QuietRedis
from journeyman.log.cluster import ASK_TIMEOUT_S, Cluster, addresses
from journeyman.log.redis_log import RedisLog
from journeyman.log.refusals import translate
from journeyman.log.slot_connections import CONNECTIONS_MAX, Connections, SlotPool
from journeyman.settings import Settings

OLDEST_VERSION = (7, 0)
CONNECT_TIMEOUT_S = 5.0
#: Longer than any function runs and than any blocking read waits.
REPLY_TIMEOUT_S = 20.0
#: How long a look at the server's configuration is good for.
DURABILITY_CHECK_S = 5.0


def connect(url: str, partition: int = 0) -> redis.Redis:
    """Return a client for a partition on the server of a URL; see :func:`connector`."""
    return connector(url)(partition)


def connector(url: str) -> Callable[[int], redis.Redis]:
    """Return what makes clients for partitions. They connect lazily; those on one cluster share their connections.

    redis://, rediss://, unix://; redis+sentinel://[user:password@]host:port[,host:port…]/service[/db];
    redis+cluster://[user:password@]host:port[,host:port…], rediss+cluster://. (`sentinel://` and `cluster://` are
    taken too.) Raises SettingsError for a URL that is none of these.
    """
    options: dict[str, Any] = {
        "socket_timeout": REPLY_TIMEOUT_S,
        "socket_connect_timeout": CONNECT_TIMEOUT_S,
        "socket_keepalive": True,
        # Every call of ours may be repeated; one repetition mends a connection that a restart has cut.
        "retry": Retry(ExponentialBackoff(cap=0.2, base=0.01), 2),
        "protocol": 2,
    }
    scheme = urlsplit(url).scheme
    if scheme == "unix":
        del options["socket_keepalive"]
    try:
        if scheme in ("redis", "rediss", "unix"):
            parse_url(url)  # type: ignore[no-untyped-call]
            return lambda _: QuietRedis.from_url(url, max_connections=CONNECTIONS_MAX, **options)
        if scheme in ("redis+sentinel", "sentinel"):
            return _through_sentinel(url, options)
        if scheme in ("redis+cluster", "rediss+cluster", "cluster"):
            return Connections(Cluster.from_url(url, **options)).client
    except ValueError as error:
        raise SettingsError(f"JOURNEYMAN_REDIS_URL: {_without_secret(str(error), url)}") from None
    raise SettingsError(
        "JOURNEYMAN_REDIS_URL: must begin with redis://, rediss://, unix://, redis+sentinel:// or redis+cluster://"
    )


def _through_sentinel(url: str, options: dict[str, Any]) -> Callable[[int], redis.Redis]:
    parts = urlsplit(url)
    path = parts.path.strip("/").split("/")
    if not path[0]:
        raise ValueError("a sentinel URL names its service: redis+sentinel://host:port/service")
    hosts = addresses(parts.netloc, 26379)
    if len(path) > 1:
        options["db"] = int(path[1])
    query = parse_qs(parts.query)
    sentinel_options = {"socket_timeout": ASK_TIMEOUT_S, "socket_connect_timeout": ASK_TIMEOUT_S} | {
        name.removeprefix("sentinel_"): values[-1] for name, values in query.items() if name.startswith("sentinel_")
    }
    user, _, password = parts.netloc.rpartition("@")[0].partition(":")
    if password:
        options |= {"username": unquote(user) or None, "password": unquote(password)}
    sentinel: Any = Sentinel(hosts, sentinel_kwargs=sentinel_options, **options)  # type: ignore[no-untyped-call]
    sentinel.sentinels = [QuietRedis(connection_pool=each.connection_pool) for each in sentinel.sentinels]
    return lambda _: sentinel.master_for(path[0], redis_class=QuietRedis)


def open_log(settings: Settings, partition: int = 0) -> RedisLog:
    """Connect, check the server, load the functions, and return the log of a partition.

    Raises SettingsError, ServerUnavailableError or UnsuitableServerError, each with one line of text.
    """
    return open_logs(settings, [partition])[0]


def open_logs(settings: Settings, partitions: Iterable[int] | None = None) -> list[RedisLog]:
    """Do as :func:`open_log` for several partitions, all that there are by default. Each log is closed by itself."""
    opened = opener(settings)
    logs: list[RedisLog] = []
    try:
        for partition in range(settings.partitions) if partitions is None else partitions:
            logs.append(opened(partition))
    except BaseException:
        for log in logs:
            log.close()
        raise
    return logs


def opener(settings: Settings) -> Callable[[int], RedisLog]:
    """Return what opens logs as :func:`open_log` does, when they are needed. On a cluster they share connections.

    Prefer one of these, or of :func:`open_logs`, to many of `open_log`.
    """
    client_of = connector(settings.redis_url)
    return lambda partition: _opened(client_of(partition), settings, partition)


def _opened(client: redis.Redis, settings: Settings, partition: int) -> RedisLog:
    try:
        _check_server(client)
        durable, detail = check_durability(client, settings.durability)
        if not durable:
            raise UnsuitableServerError(detail)
        log = RedisLog(
            client,
            namespace=settings.namespace,
            partition=partition,
            replicated=settings.durability == "replica",
            durability=_remembered(client, settings.durability),
        )
        log.load_functions()
        check_caller_rights(client, log.keys, settings.redis_url)
    except x.RedisError as error:
        client.close()
        raise unavailable(error, settings.redis_url) from None
    except BaseException:
        client.close()
        raise
    return log


def _check_server(client: redis.Redis) -> None:
    info: dict[str, Any] = client.info("server")
    version = tuple(int(part) for part in str(info["redis_version"]).split(".")[:2])
    if version < OLDEST_VERSION:
        raise UnsuitableServerError(
            f"the server is version {info['redis_version']}; Redis 7.0 or Valkey 8 is the oldest that will do"
        )
    if client.info("cluster").get("cluster_enabled") and not isinstance(client.connection_pool, SlotPool):
        raise UnsuitableServerError("the server is a node of a cluster: begin its URL with redis+cluster://")
    policy = client.info("memory").get("maxmemory_policy", "noeviction")
    if policy != "noeviction":
        raise UnsuitableServerError(
            f"the server's maxmemory-policy is {policy}: it may delete jobs; set it to noeviction"
        )
    check_append_only_reader(client, info)


def check_durability(client: redis.Redis, promised: str) -> tuple[bool, str]:
    """Tell whether the server's configuration keeps the promised durability, and if not, what it lacks."""
    if promised == "memory":
        return True, ""
    persistence = client.info("persistence")
    if not int(persistence.get("aof_enabled", 0)) and not (promised == "replica" and _is_managed(client)):
        return False, f"durability {promised} needs the server's append-only file: set appendonly yes"
    if persistence.get("aof_last_write_status", "ok") != "ok":
        return False, "the server's last write of its append-only file failed"
    if promised == "power-loss":
        fsync = _setting(client, "appendfsync")
        if fsync is not None and fsync != "always":
            return False, f"durability power-loss needs appendfsync always; the server has {fsync}"
    if promised == "replica" and int(client.info("replication").get("connected_slaves", 0)) < 1:
        return False, "durability replica needs a connected replica; the server has none"
    return True, ""


def _is_managed(client: redis.Redis) -> bool:
    """Tell whether somebody else runs the server, who then sees to it that it never comes back empty as the primary.

    That is what a primary of one's own does that has no append-only file and is started again, and its replicas follow.
    """
    return _setting(client, "appendonly") is None


def declines_writes(client: redis.Redis) -> str:
    """Return why the server is about to decline every write, as after a snapshot that failed; empty where it is not."""
    persistence = client.info("persistence")
    if persistence.get("rdb_last_bgsave_status", "ok") == "ok":
        return ""
    if _setting(client, "stop-writes-on-bgsave-error") != "yes" or not _setting(client, "save"):
        return ""
    return "the server's last snapshot failed (is its disk full?), and it writes nothing until one succeeds"


def _setting(client: redis.Redis, name: str) -> str | None:
    """Return a setting of the server; None where it may not be asked (managed servers)."""
    try:
        values = client.config_get(name)
    except x.ResponseError:
        return None
    value: str | None = values.get(name)
    return value


def _remembered(client: redis.Redis, promised: str) -> Any:
    """Return the durability check as a function that asks the server at most every few seconds."""
    last: list[tuple[float, tuple[bool, str]]] = []

    def check() -> tuple[bool, str]:
        if not last or time.monotonic() - last[-1][0] > DURABILITY_CHECK_S:
            found = check_durability(client, promised)
            if found[0] and (why := declines_writes(client)):
                found = False, why
            last[:] = [(time.monotonic(), found)]
        return last[-1][1]

    return check


def unavailable(error: x.RedisError, url: str) -> Exception:
    """Return the error to end with, with the server's address and without its password."""
    ours = translate(error)
    place = urlsplit(url)
    address = f"{place.scheme}://{place.netloc.rpartition('@')[2]}{place.path if place.scheme == 'unix' else ''}"
    if (
        isinstance(error, (x.AuthenticationError, x.AuthorizationError, x.NoPermissionError))
        or "NOAUTH" in str(error)
        or "WRONGPASS" in str(error)
    ):
        return ServerUnavailableError(f"the server at {address} refused the user name or password")
    if isinstance(error, MasterNotFoundError):
        return ServerUnavailableError(f"no sentinel at {address} knows a primary of that name")
    if isinstance(ours, ServerUnavailableError):
        return ServerUnavailableError(f"cannot reach the server at {address}: {_without_secret(str(error), url)}")
    return ServerUnavailableError(f"the server at {address} answered: {_without_secret(str(error), url)}")


def _without_secret(text: str, url: str) -> str:
    """Return the text without the password that the URL holds."""
    password = urlsplit(url).netloc.rpartition("@")[0].partition(":")[2]
    return text.replace(password, "***") if password else text
