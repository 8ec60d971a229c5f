"""The state of a partition in a shape that can be stored. Fields are only ever added at the end, with a default."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from journeyman.breakers import Kept
from journeyman.casualties import Death
from journeyman.events import Evidence
from journeyman.jobs import Job
from journeyman.redrives import Redrive

if TYPE_CHECKING:
    from journeyman.partition import Partition


class Worker(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """A worker that has joined and neither left nor been lost."""

    queues: tuple[str, ...]
    types: tuple[str, ...]
    slots: int


class Snapshot(msgspec.Struct, frozen=True, array_like=True):
    """Everything a partition's state is, in a shape that can be stored. `offset`: the last entry folded."""

    version: int
    offset: tuple[int, int, int]
    epoch: int
    jobs: dict[str, Job]
    workers: dict[str, Worker]
    gone: dict[str, str]
    paused: frozenset[str]
    undecodable: dict[str, str] = {}
    watchers: dict[str, dict[str, str]] = {}
    redrives: dict[str, Redrive] = {}
    deaths: dict[str, Death] = {}
    against: dict[str, Evidence] = {}
    breakers: Kept = Kept()


SNAPSHOT_VERSION = 1


def snapshot_of(partition: Partition) -> Snapshot:
    """Return a partition's whole state. Its structs are immutable, so it may be encoded while the fold goes on."""
    return Snapshot(
        SNAPSHOT_VERSION,
        partition.offset,
        partition.epoch,
        dict(partition.jobs),
        dict(partition.workers),
        dict(partition.gone),
        frozenset(partition.paused),
        {str(offset): reason for offset, reason in partition.undecodable.items()},
        partition.watchers.snapshot(),
        partition.redrives.snapshot(),
        dict(partition.casualties.deaths),
        dict(partition.casualties.against),
        partition.breakers.snapshot(),
    )
