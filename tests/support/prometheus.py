"""A real Prometheus (Debian's) on a port of its own, and what it is asked."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import yaml

from support.servers import absent, free_port
from support.waiting import wait_for

CONFIGURATION = Path(__file__).parents[2] / "deploy/observability/prometheus"
START_S = 60.0
STOP_S = 20.0


def tool(name: str) -> str:
    """Return the path of `prometheus` or `promtool`; without it the test is skipped, or fails in CI."""
    path = shutil.which(name)
    if path is None:
        absent(f"{name} is not installed (Debian's package prometheus)")
    return path


class Prometheus:
    """A running Prometheus at `url`."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._http = httpx.Client(base_url=url, timeout=15, trust_env=False)

    def get(self, path: str, **parameters: str) -> Any:
        """Return the data of an answer of its API."""
        answer = self._http.get(f"/api/v1/{path}", params=parameters)
        assert answer.status_code == httpx.codes.OK, answer.text
        return answer.json()["data"]

    def query(self, expression: str) -> list[tuple[dict[str, str], float]]:
        """Return (labels, value) of every series of an instant query."""
        found = self.get("query", query=expression)["result"]
        return [(one["metric"], float(one["value"][1])) for one in found]

    def value(self, expression: str) -> float | None:
        """Return the value of an expression with one series at most; None where there is none."""
        found = self.query(expression)
        assert len(found) <= 1, found
        return found[0][1] if found else None

    def exemplars(self, selector: str) -> set[str]:
        """Return the traces that are kept as examples of some series."""
        now_s = time.time()
        found = self.get("query_exemplars", query=selector, start=str(now_s - 3600), end=str(now_s + 3600))
        return {one["labels"]["trace_id"] for series in found for one in series["exemplars"]}

    def targets(self) -> dict[str, str]:
        """Return the health of every target, by its job."""
        return {one["labels"]["job"]: one["health"] for one in self.get("targets")["activeTargets"]}

    def alerts(self) -> set[tuple[str, str]]:
        """Return (name, state) of the alerts that are pending or fire."""
        return {(one["labels"]["alertname"], one["state"]) for one in self.get("alerts")["alerts"]}

    def is_ready(self) -> bool:
        """Say whether it answers."""
        try:
            return self._http.get("/-/ready").status_code == httpx.codes.OK
        except httpx.TransportError:
            return False

    def close(self) -> None:
        """Close the connection to it."""
        self._http.close()


def configuration(targets: Mapping[str, str], interval: str = "1s") -> dict[str, Any]:
    """Return the configuration that is shipped, with these targets in place of the names of containers."""
    shipped: dict[str, Any] = yaml.safe_load((CONFIGURATION / "prometheus.yml").read_text())
    shipped["global"] = {"scrape_interval": interval, "scrape_timeout": interval, "evaluation_interval": interval}
    shipped["scrape_configs"] = [
        {"job_name": job["job_name"], "static_configs": [{"targets": [targets[job["job_name"]]]}]}
        for job in shipped["scrape_configs"]
        if job["job_name"] in targets
    ]
    return shipped


def quick_rules(*early: str) -> dict[str, Any]:
    """Return the alerts that are shipped, those named waiting for a second where they wait for minutes."""
    rules: dict[str, Any] = yaml.safe_load((CONFIGURATION / "rules/alerts.yml").read_text())
    for group in rules["groups"]:
        for rule in group["rules"]:
            if rule["alert"] in early:
                rule["for"] = "1s"
    return rules


@contextmanager
def prometheus(directory: Path, config: Mapping[str, Any], rules: Mapping[str, Any]) -> Iterator[Prometheus]:
    """Run a Prometheus in a directory until the block ends. rules: the alerts, beside the recording rules shipped."""
    binary = tool("prometheus")
    (directory / "rules").mkdir(parents=True)
    shutil.copy(CONFIGURATION / "rules/recording.yml", directory / "rules")
    (directory / "rules/alerts.yml").write_text(yaml.safe_dump(rules))
    (directory / "prometheus.yml").write_text(yaml.safe_dump(dict(config)))
    port = free_port()
    command = [
        binary,
        f"--config.file={directory / 'prometheus.yml'}",
        f"--storage.tsdb.path={directory / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--enable-feature=exemplar-storage",
        "--log.level=warn",
    ]
    with (directory / "prometheus.log").open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output)
    running = Prometheus(f"http://127.0.0.1:{port}")
    try:
        wait_for(lambda: process.poll() is not None or running.is_ready(), "Prometheus to be ready", timeout_s=START_S)
        assert process.poll() is None, (directory / "prometheus.log").read_text()
        yield running
    finally:
        running.close()
        process.terminate()
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
