"""The proxy does to real connections what it is told to, and nothing else."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from support.servers import TestServer
from support.tcp_proxy import TcpProxy
from support.waiting import wait_for

QUICK_S = 0.3
PING = b"*1\r\n$4\r\nPING\r\n"


@pytest.fixture
def proxy(server: TestServer) -> Iterator[TcpProxy]:
    """Give a proxy before an empty Valkey."""
    proxy = TcpProxy(server.port)
    yield proxy
    proxy.close()


def connect(proxy: TcpProxy, timeout_s: float | None = 5.0) -> redis.Redis:
    return redis.Redis(port=proxy.port, socket_timeout=timeout_s, retry=Retry(NoBackoff(), 0), protocol=2)


def took(client: redis.Redis) -> float:
    """Return how long the server is away from here, in seconds."""
    began = time.monotonic()
    client.ping()
    return time.monotonic() - began


def test_it_passes_on_what_is_said_small_and_large(proxy: TcpProxy) -> None:
    with connect(proxy) as client:
        large = b"x" * (1 << 20)
        client.set("large", large)
        assert client.get("large") == large
        with client.pipeline(transaction=False) as pipe:
            for number in range(500):
                pipe.rpush("list", f"{number}\r\n")
            pipe.lrange("list", 0, -1)
            assert len(pipe.execute()[-1]) == 500
    assert proxy.passed["rpush"] == 500
    assert not proxy.lost


def test_a_delay_holds_in_each_direction_and_does_not_add_up(proxy: TcpProxy) -> None:
    with connect(proxy) as client:
        client.ping()
        proxy.delay(100)
        began = time.monotonic()
        client.ping()
        assert time.monotonic() - began >= 0.2
        with client.pipeline(transaction=False) as pipe:
            for _ in range(200):
                pipe.get("x" * 2_000)
            began = time.monotonic()
            pipe.execute()
            assert 0.2 <= time.monotonic() - began < 20
        proxy.heal()
        wait_for(lambda: took(client) < 0.2, "the delay to be over")


def test_it_throttles(proxy: TcpProxy) -> None:
    with connect(proxy) as client:
        client.set("large", b"x" * 400_000)
        proxy.throttle(1_000_000)
        began = time.monotonic()
        client.get("large")
        assert time.monotonic() - began > 0.25


def test_a_cut_resets_connections_and_takes_new_ones(proxy: TcpProxy) -> None:
    with connect(proxy) as client, socket.create_connection(("127.0.0.1", proxy.port), timeout=5) as raw:
        raw.sendall(PING)
        assert raw.recv(100) == b"+PONG\r\n"
        proxy.cut()
        with pytest.raises(ConnectionResetError):
            raw.recv(100)
        assert client.ping()


@pytest.mark.parametrize("direction", ["to_server", "to_client"])
def test_what_a_black_hole_holds_arrives_when_it_heals(proxy: TcpProxy, server: TestServer, direction: str) -> None:
    with connect(proxy, QUICK_S) as client, server.client() as direct:
        client.set("mark", 0)
        proxy.black_hole(to_server=direction == "to_server", to_client=direction == "to_client")
        with pytest.raises(redis.TimeoutError):
            client.set("mark", 1)
        if direction == "to_client":
            wait_for(lambda: direct.get("mark") == b"1", "the request to arrive")
        else:
            assert direct.get("mark") == b"0"
        proxy.heal()
        wait_for(lambda: direct.get("mark") == b"1", "the late request to arrive")
        assert client.ping()


def test_a_new_connection_into_a_black_hole_hears_nothing(proxy: TcpProxy) -> None:
    proxy.black_hole()
    with connect(proxy, QUICK_S) as client, pytest.raises(redis.TimeoutError):
        client.ping()


def test_a_black_hole_for_one_address_leaves_others_alone(proxy: TcpProxy) -> None:
    proxy.black_hole(source="127.0.0.2")
    with connect(proxy) as client:
        assert client.ping()
    proxy.black_hole(source="127.0.0.1")
    with connect(proxy, QUICK_S) as client, pytest.raises(redis.TimeoutError):
        client.ping()


def test_half_closed_the_client_hears_the_end_and_is_still_heard(proxy: TcpProxy, server: TestServer) -> None:
    with server.client() as direct, socket.create_connection(("127.0.0.1", proxy.port), timeout=5) as raw:
        raw.sendall(PING)
        assert raw.recv(100) == b"+PONG\r\n"
        proxy.half_close()
        assert raw.recv(100) == b""
        raw.sendall(b"*3\r\n$3\r\nSET\r\n$4\r\nmark\r\n$1\r\n1\r\n")
        wait_for(lambda: direct.get("mark") == b"1", "what is said after that")


def test_refusing_it_takes_nobody_until_it_heals(proxy: TcpProxy) -> None:
    with connect(proxy) as there, connect(proxy) as late:
        there.ping()
        proxy.refuse()
        with pytest.raises(redis.ConnectionError):
            late.ping()
        assert there.ping()
        proxy.heal()
        assert late.ping()


def test_a_lost_reply_is_the_nth_and_its_request_has_had_its_effect(proxy: TcpProxy, server: TestServer) -> None:
    with connect(proxy) as client, server.client() as direct:
        proxy.lose_reply("incrby", nth=3)
        assert client.incr("count") == 1
        client.get("count")
        assert client.incr("count") == 2
        with pytest.raises(redis.ConnectionError):
            client.incr("count")
        assert direct.get("count") == b"3"
        assert client.incr("count") == 4
    assert proxy.lost == {"incrby": 1}


def test_after_a_reply_lost_in_silence_no_other_takes_its_place(proxy: TcpProxy) -> None:
    with connect(proxy, QUICK_S) as client:
        proxy.lose_reply("incrby", silently=True)
        with client.pipeline(transaction=False) as pipe, pytest.raises(redis.TimeoutError):
            pipe.incr("count").get("count").execute()
        assert client.get("count") == b"1"


def test_a_function_is_named_without_its_version(proxy: TcpProxy) -> None:
    with connect(proxy) as client:
        client.function_load(
            "#!lua name=proxied\nredis.register_function('jm_0a1b_append', function(keys) return #keys end)",
            replace=True,
        )
        proxy.lose_reply("append")
        with pytest.raises(redis.ConnectionError):
            client.fcall("jm_0a1b_append", 1, "key")
        client.function_delete("proxied")
    assert proxy.lost == {"append": 1}


def test_subscriptions_go_through(proxy: TcpProxy, server: TestServer) -> None:
    with connect(proxy) as client, server.client() as direct, client.pubsub() as pubsub:
        pubsub.ssubscribe("bell")
        assert pubsub.get_message(timeout=5)["type"] == "ssubscribe"
        direct.spublish("bell", "ring")
        assert wait_for(lambda: pubsub.get_sharded_message(timeout=1), "the ring")["data"] == b"ring"


def test_what_is_no_talk_of_requests_and_replies_passes_as_it_is() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        proxy = TcpProxy(listener.getsockname()[1])
        with socket.create_connection(("127.0.0.1", proxy.port), timeout=5) as client:
            there, _ = listener.accept()
            with there:
                client.sendall(b"GET / HTTP/1.1\r\n\r\n")
                assert there.recv(100).startswith(b"GET")
                there.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
                assert client.recv(100).startswith(b"HTTP")
        proxy.close()
