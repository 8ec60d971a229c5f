"""The jobs of a snapshot, packed by column: small on disk, and quick to read without holding everything twice.

Jobs of one state and one plan make a group. Its plan is written once, and each field of the state is one array over the
whole group, so a million waiting jobs are a handful of arrays, which are read in C. Groups are cut at `GROUP_MAX` jobs:
what is held beside the jobs themselves, while packing and while unpacking, is the bytes and one group.

Knows the states of `journeyman.jobs` by their fields alone; a changed state makes other columns, which `unpack`
refuses where they do not fit (msgspec.MsgspecError or ValueError).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import repeat
from typing import Any, get_args, get_type_hints

import msgspec

from journeyman.jobs import Job, Plan

GROUP_MAX = 20_000

_encode = msgspec.msgpack.Encoder().encode


class Group(msgspec.Struct, frozen=True, array_like=True):
    """Jobs of one state (its tag) and one plan: their ids, and a column for each other field of the state."""

    state: str
    plan: Plan
    ids: msgspec.Raw
    columns: tuple[msgspec.Raw, ...]


class _Shape:
    """How one state is taken apart and put together."""

    def __init__(self, state: type[Job]) -> None:
        hints = get_type_hints(state)
        names = [name for name in state.__struct_fields__ if name != "plan"]
        self.state = state
        self.names = names
        self._decoders = [msgspec.msgpack.Decoder(list[hints[name]]) for name in names]  # type: ignore[valid-type]

    def columns(self, jobs: Sequence[Job]) -> tuple[msgspec.Raw, ...]:
        return tuple(msgspec.Raw(_encode([getattr(job, name) for job in jobs])) for name in self.names)

    def jobs(self, plan: Plan, columns: Sequence[msgspec.Raw]) -> Iterator[Job]:
        known: dict[Any, Any] = {}
        pairs = zip(self._decoders, columns, strict=True)
        # Equal values become one object: a million like times are one integer, as they are where jobs come in commits.
        values = [list(map(known.setdefault, column, column)) for column in (read.decode(raw) for read, raw in pairs)]
        return map(self.state, repeat(plan, len(values[0])), *values)


_SHAPES = {str(state.__struct_config__.tag): _Shape(state) for state in get_args(Job)}
_read_ids = msgspec.msgpack.Decoder(list[str]).decode


def pack(jobs: Mapping[str, Job]) -> Iterator[Group]:
    """Yield the groups of these jobs. The mapping may not change meanwhile."""
    open_groups: dict[tuple[type[Job], int], tuple[list[str], list[Job]]] = {}
    for job_id, job in jobs.items():
        # Plans are shared, so a plan is known by its place in memory; one that is not merely makes a group more.
        key = (type(job), id(job.plan))
        group = open_groups.get(key)
        if group is None:
            group = open_groups[key] = ([], [])
        ids, members = group
        ids.append(job_id)
        members.append(job)
        if len(ids) == GROUP_MAX:
            yield _group(*open_groups.pop(key))
    for ids, members in open_groups.values():
        yield _group(ids, members)


def _group(ids: list[str], members: list[Job]) -> Group:
    tag = str(members[0].__struct_config__.tag)
    return Group(tag, members[0].plan, msgspec.Raw(_encode(ids)), _SHAPES[tag].columns(members))


def unpack(groups: Sequence[Group]) -> dict[str, Job]:
    """Return the jobs of all groups; those of equal plans share one. Raises what the module's text says."""
    jobs: dict[str, Job] = {}
    plans: dict[Plan, Plan] = {}
    for group in groups:
        shape = _SHAPES.get(group.state)
        if shape is None:
            raise ValueError(f"a job cannot be {group.state!r}")
        ids = _read_ids(group.ids)
        members = list(shape.jobs(plans.setdefault(group.plan, group.plan), group.columns))
        if len(members) != len(ids):
            raise ValueError(f"{len(ids)} ids for {len(members)} jobs")
        jobs.update(zip(ids, members, strict=True))
    return jobs
