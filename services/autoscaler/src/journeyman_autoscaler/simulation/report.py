"""What was simulated, as a table for people and as JSON for machines. Pure but for the library that lays tables out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from journeyman.cli.output import table
from journeyman.durations import in_words
from journeyman_autoscaler.simulation.comparing import Compared
from journeyman_autoscaler.simulation.measures import Figures

if TYPE_CHECKING:
    from rich.table import Table


def as_table(all_: Sequence[Compared]) -> Table:
    """Return a line for each traffic and scaler."""
    numbers = ("p50", "p95", "p99", "longest", "goal met", "hours", "x oracle", "starts", "stops")
    rows = table("traffic", "scaler", *numbers, right=numbers)
    for compared in all_:
        for number, one in enumerate(compared.figures):
            rows.add_row(compared.traffic.name if not number else "", *cells(one))
    return rows


def cells(one: Figures) -> tuple[str, ...]:
    """Return the figures of a scaler as they stand in a table."""
    waits = (one.wait_p50_ms, one.wait_p95_ms, one.wait_p99_ms, one.wait_max_ms)
    cost = "-" if not math.isfinite(one.to_oracle) else f"{one.to_oracle:.2f}"
    counts = (f"{one.attained:.1%}", f"{one.instance_hours:.2f}", cost, str(one.starts), str(one.stops))
    return (one.scaler, *map(in_words, waits), *counts)


def as_json(all_: Sequence[Compared]) -> bytes:
    """Return everything that was found."""
    return msgspec.json.encode([_data(compared) for compared in all_])


def _data(compared: Compared) -> dict[str, Any]:
    return {
        "traffic": compared.traffic.name,
        "about": compared.traffic.about,
        "jobs": len(compared.traffic.jobs),
        "length_ms": compared.traffic.length_ms,
        "goal_ms": compared.goal_ms,
        "fleet": compared.plant._asdict(),
        "scalers": [msgspec.to_builtins(one) for one in compared.figures],
        "decisions": [{"at_ms": at_ms, "desired": desired, "reason": why} for at_ms, desired, why in compared.reasons],
    }
