"""Colours that mean the same on every dashboard."""

from __future__ import annotations

from grafana_foundation_sdk.builders import dashboard as builders
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models import dashboard

#: Grafana's names of colours.
GREEN, YELLOW, ORANGE, RED, BLUE, GREY = "green", "yellow", "orange", "red", "blue", "#808080"

#: What a job, a queue or a worker may be, in the same colour everywhere.
COLOURS = {
    "pending": BLUE,
    "processing": YELLOW,
    "completed": GREEN,
    "failed": RED,
    "cancelled": GREY,
    "lost": ORANGE,
}

#: Lines of which have these colours.
TOLD_BY_COLOUR = ("{{status}}", "{{outcome}}", "{{state}}")


def colours() -> list[Builder[dashboard.DashboardFieldConfigSourceOverrides]]:
    """Return what gives the lines of a panel that stand in `COLOURS` their colour."""
    return [
        builders.DashboardFieldConfigSourceOverrides()
        .matcher(dashboard.MatcherConfig(id_val="byName", options=name))
        .properties([dashboard.DynamicConfigValue(id_val="color", value={"mode": "fixed", "fixedColor": colour})])
        for name, colour in COLOURS.items()
    ]
