"""Calls to the functions and their replies, as plain values: no connection, no waiting.

The sync and the async log send what is built here and hand back what is parsed here, so that they cannot
differ.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice, pairwise
from typing import Any, NamedTuple, TypeAlias

import msgspec

from journeyman import events as e
from journeyman.codec import (
    EVENTS_PER_COMMIT_MAX,
    UNREADABLE,
    Cutter,
    decode_bodies,
    decode_commit,
    decode_event,
    encode_event,
    parts_of,
    width,
)
from journeyman.log.api import (
    Appended,
    Beaten,
    Brought,
    Claimed,
    ClaimedJob,
    DeadLetter,
    Election,
    Fate,
    Finished,
    Outcome,
    StoredOutcome,
    Verdict,
    Wanted,
    WorkerBeat,
)
from journeyman.proposals import Proposal, Store, attempt_of

Arguments: TypeAlias = list[bytes]

_pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder().decode
_json = msgspec.json.Encoder().encode

_KINDS: dict[type[e.Event], int] = {
    e.JobProgressed: 0,
    e.JobSucceeded: 1,
    e.JobFailed: 2,
    e.JobReturned: 3,
}

#: The events, as read, that one call may append. Only a batch submitted over HTTP comes near it.
EVENTS_PER_APPEND_MAX = 20_000


class _Runs:
    """The events of many proposals as arguments: each a run of events of one proposal that stay in one commit."""

    def __init__(self) -> None:
        self.arguments: list[bytes] = []
        self._cutter = Cutter()
        self._stand_for = 0

    def add(self, events: Sequence[e.Event]) -> tuple[list[int], list[int]]:
        """Take a proposal's events. Return three numbers for each of its runs, and the size of each event.

        The three: how many events are written, how many they stand for, and 1 where a new commit begins with the run.
        """
        encoded = [encode_event(event) for event in events]
        sizes = [len(data) for data in encoded]
        stand_for = [width(event) for event in events]
        cuts = self._cutter.cuts(stand_for, sizes)
        self._stand_for += sum(stand_for)
        if self._stand_for > EVENTS_PER_APPEND_MAX:
            raise ValueError(f"at most {EVENTS_PER_APPEND_MAX} events go into one call")
        runs: list[int] = []
        for first, last in pairwise([*([] if cuts[:1] == [0] else [0]), *cuts, len(encoded)]):
            if first < last:
                self.arguments.append(b"".join(encoded[first:last]))
                runs += (last - first, sum(stand_for[first:last]), int(first in cuts))
        return runs, sizes


def _proposals(proposals: Sequence[Proposal]) -> tuple[list[Any], list[bytes]]:
    """Return proposals as the functions read them, and their events."""
    wire: list[Any] = []
    runs = _Runs()
    for proposal in proposals:
        numbers, sizes = runs.add(proposal.events)
        effects: Sequence[Any] = proposal.effects
        if effects and type(effects[0]) is Store:
            effects = [("store", effects[0].job_ids, sizes), *effects[1:]]
        wire.append((proposal.guard or False, effects, numbers, proposal.idempotency or False))
    return wire, runs.arguments


def append_arguments(proposals: Sequence[Proposal], caller: str, number: int) -> Arguments:
    """Build a call of `append`."""
    wire, runs = _proposals(proposals)
    return [_pack((caller, number, wire)), *runs]


def commit_arguments(proposals: Sequence[Proposal], epoch: int, number: int, cursor: e.Offset) -> Arguments:
    """Build a call of `commit`."""
    wire, runs = _proposals(proposals)
    return [_pack((epoch, number, cursor.entry, wire)), *runs]


def appended(reply: Sequence[Any]) -> Appended:
    """Read the reply of `append` or `commit`."""
    return Appended(reply[0], [_verdict(text.decode()) for text in reply[1:]])


def _verdict(text: str) -> Verdict:
    sign, rest = text[0], text[1:]
    if sign == "+":
        return Verdict(True, e.Offset.parse(rest) if rest else None)
    if sign == "=":
        offset, _, answer = rest.partition("\n")
        return Verdict(True, e.Offset.parse(offset) if offset else None, "", answer)
    return Verdict(False, None, rest)


def claim_arguments(
    worker: str,
    number: int,
    count: int,
    queues: Sequence[str],
    types: Sequence[str],
    wanted: Sequence[Wanted] | None = None,
    offer: bool = False,
    received: int | None = None,
) -> Arguments:
    """Build a call of `claim`."""
    if not 0 <= count <= EVENTS_PER_COMMIT_MAX:
        raise ValueError(f"a claim takes up to {EVENTS_PER_COMMIT_MAX} jobs, not {count}")
    if wanted is None:
        return [_pack((worker, number, count, queues, types, None, offer, received))]
    if len(wanted) > count:
        raise ValueError(f"{len(wanted)} places wanted in a claim of {count}")
    return [_pack((worker, number, count, queues, types, wanted))]


def ring_arguments(calls: Sequence[tuple[str, str, int]]) -> Arguments:
    """Build a call of `ring`: queue, type, and how many places were handed out."""
    return [_pack((calls,))]


def claimed(reply: Sequence[Any]) -> Claimed:
    """Read the reply of `claim`."""
    now_ms, entry, bodies, lines, places, *more = reply
    fates = [Fate(fate) for fate in more[0]] if more else ()
    if not places:
        return Claimed(now_ms, [], None, fates)
    lines[::3] = [queue.decode() for queue in lines[::3]]
    return _claimed(now_ms, entry.decode(), bodies, lines, [place.decode() for place in places], fates)


def _claimed(
    now_ms: int, entry: str, bodies: bytes, lines: Sequence[Any], places: Sequence[str], fates: Sequence[Fate]
) -> Claimed:
    jobs: list[ClaimedJob] = []
    standing = zip(places, decode_bodies(bodies, len(places)), strict=False)
    for index in range(0, len(lines), 3):
        queue, priority = lines[index], int(lines[index + 1])
        for place, body in islice(standing, int(lines[index + 2])):
            jobs.append(ClaimedJob(body, attempt_of(place), place, queue, priority))
    return Claimed(now_ms, jobs, e.Offset.parse(entry), fates)


def brought(data: bytes) -> Brought:
    """Read what a ring brought: the size of its head, the head, the bodies. See `functions/04_bringing.lua`.

    Raises ValueError or msgspec.MsgspecError for anything else.
    """
    size = int.from_bytes(data[:4], "big")
    number, now_ms, entry, lines, places = _unpack(data[4 : 4 + size])
    return Brought(number, _claimed(now_ms, entry, data[4 + size :], lines, places, ()))


def finish_arguments(worker: str, number: int, outcomes: Sequence[Outcome]) -> Arguments:
    """Build a call of `finish`."""
    if len(outcomes) > EVENTS_PER_COMMIT_MAX:
        raise ValueError(f"{len(outcomes)} outcomes in one call; at most {EVENTS_PER_COMMIT_MAX}")
    jobs: list[str] = []
    numbers: list[int] = []
    events: list[bytes] = []
    backs: list[Any] = []
    for index, outcome in enumerate(outcomes):
        event: Any = outcome.event
        data = encode_event(event)
        events.append(data)
        jobs.append(event.job_id)
        numbers += (event.attempt, _KINDS[type(event)], len(data))
        if outcome.back:
            backs.append((index + 1, outcome.back))
    return [_pack((worker, number, jobs, numbers, backs)), b"".join(events)]


def finished(reply: Sequence[Any]) -> Finished:
    """Read the reply of `finish`."""
    return Finished(reply[0], [accepted == 1 for accepted in reply[2:]], _offset(reply[1]))


def beat_arguments(worker: str, facts: Mapping[str, object]) -> Arguments:
    """Build a call of `beat`."""
    return [_pack((worker, _json(facts).decode()))]


def beaten(reply: Sequence[Any]) -> Beaten:
    """Read the reply of `beat`."""
    stops = [(reply[index].decode(), int(reply[index + 1])) for index in range(2, len(reply), 2)]
    return Beaten(reply[0], stops, reply[1] == 1)


def elect_arguments(scheduler: str, lease_ms: int, epoch_floor: int) -> Arguments:
    """Build a call of `elect`."""
    return [_pack((scheduler, lease_ms, epoch_floor))]


def elected(reply: Sequence[Any]) -> Election:
    """Read the reply of `elect`."""
    return Election(reply[0], reply[1] or None, reply[2])


# --- reading the log and the keys ------------------------------------------------------------------------


def entries(reply: Iterable[tuple[bytes, dict[bytes, bytes] | Sequence[bytes] | None]]) -> list[e.Entry]:
    """Read stream entries. Whatever is wrong with one becomes part of it (`Entry.undecodable`)."""
    result = []
    for entry_id, raw in reply:
        offset = e.Offset.parse(entry_id.decode())
        fields = raw if isinstance(raw, dict) else dict(zip(raw[::2], raw[1::2], strict=False)) if raw else {}
        commit = fields.get(b"c")
        if commit is None:
            result.append(e.Entry(offset, [], (e.Undecodable(offset, "not a commit: no field c"),)))
            continue
        epoch, cursor = fields.get(b"e"), fields.get(b"i")
        result.append(
            decode_commit(
                commit,
                offset,
                epoch=int(epoch) if epoch is not None and epoch.isdigit() else None,
                cursor=cursor.decode(errors="replace") if cursor is not None else None,
            )
        )
    return result


#: Milliseconds and sequence of the entry, start and size in its commit. No submission is so short.
_BODY_PLACE = struct.Struct(">6s3s3sH")


class BodyPlace(NamedTuple):
    """Where in the log a job's submission stands: its entry, and which bytes of the commit it is."""

    entry: str
    start: int
    size: int

    def cut(self, commit: bytes) -> bytes:
        """Return the submission's bytes; none where the commit does not reach so far."""
        return commit[self.start : self.start + self.size]


