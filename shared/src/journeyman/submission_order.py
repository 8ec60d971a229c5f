"""How the jobs of a batch enter the log: `ref:NAME` becomes an id, parents come before children, cycles are named.

Most batches have neither refs nor parents, and pay for neither.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from heapq import heapify, heappop, heappush

from journeyman.events import Blob, JobSubmitted
from journeyman.submission import REF, JobRequest, in_batch, submitted_plainly, to_submitted
from journeyman.submission_checks import InvalidSubmissionError, invalid
from journeyman.tracing.ids import trace_id_of, within


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

    `job_ids[i]` becomes the id of `requests[i]`; `payload_blobs` maps an index to its payload's blob. Jobs that are
    connected by refs share a trace: the submitter's `traceparent`, or that of the first of them. Raises
    InvalidSubmissionError for two jobs with one `ref`, a `ref:` that names none, a cycle, and a `run_at` too far away.
    """
    blobs = payload_blobs or {}
    may_be_plain = not (blobs or idempotency or traceparent)
    refs = _refs(requests)
    parents = _parents_in_batch(requests, refs)
    traces = {} if traceparent else _shared_traces(parents, job_ids)
    jobs: list[JobSubmitted] = []
    for index in ordered(parents) if parents else range(len(requests)):
        request, job_id = requests[index], job_ids[index]
        job = submitted_plainly(request, job_id) if may_be_plain and index not in traces else None
        if job is None:
            try:
                job = to_submitted(
                    request,
                    job_id,
                    now_ms,
                    depends_on=_parent_ids(request, job_ids, refs),
                    payload_blob=blobs.get(index),
                    idempotency=idempotency,
                    traceparent=traceparent or traces.get(index, ""),
                )
            except InvalidSubmissionError as error:
                raise InvalidSubmissionError(in_batch(error, index), error.kind) from None
        jobs.append(job)
    return jobs


def _refs(requests: Sequence[JobRequest]) -> dict[str, int]:
    refs: dict[str, int] = {}
    for index, request in enumerate(requests):
        if request.ref is None:
            continue
        first = refs.setdefault(request.ref, index)
        if first != index:
            raise invalid(f"$.jobs[{index}].ref", f"`{request.ref}` already names job {first}")
    return refs


def _parents_in_batch(requests: Sequence[JobRequest], refs: Mapping[str, int]) -> Sequence[Sequence[int]]:
    """Return for each job the jobs of this batch that it waits for; nothing at all where no job waits for any."""
    if not any(request.depends_on for request in requests):
        return ()
    return [_resolve(request, index, refs) for index, request in enumerate(requests)]


def _shared_traces(parents: Sequence[Sequence[int]], job_ids: Sequence[str]) -> dict[int, str]:
    """Return the `traceparent` of each job that is in a trace with others, without the first, whose own trace it is."""
    roots = list(range(len(parents)))

    def root(index: int) -> int:
        while roots[index] != index:
            roots[index] = roots[roots[index]]
            index = roots[index]
        return index

    for child, needed in enumerate(parents):
        for parent in needed:
            first, second = sorted((root(child), root(parent)))
            roots[second] = first
    firsts = {index: first for index in range(len(parents)) if (first := root(index)) != index}
    shared = {first: within(trace_id_of(job_ids[first], "")) for first in set(firsts.values())}
    return {index: shared[first] for index, first in firsts.items()}


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


def ordered(parents: Sequence[Sequence[int]]) -> list[int]:
    """Return the indexes so that parents come first (Kahn's algorithm, the lowest index first).

    `parents[i]` are the indexes, without repetition, that `i` waits for. Raises InvalidSubmissionError for a cycle.
    """
    missing = [len(needed) for needed in parents]
    children: list[list[int]] = [[] for _ in parents]
    for child, needed in enumerate(parents):
        for parent in needed:
            children[parent].append(child)
    ready = [index for index, count in enumerate(missing) if not count]
    heapify(ready)
    order = []
    while ready:
        index = heappop(ready)
        order.append(index)
        for child in children[index]:
            missing[child] -= 1
            if not missing[child]:
                heappush(ready, child)
    if len(order) < len(parents):
        raise _cycle(parents, set(order))
    return order


def _cycle(parents: Sequence[Sequence[int]], ordered: set[int]) -> InvalidSubmissionError:
    """Name one cycle: from any job left over, going to parents left over, something comes round."""
    at = next(index for index in range(len(parents)) if index not in ordered)
    seen: dict[int, int] = {}
    while at not in seen:
        seen[at] = len(seen)
        at = next(parent for parent in parents[at] if parent not in ordered)
    circle = [index for index, position in seen.items() if position >= seen[at]]
    shown = " -> ".join(f"jobs[{index}]" for index in [*circle[:10], at])
    return invalid(f"$.jobs[{at}].depends_on", f"A cycle: {shown}")
