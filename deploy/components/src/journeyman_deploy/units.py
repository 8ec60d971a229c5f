"""How systemd runs a container, and the scripts around it.

A container has the machine's network. Its hop limit lets the instance's metadata answer no further than the machine
itself, so that nothing in a bridged network gets the role's credentials; what needs them has to be where the machine
is. It is as locked in as docker-compose.yml has it otherwise: a read-only root, no capabilities, nobody in particular.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

RUN = "/run/journeyman"
SCRIPTS = "/opt/journeyman"
#: The user of Journeyman's images.
NOBODY = 10001


@dataclass(frozen=True)
class Container:
    """A container as docker runs it. `stop_s`: how long it may take to end by itself."""

    name: str
    image: str
    stop_s: int
    env_files: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    volumes: tuple[str, ...] = ()
    publish: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    log_options: tuple[str, ...] = ()
    #: `host`, or `bridge` with ports published.
    network: str = "host"


def run_command(container: Container) -> list[str]:
    """Return the command that runs a container in the foreground."""
    options = [
        *("--name", container.name, "--rm", "--init", "--network", container.network),
        *("--read-only", "--tmpfs", "/tmp:mode=1777,size=256m"),  # noqa: S108 - the container's own
        *("--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--pids-limit", "4096"),
        *("--stop-timeout", str(container.stop_s)),
    ]
    many = {
        "--env-file": container.env_files,
        "--env": [f"{name}={value}" for name, value in container.environment.items()],
        "--volume": container.volumes,
        "--publish": container.publish,
        "--log-opt": container.log_options,
    }
    if container.log_options:
        options += ["--log-driver", "awslogs"]
    options += [part for option, values in many.items() for value in values for part in (option, value)]
    return ["/usr/bin/docker", "run", *options, container.image, *container.command]


def service_unit(container: Container, about: str, before: Sequence[str] = ()) -> str:
    """Return the unit of a container. `before` runs before each start; what stays in /run is gone with the unit.

    A container that ended by itself and well is not started again: a worker that has drained stays away.
    """
    stop_s = container.stop_s
    return "\n".join(
        [
            "[Unit]",
            f"Description=Journeyman: {about}",
            "Wants=network-online.target",
            "After=network-online.target docker.service",
            "Requires=docker.service",
            "StartLimitIntervalSec=0",
            "",
            "[Service]",
            f"RuntimeDirectory={container.name}",
            "RuntimeDirectoryMode=0700",
            f"Environment=DOCKER_CONFIG=/run/{container.name}/docker",
            *(f"ExecStartPre={command}" for command in before),
            f"ExecStartPre=/usr/bin/docker pull --quiet {container.image}",
            f"ExecStartPre=-/usr/bin/docker rm --force {container.name}",
            f"ExecStart={' '.join(run_command(container))}",
            # Asks it to drain, and waits: `docker stop` kills only what is not done by then.
            f"ExecStop=/usr/bin/docker stop -t {stop_s} {container.name}",
            "Restart=on-failure",
            "RestartSec=5",
            "TimeoutStartSec=600",
            f"TimeoutStopSec={stop_s + 15}",
            "",
            "[Install]",
            "WantedBy=multi-user.target",
            "",
        ]
    )


def door_socket(port: int) -> str:
    """Return the socket at which a machine is reached."""
    return f"[Socket]\nListenStream=0.0.0.0:{port}\n\n[Install]\nWantedBy=sockets.target\n"


def door_service(port: int) -> str:
    """Return what leads from there to the service, which listens on the loopback interface alone."""
    return "\n".join(
        [
            "[Unit]",
            "Description=Journeyman: the way to the service",
            "",
            "[Service]",
            f"ExecStart=/usr/lib/systemd/systemd-socket-proxyd --connections-max=4096 127.0.0.1:{port}",
            "DynamicUser=yes",
            "NoNewPrivileges=yes",
            "PrivateTmp=yes",
            "ProtectSystem=strict",
            "",
        ]
    )


def fetch_secret(region: str, arn: str, variable: str, folder: str) -> str:
    """Return the script that fetches a secret into an environment file, in memory, that root alone may read."""
    return "\n".join(
        [
            "#!/bin/bash",
            "set -euo pipefail",
            "umask 077",
            f"secret=$(aws secretsmanager get-secret-value --region {region} --secret-id '{arn}' \\",
            "  --query SecretString --output text)",
            f"printf '{variable}=%s\\n' \"$secret\" > {folder}/secrets.env",
            "",
        ]
    )


def log_in(region: str, registry: str) -> str:
    """Return the script that lets docker pull from the account's registry, for as long as a pull takes."""
    return "\n".join(
        [
            "#!/bin/bash",
            "set -euo pipefail",
            f"aws ecr get-login-password --region {region} | docker login --username AWS --password-stdin {registry}",
            "",
        ]
    )


def say_ready(region: str, group: str, hook: str, port: int, patience_s: int) -> str:
    """Return the script that tells the group whether this instance is ready.

    Until then it is not in service, and nothing else goes in its place. It is told once: the machine may start again.
    """
    return "\n".join(
        [
            "#!/bin/bash",
            "set -u",
            "metadata=http://169.254.169.254/latest",
            "token=$(curl -fsS -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 300' $metadata/api/token)",
            'instance=$(curl -fsS -H "X-aws-ec2-metadata-token: $token" $metadata/meta-data/instance-id)',
            "result=ABANDON",
            f"for _ in $(seq {patience_s // 2}); do",
            f"  if curl -fsS -o /dev/null --max-time 2 http://127.0.0.1:{port}/health/ready; then",
            "    result=CONTINUE",
            "    break",
            "  fi",
            "  sleep 2",
            "done",
            f'aws autoscaling complete-lifecycle-action --region {region} --instance-id "$instance" \\',
            f"  --auto-scaling-group-name {group} --lifecycle-hook-name {hook} --lifecycle-action-result $result",
            "",
        ]
    )
