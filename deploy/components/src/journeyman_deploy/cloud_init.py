"""What a machine does when it first starts, as cloud-init reads it: Docker, files, units, and word that it is ready."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from journeyman_deploy import units
from journeyman_deploy.units import Container

UNITS = "/etc/systemd/system"
ETC = "/etc/journeyman"
DATA = "/var/lib/journeyman"
#: EC2's limit, before encoding.
USER_DATA_MAX = 16_384
#: How long a service may take to become ready, its image pulled and its log read.
PATIENCE_S = 480


@dataclass(frozen=True)
class File:
    """A file to write. Nothing here is secret."""

    path: str
    content: str
    permissions: str = "0644"


@dataclass(frozen=True)
class Machine:
    """What the machines of one service run."""

    service: str
    image: str
    region: str
    group: str
    ready_hook: str
    secret_arn: str
    secret_variable: str
    log_group: str
    settings: Mapping[str, str]
    #: Where the service listens, and where the machine is reached.
    port: int
    outer_port: int
    drain_s: int


class _Readable(yaml.SafeDumper):
    """Writes texts of several lines as they are: somebody reads them on the machine one day."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Readable.add_representer(str, _text)


def cloud_config(
    files: Sequence[File], commands: Sequence[Sequence[str]], packages: Sequence[str] = ("docker",)
) -> str:
    """Return user data. Raises ValueError where EC2 would not take it."""
    config: dict[str, Any] = {
        "packages": list(packages),
        "write_files": [
            {"path": file.path, "permissions": file.permissions, "owner": "root:root", "content": file.content}
            for file in files
        ],
        "runcmd": [list(command) for command in commands],
    }
    text = "#cloud-config\n" + yaml.dump(config, Dumper=_Readable, sort_keys=False, width=1000)
    if len(text.encode()) > USER_DATA_MAX:
        raise ValueError(f"user data of {len(text.encode())} bytes; EC2 takes {USER_DATA_MAX}")
    return text


def environment_file(settings: Mapping[str, str]) -> str:
    """Return settings as docker reads them. Raises ValueError for a value of several lines."""
    if broken := [name for name, value in settings.items() if "\n" in value]:
        raise ValueError(f"settings of several lines: {', '.join(broken)}")
    return "".join(f"{name}={value}\n" for name, value in sorted(settings.items()))


def container_of(machine: Machine) -> Container:
    """Return the container of a service."""
    name = f"journeyman-{machine.service}"
    return Container(
        name=name,
        image=machine.image,
        # Draining, and a little for what is said at the end.
        stop_s=machine.drain_s + 15,
        env_files=(f"{ETC}/service.env", f"/run/{name}/secrets.env"),
        volumes=(f"{DATA}:/data",),
        log_options=(
            f"awslogs-region={machine.region}",
            f"awslogs-group={machine.log_group}",
            # Nothing of a job waits for its log lines.
            "mode=non-blocking",
            "max-buffer-size=8m",
        ),
    )


def service_machine(machine: Machine) -> str:
    """Return the user data of a service's machines."""
    container = container_of(machine)
    registry = machine.image.partition("/")[0]
    scripts = {
        "fetch-secret": units.fetch_secret(
            machine.region, machine.secret_arn, machine.secret_variable, f"/run/{container.name}"
        ),
        "log-in": units.log_in(machine.region, registry),
        "say-ready": units.say_ready(machine.region, machine.group, machine.ready_hook, machine.port, PATIENCE_S),
    }
    before = [f"{units.SCRIPTS}/fetch-secret", f"{units.SCRIPTS}/log-in"]
    own = {
        f"{container.name}.service": units.service_unit(container, machine.service, before),
        "journeyman-door.socket": units.door_socket(machine.outer_port),
        "journeyman-door.service": units.door_service(machine.port),
    }
    return cloud_config(
        [
            File(f"{ETC}/service.env", environment_file(machine.settings)),
            *(File(f"{units.SCRIPTS}/{name}", text, "0755") for name, text in scripts.items()),
            *(File(f"{UNITS}/{name}", text) for name, text in own.items()),
        ],
        [
            ["install", "-d", "-o", str(units.NOBODY), "-g", str(units.NOBODY), "-m", "0700", DATA],
            ["systemctl", "daemon-reload"],
            ["systemctl", "enable", "--now", "docker.service", "journeyman-door.socket"],
            ["systemctl", "enable", "--now", f"{container.name}.service"],
            [f"{units.SCRIPTS}/say-ready"],
        ],
    )
