"""What a client may ask for: the shape of a job to submit, its limits, and how it becomes `job.submitted`.

Pure: ingest, the client library and the in-process testing helper share it. The rhythm is
`parse_job` (text → :class:`JobRequest`) then `to_submitted` (request, id, time → event), and for many at once
`parse_batch` or `parse_ndjson` then `resolve_batch`, which also turns `ref:NAME` into ids and finds cycles.

Payloads are never built: they stay the client's JSON text, after a check that anybody can read it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Raw

from journeyman.events import Backoff, Blob, JobSubmitted
from journeyman.ids import is_job_id
from journeyman.submission_checks import (
    NAME_PATTERN,
    InvalidSubmissionError,
    Problem,
    check_json,
    check_name,
    invalid,
    read,
)
from journeyman.submission_order import ordered

PRIORITIES: Mapping[str, int] = {"low": 5, "normal": 10, "high": 15, "critical": 20}
PRIORITY_MAX = 20
DELAY_MAX_MS = 366 * 86_400_000
PAYLOAD_BYTES_MAX = 1 << 20
BATCH_JOBS_MAX = 10_000
PARENTS_MAX = 1_000
REF = "ref:"

#: No more than this many problems are told at once.
PROBLEMS_MAX = 20

_EMPTY = Raw(b"{}")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)

Name = Annotated[str, Meta(pattern=NAME_PATTERN)]
Wait = Annotated[int, Meta(ge=0, le=DELAY_MAX_MS)]


class BackoffRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How the wait between attempts grows: from `initial_ms`, by `multiplier`, up to `max_ms`."""

    initial_ms: Wait = 1_000
    multiplier: Annotated[float, Meta(ge=1.0, le=100.0)] = 2.0
    max_ms: Wait = 60_000
    jitter: bool = True


class JobRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One job as a client asks for it. Checked when it comes from the `parse_` functions."""

    type: Annotated[Name, Meta(description="What is to be done.", examples=["image-processing"])]
    payload: Annotated[Raw, Meta(description="Any JSON value, at most 1 MiB. `{}` if not said.")] = msgspec.field(
        default_factory=lambda: _EMPTY
    )
    queue: Annotated[Name, Meta(description="Where it waits; workers subscribe to queues.")] = "default"
    priority: Annotated[
        int | str, Meta(description="0 to 20, higher first, or `low` (5), `normal` (10), `high` (15), `critical` (20).")
    ] = 10
    depends_on: Annotated[
        tuple[str, ...],
        Meta(max_length=PARENTS_MAX, description="Jobs that must end before: ids, in a batch also `ref:NAME`."),
    ] = ()
    on_dependency_failure: Annotated[
        Literal["cancel", "run"], Meta(description="What becomes of it when a job it depends on does not complete.")
    ] = "cancel"
    delay_ms: Annotated[Wait | None, Meta(description="Earliest start, from now. Not together with `run_at`.")] = None
    run_at: Annotated[
        int | str | None,
        Meta(description="Earliest start: RFC 3339 with an offset, or milliseconds since 1970. A past time is now."),
    ] = None
    max_attempts: Annotated[int, Meta(ge=1, le=100)] = 3
    backoff: BackoffRequest = BackoffRequest()
    timeout_ms: Annotated[int, Meta(ge=1, le=86_400_000, description="Longest duration of one attempt.")] = 600_000
    tags: Annotated[
        dict[Annotated[str, Meta(min_length=1, max_length=64)], Annotated[str, Meta(max_length=256)]],
        Meta(max_length=16, description="Pairs to filter by."),
    ] = {}
    ref: Annotated[Name | None, Meta(description="A name for this job inside a batch.")] = None


class _JobOfType(JobRequest, frozen=True, kw_only=True):
    """A job whose type is said elsewhere; its own, if given, must be the same."""

    type: Name = ""


class BatchRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Many jobs, all accepted or none."""

    jobs: Annotated[list[JobRequest], Meta(min_length=1, description="At most 10,000.")]


_decode_job = msgspec.json.Decoder(JobRequest).decode
_decode_job_of_type = msgspec.json.Decoder(_JobOfType).decode
_decode_batch = msgspec.json.Decoder(BatchRequest).decode
_default_backoff = Backoff()
_default_backoff_request = BackoffRequest()


# --- from text to requests -------------------------------------------------------------------------------


def parse_job(body: bytes) -> JobRequest:
    """Read one job from JSON. Raises InvalidSubmissionError for everything that cannot be one."""
    request = read(_decode_job, body)
    _check(request)
    return request


