"""Every query of Grafana's dashboards, asked of a real Prometheus that has scraped a system with jobs of all kinds."""

from __future__ import annotations

import json
import math
import re
import time
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import httpx
import pytest
import yaml

from deploy.observability.dashboards.__main__ import FOLDER
from journeyman.client import Client, NewJob
from journeyman.client.problems import ProblemError
from support.otlp import Collector
from support.prometheus import Prometheus, configuration
from support.prometheus import prometheus as running_prometheus
from support.servers import free_port, start_valkey
from support.system import System
from support.waiting import wait_for

#: How long figures may take to come: a few scrapes, on a machine that is busy with something else.
PATIENCE_S = 90.0
#: What Grafana puts for its variables; the window is long enough for everything that these tests do.
STANDS_FOR = {
    "$__rate_interval": "5m",
    "$__range": "5m",
    "$queue": ".*",
    "$type": ".*",
    "$__tags": 'type="synthetic", queue="default"',
}
#: Lines that may have no figures here, and why.
MAY_BE_EMPTY = {
    'ALERTS{alertstate="firing", alertname=~"Journeyman.*"}': "no rules are loaded here",
    "journeyman_scheduler_snapshot_age_seconds": "no snapshot was taken yet",
}
#: How the jobs of one round end.
ENDS = {"completed": 9, "failed": 1, "cancelled": 1}
HEALTH_PORTS = {"scheduler": "SCHEDULER", "autoscaler": "AUTOSCALER", "worker-1": "WORKER"}


class Line(NamedTuple):
    """A query of a panel, of a variable or of a link, and where it is."""

    where: str
    promql: str

    @property
    def may_be_empty(self) -> bool:
        """Say whether there may be nothing to show."""
        return any(part in self.promql for part in MAY_BE_EMPTY)


def _filled_in(promql: str) -> str:
    for variable, value in STANDS_FOR.items():
        promql = promql.replace(variable, value)
    assert "$" not in promql, promql
    return promql


def _lines() -> Iterator[Line]:
    for path in sorted(FOLDER.glob("*.json")):
        board = json.loads(path.read_text())
        for panel in board["panels"]:
            for target in panel.get("targets", []):
                if "expr" in target:
                    yield Line(f"{path.stem}: {panel['title']} {target['refId']}", _filled_in(target["expr"]))
        for note in board["annotations"]["list"]:
            yield Line(f"{path.stem}: note {note['name']}", _filled_in(note["expr"]))
    sources = yaml.safe_load((FOLDER.parent / "provisioning" / "datasources" / "journeyman.yaml").read_text())
    for query in sources["datasources"][1]["jsonData"]["tracesToMetrics"]["queries"]:
        # A dollar that Grafana is not to replace is written twice in a file.
        yield Line(f"from a span: {query['name']}", _filled_in(query["query"].replace("$$", "$")))


LINES = list(_lines())
SEARCHES = re.findall(r'"query": "(\{ .*)"', (FOLDER / "jobs.json").read_text())


def _variables() -> set[tuple[str, str]]:
    found = set()
    for path in FOLDER.glob("*.json"):
        for variable in json.loads(path.read_text())["templating"]["list"]:
            if variable["type"] == "query":
                match = re.fullmatch(r"label_values\((.+), (\w+)\)", variable["query"]["query"])
                assert match, variable
                found.add((match[1], match[2]))
    return found


@pytest.fixture(scope="module")
def ports() -> Mapping[str, int]:
    return {name: free_port() for name in HEALTH_PORTS}


@pytest.fixture(scope="module")
def collector() -> Iterator[Collector]:
    collector = Collector()
    yield collector
    collector.stop()


@pytest.fixture(scope="module")
def system(
    tmp_path_factory: pytest.TempPathFactory, ports: Mapping[str, int], collector: Collector
) -> Iterator[System]:
    traced = collector.environ

    def environ(name: str) -> dict[str, str]:
        if name not in ports:
            return traced
        return {f"JOURNEYMAN_{HEALTH_PORTS[name]}_HEALTH_PORT": str(ports[name]), **traced}

    directory = tmp_path_factory.mktemp("system")
    server = start_valkey(directory / "server", aof="everysec", maxmemory="512mb")
    system = System(
        directory,
        workers=2,
        server=server,
        autoscaler=True,
        autoscaler_provider="none",
        environ=environ,
        heartbeat_timeout_ms=5_000,
    )
    yield system
    system.close()
    server.stop()


@pytest.fixture(scope="module")
def prometheus(
    tmp_path_factory: pytest.TempPathFactory, system: System, ports: Mapping[str, int]
) -> Iterator[Prometheus]:
    targets = {
        "journeyman-ingest": system.ingest_url.removeprefix("http://"),
        "journeyman-dashboard": system.dashboard_url.removeprefix("http://"),
        **{f"journeyman-{name.removesuffix('-1')}": f"127.0.0.1:{port}" for name, port in ports.items()},
    }
    directory = tmp_path_factory.mktemp("prometheus")
    with running_prometheus(directory, configuration(targets), {"groups": []}) as prometheus, system.client() as client:
        _all_are_scraped(prometheus)
        # Twice: what a counter has when it is first seen is no increase.
        for times in (1, 2):
            _have_jobs_of_several_kinds(client)
            _have_been_counted(prometheus, times * sum(ENDS.values()))
        yield prometheus


