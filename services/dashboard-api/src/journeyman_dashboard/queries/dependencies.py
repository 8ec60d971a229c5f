"""How jobs hang together: the component of dependencies a job is in."""

from __future__ import annotations

import sqlite3

import msgspec

from journeyman.jobs import is_elsewhere
from journeyman_dashboard.params import write_time
from journeyman_dashboard.past.shown import existed, show_ids
from journeyman_dashboard.queries.lookup import jobs_by_id, shut
from journeyman_dashboard.queries.values import as_json
from journeyman_dashboard.rows import ENDED_PHASES, STATUS_OF_PHASE, JobRow
from journeyman_dashboard.views import Shut, phase_of

NODES_MAX = 2_000
EDGES_MAX = 20_000


class Node(msgspec.Struct):
    """A job of the graph. One that the read model does not know has only its id."""

    id: str
    type: str | None = None
    status: str | None = None
    phase: str | None = None
    started_at: str | None = None
    finished_at: str | None = None


class Edge(msgspec.Struct, rename={"from_": "from"}):
    """`to` depends on `from`."""

    from_: str
    to: str


class Graph(msgspec.Struct):
    """A component. `truncated`: there is more than is shown."""

    nodes: list[Node]
    edges: list[Edge]
    truncated: bool


def graph(connection: sqlite3.Connection, job: JobRow) -> Graph:
    """Return the jobs that a job hangs together with, over any number of dependencies, nearest first."""
    closed = shut(connection)
    nodes: dict[str, Node] = {job.id: _node(job, closed)}
    numbers = {job.id: job.n}
    edges: dict[tuple[str, str], None] = {}
    edge_of = [job.id]
    truncated = False
    while edge_of:
        found = _edges(connection, edge_of, numbers)
        ends = {end for pair in found for end in pair if end not in nodes}
        room = NODES_MAX - len(nodes)
        taken = sorted(ends)[:room]
        known = jobs_by_id(connection, taken)
        for job_id in taken:
            row = known.get(job_id)
            nodes[job_id] = Node(job_id) if row is None else _node(row, closed)
            if row is not None:
                numbers[job_id] = row.n
        edges.update(dict.fromkeys(pair for pair in found if pair[0] in nodes and pair[1] in nodes))
        truncated = truncated or len(ends) > room or len(edges) >= EDGES_MAX
        edge_of = [] if truncated else taken
    return Graph(list(nodes.values()), [Edge(parent, child) for parent, child in list(edges)[:EDGES_MAX]], truncated)


def _edges(connection: sqlite3.Connection, ids: list[str], numbers: dict[str, int]) -> list[tuple[str, str]]:
    """Return the (parent, child) pairs that touch these jobs."""
    by_number = {numbers[job_id]: job_id for job_id in ids if job_id in numbers}
    above = connection.execute(
        "SELECT d.parent, child FROM json_each(?) JOIN dependencies d ON child = value LIMIT ?",
        (as_json(by_number), EDGES_MAX),
    )
    pairs = [(parent, by_number[child]) for parent, child in above]
    below = connection.execute(
        "SELECT d.parent, jobs.n, jobs.id FROM json_each(?) CROSS JOIN main.dependencies d ON d.parent = value "
        "JOIN main.jobs ON jobs.n = child LIMIT ?",
        (as_json(ids), EDGES_MAX),
    )
    return pairs + [(parent, child) for parent, n, child in below if existed(connection, n, child)]


def _node(row: JobRow, closed: Shut) -> Node:
    phase = phase_of(row, closed)
    started_at, finished_at = write_time(row.started_at_ms), write_time(row.finished_at_ms)
    return Node(row.id, row.type, STATUS_OF_PHASE[phase], phase, started_at, finished_at)


def awaited_parents(connection: sqlite3.Connection, job: JobRow) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the parents that a job waits for, as named: those that go on, and those of whose end it must be told.

    What counts for a parent in another partition is what the job's own log says of it.
    """
    unfinished, unheard = [], []
    parents = connection.execute("SELECT parent FROM dependencies WHERE child = ?", (job.n,))
    show_ids(connection, [parent for (parent,) in parents])
    for parent, phase in connection.execute(
        "SELECT d.parent, phase FROM dependencies d LEFT JOIN jobs ON jobs.id = d.parent "
        "WHERE child = ? AND NOT heard ORDER BY position",
        (job.n,),
    ):
        if phase is not None and phase not in ENDED_PHASES:
            unfinished.append(parent)
        elif is_elsewhere(job.id, parent):
            unheard.append(parent)
    return tuple(unfinished), tuple(unheard)
