"""Ids of traces and spans: derived, so that everybody who speaks of a span calls it the same, before it exists.

A job's trace is its submitter's where a `traceparent` came with it, or one of its own, made of its id. Jobs of one
workflow share a trace by a `traceparent` whose parent is all zeros (`within`): there is no span above them. No client
may send such a one, as W3C Trace Context calls it invalid.
"""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache
from typing import Literal, NamedTuple
from zlib import crc32

from journeyman.ids import ALPHABET

NO_PARENT = "0" * 16
_NO_TRACE = "0" * 32
#: Spreads checksums of texts that are alike, which differ in few ways: 2**32 divided by the golden ratio.
_SPREAD = 0x9E3779B1
_SHAPE = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")

#: `returned`: an attempt that was given back, and whose number another start took over.
Kind = Literal["job", "attempt", "blocked", "scheduled", "queued", "held", "backoff", "returned"]


class TraceParent(NamedTuple):
    """A `traceparent`, read. span_id: of the span above, all zeros where there is none."""

    trace_id: str
    span_id: str
    sampled: bool

    @property
    def is_real(self) -> bool:
        """Whether there is a span above."""
        return self.span_id != NO_PARENT


@lru_cache(maxsize=4_096)
def read_traceparent(text: str) -> TraceParent | None:
    """Read a `traceparent`; None where it is none."""
    found = _SHAPE.fullmatch(text)
    if found is None:
        return None
    version, trace_id, span_id, flags, more = found.groups()
    if trace_id == _NO_TRACE or version == "ff" or (version == "00" and more):
        return None
    return TraceParent(trace_id, span_id, bool(int(flags, 16) & 1))


def within(trace_id: str) -> str:
    """Return the `traceparent` of a job that belongs to a trace, and has no span above it there."""
    return f"00-{trace_id}-{NO_PARENT}-00"


def trace_id_of(job_id: str, traceparent: str) -> str:
    """Return the trace a job belongs to: its submitter's, or one of its own. 32 hex digits."""
    found = read_traceparent(traceparent) if traceparent else None
    if found:
        return found.trace_id
    digest = hashlib.sha256(job_id.encode()).hexdigest()
    return f"{digest[:16]}{chance_of(job_id):08x}{digest[16:24]}"


def chance_of(job_id: str) -> int:
    """Return 32 bits of the id of a job's own trace: those by which sampling goes.

    Ten of them are the rank of two characters of the id that are others in each of a thousand ids made one after the
    other (`quick_chance`); so the question that is asked of every job is answered without a digest.
    """
    return RANKS.get(quick_chance(job_id), 0) << 22 | _spread(job_id) & 0x3FFFFF


def quick_chance(job_id: str) -> str:
    """Return the two characters of a job's id whose rank (`RANKS`) is the upper part of its chance."""
    return job_id[20:22]


def _spread(text: str) -> int:
    """Return a checksum, 32 bits, in which texts that are alike are not."""
    return crc32(text.encode()) * _SPREAD & 0xFFFFFFFF


#: Every two characters of an id, in an order that is none.
RANKS = {
    pair: rank for rank, pair in enumerate(sorted((one + two for one in ALPHABET for two in ALPHABET), key=_spread))
}


def parent_span_id(traceparent: str) -> str | None:
    """Return the span above a job, its submitter's; None where there is none. 16 hex digits."""
    found = read_traceparent(traceparent) if traceparent else None
    return found.span_id if found and found.is_real else None


def span_id_of(job_id: str, generation: int, kind: Kind, number: int) -> str:
    """Return the id of one of a job's spans: its `number`th of that kind. 16 hex digits.

    number: of an attempt, the attempt's. Attempts are numbered on from generation to generation, and workers do not
    know the generation, so an attempt's id does not depend on it.
    """
    whole = f"{job_id}/{0 if kind == 'attempt' else generation}/{kind}/{number}"
    return hashlib.sha256(whole.encode()).hexdigest()[:16]