def _all_are_scraped(prometheus: Prometheus) -> None:
    def all_up() -> bool:
        return set(prometheus.targets().values()) == {"up"}

    wait_for(all_up, "every service to be scraped", timeout_s=PATIENCE_S, every_s=0.2)


def _have_been_counted(prometheus: Prometheus, ended: int) -> None:
    wait_for(
        lambda: prometheus.value("sum(journeyman_jobs_total)") == ended,
        f"{ended} jobs to be counted",
        timeout_s=PATIENCE_S,
        every_s=0.2,
    )


def _have_jobs_of_several_kinds(client: Client) -> None:
    soon: dict[str, Any] = {"backoff": {"initial_ms": 10, "multiplier": 1, "max_ms": 10, "jitter": False}}
    jobs = client.submit_many(
        [
            *(NewJob(type="synthetic", payload={"sleep_ms": 20 * n}) for n in range(5)),
            NewJob(type="synthetic", payload={"fail_times": 1}, **soon),
            NewJob(type="synthetic", payload={"permanent": True}, queue="risky", priority=15),
            NewJob(type="synthetic", payload={"echo": 1}, queue="risky", delay="100ms"),
            NewJob(type="synthetic", payload={"sleep_ms": 10}, ref="parent"),
            NewJob(type="synthetic", depends_on=["ref:parent"]),
        ]
    )
    late = client.submit("synthetic", {}, delay="1h")
    late.cancel()
    for job in [*jobs, late]:
        wait_for(
            lambda job=job: job.view().status in ("completed", "failed", "cancelled"),  # type: ignore[misc]
            "the jobs to end",
            timeout_s=PATIENCE_S,
        )
    with pytest.raises(ProblemError):
        client.submit("not a type")
    client.open_breaker("synthetic")
    client.close_breaker("synthetic")


def test_every_service_is_scraped(prometheus: Prometheus) -> None:
    assert set(prometheus.targets()) == {
        f"journeyman-{service}" for service in ("ingest", "dashboard", "scheduler", "autoscaler", "worker")
    }


@pytest.mark.parametrize("line", LINES, ids=lambda line: line.where)
def test_a_query_is_answered_and_has_something_to_show(prometheus: Prometheus, line: Line) -> None:
    if line.may_be_empty:
        prometheus.query(line.promql)
        return

    def figures() -> list[float]:
        return [value for _, value in prometheus.query(line.promql) if not math.isnan(value)]

    wait_for(figures, f"figures of {line.promql}", timeout_s=PATIENCE_S, every_s=0.5)


@pytest.mark.parametrize(("metric", "label"), sorted(_variables()))
def test_a_variable_has_something_to_choose(prometheus: Prometheus, metric: str, label: str) -> None:
    found = prometheus.get(f"label/{label}/values", **{"match[]": metric})

    assert {"type": "synthetic", "queue": "default"}[label] in found


def test_jobs_are_counted_as_they_were(prometheus: Prometheus) -> None:
    def ended() -> dict[str, float]:
        found = prometheus.query("sum by (outcome) (max by (type, queue, outcome) (journeyman_jobs_total))")
        return {labels["outcome"]: value for labels, value in found}

    # A scrape that takes too long makes the figures vanish until the next.
    expected = {outcome: 2 * jobs for outcome, jobs in ENDS.items()}
    wait_for(lambda: ended() == expected, f"{expected}", timeout_s=PATIENCE_S, every_s=0.2)


@pytest.mark.parametrize("histogram", ["journeyman_run_seconds_bucket", "journeyman_queue_wait_seconds_bucket"])
def test_examples_lead_to_traces_of_jobs(prometheus: Prometheus, system: System, histogram: str) -> None:
    def examples() -> set[str]:
        now = time.time()
        series = prometheus.get("query_exemplars", query=histogram, start=str(now - 600), end=str(now + 60))
        return {one["labels"]["trace_id"] for found in series for one in found["exemplars"]}

    found = wait_for(examples, f"examples of {histogram}", timeout_s=PATIENCE_S, every_s=0.5)

    answer = httpx.get(f"{system.dashboard_url}/jobs?limit=100", trust_env=False).json()
    details = (httpx.get(f"{system.dashboard_url}/jobs/{job['id']}", trust_env=False) for job in answer["items"])
    assert found <= {job.json()["trace_id"] for job in details}


@pytest.mark.parametrize("search", SEARCHES)
def test_a_search_for_traces_asks_for_attributes_that_some_span_has_together(
    prometheus: Prometheus, collector: Collector, search: str
) -> None:
    asked = set(re.findall(r"span\.([a-z_.]+)", search))

    def found() -> bool:
        return any(asked <= set(span.attributes) for span in collector.spans())

    wait_for(found, f"a span with {sorted(asked)}", timeout_s=PATIENCE_S, every_s=0.2)


def test_what_may_be_empty_is_asked_for_somewhere() -> None:
    assert [part for part in MAY_BE_EMPTY if not any(part in line.promql for line in LINES)] == []


def test_names_of_services_are_those_that_prometheus_gives_them(prometheus: Prometheus) -> None:
    scraped = set(prometheus.targets())
    named = set(re.findall(r'job=~?"([^"]+)"', " ".join(line.promql for line in LINES)))

    assert all(any(re.fullmatch(pattern, job) for job in scraped) for pattern in named)
