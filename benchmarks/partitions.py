"""What a job costs when its partition is one of four on a cluster of three nodes, and what when it is the only one.

The same no-op jobs in commits of the same size go end to end through one worker process: on one partition of a
cluster of one node, and on four partitions in turn. All systems stand ready at once and are measured one after the
other, round by round, so that whatever else the machine does meets them alike. A figure is the median of its rounds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import NamedTuple

from benchmarks.measures import Goal, Options, Row, measured
from benchmarks.processes import cpu_of
from benchmarks.submitter import CHUNK, Submitter
from benchmarks.sustained import WARM_UP, check_ran_once
from benchmarks.system import System, wait_until
from journeyman.log.connect import open_logs
from journeyman.settings import load
from journeyman_local.cluster import LocalCluster

ROUNDS = 5
#: A round has so many times the jobs of other cases: what the services do before and after must not count.
LONGER = 3
GOAL = Goal("≤", 1.10)


class Setup(NamedTuple):
    """So many partitions on so many nodes."""

    partitions: int
    nodes: int

    def __str__(self) -> str:
        return f"{_some(self.partitions, 'partition')} on {_some(self.nodes, 'node')}"


ALONE, SPREAD, CROWDED = Setup(1, 1), Setup(4, 3), Setup(4, 1)


def compare(options: Options, setups: Sequence[Setup] = (ALONE, SPREAD, CROWDED)) -> list[Row]:
    """Measure jobs end to end in each set-up, and compare what they cost with what they cost in the first."""
    rounds: dict[Setup, list[Row]] = {setup: [] for setup in setups}
    with ExitStack() as stack:
        systems = [stack.enter_context(_system(setup, stack)) for setup in setups]
        for number in range(ROUNDS):
            for system in systems if number % 2 == 0 else reversed(systems):
                rounds[system.setup].append(system.sustain(LONGER * options.jobs))
    first, *others = setups
    ratios = {
        setup: median(
            row.cpu_total_us / one.cpu_total_us for row, one in zip(rounds[setup], rounds[first], strict=True)
        )
        for setup in others
    }
    return [
        *(_typical(of_one) for of_one in rounds.values()),
        *(
            Row(f"CPU a job: {setup}, against {first}", ratio, "times", {}, GOAL if setup == SPREAD else None)
            for setup, ratio in ratios.items()
        ),
    ]


def _system(setup: Setup, stack: ExitStack) -> _PartitionedSystem:
    folder = stack.enter_context(TemporaryDirectory(prefix="journeyman-bench-"))
    return _PartitionedSystem(setup, stack.enter_context(LocalCluster(Path(folder), masters=setup.nodes)))


class _PartitionedSystem(System):
    """A system on a cluster, with one worker process."""

    def __init__(self, setup: Setup, cluster: LocalCluster) -> None:
        super().__init__(settings={"JOURNEYMAN_REDIS_URL": cluster.url, "JOURNEYMAN_PARTITIONS": str(setup.partitions)})
        self.setup = setup
        self._cluster = cluster

    def __enter__(self) -> _PartitionedSystem:
        self.logs = open_logs(load(self.settings))
        self.log = self.logs[0]
        self._submitters = [Submitter(self, log) for log in self.logs]
        try:
            self.start_scheduler()
            if self.setup.partitions > 1:
                leading = "; ".join(f"{log.partition}: leading, caught up" for log in self.logs)
                wait_until(lambda: self.ready(self.scheduler_url, leading), "a leader of each partition")
            self.start_workers(1)
            wait_until(lambda: all(log.beats() for log in self.logs), "the worker to join each partition")
            self._submit(WARM_UP)
            self.wait_empty()
        except BaseException:
            self._end()
            raise
        return self

    def _end(self) -> None:
        super()._end()
        for log in self.logs:
            log.close()

    def sustain(self, jobs: int) -> Row:
        """Measure so many jobs from the first submission to the last completion, and see that each ran once."""
        begin = [log.end() for log in self.logs]
        rows: list[Row] = []
        with measured(self, jobs, f"end to end, {self.setup}", rows):
            ids = self._submit(jobs)
            self.wait_empty()
        for log, offset, of_log in zip(self.logs, begin, ids, strict=True):
            check_ran_once(log, offset, of_log)
        return rows[0]

    def _submit(self, jobs: int) -> list[list[str]]:
        """Submit jobs to the partitions in turn; return their ids by partition."""
        ids: list[list[str]] = [[] for _ in self._submitters]
        for number, first in enumerate(range(0, jobs, CHUNK)):
            partition = number % len(ids)
            ids[partition] += self._submitters[partition].submit(min(CHUNK, jobs - first))
        return ids

    def cpu(self) -> dict[str, float]:
        """Return the processor time used so far, in seconds, by service; `server` is every node together."""
        return super().cpu() | {"server": cpu_of(node.process.pid for node in self._cluster.nodes)}

    def open_jobs(self) -> int:
        """Return how many jobs have not ended, of the first partition that has any: asking all would cost them."""
        counts = (int(log.client.hlen(log.keys.bodies)) for log in self.logs)
        return next(filter(None, counts), 0)


def _typical(rows: Sequence[Row]) -> Row:
    """Return the medians of a measure's rounds."""
    cpu_us: Mapping[str, float] = {name: median(row.cpu_us[name] for row in rows) for name in rows[0].cpu_us}
    return rows[0]._replace(value=median(row.value for row in rows), cpu_us=cpu_us)


def _some(count: int, what: str) -> str:
    return f"{count} {what}{'s' if count > 1 else ''}"
