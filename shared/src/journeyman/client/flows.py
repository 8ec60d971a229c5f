"""What the client does, without doing it: generators that yield what to send and when to pause.

A flow yields a :class:`Request` and is sent back an :class:`Answer`, or a :class:`Lost` where none came; or it
yields a :class:`Pause` and is sent back the time (seconds of a monotonic clock) after it. `sync.py` and
`awaited.py` each run the same flows in a dozen lines, so the blocking and the async client cannot differ.

Retries are bounded: `RETRIES` repetitions, each after a pause that `refusals.py` bounds. A request whose repetition
could do harm is not repeated once it may have arrived.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from threading import Lock
from typing import Any, NamedTuple, TypeAlias, TypeVar
from urllib.parse import SplitResult, urlsplit

import msgspec

from journeyman.client import calls, orders, problems, refusals
from journeyman.client.calls import Call
from journeyman.client.refusals import Answer
from journeyman.client.views import AcceptedView, JobPage, JobView
from journeyman.errors import SettingsError
from journeyman.events import BEGINNING, Offset, read_position, write_position

T = TypeVar("T")

RETRIES = 5
POLL_FIRST_S = 0.02
POLL_MAX_S = 1.0
PAUSE_LEAST_S = 0.001
OUTAGE_MAX_S = 60.0
POLL_SHARE = 0.1
"""A wait looks again after a tenth of the time it has waited: late by 10 % at most, and few requests."""


class Request(NamedTuple):
    """An HTTP request, ready to be sent."""

    method: str
    url: str
    params: tuple[tuple[str, str], ...]
    headers: tuple[tuple[str, str], ...]
    body: bytes | None
    timeout_s: float | None = None


class Lost(NamedTuple):
    """No response came. `arrived`: the request may have reached the server."""

    reason: str
    arrived: bool


class Pause(NamedTuple):
    """Wait so long (0 just asks for the time)."""

    seconds: float = 0.0


Flow: TypeAlias = Generator[Request | Pause, Any, T]


class Endpoints(NamedTuple):
    """Where the two services are."""

    ingest: str
    dashboard: str


class Session:
    """What a client remembers between requests: where the servers are, and how far it has written itself.

    Safe to share between threads.
    """

    def __init__(self, endpoints: Endpoints, *, retries: int, draw: Callable[[], float]) -> None:
        self.endpoints = endpoints
        self.retries = retries
        self.draw = draw
        #: How far each partition's log was after the last write there.
        self.written: dict[int, Offset] = {}
        self._lock = Lock()

    def request(self, call: Call[Any]) -> Request:
        """Write a call as a request to the right server."""
        params = call.params
        if call.after_writes and self.written:
            params = (
                *params,
                ("min_offset", write_position(self.written)),
            )
        base = getattr(self.endpoints, call.service)
        headers = (("Accept", "application/json"), *call.headers)
        return Request(call.method, base + call.path, params, headers, call.body, call.timeout_s)

    def note(self, answer: Answer) -> None:
        """Remember how far the log was after a write."""
        text = answer.headers.get("journeyman-offset")
        if not text:
            return
        try:
            places = read_position(text)
        except ValueError:
            raise problems.AnswerError(f"not an offset: Journeyman-Offset: {text[:64]!r}") from None
        with self._lock:
            # A new dictionary each time: another thread may be reading the present one.
            written = dict(self.written)
            for partition, offset in places.items():
                written[partition] = max(written.get(partition, BEGINNING), offset)
            self.written = written


def endpoints(url: str | None, dashboard_url: str | None, environ: Mapping[str, str]) -> Endpoints:
    """Say where the servers are: as told, else as the environment says, else ports 8000 and 8001 of one host.

    Raises SettingsError for what is not the address of a server.
    """
    ingest = url or environ.get("JOURNEYMAN_INGEST_URL") or "http://127.0.0.1:8000"
    dashboard = dashboard_url or environ.get("JOURNEYMAN_DASHBOARD_URL")
    parts = _address(ingest)
    if not dashboard:
        host = f"[{parts.hostname}]" if parts.hostname and ":" in parts.hostname else parts.hostname
        dashboard = f"{parts.scheme}://{host}:8001"
    _address(dashboard)
    return Endpoints(ingest.rstrip("/"), dashboard.rstrip("/"))


def _address(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and not parts.query and parts.port != 0
    except ValueError:
        good = False
    if not good:
        raise SettingsError(f"not the address of a server: {url!r}; write it like http://127.0.0.1:8000")
    return parts


# --- one call --------------------------------------------------------------------------------------------


def exchange(session: Session, call: Call[T]) -> Flow[T]:
    """Make a call, again where that helps and is safe, and read its answer. Raises ProblemError, UnreachableError."""
    return understand(call, (yield from fetch(session, call)))


def understand(call: Call[T], body: bytes) -> T:
    """Read the body of a call's answer. Raises AnswerError for what is not an answer of Journeyman."""
    try:
        return call.read(body)
    except msgspec.MsgspecError as error:
        raise problems.AnswerError(f"{call.method} {call.path} was not answered as by Journeyman: {error}") from error


