"""Writes what is notable: bounded, and the same however the log was cut into batches.

Of each event, the first kinds of a minute are told by themselves and all others of that minute together. Whole minutes
are forgotten, once later ones have enough to tell. So neither a storm of one event, nor a storm of many kinds of it,
takes the place of another event, or grows the file. All of it is counted by partition, because partitions
are read in no particular order.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping

import msgspec

from journeyman_dashboard.notable import OTHERS, Group, Links, Noted

#: Kinds of an event in a minute that are told by themselves.
KINDS_MAX = 10
#: Rows of an event in a partition, at least, behind which older minutes are forgotten.
KEPT = 30

_json = msgspec.json.Encoder(order="sorted").encode

_THERE = "SELECT subject FROM notable WHERE partition = ? AND event = ? AND minute = ?"
_NOTE = (
    "INSERT INTO notable VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
    "ON CONFLICT (partition, event, minute, subject) DO UPDATE SET "
    "ms = excluded.ms, seq = excluded.seq, idx = excluded.idx, count = count + excluded.count, "
    "job_id = excluded.job_id, type = excluded.type, queue = excluded.queue, worker = excluded.worker, "
    "fingerprint = excluded.fingerprint, facts = excluded.facts"
)
_FORGET = (
    "DELETE FROM notable WHERE partition = ?1 AND event = ?2 AND minute < (SELECT minute FROM notable "
    "WHERE partition = ?1 AND event = ?2 ORDER BY minute DESC LIMIT 1 OFFSET ?3)"
)


def write_notes(connection: sqlite3.Connection, groups: Mapping[Group, Mapping[str, Noted]]) -> None:
    """Add what a batch has that is notable; part of its transaction."""
    for group, found in groups.items():
        there = {subject for (subject,) in connection.execute(_THERE, group)}
        for one in bounded(found, there).values():
            columns = (*one.first, *one.last, one.count, *msgspec.structs.astuple(one.links))
            connection.execute(_NOTE, (*group, one.subject, *columns, _json(one.facts).decode()))
    for partition, event in {group[:2] for group in groups}:
        connection.execute(_FORGET, (partition, event, KEPT - 1))


def bounded(found: Mapping[str, Noted], there: set[str]) -> dict[str, Noted]:
    """Return what is found, in log order, with those as one that are too many kinds. there: what is told already."""
    kinds = len(there - {OTHERS})
    kept: dict[str, Noted] = {}
    for one in found.values():
        subject = one.subject
        if subject not in there:
            if kinds == KINDS_MAX:
                subject = OTHERS
            else:
                kinds += 1
        said = msgspec.structs.replace(one, subject=subject, links=Links() if subject == OTHERS else one.links)
        if subject in kept:
            kept[subject].add(said)
        else:
            kept[subject] = said
    return kept
