"""What a client may ask for: the shape of a job to submit, its limits, and how it becomes `job.submitted`.

Pure: ingest, the client library and the in-process testing helper share it. The rhythm is
`parse_job` (text → :class:`JobRequest`) then `to_submitted` (request, id, time → event), and for many at once
`parse_batch` or `parse_ndjson` then `submission_order.resolve_batch`.

Payloads are never built: they stay the client's JSON text, after a check that anybody can read it.

Batches of a hundred thousand jobs a second come through here, most of them plain: a type, a queue, a priority, a
payload. So what is at its default is neither checked nor written again (`submitted_plainly`), names are matched once
each and not once a job, and the path of an error is written where there is an error.
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

PRIORITIES: Mapping[str, int] = {"low": 5, "normal": 10, "high": 15, "critical": 20}
PRIORITY_MAX = 20
_GOOD_PRIORITIES: frozenset[int | str] = frozenset([*range(PRIORITY_MAX + 1), *PRIORITIES])
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
#: Documented like a name, and checked by `_check`: most jobs of a batch have the same type and queue.
_NameToCheck = Annotated[str, Meta(extra_json_schema={"pattern": NAME_PATTERN})]
Wait = Annotated[int, Meta(ge=0, le=DELAY_MAX_MS)]


class BackoffRequest(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True, kw_only=True):
    """How the wait between attempts grows: from `initial_ms`, by `multiplier`, up to `max_ms`."""

    initial_ms: Wait = 1_000
    multiplier: Annotated[float, Meta(ge=1.0, le=100.0)] = 2.0
    max_ms: Wait = 60_000
    jitter: bool = True


_default_backoff_request = BackoffRequest()


class JobRequest(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True, kw_only=True):
    """One job as a client asks for it. Checked when it comes from the `parse_` functions."""

    type: Annotated[_NameToCheck, Meta(description="What is to be done.", examples=["image-processing"])]
    payload: Annotated[Raw, Meta(description="Any JSON value, at most 1 MiB. `{}` if not said.")] = msgspec.field(
        default_factory=lambda: _EMPTY
    )
    queue: Annotated[_NameToCheck, Meta(description="Where it waits; workers subscribe to queues.")] = "default"
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
    backoff: BackoffRequest = _default_backoff_request
    timeout_ms: Annotated[int, Meta(ge=1, le=86_400_000, description="Longest duration of one attempt.")] = 600_000
    tags: Annotated[
        dict[Annotated[str, Meta(min_length=1, max_length=64)], Annotated[str, Meta(max_length=256)]],
        Meta(max_length=16, description="Pairs to filter by."),
    ] = {}
    ref: Annotated[Name | None, Meta(description="A name for this job inside a batch.")] = None


class _JobOfType(JobRequest, frozen=True, gc=False, kw_only=True):
    """A job whose type is said elsewhere; its own, if given, must be the same."""

    type: Name = ""


class BatchRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Many jobs, all accepted or none."""

    jobs: Annotated[list[JobRequest], Meta(min_length=1, description="At most 10,000.")]


_decode_job = msgspec.json.Decoder(JobRequest).decode
_decode_job_of_type = msgspec.json.Decoder(_JobOfType).decode
_decode_batch = msgspec.json.Decoder(BatchRequest).decode
_default_backoff = Backoff()
#: What is not said of a submission is as here.
_bare = JobSubmitted("", "")


# --- from text to requests -------------------------------------------------------------------------------


def parse_job(body: bytes) -> JobRequest:
    """Read one job from JSON. Raises InvalidSubmissionError for everything that cannot be one."""
    request = read(_decode_job, body)
    _check(request, set())
    return request


def parse_job_of_type(body: bytes, job_type: str) -> JobRequest:
    """Read one job from JSON that need not say its type, as it is known to be `job_type`."""
    check_name(job_type, "type")
    request = read(_decode_job_of_type, body)
    if request.type not in ("", job_type):
        raise invalid("$.type", f"The path says `{job_type}`")
    named = JobRequest(**{**msgspec.structs.asdict(request), "type": job_type})
    _check(named, {job_type})
    return named


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
            requests.append(read(_decode_job, line))
        except InvalidSubmissionError as error:
            problems = [Problem(path, f"line {number}: {message}") for path, message in in_batch(error, index)]
            raise InvalidSubmissionError(problems, error.kind) from None
    _check_all(requests, above=1)
    return requests


def in_batch(error: InvalidSubmissionError, index: int) -> list[Problem]:
    """Return what is wrong with one job of a batch, with the paths that it has there."""
    return [Problem(f"$.jobs[{index}]{path[1:]}", message) for path, message in error.problems]


def _check_count(count: int) -> None:
    if count > BATCH_JOBS_MAX:
        raise invalid("$.jobs", f"{count} jobs; a batch has at most {BATCH_JOBS_MAX}", "too_large")


