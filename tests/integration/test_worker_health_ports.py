"""Workers that share a machine, each with health and metrics on a port of its own."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from journeyman.health import serve_health
from journeyman.settings import PREFIX, load
from journeyman_autoscaler.providers.health_ports import next_port
from journeyman_autoscaler.providers.local import LocalProvider, local_provider
from journeyman_worker.__main__ import main
from support.servers import free_port
from support.waiting import wait_for

WAIT_S = 60.0


@pytest.fixture
def first() -> int:
    return free_port()


@pytest.fixture
def provider(server_url: str, first: int, tmp_path: Path) -> Iterator[LocalProvider]:
    """Give who starts workers as `journeyman up` does, with a port set for their health."""
    own = {"REDIS_URL": server_url, "DURABILITY": "memory", "DATA_DIR": str(tmp_path), "WORKER_HEALTH_PORT": str(first)}
    environ = {f"{PREFIX}{name}": value for name, value in own.items()}
    provider = local_provider(load(environ), os.environ | environ)
    yield provider
    provider.close()


def ready(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/health/ready", trust_env=False).status_code == httpx.codes.OK
    except httpx.HTTPError:
        return False


def test_each_of_several_workers_answers_on_a_port_of_its_own(provider: LocalProvider, first: int) -> None:
    with socket.create_server(("127.0.0.1", first + 1)):
        provider.apply(2, {})
        wait_for(lambda: ready(first) and ready(first + 2), "both workers", timeout_s=WAIT_S)

    assert provider.count() == 2


def test_without_a_port_there_is_none_and_those_that_are_taken_are_left_out(first: int) -> None:
    assert next_port("127.0.0.1", 0, ()) == 0
    assert next_port("127.0.0.1", first, (first, first + 1)) >= first + 2


def test_a_worker_whose_port_is_taken_says_so_in_a_line(
    first: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(f"{PREFIX}WORKER_HEALTH_PORT", str(first))
    health = serve_health(first, lambda: (True, ""))
    try:
        with pytest.raises(SystemExit) as ended:
            main([])
    finally:
        health.close()

    assert ended.value.code == 2
    assert (
        capsys.readouterr()
        .err.rstrip()
        .endswith(f"worker: cannot listen on 127.0.0.1:{first} for health and metrics: Address already in use")
    )
