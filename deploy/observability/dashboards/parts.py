"""What the dashboards are made of: sources, variables, and the few kinds of panels, so that all of them look alike."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from grafana_foundation_sdk.builders import common as common_builders
from grafana_foundation_sdk.builders import dashboard as builders
from grafana_foundation_sdk.builders import heatmap, prometheus, stat, statetimeline, table, timeseries
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models import common, dashboard
from grafana_foundation_sdk.models import heatmap as heatmap_models
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

from deploy.observability.dashboards.colours import BLUE, GREEN, RED, TOLD_BY_COLOUR, YELLOW, colours

#: The variables that name the sources, so that a dashboard can be imported into any Grafana.
METRICS = dashboard.DataSourceRef(type_val="prometheus", uid="${metrics}")
TRACES = dashboard.DataSourceRef(type_val="tempo", uid="${traces}")

#: Where a value turns yellow, and where red.
Limits = tuple[float, float]


#: A panel of whichever kind.
Panel = Builder[dashboard.Panel]


class Query(NamedTuple):
    """A line of a panel: PromQL, what its series are called, and whether examples of it are asked for."""

    expr: str
    legend: str = ""
    exemplars: bool = False


def graph(
    title: str,
    why: str,
    *queries: Query,
    unit: str = "short",
    width: int = 12,
    stacked: bool = False,
    limits: Limits | None = None,
    most: float | None = None,
) -> timeseries.Panel:
    """Return lines over time."""
    legend = common_builders.VizLegendOptions().display_mode(common.LegendDisplayMode.TABLE).show_legend(True)
    panel = (
        timeseries.Panel()
        .title(title)
        .description(why)
        .datasource(METRICS)
        .span(width)
        .height(8)
        .unit(unit)
        .min(0)
        .line_width(2 if not stacked else 1)
        .fill_opacity(60 if stacked else 8)
        .show_points(common.VisibilityMode.NEVER)
        .legend(legend.placement(common.LegendPlacement.BOTTOM).calcs(["lastNotNull", "max"]))
        .tooltip(
            common_builders.VizTooltipOptions().mode(common.TooltipDisplayMode.MULTI).sort(common.SortOrder.DESCENDING)
        )
    )
    if any(query.legend in TOLD_BY_COLOUR for query in queries):
        panel.overrides(colours())
    if stacked:
        panel.stacking(common_builders.StackingConfig().mode(common.StackingMode.NORMAL))
    if limits is not None:
        panel.thresholds(_thresholds(limits))
        panel.thresholds_style(
            common_builders.GraphThresholdsStyleConfig().mode(common.GraphThresholdsStyleMode.DASHED)
        )
    if most is not None:
        panel.max(most)
    for target in _targets(queries):
        panel.with_target(target)
    return panel


def number(
    title: str,
    why: str,
    query: str,
    unit: str = "short",
    *,
    limits: Limits | None = None,
    least: bool = False,
    width: int = 4,
    words: dict[str, tuple[str, str]] | None = None,
) -> stat.Panel:
    """Return one figure with its recent past behind it.

    `limits` colour it from below, or with `least` from above (too few is bad). `words` says values in words.
    """
    panel = (
        stat.Panel()
        .title(title)
        .description(why)
        .datasource(METRICS)
        .span(width)
        .height(4)
        .unit(unit)
        .graph_mode(common.BigValueGraphMode.AREA)
        .color_mode(common.BigValueColorMode.VALUE)
        .reduce_options(common_builders.ReduceDataOptions().calcs(["lastNotNull"]))
        .thresholds(_thresholds(limits, least=least))
        .with_target(prometheus.Dataquery().datasource(METRICS).ref_id("A").expr(query).range())
    )
    if words:
        panel.mappings([_in_words(words)]).graph_mode(common.BigValueGraphMode.NONE)
    return panel


def heat(title: str, why: str, query: str, width: int = 12) -> heatmap.Panel:
    """Return how durations are spread over time, in seconds, with examples that lead to their traces."""
    return (
        heatmap.Panel()
        .title(title)
        .description(why)
        .datasource(METRICS)
        .span(width)
        .height(9)
        .calculate(False)
        .color(
            heatmap.HeatmapColorOptions()
            .mode(heatmap_models.HeatmapColorMode.SCHEME)
            .scheme("Oranges")
            .scale(heatmap_models.HeatmapColorScale.EXPONENTIAL)
            .exponent(0.5)
            .steps(64)
        )
        .y_axis(heatmap.YAxisConfig().unit("s"))
        .exemplars_color("rgba(255,0,255,0.7)")
        .show_y_histogram()
        .cell_gap(1)
        .with_target(
            prometheus.Dataquery()
            .datasource(METRICS)
            .ref_id("A")
            .expr(query)
            .legend_format("{{le}}")
            .format(PromQueryFormat.HEATMAP)
            .exemplar(True)
            .range()
        )
    )


def rows_of(
    title: str,
    why: str,
    columns: Sequence[tuple[str, str, str]],
    by: Sequence[str],
    *,
    width: int = 12,
    links: Sequence[builders.DashboardLink] = (),
) -> table.Panel:
    """Return a table with a row for each value of the labels `by`; `columns` are (name, unit, PromQL)."""
    panel = table.Panel().title(title).description(why).datasource(METRICS).span(width).height(9)
    names: dict[str, str] = {}
    for position, (name, unit, expr) in enumerate(columns):
        ref = chr(ord("A") + position)
        field = f"Value #{ref}" if len(columns) > 1 else "Value"
        names[field] = name
        panel.with_target(
            prometheus.Dataquery().datasource(METRICS).ref_id(ref).expr(expr).format(PromQueryFormat.TABLE).instant()
        )
        panel.override_by_name(name, [dashboard.DynamicConfigValue(id_val="unit", value=unit)])
    if len(columns) > 1:
        panel.with_transformation(dashboard.DataTransformerConfig(id_val="merge", options={}))
    order = {field: place for place, field in enumerate([*by, *names])}
    panel.with_transformation(
        dashboard.DataTransformerConfig(
            id_val="organize", options={"excludeByName": {"Time": True}, "indexByName": order, "renameByName": names}
        )
    )
    if links:
        found = [{"title": link.build().title, "url": link.build().url, "targetBlank": False} for link in links]
        panel.override_by_name(by[0], [dashboard.DynamicConfigValue(id_val="links", value=found)])
    return panel


def states(
    title: str, why: str, query: Query, words: dict[str, tuple[str, str]], width: int = 12
) -> statetimeline.Panel:
    """Return when which of a few states held; `words` names and colours them."""
    panel = (
        statetimeline.Panel()
        .title(title)
        .description(why)
        .datasource(METRICS)
        .span(width)
        .height(8)
        .mappings([_in_words(words)])
        .show_value(common.VisibilityMode.NEVER)
        .row_height(0.8)
    )
    for target in _targets([query]):
        panel.with_target(target)
    return panel


def _targets(queries: Sequence[Query]) -> list[prometheus.Dataquery]:
    return [
        prometheus.Dataquery()
        .datasource(METRICS)
        .ref_id(chr(ord("A") + position))
        .expr(query.expr)
        .legend_format(query.legend)
        .exemplar(query.exemplars)
        .range()
        for position, query in enumerate(queries)
    ]


def _thresholds(limits: Limits | None, *, least: bool = False) -> builders.ThresholdsConfig:
    colours = (GREEN, YELLOW, RED) if not least else (RED, YELLOW, GREEN)
    steps = [dashboard.Threshold(value=None, color=colours[0] if limits else BLUE)]
    for colour, limit in zip(colours[1:], limits or (), strict=False):
        steps.append(dashboard.Threshold(value=limit, color=colour))
    return builders.ThresholdsConfig().mode(dashboard.ThresholdsMode.ABSOLUTE).steps(steps)


def _in_words(words: dict[str, tuple[str, str]]) -> dashboard.ValueMap:
    return dashboard.ValueMap(
        options={
            value: dashboard.ValueMappingResult(text=text, color=colour, index=place)
            for place, (value, (text, colour)) in enumerate(words.items())
        }
    )
