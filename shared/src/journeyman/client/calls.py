"""Every request a client can make, as data: pure functions from arguments to a :class:`Call`.

Nothing is sent here. `flows.py` says in which order calls are made and repeated; `sync.py` and `awaited.py` send.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, Generic, Literal, TypeVar
from urllib.parse import quote

import msgspec

from journeyman.client import views
from journeyman.client.orders import NewJob, to_json

T = TypeVar("T")

PAGE_MAX = 500
REDRIVE_TIMEOUT_S = 600.0
"""One request runs up to 100,000 dead letters again."""
EXPORT_TIMEOUT_S = 120.0
"""The longest silence within an export: the server may try several times to read a page, 5 s each."""


class Call(msgspec.Struct, Generic[T], frozen=True):
    """A request and how to read its answer.

    repeatable: sending it again, not knowing whether it arrived, does no harm. timeout_s: None is the client's.
    after_writes: the answer must know what this client has written before (`min_offset`).
    """

    service: Literal["ingest", "dashboard"]
    method: str
    path: str
    read: Callable[[bytes], T]
    params: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None
    headers: tuple[tuple[str, str], ...] = ()
    repeatable: bool = True
    after_writes: bool = False
    timeout_s: float | None = None


class _Ids(msgspec.Struct, frozen=True):
    ids: list[str]


class _Result(msgspec.Struct, frozen=True):
    result: msgspec.Raw


def _reader(shape: type[T]) -> Callable[[bytes], T]:
    return msgspec.json.Decoder(shape).decode


def _nothing(body: bytes) -> None:  # noqa: ARG001 - an answer whose arrival is all there is to know
    return None


_ACCEPTED = _reader(views.AcceptedView)
_IDS = _reader(_Ids)
_JOB = _reader(views.JobView)
_PAGE = _reader(views.JobPage)
_HISTORY = _reader(views.HistoryView)
_EXPLANATION = _reader(views.ExplanationView)
_STATS = _reader(views.StatsView)
_QUEUES = _reader(views.QueueList)
_BREAKERS = _reader(views.BreakerList)
_WORKERS = _reader(views.WorkerList)
_SCALING = _reader(views.ScalingList)
_REDRIVE = _reader(views.RedriveView)
_RESULT = _reader(_Result)
_DEAD = _reader(views.DeadLetterPage)

_JSON = ("Content-Type", "application/json")


def _post(
    path: str, read: Callable[[bytes], T], body: bytes | None = None, *, key: str | None = None, **more: Any
) -> Call[T]:
    headers = ((_JSON,) if body is not None else ()) + ((("Idempotency-Key", key),) if key else ())
    return Call("ingest", "POST", path, read, body=body, headers=headers, **more)


def _get(path: str, read: Callable[[bytes], T], params: tuple[tuple[str, str], ...] = ()) -> Call[T]:
    return Call("dashboard", "GET", path, read, params=params, after_writes=True)


def _segment(name: str) -> str:
    """Quote one segment of a path; dots too, so that no name climbs the tree."""
    return quote(name, safe="").replace(".", "%2E") if set(name) <= {"."} else quote(name, safe="")


# --- writing (ingest) ------------------------------------------------------------------------------------


def submit(job: NewJob, key: str) -> Call[views.AcceptedView]:
    """Submit one job; `key` makes it the same job however often this is sent."""
    return _post("/jobs", _ACCEPTED, msgspec.json.encode(to_json(job)), key=key)


def submit_batch(body: bytes, key: str) -> Call[list[str]]:
    """Submit a batch (see `orders.batch_bodies`); the answer is the ids, in order."""
    return _post("/jobs/batch", lambda answer: _IDS(answer).ids, body, key=key)


def cancel(job_id: str) -> Call[None]:
    """Ask that a job does not run, or not go on."""
    return _post(f"/jobs/{_segment(job_id)}/cancel", _nothing)


def retry(job_id: str) -> Call[None]:
    """Run a failed or cancelled job again, as its next generation."""
    return _post(f"/jobs/{_segment(job_id)}/retry", _nothing, repeatable=False)


def reprioritise(job_id: str, priority: int | str) -> Call[None]:
    """Change the priority of a waiting job."""
    body = msgspec.json.encode({"priority": priority})
    return Call("ingest", "PATCH", f"/jobs/{_segment(job_id)}", _nothing, body=body, headers=(_JSON,))


def pause(queue: str) -> Call[None]:
    """Hold back the jobs of a queue."""
    return _post(f"/queues/{_segment(queue)}/pause", _nothing)


def resume(queue: str) -> Call[None]:
    """Let the jobs of a queue run again."""
    return _post(f"/queues/{_segment(queue)}/resume", _nothing)


def open_breaker(type: str) -> Call[None]:
    """Hold back the jobs of a type."""
    return _post(f"/breakers/{_segment(type)}/open", _nothing)


def close_breaker(type: str) -> Call[None]:
    """Let the jobs of a type run again."""
    return _post(f"/breakers/{_segment(type)}/close", _nothing)


def drain(worker: str) -> Call[None]:
    """Tell a worker to claim nothing more, finish what it runs, and end."""
    return _post(f"/workers/{_segment(worker)}/drain", _nothing)


def redrive(selection: Mapping[str, Any]) -> Call[views.RedriveView]:
    """Run dead letters again: those of a `type`, `queue`, `error_fingerprint`; see the HTTP API for the rest."""
    body = msgspec.json.encode({name: value for name, value in selection.items() if value is not None})
    return _post("/dead-letter/redrive", _REDRIVE, body, repeatable=False, timeout_s=REDRIVE_TIMEOUT_S)


# --- reading (dashboard) ---------------------------------------------------------------------------------


def job(job_id: str) -> Call[views.JobView]:
    """Read one job."""
    return _get(f"/jobs/{_segment(job_id)}", _JOB)


def jobs(filters: Mapping[str, Any], *, limit: int, cursor: str | None = None) -> Call[views.JobPage]:
    """Read one page of a listing. A filter with several values means any of them."""
    more = {"limit": limit, "cursor": cursor}
    return _get("/jobs", _PAGE, parameters({**filters, **more}))


def export(filters: Mapping[str, Any]) -> Call[None]:
    """Read all jobs that match, one as JSON a line. The answer may be longer than memory: it is read as it comes."""
    call = _get("/jobs/export", _nothing, parameters(filters))
    return msgspec.structs.replace(call, timeout_s=EXPORT_TIMEOUT_S)


def result(job_id: str) -> Call[msgspec.Raw]:
    """Read what a completed job returned, as the JSON that it is."""
    return _get(f"/jobs/{_segment(job_id)}/result", lambda answer: _RESULT(answer).result)


def history(job_id: str) -> Call[views.HistoryView]:
    """Read the events of one job, in log order."""
    return _get(f"/jobs/{_segment(job_id)}/history", _HISTORY)


def explain(job_id: str) -> Call[views.ExplanationView]:
    """Read why a job is where it is."""
    return _get(f"/jobs/{_segment(job_id)}/explain", _EXPLANATION)


def stats(window: str | None = None) -> Call[views.StatsView]:
    """Read the counts, rates and latencies of the whole system."""
    return _get("/stats", _STATS, parameters({"window": window}))


def queues() -> Call[views.QueueList]:
    """Read all queues."""
    return _get("/queues", _QUEUES)


def breakers() -> Call[views.BreakerList]:
    """Read all circuit breakers."""
    return _get("/breakers", _BREAKERS)


def workers() -> Call[views.WorkerList]:
    """Read all workers."""
    return _get("/workers", _WORKERS)


def scaling(limit: int) -> Call[views.ScalingList]:
    """Read the autoscaler's latest decisions."""
    return _get("/scaling", _SCALING, (("limit", str(limit)),))


def dead_letters(filters: Mapping[str, Any]) -> Call[views.DeadLetterPage]:
    """Read one page of the jobs that failed for good."""
    return _get("/dead-letter", _DEAD, parameters(filters))


def parameters(values: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Write query parameters: nothing for None, one each for the values of a list, ISO 8601 for moments."""
    pairs: list[tuple[str, str]] = []
    for name, value in values.items():
        several = isinstance(value, Iterable) and not isinstance(value, (str, Mapping))
        for one in value if several else (value,):
            pairs += [(name, _text(part)) for part in _parts(one)]
    return tuple(pairs)


def _parts(value: Any) -> Iterable[Any]:
    """Take a mapping (`tags`) apart into `key:value` texts; None is nothing."""
    if value is None:
        return ()
    if isinstance(value, Mapping):
        return [f"{key}:{part}" for key, part in value.items()]
    return (value,)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if isinstance(value, datetime) else str(value)
