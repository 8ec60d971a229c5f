"""What the machine of observability is configured with: files that docker-compose.yml mounts too.

One is written anew: Prometheus finds machines by their tags here, and containers by their names there. The names of its
jobs stay, for rules, alerts and dashboards know them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import yaml

PROMETHEUS = "prometheus/prometheus.yml"
#: What is mounted, by folder; the rest of deploy/observability is the source of dashboards, tests and examples.
MOUNTED = (
    "collector/",
    "tempo/",
    "prometheus/prometheus.yml",
    "prometheus/rules/",
    "grafana/provisioning/",
    "grafana/dashboards/",
)
IMAGES = ("otel-collector", "tempo", "prometheus", "grafana")


def images_in(compose: str) -> dict[str, str]:
    """Return the images that docker-compose.yml pins, by the service's name."""
    services: Mapping[str, Any] = yaml.safe_load(compose)["services"]
    return {name: str(services[name]["image"]) for name in IMAGES}


def mounted(files: Mapping[str, str]) -> dict[str, str]:
    """Return the files that are mounted, of all in deploy/observability, by path."""
    return {path: text for path, text in sorted(files.items()) if path.startswith(MOUNTED)}


def scraping(prometheus: str, region: str, environment: str, port: int) -> str:
    """Return prometheus.yml with jobs that find their machines by tag."""
    config: dict[str, Any] = yaml.safe_load(prometheus)
    config["scrape_configs"] = [_job(job, region, environment, port) for job in config["scrape_configs"]]
    return yaml.safe_dump(config, sort_keys=False)


def _job(job: dict[str, Any], region: str, environment: str, port: int) -> dict[str, Any]:
    name: str = job["job_name"]
    if not name.startswith("journeyman-"):
        return job
    wanted = {
        "tag:journeyman:service": name.removeprefix("journeyman-"),
        "tag:journeyman:environment": environment,
        "instance-state-name": "running",
    }
    filters = [{"name": key, "values": [value]} for key, value in wanted.items()]
    return {
        "job_name": name,
        "ec2_sd_configs": [{"region": region, "port": port, "refresh_interval": "30s", "filters": filters}],
        "relabel_configs": [{"source_labels": ["__meta_ec2_instance_id"], "target_label": "machine"}],
    }


def digest(files: Mapping[str, str]) -> str:
    """Return a short name for exactly these files."""
    seen = hashlib.sha256()
    for path, text in sorted(files.items()):
        seen.update(f"{path}\0{text}\0".encode())
    return seen.hexdigest()[:16]


def kinds(paths: Sequence[str]) -> dict[str, str]:
    """Return each path with its content type."""
    return {path: "application/json" if path.endswith(".json") else "application/yaml" for path in paths}
