"""What `journeyman simulate-scaling` does, when the command line has been read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from journeyman.cli.output import print_json, print_page, progress
from journeyman.durations import in_words
from journeyman_autoscaler.limits import Limits
from journeyman_autoscaler.simulation.comparing import Compared, compare
from journeyman_autoscaler.simulation.fleet import Plant
from journeyman_autoscaler.simulation.plot import draw
from journeyman_autoscaler.simulation.replay import Told, recorded
from journeyman_autoscaler.simulation.report import as_json, as_table
from journeyman_autoscaler.simulation.traffic import KINDS, Traffic, made_up


def traffics(kinds: Sequence[str], seed: int, record: Iterable[Told] | None) -> list[Traffic]:
    """Return what is to be simulated: a record, or what is made up. Raises ValueError."""
    if record is not None:
        traffic = recorded(record)
        if not traffic.jobs:
            raise ValueError("nothing ran in what was recorded")
        return [traffic]
    unknown = sorted(set(kinds) - set(KINDS))
    if unknown:
        raise ValueError(f"no such traffic: {unknown[0]}; there is {', '.join(KINDS)}")
    return [made_up(kind, seed) for kind in kinds or KINDS]


def simulate(
    found: Sequence[Traffic],
    plant: Plant,
    limits: Limits,
    *,
    seed: int,
    reasons: bool,
    plot: Path | None,
    as_data: bool,
) -> None:
    """Simulate and print."""
    all_: list[Compared] = []
    with progress("simulating", float(len(found))) as done:
        for number, traffic in enumerate(found):
            done(float(number))
            all_.append(compare(traffic, plant, limits, seed))
    if plot is not None:
        plot.write_text(draw(all_), encoding="utf-8")
    if as_data:
        print_json(as_json(all_))
        return
    print_page(
        f"goal {in_words(limits.wait_goal_ms)}, start-up {in_words(plant.start_up_ms)}, {plant.workers_min} to "
        f"{plant.workers_max} workers of {plant.slots} slots; a minute counts where 99 % of its jobs started in time\n"
    )
    print_page(as_table(all_))
    if reasons:
        for compared in all_:
            print_page(f"\n{compared.traffic.name}: what was decided, and why")
            for at_ms, desired, why in compared.reasons:
                print_page(f"{in_words(at_ms):>10}  {desired:>3}  {why}")