def fetch(session: Session, call: Call[Any]) -> Flow[bytes]:
    """Make a call like :func:`exchange`, and return the body of its answer as it came."""
    failures = 0
    while True:
        request = session.request(call)
        got = yield request
        match got:
            case Answer(status=status) if status < 300:
                if call.service == "ingest":
                    session.note(got)
                return got.body
            case Answer(status=429 | 503 | 504) if failures < session.retries:
                wait_s = refusals.retry_after(got)
            case Lost(arrived=arrived) if failures < session.retries and (call.repeatable or not arrived):
                wait_s = 0.0
            case Lost(reason=reason):
                raise problems.UnreachableError(getattr(session.endpoints, call.service), reason)
            case _:
                raise refusals.problem(got)
        yield Pause(max(wait_s, refusals.backoff(failures, session.draw())))
        failures += 1


# --- several calls ---------------------------------------------------------------------------------------


def submit_many(session: Session, jobs: Sequence[orders.NewJob], key: str) -> Flow[list[AcceptedView]]:
    """Submit jobs in as few batches as the server takes. A later batch that is refused leaves the earlier ones."""
    bodies = orders.batch_bodies(jobs)
    ids: list[str] = []
    for number, body in enumerate(bodies):
        part_key = key if len(bodies) == 1 else f"{key}.{number}"
        ids += yield from exchange(session, calls.submit_batch(body, part_key))
    return [AcceptedView(id=job_id, type=job.type) for job_id, job in zip(ids, jobs, strict=True)]


def wait(session: Session, job_id: str, timeout_s: float | None) -> Flow[JobView]:
    """Return the job once it has ended. Raises WaitTimeoutError after `timeout_s`, NotFoundError at once.

    A dashboard that goes away meanwhile, to be restarted say, is waited for too, up to `OUTAGE_MAX_S`.
    """
    began = seen = yield Pause()
    view: JobView | None = None
    while True:
        try:
            view = yield from exchange(session, calls.job(job_id))
            seen = yield Pause()
        except (problems.UnreachableError, problems.OverloadedError):
            now = yield Pause()
            if view is None or now - seen > OUTAGE_MAX_S:
                raise
        if view.ended:
            return view
        waited = (yield Pause()) - began
        if timeout_s is not None and waited >= timeout_s:
            raise problems.WaitTimeoutError(view, timeout_s)
        pause = poll_pause(waited)
        yield Pause(pause if timeout_s is None else min(pause, max(timeout_s - waited, PAUSE_LEAST_S)))


def poll_pause(waited_s: float) -> float:
    """Return how long to wait before looking again, having waited so long."""
    return min(max(waited_s * POLL_SHARE, POLL_FIRST_S), POLL_MAX_S)


def result(session: Session, job_id: str, timeout_s: float | None) -> Flow[Any]:
    """Wait for the job and return what it returned. Raises JobFailedError where it did not."""
    view = yield from wait(session, job_id, timeout_s)
    if not view.succeeded:
        raise problems.JobFailedError(view)
    return msgspec.json.decode((yield from exchange(session, calls.result(job_id))))


def page(session: Session, filters: Mapping[str, Any], cursor: str | None, left: int | None) -> Flow[JobPage]:
    """Read the next page of a listing that wants `left` more jobs (None: all)."""
    limit = calls.PAGE_MAX if left is None else min(left, calls.PAGE_MAX)
    return (yield from exchange(session, calls.jobs(filters, limit=limit, cursor=cursor)))
