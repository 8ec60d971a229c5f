"""The demo: sample files become tables and thumbnails, these a report, and the report a mail."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any

Job = dict[str, Any]

_TABLES: dict[str, dict[str, Any]] = {
    "delays-by-hour": {
        "path": "sample:flights.csv",
        "title": "Later in the day, later in the air",
        "group_by": ["hour"],
        "aggregate": {"dep_delay": ["mean", "count"]},
    },
    "delays-by-carrier": {
        "path": "sample:flights.csv",
        "title": "Who keeps New York waiting",
        "group_by": ["carrier"],
        "aggregate": {"arr_delay": ["mean", "max"], "distance": ["mean"], "dest": ["count"]},
    },
    "destinations": {
        "path": "sample:flights.csv",
        "title": "Where they fly to",
        "group_by": ["dest"],
        "aggregate": {"origin": ["count"], "air_time": ["mean"], "distance": ["mean"]},
    },
    "temperature-by-month": {
        "path": "sample:seattle-weather.csv",
        "title": "A year in Seattle",
        "group_by": ["month"],
        "aggregate": {"temp_max": ["mean", "min", "max"], "precipitation": ["sum"]},
    },
    "days-by-weather": {
        "path": "sample:seattle-weather.csv",
        "title": "What the sky does",
        "group_by": ["weather"],
        "aggregate": {"day": ["count"], "precipitation": ["sum"], "wind": ["mean"]},
    },
    "penguins": {
        "path": "sample:penguins.csv",
        "title": "Penguins, island by island",
        "group_by": ["species", "island"],
        "aggregate": {"body_mass_g": ["mean", "min", "max"], "flipper_length_mm": ["mean"], "year": ["count"]},
    },
}
_PICTURES = ("chelsea.png", "coffee.png", "hubble.jpg", "rocket.jpg")


def workflow(output_dir: str) -> list[Job]:
    """Return the `jobs` of a `POST /jobs/batch`. What they write goes to `output_dir`."""
    folder = PurePosixPath(output_dir)
    report = str(folder / "report.html")
    tables = [_table(name, payload, folder) for name, payload in _TABLES.items()]
    pictures = [_thumbnails(name, folder) for name in _PICTURES]
    return [
        *tables,
        *pictures,
        *_synthetic(),
        {
            "ref": "report",
            "type": "report-generation",
            "priority": "high",
            "depends_on": [f"ref:{job['ref']}" for job in (*tables, *pictures)],
            "payload": {"title": "Flights, weather, penguins", "output": report},
            "tags": {"demo": "report"},
        },
        {
            "ref": "mail",
            "type": "email-sending",
            "queue": "mail",
            "priority": "critical",
            "depends_on": ["ref:report"],
            "payload": {
                "to": ["Reader <reader@example.org>"],
                "subject": "The report is ready",
                "body": "Hello,\n\nthe report is attached. It was made by a workflow of sample jobs.\n",
                "attachments": [report],
            },
            "tags": {"demo": "mail"},
        },
    ]


def _table(name: str, payload: dict[str, Any], folder: PurePosixPath) -> Job:
    return {
        "ref": name,
        "type": "data-processing",
        "payload": {**payload, "output": str(folder / f"{name}.csv")},
        "tags": {"demo": "data"},
    }


def _thumbnails(name: str, folder: PurePosixPath) -> Job:
    return {
        "ref": f"thumbnails-{PurePosixPath(name).stem}",
        "type": "image-processing",
        "queue": "images",
        "priority": "low",
        "payload": {"path": f"sample:{name}", "sizes": [128, 480], "output_dir": str(folder / "thumbnails")},
        "tags": {"demo": "images"},
    }


def _synthetic() -> list[Job]:
    """Return jobs that show what else can happen: progress, a retry, a delay, a busy processor."""
    return [
        {"type": "synthetic", "priority": "low", "payload": {"sleep_ms": 3_000, "steps": 12, "echo": "a slow job"}},
        {
            "type": "synthetic",
            "payload": {"fail_times": 1, "sleep_ms": 200, "echo": "second time lucky"},
            "backoff": {"initial_ms": 500, "jitter": False},
        },
        {"type": "synthetic", "payload": {"echo": "not before its time"}, "delay_ms": 1_500},
        {"type": "synthetic", "priority": "critical", "payload": {"burn_ms": 250, "echo": "first in line"}},
    ]
