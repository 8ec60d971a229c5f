"""Connections that go where a slot of a cluster lives, and the pool from which a log's client takes them.

A partition's log gets an ordinary client. Its connections ask where the slot is whenever they connect, as those of
redis-py's Sentinel do. A node that does not answer, or answers that the slot is not its own, makes the connection
break and forget the place: a connection error is what redis-py and every caller of ours repeat anyway. So a failover
or a move of the slot looks like a server that was started again, to pipelines, blocking reads and doorbells as well.

While a slot is being moved key by key (`ASK`, `TRYAGAIN`) its partition is away. Nothing is redirected for that time:
a function needs all keys in one place, the server refuses it until they are, and half a partition is not worth reading.

All slots that live on one node share its idle connections: a process with many partitions has as many connections as
it makes calls at once.
"""

from __future__ import annotations

import contextlib
import os
import threading
from typing import Any, NoReturn

import redis
from redis import exceptions as x
from redis.connection import Connection, ConnectionPool, SSLConnection

from journeyman.log.clients import QuietRedis
from journeyman.log.cluster import Address, Cluster, slot_of

#: Bound on a process's connections to the whole cluster, for each partition that it has opened.
CONNECTIONS_MAX = 64
#: What a node says that has not (or no longer, or not yet) all of the slot.
_ELSEWHERE = (x.AskError, x.TryAgainError, x.ClusterDownError, x.ReadOnlyError)


class Connections:
    """What a process has of connections to one cluster. Safe to share between threads."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self._lock = threading.Lock()
        self._idle: list[SlotConnection] = []
        self._made = 0
        self._pools: set[SlotPool] = set()
        self._pid = os.getpid()

    def client(self, partition: int) -> redis.Redis:
        """Return a client for a partition, wherever it lives. The last client that closes hangs up what is idle."""
        return QuietRedis.from_pool(SlotPool(self, partition))

    def take(self, pool: SlotPool) -> SlotConnection:
        """Return an idle connection to where the pool's slot lives, or a new one. It may not be connected."""
        home = self.cluster.home(slot_of(pool.partition))
        with self._lock:
            self._pools.add(pool)
            if self._pid != os.getpid():
                # After a fork the sockets are the parent's.
                self._idle, self._made, self._pid = [], 0, os.getpid()
            here = (index for index in reversed(range(len(self._idle))) if self._idle[index].address == home)
            index = next(here, None)
            if index is not None:
                return self._idle.pop(index)
            if self._made < CONNECTIONS_MAX * len(self._pools):
                self._made += 1
                made: SlotConnection = pool.connection_class(**pool.connection_kwargs)
                return made
            if not self._idle:
                raise x.MaxConnectionsError("Too many connections")
            elsewhere = self._idle.pop(0)
        elsewhere.disconnect()
        return elsewhere

    def give_back(self, connection: SlotConnection) -> None:
        """Keep a connection for whoever needs one to the same node."""
        with self._lock:
            if self._pid == connection.pid:
                self._idle.append(connection)

    def leave(self, pool: SlotPool) -> None:
        """Say that a pool is not used any more."""
        with self._lock:
            self._pools.discard(pool)
            hung_up = [] if self._pools else list(self._idle)
        for connection in hung_up:
            connection.disconnect()


class SlotConnection(Connection):
    """A connection to the primary of a partition's slot. It looks for it each time it connects."""

    def __init__(self, *, cluster: Cluster, partition: int, **options: Any) -> None:
        super().__init__(**options)  # type: ignore[no-untyped-call]
        self._cluster = cluster
        self.go_to(partition)

    def go_to(self, partition: int) -> None:
        """Serve another partition from now on: one on the same node, unless it is not connected."""
        self._slot = slot_of(partition)

    @property
    def address(self) -> Address:
        """Where it is, or was last, connected to."""
        return Address(self.host, self.port)

    def connect_check_health(self, *args: Any, **options: Any) -> None:
        """Go where the slot is, unless connected."""
        if not self.is_connected:
            self.host, self.port = self._cluster.home(self._slot)
            super().connect_check_health(*args, **options)

    def disconnect(self, *args: Any, **options: Any) -> None:
        """Hang up. Whatever the reason was, the cluster is asked again before the next call."""
        super().disconnect(*args, **options)  # type: ignore[no-untyped-call]
        self._cluster.forget(self._slot, self.address)

    def send_command(self, *args: Any, **options: Any) -> None:
        """Send a command; have it proved before a subscription that this is the primary.

        A replica takes subscriptions too, and then does not hear everything. What it refuses is a read: of a key called
        as the channel, which is in the same slot, and which users may ask for.
        """
        if args[0] == "SSUBSCRIBE":
            super().send_command("EXISTS", args[1])  # type: ignore[no-untyped-call]
            with contextlib.suppress(x.NoPermissionError):
                self.read_response()
        super().send_command(*args, **options)  # type: ignore[no-untyped-call]

    def read_response(self, *args: Any, **options: Any) -> Any:
        """Read a reply; break the connection where it says that the slot is elsewhere."""
        try:
            return super().read_response(*args, **options)
        except x.MovedError as error:
            self._break(error, Address(error.host or self.host, error.port))
        except _ELSEWHERE as error:
            self._break(error)

    def _break(self, error: x.RedisError, home: Address | None = None) -> NoReturn:
        left = self.address
        self.disconnect()
        if home is not None:
            self._cluster.moved(self._slot, home)
        raise x.ConnectionError(f"{left} does not serve slot {self._slot}: {error}") from error


class SlotSSLConnection(SlotConnection, SSLConnection):
    """The same over TLS."""


class SlotPool(ConnectionPool):
    """What a client of one partition has for its connection pool: it takes connections from those of the process."""

    def __init__(self, connections: Connections, partition: int) -> None:
        self.partition = partition
        self._connections = connections
        cluster = connections.cluster
        kind = SlotSSLConnection if cluster.secure else SlotConnection
        super().__init__(connection_class=kind, cluster=cluster, partition=partition, **cluster.options)

    def get_connection(self, *_: Any, **__: Any) -> Any:
        """Return a connection to the node of the slot, ready for a command."""
        self._checkpid()
        connection = self._connections.take(self)
        connection.go_to(self.partition)
        with self._lock:
            self._in_use_connections.add(connection)
        try:
            _make_ready(connection)
        except BaseException:
            self.release(connection)
            raise
        return connection

    def release(self, connection: Any) -> None:
        """Take a connection back."""
        self._checkpid()
        with self._lock:
            known = connection in self._in_use_connections
            self._in_use_connections.discard(connection)
        if known:
            self._connections.give_back(connection)

    def disconnect(self, inuse_connections: bool = True) -> None:
        """Hang up the connections in use, and the cluster's idle ones once no other pool is open."""
        super().disconnect(inuse_connections)
        self._connections.leave(self)


def _make_ready(connection: Any) -> None:
    """Connect, and connect again where the other end has closed it, or a reply stands in it that nobody has read."""
    connection.connect()
    try:
        stale = connection.can_read()
    except (x.ConnectionError, x.TimeoutError, OSError):
        stale = True
    if stale:
        connection.disconnect()
        connection.connect()
