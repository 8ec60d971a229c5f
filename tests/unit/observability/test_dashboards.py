"""Grafana's dashboards: the files say what the code says, the schema allows them, and every panel explains itself."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from itertools import combinations
from typing import Any

import pytest

from deploy.observability.dashboards.__main__ import FOLDER, rendered
from deploy.observability.dashboards.boards import HOME, TAG
from support.grafana_schema import violations

PATHS = sorted(FOLDER.glob("*.json"))
#: Variables that Grafana knows by itself.
BUILT_IN = re.compile(r"__\w+")
VARIABLE = re.compile(r"\$(?:\{(\w+)[^}]*\}|(\w+))")
COLUMNS = 24


def _document(path: Any) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(path.read_text())
    return document


BOARDS = {path.stem: _document(path) for path in PATHS}


def _panels(board: dict[str, Any]) -> Iterator[dict[str, Any]]:
    return (panel for panel in board["panels"] if panel["type"] != "row")


EVERY_BOARD = pytest.mark.parametrize("board", BOARDS.values(), ids=BOARDS)
EVERY_PANEL = pytest.mark.parametrize(
    "panel", [pytest.param(one, id=f"{name}: {one['title']}") for name in BOARDS for one in _panels(BOARDS[name])]
)


def test_the_files_are_those_that_the_code_writes() -> None:
    assert {path: path.read_text() for path in PATHS} == dict(rendered()), "run `make dashboards`"


def test_there_is_a_dashboard_for_every_question() -> None:
    wanted = {"overview", "queues", "workers", "scheduler", "jobs", "autoscaling", "doors"}

    assert set(BOARDS) == wanted


@EVERY_BOARD
def test_a_dashboard_is_as_grafanas_schema_says(board: dict[str, Any]) -> None:
    assert violations(board) == []


def test_what_the_schema_does_not_know_or_allow_is_found() -> None:
    board = copy.deepcopy(BOARDS["overview"])
    number = board["panels"][1]
    number["colour"] = "red"
    number["options"]["graphMode"] = "sparkle"
    number["targets"][0]["expr"] = 7
    board["refresh"] = 10

    found = "\n".join(violations(board))

    assert "$.panels[1].colour: unknown" in found
    assert "'sparkle' is none of typing.Optional[" in found or "'sparkle' is not BigValueGraphMode" in found
    assert "7 is not str" in found
    assert "$.refresh: 10 is none of" in found


@EVERY_PANEL
def test_a_panel_says_what_it_shows_and_why(panel: dict[str, Any]) -> None:
    assert panel["title"]
    assert panel["description"].endswith("."), panel["title"]
    assert panel["targets"]


@EVERY_PANEL
def test_figures_have_a_unit(panel: dict[str, Any]) -> None:
    if panel["type"] in ("timeseries", "stat"):
        assert panel["fieldConfig"]["defaults"]["unit"]


@EVERY_BOARD
def test_panels_stand_beside_each_other(board: dict[str, Any]) -> None:
    for one, other in combinations(board["panels"], 2):
        a, b = one["gridPos"], other["gridPos"]
        apart = a["x"] + a["w"] <= b["x"] or b["x"] + b["w"] <= a["x"]
        assert apart or a["y"] + a["h"] <= b["y"] or b["y"] + b["h"] <= a["y"], (one["title"], other["title"])
    assert max(panel["gridPos"]["x"] + panel["gridPos"]["w"] for panel in board["panels"]) == COLUMNS


@EVERY_BOARD
def test_panels_are_numbered_once(board: dict[str, Any]) -> None:
    numbers = [panel["id"] for panel in board["panels"]]

    assert len(numbers) == len(set(numbers))


@EVERY_BOARD
def test_every_variable_is_declared_and_every_declared_one_used(board: dict[str, Any]) -> None:
    declared = {variable["name"] for variable in board["templating"]["list"]}
    used = {name for pair in VARIABLE.findall(json.dumps({**board, "templating": None})) for name in pair if name}

    assert {name for name in used if not BUILT_IN.fullmatch(name)} == declared


def test_dashboards_have_names_of_their_own_and_know_each_other() -> None:
    uids = [board["uid"] for board in BOARDS.values()]

    assert len(uids) == len(set(uids))
    assert HOME in uids
    for board in BOARDS.values():
        assert TAG in board["tags"]
        assert any(link["type"] == "dashboards" and TAG in link["tags"] for link in board["links"])


def test_a_link_leads_to_a_dashboard_and_sets_variables_that_it_has() -> None:
    by_uid = {board["uid"]: board for board in BOARDS.values()}
    links = re.findall(r'"/d/([\w-]+)\?([^"]*)"', json.dumps(list(BOARDS.values())))

    assert links
    for uid, query in links:
        names = {variable["name"] for variable in by_uid[uid]["templating"]["list"]}
        assert set(re.findall(r"var-(\w+)=", query)) <= names


def test_a_job_is_one_click_from_its_trace() -> None:
    searches = [panel for panel in _panels(BOARDS["jobs"]) if panel["datasource"]["type"] == "tempo"]

    assert searches
    for panel in searches:
        assert "${dashboard_url}/#/jobs/${__value.raw}" in json.dumps(panel), panel["title"]


@EVERY_BOARD
def test_the_documentation_says_what_a_dashboard_answers(board: dict[str, Any]) -> None:
    name = board["title"].removeprefix("Journeyman / ")
    page = (FOLDER.parents[3] / "docs" / "observability.md").read_text()

    assert f"| {name} | {board['description']} |" in page