def parse_job_of_type(body: bytes, job_type: str) -> JobRequest:
    """Read one job from JSON that need not say its type, as it is known to be `job_type`."""
    check_name(job_type, "type")
    request = read(_decode_job_of_type, body)
    if request.type not in ("", job_type):
        raise invalid("$.type", f"The path says `{job_type}`")
    _check(request)
    return JobRequest(**{**msgspec.structs.asdict(request), "type": job_type})


def parse_batch(body: bytes) -> list[JobRequest]:
    """Read `{"jobs": […]}`. Paths in errors name the index: `$.jobs[3].priority`."""
    requests = read(_decode_batch, body).jobs
    _check_count(len(requests))
    _check_all(requests, above=3)
    return requests


def parse_ndjson(body: bytes) -> list[JobRequest]:
    """Read one job a line; blank lines are skipped. Errors name the index among the jobs, and the line."""
    lines = [(number, line) for number, line in enumerate(body.split(b"\n"), 1) if line and not line.isspace()]
    if not lines:
        raise invalid("$.jobs", "Expected at least one job")
    _check_count(len(lines))
    requests = []
    for index, (number, line) in enumerate(lines):
        try:
            requests.append(read(_decode_job, line, f"$.jobs[{index}]"))
        except InvalidSubmissionError as error:
            problems = [Problem(path, f"line {number}: {message}") for path, message in error.problems]
            raise InvalidSubmissionError(problems, error.kind) from None
    _check_all(requests, above=1)
    return requests


def _check_count(count: int) -> None:
    if count > BATCH_JOBS_MAX:
        raise invalid("$.jobs", f"{count} jobs; a batch has at most {BATCH_JOBS_MAX}", "too_large")


def _check_all(requests: Iterable[JobRequest], above: int) -> None:
    problems: list[Problem] = []
    for index, request in enumerate(requests):
        try:
            _check(request, f"$.jobs[{index}]", above, batch=True)
        except InvalidSubmissionError as error:
            if error.kind != "meaning":
                raise
            problems += error.problems
            if len(problems) >= PROBLEMS_MAX:
                break
    if problems:
        raise InvalidSubmissionError(problems[:PROBLEMS_MAX])


def _check(request: JobRequest, path: str = "$", above: int = 1, *, batch: bool = False) -> None:
    """Check what the types do not say. `above`: levels of JSON around the payload."""
    size = len(memoryview(request.payload))
    if size > PAYLOAD_BYTES_MAX:
        raise invalid(f"{path}.payload", f"{size} bytes; a payload has at most {PAYLOAD_BYTES_MAX}", "too_large")
    if size > 2:
        check_json(request.payload, f"{path}.payload", above)
    problems: list[Problem] = []
    if request.priority != 10:
        _collect(problems, priority_of, request.priority, f"{path}.priority")
    if request.run_at is not None:
        _collect(problems, time_of, request.run_at, f"{path}.run_at")
        if request.delay_ms is not None:
            problems.append(Problem(f"{path}.run_at", "Either `delay_ms` or `run_at`, not both"))
    for index, parent in enumerate(request.depends_on):
        if not is_job_id(parent) and not (batch and parent.startswith(REF)):
            problems.append(Problem(f"{path}.depends_on[{index}]", _not_a_parent(parent, batch=batch)))
    if problems:
        raise InvalidSubmissionError(problems[:PROBLEMS_MAX])


def _collect(problems: list[Problem], reader: Callable[[Any, str], int], value: object, path: str) -> None:
    try:
        reader(value, path)
    except InvalidSubmissionError as error:
        problems += error.problems


def _not_a_parent(text: str, *, batch: bool) -> str:
    if text.startswith(REF):
        return "`ref:` names a job of the same batch; this job is submitted alone"
    return "Expected a job id" + (" or `ref:NAME`" if batch else "")


# --- from requests to events -----------------------------------------------------------------------------


def priority_of(value: int | str, path: str = "$.priority") -> int:
    """Return the number of a priority given as 0 to 20 or by name. Raises InvalidSubmissionError otherwise."""
    number = PRIORITIES.get(value, -1) if isinstance(value, str) else value
    if not 0 <= number <= PRIORITY_MAX:
        raise invalid(path, f"Expected 0 to {PRIORITY_MAX}, or one of {', '.join(PRIORITIES)}")
    return number


