"""Alerts: each has its section in the runbook and its test, asks for metrics that exist, and does what it is to do."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from support.prometheus import CONFIGURATION, tool

ROOT = Path(__file__).parents[2]
TESTS = sorted((CONFIGURATION / "tests").glob("*.yml"))


def rules(name: str) -> list[dict[str, Any]]:
    groups = yaml.safe_load((CONFIGURATION / "rules" / name).read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


ALERTS = {rule["alert"]: rule for rule in rules("alerts.yml")}


def sections() -> dict[str, str]:
    """Return the sections of the runbook by their titles."""
    _, *found = re.split(r"^## ", (ROOT / "docs/runbook.md").read_text(), flags=re.MULTILINE)
    return dict(section.split("\n", 1) for section in found)


def documented() -> set[str]:
    """Return the series that the documented metrics have."""
    page = (ROOT / "docs/observability.md").read_text()
    names = dict(re.findall(r"^\| `(journeyman_\w+)` \| (\w+) \|", page, flags=re.MULTILINE))
    suffixes = ("_bucket", "_sum", "_count")
    return {
        f"{name}{suffix}" for name, kind in names.items() for suffix in (suffixes if kind == "histogram" else ("",))
    }


def test_every_alert_has_its_section_in_the_runbook_and_every_section_its_alert() -> None:
    assert set(sections()) == set(ALERTS)


@pytest.mark.parametrize("name", ALERTS)
def test_an_alert_says_how_grave_it_is_what_is_so_and_where_to_read_on(name: str) -> None:
    alert = ALERTS[name]
    assert alert["labels"]["severity"] in {"critical", "warning"}
    assert set(alert["annotations"]) == {"summary", "description", "runbook_url"}
    assert alert["annotations"]["runbook_url"] == f"docs/runbook.md#{name.lower()}"
    for part in ("**Means.**", "**Look.**", "**Do.**", "**Leave it**"):
        assert part in sections()[name], part


def test_the_runbook_leads_nowhere_that_is_not_there() -> None:
    page = (ROOT / "docs/runbook.md").read_text()
    for file, anchor in re.findall(r"\]\(([\w.-]*\.md)?#?([\w-]*)\)", page):
        target = ROOT / "docs" / (file or "runbook.md")
        titles = re.findall(r"^#+ (.*)$", target.read_text(), flags=re.MULTILINE)
        anchors = {re.sub(r"[^\w -]", "", title).strip().lower().replace(" ", "-") for title in titles}
        assert not anchor or anchor in anchors, (file, anchor)


def test_rules_and_runbook_name_only_metrics_that_there_are() -> None:
    recorded = {rule["record"] for rule in rules("recording.yml")}
    known = documented() | recorded
    texts = [rule["expr"] for name in ("alerts.yml", "recording.yml") for rule in rules(name)]
    for text in (*texts, (ROOT / "docs/runbook.md").read_text()):
        named = set(re.findall(r"\bjourneyman(?:_[a-z_]+|:[a-z0-9_:]+)", text))
        assert named <= known, named - known


def test_every_alert_is_seen_to_fire_and_to_end_by_a_test() -> None:
    for name in ALERTS:
        cases = [case for path in TESTS for case in yaml.safe_load(path.read_text())["tests"]]
        looks = [
            [bool(look["exp_alerts"]) for look in case["alert_rule_test"] if look["alertname"] == name]
            for case in cases
        ]
        assert [False, True, False] in looks, name


@pytest.mark.parametrize("path", TESTS, ids=lambda path: path.stem)
def test_alerts_do_what_their_tests_say(path: Path) -> None:
    tested = subprocess.run(
        [tool("promtool"), "test", "rules", path.name], cwd=path.parent, capture_output=True, text=True, check=False
    )
    assert tested.returncode == 0, tested.stdout + tested.stderr


def test_prometheus_accepts_its_configuration_and_rules() -> None:
    checked = subprocess.run(
        [tool("promtool"), "check", "config", "prometheus.yml"],
        cwd=CONFIGURATION,
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_every_service_is_scraped_and_what_observes_them() -> None:
    jobs = yaml.safe_load((CONFIGURATION / "prometheus.yml").read_text())["scrape_configs"]
    services = {
        path.name.removesuffix("-api") for path in (ROOT / "services").iterdir() if (path / "Dockerfile").exists()
    }
    observers = {"prometheus", "otel-collector", "tempo"}
    assert {job["job_name"] for job in jobs} == {f"journeyman-{service}" for service in services} | observers
