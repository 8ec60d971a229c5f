"""What Grafana is provisioned with: only keys that it documents, and parts that fit together."""

from __future__ import annotations

import json
import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import yaml

from deploy.observability.dashboards.__main__ import FOLDER
from journeyman.settings import load
from journeyman.tracing import conventions as words
from support.documented import read_as
from support.grafana_provisioning import Alerting, PrometheusSource, Providers, Sources, TempoSource

PROVISIONING = FOLDER.parent / "provisioning"


def test_data_sources_are_as_grafana_documents_them() -> None:
    sources: Sources = read_as(PROVISIONING / "datasources" / "journeyman.yaml", Sources)
    by_uid = {source.uid: source for source in sources.datasources}

    assert [source.is_default for source in sources.datasources] == [True, False]
    prometheus, tempo = by_uid["journeyman-prometheus"], by_uid["journeyman-tempo"]
    assert isinstance(prometheus, PrometheusSource)
    assert isinstance(tempo, TempoSource)
    examples = prometheus.json_data.exemplar_trace_id_destinations
    assert {one.name for one in examples} == {words.LABEL_TRACE}
    assert [by_uid[one.datasource_uid] for one in examples if one.datasource_uid] == [tempo]
    assert by_uid[tempo.json_data.traces_to_metrics.datasource_uid] is prometheus


def test_traces_lead_to_metrics_by_attributes_that_spans_have() -> None:
    sources: Sources = read_as(PROVISIONING / "datasources" / "journeyman.yaml", Sources)
    tempo = next(source for source in sources.datasources if isinstance(source, TempoSource))
    attributes = {value for name, value in vars(words).items() if name.isupper() and isinstance(value, str)}

    assert {tag.key for tag in tempo.json_data.traces_to_metrics.tags} <= attributes
    assert {one.tag for one in tempo.json_data.search.filters} <= attributes
    assert tempo.json_data.span_bar.tag in attributes


def test_an_example_leads_to_a_dashboard_that_knows_what_to_do_with_it() -> None:
    sources: Sources = read_as(PROVISIONING / "datasources" / "journeyman.yaml", Sources)
    prometheus = next(source for source in sources.datasources if isinstance(source, PrometheusSource))
    (url,) = (one.url for one in prometheus.json_data.exemplar_trace_id_destinations if one.url)
    uid, variable = re.findall(r"^/d/([\w-]+)\?var-(\w+)=", url)[0]
    board = json.loads((FOLDER / f"{uid.removeprefix('journeyman-')}.json").read_text())

    assert board["uid"] == uid
    assert variable in {one["name"] for one in board["templating"]["list"]}


def test_figures_are_as_far_apart_as_prometheus_scrapes() -> None:
    sources: Sources = read_as(PROVISIONING / "datasources" / "journeyman.yaml", Sources)
    prometheus = next(source for source in sources.datasources if isinstance(source, PrometheusSource))
    scrapes = yaml.safe_load((FOLDER.parents[1] / "prometheus" / "prometheus.yml").read_text())

    assert prometheus.json_data.time_interval == scrapes["global"]["scrape_interval"]


def test_a_dollar_that_grafana_is_not_to_replace_is_written_twice() -> None:
    assert _replaced() == {"PROMETHEUS_URL", "TEMPO_URL"}


def _replaced() -> set[str]:
    """Return the variables of the environment that the data sources name."""
    text = (PROVISIONING / "datasources" / "journeyman.yaml").read_text()
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    return set(re.findall(r"(?<!\$)\$(\w+)", "\n".join(lines)))


def test_the_container_has_what_provisioning_asks_for() -> None:
    compose = yaml.safe_load((FOLDER.parents[3] / "docker-compose.yml").read_text())
    grafana = compose["services"]["grafana"]
    providers: Providers = read_as(PROVISIONING / "dashboards" / "journeyman.yaml", Providers)
    mounted = {volume.split(":")[1] for volume in grafana["volumes"]}

    assert _replaced() <= set(grafana["environment"])
    assert {one.options.path for one in providers.providers} <= mounted


def test_dashboards_are_provided_from_their_folder() -> None:
    providers: Providers = read_as(PROVISIONING / "dashboards" / "journeyman.yaml", Providers)

    assert [Path(one.options.path).name for one in providers.providers] == [FOLDER.name]


def test_alerts_made_in_grafana_go_to_a_contact_point_that_is_there() -> None:
    alerting = read_as(FOLDER.parent / "examples" / "contact-point.yaml", Alerting)

    assert {policy.receiver for policy in alerting.policies} <= {one.name for one in alerting.contact_points}


def test_no_rule_stands_in_grafana_and_in_prometheus() -> None:
    assert [path for path in PROVISIONING.rglob("*.y*ml") if "groups" in yaml.safe_load(path.read_text())] == []


def test_every_source_that_a_dashboard_names_is_a_variable() -> None:
    for path in FOLDER.glob("*.json"):
        uids = set(re.findall(r'"uid": "([^"]+)"', json.dumps(json.loads(path.read_text())["panels"])))
        assert uids <= {"${metrics}", "${traces}"}, path.name


def test_the_documented_link_from_a_job_to_its_trace_asks_the_source_that_is_provisioned() -> None:
    page = (FOLDER.parents[3] / "docs" / "observability.md").read_text()
    sources: Sources = read_as(PROVISIONING / "datasources" / "journeyman.yaml", Sources)
    (url,) = re.findall(r"^JOURNEYMAN_TRACE_URL=(\S+)$", page, re.MULTILINE)

    traced = load({"JOURNEYMAN_TRACE_URL": url}).trace_template().replace("{trace_id}", "4bf92f")
    (pane,) = json.loads(parse_qs(urlsplit(traced).query)["panes"][0]).values()

    assert pane["queries"][0]["query"] == "4bf92f"
    assert pane["datasource"] in {source.uid for source in sources.datasources if isinstance(source, TempoSource)}
