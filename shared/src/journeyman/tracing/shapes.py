"""What spans are before anybody sends them: plain values. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple, TypeAlias

from journeyman import events as e
from journeyman.tracing import conventions as c
from journeyman.tracing.ids import span_id_of, trace_id_of

NS_PER_MS = 1_000_000
#: Reports of progress, and changes of the job, that one span tells of: the first ones and the last.
TOLD_MAX = 32
#: Characters of a text that others wrote.
TEXT_MAX = 8_192

Value: TypeAlias = str | int | float | bool | tuple[str, ...]
Attributes: TypeAlias = dict[str, Value]
#: The events that end a generation of a job.
ENDS = (e.JobSucceeded, e.JobDeadLettered, e.JobCancelled)


class Link(NamedTuple):
    """To another job's root span, or that of the job's former generation."""

    trace_id: str
    span_id: str
    attributes: Attributes


class Told(NamedTuple):
    """Something that happened within a span."""

    name: str
    at_ns: int
    attributes: Attributes


class Span(NamedTuple):
    """parent_id: None where there is none. error: why it did not end well, in words; None where it did."""

    trace_id: str
    span_id: str
    parent_id: str | None
    name: str
    kind: Literal["internal", "consumer"]
    start_ns: int
    end_ns: int
    attributes: Attributes
    events: tuple[Told, ...] = ()
    links: tuple[Link, ...] = ()
    error: str | None = None


class Subject(NamedTuple):
    """Whose spans they are: what of a job stays the same over its generations."""

    job_id: str
    type: str
    queue: str
    traceparent: str = ""
    tags: Mapping[str, str] = {}
    partition: int = 0


class Shut(NamedTuple):
    """When no worker could take a job that stood in line: from, until (None: it is still so)."""

    since_ms: int
    until_ms: int | None


def root_link(job_id: str, traceparent: str, generation: int, what: str) -> Link:
    """Return a link to the root span of a job's generation. what: for what reason, see `conventions.LINK`."""
    span_id = span_id_of(job_id, generation, "job", 1)
    return Link(trace_id_of(job_id, traceparent), span_id, {c.LINK: what, c.JOB_ID: job_id})


def exception(error: e.Error, at_ms: int) -> Told:
    """Return an error as the conventions tell it."""
    about: Attributes = {c.EXCEPTION_TYPE: error.type, c.EXCEPTION_MESSAGE: error.message[:TEXT_MAX]}
    if error.traceback:
        about[c.EXCEPTION_STACKTRACE] = error.traceback[-TEXT_MAX:]
    return Told(c.EXCEPTION, at_ms * NS_PER_MS, about)


def add(told: list[Told], one: Told) -> None:
    """Add what happened; where there is no room, in the place of the last."""
    if len(told) >= TOLD_MAX:
        told.pop()
    told.append(one)
