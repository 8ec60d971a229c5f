"""Calls to the functions and their replies, as plain values: no connection, no waiting.

The sync and the async log send what is built here and hand back what is parsed here, so that they cannot
differ.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

import msgspec

from journeyman import events as e
from journeyman.codec import EVENTS_PER_COMMIT_MAX, Cutter, decode_commit, decode_event, encode_event
from journeyman.log.api import (
    Appended,
    Beaten,
    Claimed,
    ClaimedJob,
    DeadLetter,
    Election,
    Finished,
    Outcome,
    StoredOutcome,
    Verdict,
    WorkerBeat,
)
from journeyman.proposals import Proposal, read_place

Arguments: TypeAlias = list[bytes]

_pack = msgspec.msgpack.Encoder().encode
_json = msgspec.json.Encoder().encode

_KINDS: dict[type[e.Event], str] = {
    e.JobProgressed: "progressed",
    e.JobSucceeded: "succeeded",
    e.JobFailed: "failed",
    e.JobReturned: "returned",
}

#: The commits one call may append. Only a batch submitted over HTTP comes near it.
EVENTS_PER_APPEND_MAX = 20_000


def _proposals(proposals: Sequence[Proposal]) -> tuple[list[Any], list[int], list[bytes]]:
    """Return proposals as the functions read them, where commits are cut, and the encoded events."""
    wire: list[Any] = []
    encoded: list[bytes] = []
    cuts: list[int] = []
    cutter = Cutter()
    for proposal in proposals:
        for event in proposal.events:
            data = encode_event(event)
            if cutter.cuts_before(event, len(data)):
                cuts.append(len(encoded))
            encoded.append(data)
        wire.append((proposal.guard or False, proposal.effects, len(proposal.events), proposal.idempotency or False))
    if len(encoded) > EVENTS_PER_APPEND_MAX:
        raise ValueError(f"{len(encoded)} events in one call; at most {EVENTS_PER_APPEND_MAX}")
    return wire, cuts, encoded


def append_arguments(proposals: Sequence[Proposal], caller: str, number: int) -> Arguments:
    """Build a call of `append`."""
    wire, cuts, encoded = _proposals(proposals)
    return [_pack((caller, number, wire, cuts)), *encoded]


def commit_arguments(proposals: Sequence[Proposal], epoch: int, number: int, cursor: e.Offset) -> Arguments:
    """Build a call of `commit`."""
    wire, cuts, encoded = _proposals(proposals)
    return [_pack((epoch, number, cursor.entry, wire, cuts)), *encoded]


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


def claim_arguments(worker: str, number: int, count: int, queues: Sequence[str], types: Sequence[str]) -> Arguments:
    """Build a call of `claim`."""
    if not 1 <= count <= EVENTS_PER_COMMIT_MAX:
        raise ValueError(f"a claim takes 1 to {EVENTS_PER_COMMIT_MAX} jobs, not {count}")
    return [_pack((worker, number, count, queues, types))]


def claimed(reply: Sequence[Any]) -> Claimed:
    """Read the reply of `claim`."""
    jobs = []
    for index in range(2, len(reply), 4):
        place = reply[index].decode()
        body = decode_event(reply[index + 3])
        assert isinstance(body, e.JobSubmitted)
        jobs.append(ClaimedJob(body, read_place(place)[1], place, reply[index + 1].decode(), int(reply[index + 2])))
    return Claimed(reply[0], jobs, _offset(reply[1]))


def finish_arguments(worker: str, number: int, outcomes: Sequence[Outcome]) -> Arguments:
    """Build a call of `finish`."""
    if len(outcomes) > EVENTS_PER_COMMIT_MAX:
        raise ValueError(f"{len(outcomes)} outcomes in one call; at most {EVENTS_PER_COMMIT_MAX}")
    wire = []
    for outcome in outcomes:
        event: Any = outcome.event
        wire.append((event.job_id, event.attempt, _KINDS[type(event)], outcome.back or False))
    return [_pack((worker, number, wire)), *(encode_event(outcome.event) for outcome in outcomes)]


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
