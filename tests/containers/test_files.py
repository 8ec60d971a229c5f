"""What images and the compose file are made from, as far as it can be read without running it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from journeyman.log.functions import COMMANDS
from support.compose import ROOT, SERVICES, Stack, need_docker
from support.rights import commands_of

ACL = (ROOT / "deploy/valkey/users.acl").read_text()
FOLDERS = {"dashboard": "dashboard-api"}


@pytest.mark.parametrize("user", SERVICES)
def test_no_function_stops_half_way_for_want_of_a_right(user: str) -> None:
    assert {name.lower() for name in COMMANDS} <= commands_of(user)


@pytest.mark.parametrize("user", SERVICES)
def test_no_service_has_a_right_to_what_is_dangerous(user: str) -> None:
    given = commands_of(user)
    assert not {name for name in given if name.startswith("@")}
    assert not given & {
        "flushall",
        "flushdb",
        "keys",
        "config",
        "config|set",
        "acl",
        "debug",
        "eval",
        "script",
        "shutdown",
    }


def test_the_server_may_read_all_of_its_file_again_as_the_user_who_is_nobody() -> None:
    """Valkey reads its append-only file as `default`, and leaves out transactions that this user is not allowed."""
    (line,) = [line for line in ACL.splitlines() if line.startswith("user default ")]
    words = set(line.split())
    assert {"off", "resetpass", "~*", "&*", "+@all"} <= words
    assert "nopass" not in words


@pytest.mark.parametrize("service", SERVICES)
def test_a_dockerfile_ends_as_one_process_of_nobody_in_particular(service: str) -> None:
    text = (ROOT / "services" / FOLDERS.get(service, service) / "Dockerfile").read_text()
    last = text[text.rindex("\nFROM ") :]
    assert "\nUSER journeyman\n" in last
    assert "\nHEALTHCHECK " in last
    assert text.rstrip().splitlines()[-1] == f'CMD ["journeyman-{service}"]'


def test_dockerfiles_differ_in_nothing_but_what_their_service_needs() -> None:
    """They are five because each builds alone; a change of one is a change of all."""

    def common(service: str) -> list[str]:
        folder = FOLDERS.get(service, service)
        text = (ROOT / "services" / folder / "Dockerfile").read_text()
        text = text[text.index("FROM python:3.13-slim AS build") :]
        own = re.compile(rf"{folder}|journeyman-{service}|    JOURNEYMAN_\w+(HOST|PORT)=|\d{{4}}$|  CMD ")
        return [line for line in text.splitlines() if not own.search(line)]

    first, *others = map(common, SERVICES)
    assert [other for other in others if other != first] == []


@pytest.fixture
def composed() -> dict[str, Any]:
    """Give the compose file with everything in it, as Compose understands it."""
    need_docker()
    found: dict[str, Any] = json.loads(Stack().compose("--profile", "observability", "config", "--format", "json"))
    return found


@pytest.mark.containers
def test_the_profile_of_observability_is_valid_and_what_it_mounts_is_there(composed: dict[str, Any]) -> None:
    services = composed["services"]
    more = {"otel-collector", "tempo", "prometheus", "grafana"}
    assert set(services) == {"valkey", *SERVICES, *more}
    assert {name for name, service in services.items() if service.get("profiles")} == more
    for name in more:
        assert re.search(r":v?\d+\.\d+\.\d+$", services[name]["image"]), name
        for volume in services[name]["volumes"]:
            assert volume["type"] == "volume" or Path(volume["source"]).exists(), volume


@pytest.mark.containers
def test_nothing_asks_for_more_than_an_ordinary_container_may(composed: dict[str, Any]) -> None:
    for name, service in composed["services"].items():
        assert service["read_only"], name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert not {"privileged", "ulimits", "cap_add", "devices", "network_mode", "pid"} & set(service), name
        assert all(port["host_ip"] == "127.0.0.1" for port in service.get("ports", [])), name