def body_place(value: bytes) -> BodyPlace | None:
    """Read what `bodies` holds; None where that is the submission itself."""
    if len(value) != _BODY_PLACE.size:
        return None
    ms, seq, start, size = _BODY_PLACE.unpack(value)
    number = int.from_bytes
    return BodyPlace(f"{number(ms, 'big')}-{number(seq, 'big')}", number(start, "big"), size)


def submissions(entry: e.Offset, commit: bytes) -> list[tuple[e.JobSubmitted, bytes]]:
    """Return the submissions in a commit, each with what `bodies` holds to find it there."""
    found = []
    for start, data in parts_of(commit):
        try:
            event = decode_event(data)
        except UNREADABLE:
            continue
        if isinstance(event, e.JobSubmitted):
            numbers = entry.ms.to_bytes(6, "big"), entry.seq.to_bytes(3, "big"), start.to_bytes(3, "big"), len(data)
            found.append((event, _BODY_PLACE.pack(*numbers)))
    return found


def keep_arguments(job_ids: Sequence[str]) -> Arguments:
    """Build a call of `keep`."""
    return [_pack((job_ids,))]


def note_arguments(name: str, field: str, value: str | bytes) -> Arguments:
    """Build a call of `note`: `value` into the field of the fixed key `name`, or into the key itself."""
    return [_pack((name, field)), value.encode() if isinstance(value, str) else value]


