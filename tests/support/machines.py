"""Machines that are declared: what cloud-init finds on them."""

from __future__ import annotations

import base64
import shlex
from typing import Any

import yaml

from support.pulumi_programs import Declared, Land


def user_data(land: Land, service: str) -> str:
    """Return a machine's user data as cloud-init gets it."""
    if service == "observability":
        text: str = land.one("ec2/instance:Instance").inputs["userData"]
        return text
    return base64.b64decode(land.one("ec2/launchTemplate:LaunchTemplate", name=service).inputs["userData"]).decode()


def config(land: Land, service: str) -> dict[str, Any]:
    """Return it parsed."""
    text = user_data(land, service)
    assert text.startswith("#cloud-config\n")
    parsed: dict[str, Any] = yaml.safe_load(text)
    return parsed


def files(land: Land, service: str) -> dict[str, str]:
    """Return the files that it writes, by path."""
    return {file["path"]: file["content"] for file in config(land, service)["write_files"]}


def unit(text: str) -> dict[str, dict[str, list[str]]]:
    """Return a systemd unit: values by section and key, a list of them, for keys may come again."""
    found: dict[str, dict[str, list[str]]] = {}
    section = ""
    for line in text.splitlines():
        if line.startswith("["):
            section = line.strip("[]")
            found[section] = {}
        elif line:
            key, _, value = line.partition("=")
            found[section].setdefault(key, []).append(value)
    return found


def docker_run(text: str) -> tuple[dict[str, list[str]], str, list[str]]:
    """Return the options, the image and the command of a unit's container."""
    (command,) = unit(text)["Service"]["ExecStart"]
    words = shlex.split(command)
    assert words[:2] == ["/usr/bin/docker", "run"]
    options: dict[str, list[str]] = {}
    rest = words[2:]
    while rest[0].startswith("--"):
        name = rest.pop(0)
        values = options.setdefault(name, [])
        if name not in ("--rm", "--init", "--read-only"):
            values.append(rest.pop(0))
    return options, rest[0], rest[1:]


def environment(land: Land, service: str) -> dict[str, str]:
    """Return the settings that a service's machines give it."""
    lines = files(land, service)["/etc/journeyman/service.env"].splitlines()
    return dict(line.split("=", 1) for line in lines)


def group(land: Land, service: str) -> Declared:
    """Return a service's Auto Scaling group."""
    return land.one("autoscaling/group:Group", name=service)
