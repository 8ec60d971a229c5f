"""Writes the dashboards as JSON for Grafana: `python -m deploy.observability.dashboards`. `--check` only compares."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

from grafana_foundation_sdk.cog.encoder import JSONEncoder

from deploy.observability.dashboards import autoscaling, doors, jobs, overview, queues, scheduler, workers

FOLDER = Path(__file__).parents[1] / "grafana" / "dashboards"
BOARDS = (overview, queues, jobs, workers, scheduler, autoscaling, doors)


def rendered() -> Iterator[tuple[Path, str]]:
    """Yield the path and the text of every dashboard."""
    for module in BOARDS:
        built = module.build()
        name = (built.uid or "").removeprefix("journeyman-")
        yield FOLDER / f"{name}.json", json.dumps(built, cls=JSONEncoder, indent=2, sort_keys=True) + "\n"


def main() -> int:
    """Write the files, or tell which are out of date."""
    wanted = dict(rendered())
    there = set(FOLDER.glob("*.json"))
    if "--check" in sys.argv:
        stale = [path.name for path, text in wanted.items() if path not in there or path.read_text() != text]
        stale += [path.name for path in there - set(wanted)]
        if stale:
            sys.stderr.write(f"out of date, run `make dashboards`: {', '.join(sorted(stale))}\n")
        return 1 if stale else 0
    FOLDER.mkdir(parents=True, exist_ok=True)
    for path in there - set(wanted):
        path.unlink()
    for path, text in wanted.items():
        path.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