def _check_all(requests: Iterable[JobRequest], above: int) -> None:
    problems: list[Problem] = []
    names: set[str] = set()
    for index, request in enumerate(requests):
        try:
            _check(request, names, above, batch=True)
        except InvalidSubmissionError as error:
            problems += in_batch(error, index)
            if error.kind != "meaning":
                raise InvalidSubmissionError(problems[-len(error.problems) :], error.kind) from None
            if len(problems) >= PROBLEMS_MAX:
                break
    if problems:
        raise InvalidSubmissionError(problems[:PROBLEMS_MAX])


def _check(request: JobRequest, names: set[str], above: int = 1, *, batch: bool = False) -> None:
    """Check what the types do not say. `names`: known to be names. `above`: levels of JSON around the payload."""
    payload = memoryview(request.payload)
    if payload.nbytes > 2:
        if payload.nbytes > PAYLOAD_BYTES_MAX:
            detail = f"{payload.nbytes} bytes; a payload has at most {PAYLOAD_BYTES_MAX}"
            raise invalid("$.payload", detail, "too_large")
        check_json(payload, "$.payload", above)
    problems: list[Problem] = []
    if request.type not in names and _collect(problems, check_name, request.type, "$.type"):
        names.add(request.type)
    if request.queue not in names and _collect(problems, check_name, request.queue, "$.queue"):
        names.add(request.queue)
    if request.priority not in _GOOD_PRIORITIES:
        _collect(problems, priority_of, request.priority, "$.priority")
    if request.run_at is not None:
        _collect(problems, time_of, request.run_at, "$.run_at")
        if request.delay_ms is not None:
            problems.append(Problem("$.run_at", "Either `delay_ms` or `run_at`, not both"))
    if request.depends_on:
        problems += _wrong_parents(request.depends_on, batch=batch)
    if problems:
        raise InvalidSubmissionError(problems[:PROBLEMS_MAX])


def _collect(problems: list[Problem], reader: Callable[[Any, str], object], value: object, path: str) -> bool:
    """Tell whether a value can be read; what is wrong with it joins `problems`."""
    try:
        reader(value, path)
    except InvalidSubmissionError as error:
        problems += error.problems
        return False
    return True


def _wrong_parents(parents: Sequence[str], *, batch: bool) -> list[Problem]:
    return [
        Problem(f"$.depends_on[{index}]", _not_a_parent(parent, batch=batch))
        for index, parent in enumerate(parents)
        if not is_job_id(parent) and not (batch and parent.startswith(REF))
    ]


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


def due_ms(request: JobRequest, now_ms: int) -> int:
    """Return when the job may start, 0 for at once. Raises InvalidSubmissionError beyond 366 days from now."""
    if request.delay_ms:
        return now_ms + request.delay_ms
    if request.run_at is None:
        return 0
    due = time_of(request.run_at)
    if due > now_ms + DELAY_MAX_MS:
        raise invalid("$.run_at", "More than 366 days from now")
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
) -> JobSubmitted:
    """Return the event that submits this request as job `job_id` at `now_ms`, the server's time.

    `depends_on` replaces the request's, once refs are resolved. With `payload_blob` the event carries no payload.
    Raises InvalidSubmissionError for the one error left to find: a `run_at` too far away.
    """
    parents = request.depends_on if depends_on is None else depends_on
    due = due_ms(request, now_ms)
    backoff = request.backoff
    return JobSubmitted(
        job_id,
        request.type,
        request.queue,
        priority_of(request.priority),
        "" if payload_blob else str(request.payload, "utf-8"),
        released=not parents and not due,
        tags=request.tags,
        depends_on=tuple(dict.fromkeys(parents)) if parents else (),
        due_ms=due,
        max_attempts=request.max_attempts,
        timeout_ms=request.timeout_ms,
        backoff=_default_backoff if backoff is _default_backoff_request else _backoff(backoff),
        on_dependency_failure=request.on_dependency_failure,
        payload_blob=payload_blob,
        idempotency=idempotency,
        traceparent=traceparent,
    )


def submitted_plainly(request: JobRequest, job_id: str) -> JobSubmitted | None:
    """Return what :func:`to_submitted` does at a fraction of the cost, where a request asks for nothing out of the way.

    None where it does: it waits for something, or has policies, tags or a named priority of its own.
    """
    if (
        request.max_attempts != _bare.max_attempts
        or request.timeout_ms != _bare.timeout_ms
        or request.delay_ms is not None
        or request.run_at is not None
        or request.depends_on
        or request.tags
        or request.backoff is not _default_backoff_request
        or request.on_dependency_failure != _bare.on_dependency_failure
        or request.priority.__class__ is not int
    ):
        return None
    return JobSubmitted(
        job_id, request.type, request.queue, request.priority, str(request.payload, "utf-8"), released=True
    )


def _backoff(request: BackoffRequest) -> Backoff:
    return Backoff(request.initial_ms, request.multiplier, request.max_ms, request.jitter)
