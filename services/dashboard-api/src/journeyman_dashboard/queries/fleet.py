"""Workers and what was decided about their number. What a worker says live comes from its last heartbeat."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from journeyman.events import Offset, write_offset
from journeyman.log.api import WorkerBeat
from journeyman_dashboard.params import write_time
from journeyman_dashboard.queries.selection import show_phases
from journeyman_dashboard.views import ProgressView

#: How long workers that are gone are still listed.
GONE_SHOWN_MS = 300_000
WORKERS_MAX = 2_000
RUNNING_MAX = 5_000


class RunningView(msgspec.Struct):
    """An attempt a worker runs. `progress`: the latest that is known, null before the first report."""

    job_id: str
    attempt: int
    type: str
    started_at: str | None
    progress: ProgressView | None


class WorkerView(msgspec.Struct):
    """A worker process. `state`: joined, draining, left, lost. Load and memory are null without a heartbeat.

    instance: the EC2 instance it runs on, where its last heartbeat says so.
    """

    id: str
    host: str
    pid: int
    version: str
    state: str
    reason: str
    queues: list[str]
    types: list[str]
    slots: int
    running: list[RunningView]
    rss_bytes: int | None
    cpu_percent: float | None
    joined_at: str | None
    last_heartbeat_at: str | None
    instance: str = ""


class ScalingView(msgspec.Struct):
    """A decision of the autoscaler."""

    offset: str
    at: str | None
    provider: str
    desired: int
    previous: int
    reason: str
    backlog: int
    arrival_per_s: float
    service_ms: float


def workers(
    connection: sqlite3.Connection, beats: Sequence[WorkerBeat], *, now_ms: int, everyone: bool
) -> list[WorkerView]:
    """Return the workers, latest first; those long gone only where `everyone` is asked for."""
    live = {beat.worker: beat for beat in beats}
    running = _running(connection)
    rows = connection.execute(
        "SELECT id, host, pid, version, queues, types, slots, state, reason, joined_at_ms FROM fleet "
        "WHERE state IN ('joined', 'draining') OR changed_at_ms >= ? ORDER BY joined_at_ms DESC, id LIMIT ?",
        (0 if everyone else now_ms - GONE_SHOWN_MS, WORKERS_MAX),
    )
    return [_worker(row, live.get(row[0]), running.get(row[0], [])) for row in rows.fetchall()]


def _worker(row: tuple[Any, ...], beat: WorkerBeat | None, running: list[RunningView]) -> WorkerView:
    worker, host, pid, version, queues, types, slots, state, reason, joined_at_ms = row
    facts: Mapping[str, object] = beat.facts if beat is not None else {}
    rss, cpu, instance = facts.get("rss_bytes"), facts.get("cpu_percent"), facts.get("instance")
    _freshen(running, facts.get("running"))
    return WorkerView(
        id=worker,
        host=host,
        pid=pid,
        version=version,
        state=state,
        reason=reason,
        queues=msgspec.json.decode(queues),
        types=msgspec.json.decode(types),
        slots=slots,
        running=running if state in {"joined", "draining"} else [],
        rss_bytes=rss if isinstance(rss, int) else None,
        cpu_percent=float(cpu) if isinstance(cpu, (int, float)) else None,
        joined_at=write_time(joined_at_ms),
        last_heartbeat_at=None if beat is None else write_time(beat.at_ms),
        instance=instance if isinstance(instance, str) else "",
    )


class _Running(msgspec.Struct):
    """What a heartbeat says of an attempt; anything else in it is not ours to know."""

    job_id: str
    attempt: int
    progress: ProgressView | None = None


def _freshen(running: list[RunningView], told: object) -> None:
    """Put the progress that a heartbeat tells in place of the older one from the log."""
    try:
        fresh = msgspec.convert(told or [], list[_Running])
    except msgspec.ValidationError:
        return
    progress = {(one.job_id, one.attempt): one.progress for one in fresh}
    for view in running:
        view.progress = progress.get((view.job_id, view.attempt)) or view.progress


def _running(connection: sqlite3.Connection) -> dict[str, list[RunningView]]:
    """Return what runs, by worker: attempts that have started and not ended."""
    show_phases(connection, ("running", "cancelling"), RUNNING_MAX)
    found: dict[str, list[RunningView]] = {}
    for worker, job_id, attempt, kind, started_at_ms, percent, message in connection.execute(
        "SELECT worker, id, attempt, type, started_at_ms, percent, message FROM jobs "
        "WHERE phase IN ('running', 'cancelling') AND outcome = 'running' ORDER BY started_at_ms LIMIT ?",
        (RUNNING_MAX,),
    ):
        progress = None if percent is None else ProgressView(percent, message)
        view = RunningView(job_id, attempt, kind, write_time(started_at_ms), progress)
        found.setdefault(worker, []).append(view)
    return found


def scaling(connection: sqlite3.Connection, limit: int) -> list[ScalingView]:
    """Return the latest decisions, the last first."""
    rows = connection.execute(
        "SELECT partition, ms, seq, idx, provider, desired, previous, reason, backlog, arrival_per_s, service_ms "
        "FROM scaling ORDER BY ms DESC, seq DESC, idx DESC LIMIT ?",
        (limit,),
    )
    return [
        ScalingView(write_offset(partition, Offset(ms, seq, idx)), write_time(ms), *rest)
        for partition, ms, seq, idx, *rest in rows.fetchall()
    ]
