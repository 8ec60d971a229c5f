"""`journeyman simulate-scaling`: what the autoscaler would do. `journeyman-autoscaler` does the work."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter
from cyclopts.validators import Number

from journeyman.cli.connection import DEFAULT, Connection, UsageError
from journeyman.cli.output import Output
from journeyman.cli.submit import read_span

if TYPE_CHECKING:
    from journeyman_autoscaler.simulation.replay import Told

_GOAL_MS, _START_UP_MS = 120_000, 60_000


def simulate_scaling(
    traffic: list[str] | None = None,
    /,
    *,
    replay: str | None = None,
    live: Annotated[bool, Parameter(negative=())] = False,
    goal: str | None = None,
    start_up: str | None = None,
    workers_min: Annotated[int | None, Parameter(name="--min", validator=Number(gte=0, lte=1_000))] = None,
    workers_max: Annotated[int | None, Parameter(name="--max", validator=Number(gte=1, lte=1_000))] = None,
    slots: Annotated[int | None, Parameter(validator=Number(gte=1, lte=1_024))] = None,
    seed: int = 1,
    reasons: Annotated[bool, Parameter(negative=())] = False,
    plot: Path | None = None,
    output: Output = "table",
    connection: Connection = DEFAULT,
) -> int:
    """Simulate the autoscaler on made-up or recorded traffic, beside target tracking, the step rule and an oracle.

    :param traffic: What is made up: steady, diurnal, bursts, spike, heavy-tailed. Default: each of them.
    :param replay: A file that `tail -o json` wrote (`-`: standard input), instead of made-up traffic.
    :param live: The log of the running system, instead of made-up traffic.
    :param goal: How long a job may wait. Default: 2m.
    :param start_up: How long a worker needs from its order until it takes jobs. Default: 60s.
    :param workers_min: Fewest workers. Default: JOURNEYMAN_WORKERS_MIN.
    :param workers_max: Most workers. Default: JOURNEYMAN_WORKERS_MAX.
    :param slots: Jobs that a worker runs at once. Default: JOURNEYMAN_WORKER_THREADS.
    :param seed: Another number makes up other traffic of the same kind.
    :param reasons: Print every decision, and why it was made.
    :param plot: Draw it, into this SVG file.
    """
    if find_spec("journeyman_autoscaler") is None:
        raise UsageError("`simulate-scaling` needs the distribution journeyman-autoscaler; install it")
    from journeyman_autoscaler.limits import limits_of
    from journeyman_autoscaler.simulation.command import simulate, traffics
    from journeyman_autoscaler.simulation.fleet import Plant

    if sum((bool(traffic), replay is not None, live)) > 1:
        raise UsageError("made-up traffic, --replay or --live: only one of them")
    settings = connection.settings(
        workers_min=workers_min, workers_max=workers_max, wait_goal_ms=read_span("--goal", goal) or _GOAL_MS
    )
    start_up_ms = read_span("--start-up", start_up)
    plant = Plant(
        slots=slots or settings.worker_threads,
        start_up_ms=_START_UP_MS if start_up_ms is None else start_up_ms,
        workers_min=settings.workers_min,
        workers_max=settings.workers_max,
    )
    with ExitStack() as stack:
        try:
            found = traffics(traffic or [], seed, _record(stack, replay, connection if live else None))
        except ValueError as error:
            raise UsageError(str(error)) from None
    simulate(found, plant, limits_of(settings), seed=seed, reasons=reasons, plot=plot, as_data=output == "json")
    return 0


def _record(stack: ExitStack, replay: str | None, live: Connection | None) -> Iterator[Told] | None:
    """Return the events of a record, to be read while the stack is open; None where there is none."""
    from journeyman_autoscaler.simulation.replay import told_lines

    if live is not None:
        return _from_log(stack, live)
    if replay is None:
        return None
    if replay == "-":
        return told_lines(sys.stdin)
    try:
        return told_lines(stack.enter_context(Path(replay).open(encoding="utf-8")))
    except OSError as error:
        raise UsageError(f"--replay: {error}") from None


def _from_log(stack: ExitStack, connection: Connection) -> Iterator[Told]:
    from journeyman.cli.tail import entries
    from journeyman.codec import to_data
    from journeyman.events import BEGINNING, tag_of
    from journeyman_autoscaler.simulation.replay import Told

    logs = stack.enter_context(connection.logs())
    for _, entry in entries(logs, [BEGINNING] * len(logs), follow=False):
        for record in entry.records():
            yield Told(tag_of(record.event), record.at_ms, to_data(record.event))
