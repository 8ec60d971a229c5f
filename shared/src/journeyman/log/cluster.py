"""Where the slots of a Redis or Valkey Cluster live.

A partition's keys are one slot, so a partition lives on one node at a time. Where a slot is, is asked once and believed
until somebody says that it is not so (`forget`, `moved`). Each question goes to another node than the one before, so
that one with a wrong view, cut off from the others, is not believed for ever.
"""

from __future__ import annotations

import functools
import logging
import threading
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple
from urllib.parse import urlsplit, urlunsplit

from redis import exceptions as x
from redis.backoff import NoBackoff
from redis.connection import Connection, ConnectionPool, SSLConnection, parse_url
from redis.crc import key_slot
from redis.retry import Retry

from journeyman.ids import PARTITIONS_MAX
from journeyman.log.clients import QuietRedis

_log = logging.getLogger(__name__)

#: How long a node may take to say where the slots are, before the next one is asked.
ASK_TIMEOUT_S = 2.0


class Address(NamedTuple):
    """Where a server listens."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def addresses(netloc: str, default_port: int) -> list[Address]:
    """Return the addresses of `[user:password@]host[:port][,host[:port]…]`. Raises ValueError."""
    found = []
    for place in netloc.rpartition("@")[2].split(","):
        host, bracket, rest = place.rpartition("]") if place.startswith("[") else ("", "", place)
        name, _, port = rest.partition(":")
        host = host.removeprefix("[") if bracket else name
        if not host:
            raise ValueError(f"no host in {place!r}")
        found.append(Address(host, int(port or default_port)))
    return found


@functools.lru_cache(maxsize=PARTITIONS_MAX)
def slot_of(partition: int) -> int:
    """Return the slot of every key of a partition."""
    return int(key_slot(b"{%d}" % partition))


class Cluster:
    """One cluster as a process knows it. Safe to share between threads."""

    def __init__(self, seeds: Iterable[Address], *, secure: bool = False, **options: Any) -> None:
        """Prepare; `seeds` are asked first. `options` are those of connections, `secure` for TLS."""
        self.secure = secure
        self.options = options
        self._seeds = tuple(seeds)
        #: Who is asked next comes first.
        self._nodes = list(self._seeds)
        self._homes: dict[int, Address] = {}
        self._asking = threading.Lock()

    @classmethod
    def from_url(cls, url: str, **options: Any) -> Cluster:
        """Return the cluster of `redis+cluster://[user:password@]host:port[,host:port…]`, or `rediss+cluster://`.

        What the URL says goes before `options`. Raises ValueError for a URL that is none, or that names a database:
        a cluster has one.
        """
        parts = urlsplit(url)
        seeds = addresses(parts.netloc, 6379)
        plain = "rediss" if parts.scheme.startswith("rediss") else "redis"
        at = parts.netloc.rpartition("@")[0]
        netloc = f"{at}@{seeds[0]}" if at else str(seeds[0])
        told: dict[str, Any] = parse_url(urlunsplit((plain, netloc, parts.path, parts.query, "")))  # type: ignore[no-untyped-call]
        if told.get("db"):
            raise ValueError("a cluster has no numbered databases")
        secure = "connection_class" in told
        told = {name: value for name, value in told.items() if name not in ("host", "port", "db", "connection_class")}
        return cls(seeds, secure=secure, **{**options, **told})

    def home(self, slot: int) -> Address:
        """Return where a slot lives, as far as is known; ask where nothing is. Raises redis-py's errors."""
        home = self._homes.get(slot)
        if home is None:
            with self._asking:
                home = self._homes.get(slot)
                if home is None:
                    home = self._homes[slot] = self._find(slot)
        return home

    def learn(self, slots: Iterable[int]) -> None:
        """Ask once where many slots live, so that each need not be asked for by itself."""
        for node in list(self._nodes):
            try:
                ranges = list(self._ranges(node))
            except x.RedisError:
                continue
            for slot in slots:
                for first, last, primary, _ in ranges:
                    if first <= slot <= last:
                        self._homes.setdefault(slot, primary)
            return

    def forget(self, slot: int, home: Address) -> None:
        """Say that a slot does not seem to live there (any more)."""
        if self._homes.get(slot) == home:
            self._homes.pop(slot, None)

    def moved(self, slot: int, home: Address) -> None:
        """Say where a node said the slot has gone."""
        self._homes[slot] = home

    def _find(self, slot: int) -> Address:
        failed: x.RedisError = x.ConnectionError(f"no node of the cluster has slot {slot}")
        for node in list(self._nodes):
            try:
                ranges = list(self._ranges(node))
            except x.RedisError as error:
                failed = error
                continue
            self._learn(node, (address for _, _, primary, others in ranges for address in (primary, *others)))
            for first, last, primary, _ in ranges:
                if first <= slot <= last:
                    _log.debug("slot %d is at %s, says %s", slot, primary, node)
                    return primary
        raise failed

    def _ranges(self, node: Address) -> Iterator[tuple[int, int, Address, list[Address]]]:
        """Ask a node for first and last slot, primary and replicas of each range."""
        timeouts = {"socket_timeout": ASK_TIMEOUT_S, "socket_connect_timeout": ASK_TIMEOUT_S}
        options = {**self.options, **timeouts, "retry": Retry(NoBackoff(), 0)}
        kind = SSLConnection if self.secure else Connection
        pool = ConnectionPool(connection_class=kind, host=node.host, port=node.port, **options)
        with QuietRedis.from_pool(pool) as client:
            told: list[list[Any]] = client.execute_command("CLUSTER SLOTS")
        for first, last, *nodes in told:
            # A node that does not know its own name leaves it out: it is where it was asked.
            primary, *replicas = (Address((each[0] or b"").decode() or node.host, int(each[1])) for each in nodes)
            yield first, last, primary, replicas

    def _learn(self, asked: Address, found: Iterable[Address]) -> None:
        known = dict.fromkeys((*found, *self._seeds))
        order = dict.fromkeys((*(node for node in self._nodes if node in known), *known))
        order.pop(asked, None)
        self._nodes = [*order, asked]
