"""The machine with Prometheus, Tempo, Grafana and the collector, each a container, and a disk of what they keep.

The machine may be replaced at any time, and is when its configuration changes; the disk stays. While it is away,
services go on, and drop their spans.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from journeyman_deploy import units
from journeyman_deploy.cloud_init import ETC, UNITS, File, cloud_config
from journeyman_deploy.units import Container
from journeyman_deploy.walls import GRAFANA_PORT

FOLDER = Path(__file__).parents[3] / "observability"
COMPOSE = Path(__file__).parents[4] / "docker-compose.yml"
DEVICE = "/dev/sdf"
DISK = "/var/lib/journeyman"
FILES = f"{ETC}/observability"
#: Who each of them is inside its image.
OWNERS = {"prometheus": 65534, "tempo": 10001, "grafana": 472}
TEMPO_OTLP_PORT = 14317
STOP_S = 30


def files() -> dict[str, str]:
    """Return all files of deploy/observability that have a place on the machine, by path."""
    kept = (".yml", ".yaml", ".json")
    return {
        str(path.relative_to(FOLDER)): path.read_text()
        for path in sorted(FOLDER.rglob("*"))
        if path.suffix in kept and "Pulumi" not in path.name
    }


def containers(images: Mapping[str, str], retention: str, grafana_url: str) -> list[Container]:
    """Return the four. All but Tempo have the machine's network; two would else want the same port."""
    prometheus = Container(
        name="prometheus",
        image=images["prometheus"],
        stop_s=STOP_S,
        volumes=(f"{FILES}/prometheus:/etc/prometheus:ro", f"{DISK}/prometheus:/prometheus"),
        command=(
            "--config.file=/etc/prometheus/prometheus.yml",
            "--storage.tsdb.path=/prometheus",
            f"--storage.tsdb.retention.time={retention}",
            "--enable-feature=exemplar-storage",
            "--web.listen-address=127.0.0.1:9090",
        ),
    )
    tempo = Container(
        name="tempo",
        image=images["tempo"],
        stop_s=STOP_S,
        network="bridge",
        publish=("127.0.0.1:3200:3200", f"127.0.0.1:{TEMPO_OTLP_PORT}:4317"),
        volumes=(f"{FILES}/tempo/tempo.yaml:/etc/tempo.yaml:ro", f"{DISK}/tempo:/var/tempo"),
        command=("-config.file=/etc/tempo.yaml",),
    )
    collector = Container(
        name="collector",
        image=images["otel-collector"],
        stop_s=STOP_S,
        environment={"TEMPO_OTLP_ENDPOINT": f"127.0.0.1:{TEMPO_OTLP_PORT}"},
        volumes=(f"{FILES}/collector/collector.yaml:/etc/otelcol/config.yaml:ro",),
        command=("--config=/etc/otelcol/config.yaml",),
    )
    grafana = Container(
        name="grafana",
        image=images["grafana"],
        stop_s=STOP_S,
        env_files=("/run/grafana/secrets.env",),
        environment={
            "GF_ANALYTICS_REPORTING_ENABLED": "false",
            "GF_ANALYTICS_CHECK_FOR_UPDATES": "false",
            "GF_PLUGINS_PREINSTALL_DISABLED": "true",
            "GF_SERVER_HTTP_PORT": str(GRAFANA_PORT),
            "GF_SERVER_ROOT_URL": grafana_url,
            "PROMETHEUS_URL": "http://127.0.0.1:9090",
            "TEMPO_URL": "http://127.0.0.1:3200",
        },
        volumes=(
            f"{FILES}/grafana/provisioning:/etc/grafana/provisioning:ro",
            f"{FILES}/grafana/dashboards:/etc/grafana/dashboards:ro",
            f"{DISK}/grafana:/var/lib/grafana",
        ),
    )
    return [prometheus, tempo, collector, grafana]


def open_disk() -> str:
    """Return the script that waits for the disk, makes a file system where there is none, and mounts it."""
    owners = [f"install -d -o {owner} -g {owner} -m 0750 {DISK}/{name}" for name, owner in OWNERS.items()]
    return "\n".join(
        [
            "#!/bin/bash",
            "set -euo pipefail",
            f"for _ in $(seq 300); do [ -e {DEVICE} ] && break; sleep 2; done",
            f"blkid {DEVICE} || mkfs.xfs {DEVICE}",
            f"mkdir -p {DISK}",
            f"echo '{DEVICE} {DISK} xfs defaults,nofail,noatime 0 2' >> /etc/fstab",
            f"mount {DISK}",
            *owners,
            "",
        ]
    )


def machine(region: str, bucket: str, prefix: str, secret_arn: str, run: list[Container]) -> str:
    """Return the user data: the files out of the bucket, the disk, a unit for each container."""
    fetch = units.fetch_secret(region, secret_arn, "GF_SECURITY_ADMIN_PASSWORD", "/run/grafana")
    before = {"grafana": [f"{units.SCRIPTS}/fetch-secret"]}
    return cloud_config(
        [
            File(f"{units.SCRIPTS}/fetch-secret", fetch, "0755"),
            File(f"{units.SCRIPTS}/open-disk", open_disk(), "0755"),
            *(
                File(f"{UNITS}/{each.name}.service", units.service_unit(each, each.name, before.get(each.name, ())))
                for each in run
            ),
        ],
        [
            [f"{units.SCRIPTS}/open-disk"],
            ["aws", "s3", "sync", "--region", region, f"s3://{bucket}/{prefix}/", FILES],
            ["chmod", "-R", "a+rX", ETC],
            ["systemctl", "daemon-reload"],
            ["systemctl", "enable", "--now", "docker.service", *(f"{each.name}.service" for each in run)],
        ],
    )
