"""The tables of all metrics, from the code that tells them. Part of `generate.py`."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from prometheus_client import CollectorRegistry

from journeyman.exposition import Family, described, tell_build
from journeyman_autoscaler import metrics as autoscaler
from journeyman_dashboard import metrics as dashboard
from journeyman_dashboard.reach import Reach
from journeyman_dashboard.tracing.metrics import TraceMetrics
from journeyman_ingest import metrics as ingest
from journeyman_ingest.server_figures import ServerFigures
from journeyman_scheduler import metrics as scheduler
from journeyman_scheduler.log_figures import LogFigures
from journeyman_worker.metrics import WorkerMetrics

BEGIN = "<!-- Generated from the code by `make docs`: the tables of metrics. -->"
END = "<!-- End of what is generated. -->"


def by_service() -> dict[str, list[Family]]:
    """Return every metric of Journeyman's own, by the service that tells it."""
    board, entrance = dashboard.Metrics(Path("unused"), Reach(), lambda: 0), ingest.Metrics()
    found = {
        "dashboard": _registered(board.registry),
        "dashboard, while it sends traces": list(TraceMetrics.families),
        "ingest": [*_registered(entrance.registry), *ServerFigures.families],
        "scheduler": [*described(vars(scheduler).values()), *LogFigures.families],
        "worker": list(WorkerMetrics.families),
        "autoscaler": described(vars(autoscaler).values()),
    }
    every = CollectorRegistry()
    tell_build("every service", every)
    common = _registered(every)
    own = {
        service: sorted(family for family in families if family not in common) for service, families in found.items()
    }
    return {"every service": common, **own}


def _registered(registry: CollectorRegistry) -> list[Family]:
    return described(registry._collector_to_names)


def tables() -> str:
    """Return the tables."""
    lines = [BEGIN]
    for service, families in by_service().items():
        lines += ["", f"### Of {service}", "", "| metric | type | labels | what it says |", "|---|---|---|---|"]
        lines += _rows(families)
    return "\n".join([*lines, "", END])


def _rows(families: Iterable[Family]) -> Iterable[str]:
    for name, kind, what, labels in families:
        yield f"| `{name}` | {kind} | {', '.join(f'`{label}`' for label in labels)} | {what} |"


def with_tables(page: str) -> str:
    """Return a page with its tables made anew, between the two marks that it has."""
    before, _, rest = page.partition(BEGIN)
    _, _, behind = rest.partition(END)
    return f"{before}{tables()}{behind}"