def body(data: bytes) -> e.JobSubmitted:
    """Read a job's stored body."""
    event = decode_event(data)
    assert isinstance(event, e.JobSubmitted)
    return event


class _DeadFacts(NamedTuple):
    at_ms: int
    attempt: int
    generation: int
    type: str
    queue: str
    error_type: str
    fingerprint: str


_decode_dead = msgspec.msgpack.Decoder(tuple[_DeadFacts, msgspec.Raw]).decode
_decode_discarded = msgspec.msgpack.Decoder(tuple[tuple[int, int], msgspec.Raw]).decode


def dead_letter(job_id: bytes, value: bytes) -> DeadLetter:
    """Read one dead letter."""
    facts, raw = _decode_dead(value)
    return DeadLetter(
        job_id.decode(),
        facts.at_ms,
        facts.error_type,
        facts.fingerprint,
        facts.attempt,
        facts.generation,
        body(bytes(raw)),
    )


def stored_outcome(value: bytes) -> StoredOutcome:
    """Read how a job ended."""
    if value[:1] == b"c":
        return StoredOutcome("completed", e.Offset.parse(value[1:].decode()))
    (attempt, generation), raw = _decode_discarded(value[1:])
    return StoredOutcome("cancelled", None, body(bytes(raw)), attempt, generation)


def worker_beat(worker: bytes, at_ms: float, facts: bytes | None) -> WorkerBeat:
    """Read a worker's last heartbeat."""
    return WorkerBeat(worker.decode(), int(at_ms), msgspec.json.decode(facts) if facts else {})


def _offset(entry: bytes) -> e.Offset | None:
    return e.Offset.parse(entry.decode()) if entry else None