def time_of(value: int | str, path: str = "$.run_at") -> int:
    """Return a time, given as RFC 3339 with an offset or as milliseconds since 1970, as the latter."""
    if isinstance(value, int):
        return value
    try:
        return (msgspec.convert(value, _Instant) - _EPOCH) // _MS
    except (msgspec.ValidationError, OverflowError):
        raise invalid(path, "Expected a time like 2025-01-31T18:00:00Z, with its offset from UTC") from None


_Instant = Annotated[datetime, Meta(tz=True)]


def due_ms(request: JobRequest, now_ms: int, path: str = "$") -> int:
    """Return when the job may start, 0 for at once. Raises InvalidSubmissionError beyond 366 days from now."""
    if request.delay_ms:
        return now_ms + request.delay_ms
    if request.run_at is None:
        return 0
    due = time_of(request.run_at, f"{path}.run_at")
    if due > now_ms + DELAY_MAX_MS:
        raise invalid(f"{path}.run_at", "More than 366 days from now")
    return due if due > now_ms else 0


def to_submitted(
    request: JobRequest,
    job_id: str,
    now_ms: int,
    *,
    depends_on: tuple[str, ...] | None = None,
    payload_blob: Blob | None = None,
    idempotency: str = "",
    traceparent: str = "",
    path: str = "$",
) -> JobSubmitted:
    """Return the event that submits this request as job `job_id` at `now_ms`, the server's time.

    `depends_on` replaces the request's, once refs are resolved. With `payload_blob` the event carries no payload.
    `path` is where the request stood, for the one error left to find: a `run_at` too far away.
    """
    parents = request.depends_on if depends_on is None else depends_on
    backoff = request.backoff
    return JobSubmitted(
        job_id,
        request.type,
        request.queue,
        priority_of(request.priority),
        "" if payload_blob else str(memoryview(request.payload), "utf-8"),
        tuple(dict.fromkeys(parents)) if parents else (),
        request.on_dependency_failure,
        due_ms(request, now_ms, path),
        request.max_attempts,
        _default_backoff if backoff is _default_backoff_request else _backoff(backoff),
        request.timeout_ms,
        request.tags,
        payload_blob,
        idempotency,
        traceparent,
    )


def _backoff(request: BackoffRequest) -> Backoff:
    return Backoff(request.initial_ms, request.multiplier, request.max_ms, request.jitter)


# --- batches ---------------------------------------------------------------------------------------------


def resolve_batch(
    requests: Sequence[JobRequest],
    job_ids: Sequence[str],
    now_ms: int,
    *,
    payload_blobs: Mapping[int, Blob] | None = None,
    idempotency: str = "",
    traceparent: str = "",
) -> list[JobSubmitted]:
    """Return the events of a batch, parents before children, otherwise in the order of the requests.

    `job_ids[i]` becomes the id of `requests[i]`; `payload_blobs` maps an index to its payload's blob. Raises
    InvalidSubmissionError for two jobs with one `ref`, a `ref:` that names none, and a cycle.
    """
    refs = _refs(requests)
    parents = [_resolve(request, index, refs) for index, request in enumerate(requests)]
    blobs = payload_blobs or {}
    return [
        to_submitted(
            requests[index],
            job_ids[index],
            now_ms,
            depends_on=_parent_ids(requests[index], job_ids, refs),
            payload_blob=blobs.get(index),
            idempotency=idempotency,
            traceparent=traceparent,
            path=f"$.jobs[{index}]",
        )
        for index in ordered(parents)
    ]


def _refs(requests: Sequence[JobRequest]) -> dict[str, int]:
    refs: dict[str, int] = {}
    for index, request in enumerate(requests):
        if request.ref is None:
            continue
        first = refs.setdefault(request.ref, index)
        if first != index:
            raise invalid(f"$.jobs[{index}].ref", f"`{request.ref}` already names job {first}")
    return refs


def _resolve(request: JobRequest, index: int, refs: Mapping[str, int]) -> list[int]:
    """Return the indexes of the jobs in this batch that a job waits for."""
    found = []
    for position, parent in enumerate(request.depends_on):
        if not parent.startswith(REF):
            continue
        if parent[len(REF) :] not in refs:
            raise invalid(f"$.jobs[{index}].depends_on[{position}]", f"`{parent[:140]}` names no job of this batch")
        found.append(refs[parent[len(REF) :]])
    return list(dict.fromkeys(found))


def _parent_ids(request: JobRequest, job_ids: Sequence[str], refs: Mapping[str, int]) -> tuple[str, ...]:
    return tuple(
        job_ids[refs[parent[len(REF) :]]] if parent.startswith(REF) else parent for parent in request.depends_on
    )
