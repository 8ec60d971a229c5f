"""A whole dashboard: its rows of panels, its variables, the links to the others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from grafana_foundation_sdk.builders import dashboard as builders
from grafana_foundation_sdk.models import dashboard

from deploy.observability.dashboards.colours import RED
from deploy.observability.dashboards.parts import METRICS, Panel

TAG = "journeyman"
HOME = "journeyman-overview"


class Row(NamedTuple):
    """Panels that answer one question together."""

    title: str
    panels: Sequence[Panel]


def board(
    uid: str,
    title: str,
    question: str,
    rows: Sequence[Row],
    variables: Sequence[builders.QueryVariable | builders.TextBoxVariable | builders.DatasourceVariable] = (),
) -> dashboard.Dashboard:
    """Return a dashboard that answers `question`."""
    built = (
        builders.Dashboard(f"Journeyman / {title}")
        .uid(uid)
        .description(question)
        .tags([TAG])
        .readonly()
        .refresh("30s")
        .time("now-30m", "now")
        .timezone("browser")
        .tooltip(dashboard.DashboardCursorSync.CROSSHAIR)
        .link(
            builders.DashboardLink("Journeyman")
            .type(dashboard.DashboardLinkType.DASHBOARDS)
            .tags([TAG])
            .as_dropdown(True)
            .keep_time(True)
            .include_vars(True)
        )
        .link(
            builders.DashboardLink("Jobs")
            .type(dashboard.DashboardLinkType.LINK)
            .icon("external link")
            .tooltip("The dashboard of Journeyman itself")
            .url("${dashboard_url}")
            .target_blank(True)
        )
        .annotation(
            builders.AnnotationQuery()
            .name("Alerts")
            .datasource(METRICS)
            .enable(True)
            .icon_color(RED)
            .expr('ALERTS{alertstate="firing", alertname=~"Journeyman.*"}')
        )
    )
    for variable in (source("metrics", "prometheus", "Metrics"), *variables, dashboard_url()):
        built.with_variable(variable)
    for row in rows:
        built.with_row(builders.Row(row.title))
        for panel in row.panels:
            built.with_panel(panel)
    return _numbered(built.build())


def source(name: str, kind: str, label: str) -> builders.DatasourceVariable:
    """Return the variable that chooses a data source."""
    return builders.DatasourceVariable(name).label(label).type(kind)


def dashboard_url() -> builders.TextBoxVariable:
    """Return the variable that says where Journeyman's own dashboard is, for links to the pages of jobs."""
    address = "http://localhost:8001"
    return (
        builders.TextBoxVariable("dashboard_url")
        .label("Dashboard at")
        .description("Where Journeyman's dashboard is, for links to the pages of jobs")
        .default_value(address)
        .current(dashboard.VariableOption(text=address, value=address))
    )


def chosen(name: str, label: str, metric: str) -> builders.QueryVariable:
    """Return a variable that chooses among the values which the label `name` of a metric has; all at first."""
    return (
        builders.QueryVariable(name)
        .label(label)
        .datasource(METRICS)
        .query({"query": f"label_values({metric}, {name})", "refId": "A"})
        .refresh(dashboard.VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(dashboard.VariableSort.ALPHABETICAL_ASC)
        .multi(True)
        .include_all(True)
        .all_value(".*")
        .current(dashboard.VariableOption(text="All", value="$__all"))
    )


def to_board(uid: str, title: str, carried: str = "") -> builders.DashboardLink:
    """Return a link from a value to another dashboard; `carried` are variables to set (`var-queue=…`)."""
    query = f"?${{__url_time_range}}&{carried}" if carried else "?${__url_time_range}"
    return builders.DashboardLink(title).url(f"/d/{uid}{query}")


def _numbered(built: dashboard.Dashboard) -> dashboard.Dashboard:
    """Give panels numbers, so that links to one stay right."""
    for number, panel in enumerate(built.panels or [], start=1):
        panel.id_val = number
    return built
