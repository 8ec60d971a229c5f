"""Many jobs at once: references among them, their order, and what is wrong with them by index."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeyman.events import Blob, JobSubmitted
from journeyman.ids import compose
from journeyman.submission import JobRequest, parse_batch, parse_job, parse_ndjson, to_submitted
from journeyman.submission_checks import InvalidSubmissionError
from journeyman.submission_order import resolve_batch
from journeyman.tracing.ids import trace_id_of, within

NOW = 1_732_247_000_000
OUTSIDE = compose(NOW, 999, 0)


def ids(count: int) -> list[str]:
    return [compose(NOW, index, 0) for index in range(count)]


def resolved(*jobs: dict[str, Any]) -> list[JobSubmitted]:
    requests = parse_batch(json.dumps({"jobs": [{"type": "t", **job} for job in jobs]}).encode())
    return resolve_batch(requests, ids(len(requests)), NOW)


def refusal(*jobs: dict[str, Any]) -> tuple[list[str], str]:
    with pytest.raises(InvalidSubmissionError) as caught:
        resolved(*jobs)
    return [path for path, _ in caught.value.problems], str(caught.value)


def test_refs_become_ids_and_parents_come_first() -> None:
    jobs = resolved(
        {"depends_on": ["ref:b", OUTSIDE, "ref:c", "ref:b"]}, {"ref": "b", "depends_on": ["ref:c"]}, {"ref": "c"}
    )
    a, b, c = ids(3)
    assert [job.job_id for job in jobs] == [c, b, a]
    assert jobs[2].depends_on == (b, OUTSIDE, c)


def test_jobs_without_refs_keep_their_order() -> None:
    assert [job.job_id for job in resolved({}, {"depends_on": [OUTSIDE]}, {"ref": "x"})] == ids(3)


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"payload": {"a": "é"}, "queue": "q", "priority": 3},
        {"priority": "high"},
        {"tags": {"a": "b"}},
        {"max_attempts": 4},
        {"timeout_ms": 5},
        {"delay_ms": 7},
        {"run_at": NOW + 9},
        {"backoff": {"initial_ms": 1}},
        {"on_dependency_failure": "run"},
        {"depends_on": [OUTSIDE, OUTSIDE]},
        {"ref": "a"},
    ],
)
def test_a_job_of_a_batch_becomes_what_it_becomes_alone(fields: dict[str, Any]) -> None:
    alone = to_submitted(parse_job(json.dumps({"type": "t", **fields}).encode()), ids(2)[1], NOW)
    assert resolved({}, fields)[1] == alone


def test_headers_and_stored_payloads_of_a_batch_reach_its_jobs() -> None:
    requests = parse_batch(b'{"jobs":[{"type":"t"},{"type":"t","payload":"large"}]}')
    blob = Blob("ab/abc", 7, "abc")
    first, second = resolve_batch(
        requests, ids(2), NOW, payload_blobs={1: blob}, idempotency="key", traceparent="00-1-2-01"
    )
    assert (first.payload, first.payload_blob, second.payload, second.payload_blob) == ("{}", None, "", blob)
    assert [(job.idempotency, job.traceparent) for job in (first, second)] == [("key", "00-1-2-01")] * 2


@pytest.mark.parametrize(
    ("jobs", "path"),
    [
        ([{"type": "a b"}], "$.jobs[0].type"),
        ([{}, {"queue": "é"}], "$.jobs[1].queue"),
        ([{"ref": "a"}, {"ref": "a"}], "$.jobs[1].ref"),
        ([{}, {"depends_on": ["ref:nobody"]}], "$.jobs[1].depends_on[0]"),
        ([{"depends_on": ["ref:"]}], "$.jobs[0].depends_on[0]"),
        ([{"ref": "a", "depends_on": ["ref:a"]}], "$.jobs[0].depends_on"),
        ([{"ref": "a", "depends_on": ["ref:b"]}, {"ref": "b", "depends_on": ["ref:a"]}], "$.jobs[0].depends_on"),
        ([{}, {"priority": 21}], "$.jobs[1].priority"),
        ([{}, {}, {"run_at": NOW * 2}], "$.jobs[2].run_at"),
        ([{"depends_on": ["neither"]}], "$.jobs[0].depends_on[0]"),
    ],
)
def test_one_bad_job_is_named_by_its_index(jobs: list[dict[str, Any]], path: str) -> None:
    assert refusal(*jobs)[0] == [path]


def test_a_cycle_is_spelled_out() -> None:
    _, words = refusal(
        {"depends_on": ["ref:b"]},
        {"ref": "b", "depends_on": ["ref:c"]},
        {"ref": "c", "depends_on": ["ref:d"]},
        {"ref": "d", "depends_on": ["ref:b"]},
        {},
    )
    assert "jobs[1] -> jobs[2] -> jobs[3] -> jobs[1]" in words


def test_all_wrong_values_of_a_batch_are_told_up_to_twenty() -> None:
    assert refusal({"priority": 99}, {}, {"run_at": "x"})[0] == ["$.jobs[0].priority", "$.jobs[2].run_at"]
    assert len(refusal(*[{"priority": 99}] * 50)[0]) == 20


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (b'{"jobs":[]}', "meaning"),
        (b"{}", "malformed"),
        (b"[]", "malformed"),
        (b'{"jobs":{}}', "malformed"),
        (b'{"jobs":[1]}', "malformed"),
        (b'{"jobs":[{"type":"t"}],"more":1}', "malformed"),
        (b'{"jobs":[' + b",".join([b'{"type":"t"}'] * 10_001) + b"]}", "too_large"),
    ],
)
def test_a_batch_has_one_to_ten_thousand_jobs(text: bytes, kind: str) -> None:
    with pytest.raises(InvalidSubmissionError) as caught:
        parse_batch(text)
    assert caught.value.kind == kind


def test_a_batch_may_be_one_job_a_line() -> None:
    text = b'{"type":"a"}\r\n\n  \n{"type":"b","payload":[1]}\n'
    assert [request.type for request in parse_ndjson(text)] == ["a", "b"]


def test_an_error_in_lines_names_the_index_and_the_line() -> None:
    with pytest.raises(InvalidSubmissionError) as caught:
        parse_ndjson(b'{"type":"a"}\n\n{"type":1}\n')
    ((path, message),) = caught.value.problems
    assert path == "$.jobs[1].type"
    assert message.startswith("line 3: ")


@pytest.mark.parametrize("text", [b"", b"\n \n", b'{"type":"t"}\n' * 10_001])
def test_lines_too_are_one_to_ten_thousand(text: bytes) -> None:
    with pytest.raises(InvalidSubmissionError):
        parse_ndjson(text)


@pytest.mark.parametrize("depth", [61, 62])
def test_a_payload_in_a_batch_has_three_levels_around_it(depth: int) -> None:
    text = b'{"jobs":[{"type":"t","payload":' + b"[" * depth + b"]" * depth + b"}]}"
    if depth == 61:
        parse_batch(text)
    else:
        with pytest.raises(InvalidSubmissionError):
            parse_batch(text)


_graphs = st.integers(1, 12).flatmap(
    lambda size: st.lists(st.sets(st.integers(0, size - 1), max_size=4), min_size=size, max_size=size)
)


@given(_graphs)
def test_a_batch_is_ordered_parents_first_or_has_a_cycle(graph: list[set[int]]) -> None:
    requests = [
        JobRequest(type="t", ref=f"r{index}", depends_on=tuple(f"ref:r{parent}" for parent in parents))
        for index, parents in enumerate(graph)
    ]
    try:
        jobs = resolve_batch(requests, ids(len(graph)), NOW)
    except InvalidSubmissionError:
        assert _has_cycle(graph)
        return
    seen: set[str] = set()
    for job in jobs:
        assert seen.issuperset(job.depends_on)
        seen.add(job.job_id)
    assert seen == set(ids(len(graph)))


def _has_cycle(graph: list[set[int]]) -> bool:
    left = set(range(len(graph)))
    while free := {index for index in left if not graph[index] & left}:
        left -= free
    return bool(left)


def traces(*requests: JobRequest, traceparent: str = "") -> list[str]:
    """Return the `traceparent` of each job, in the order of the requests."""
    jobs = {job.job_id: job for job in resolve_batch(requests, ids(len(requests)), NOW, traceparent=traceparent)}
    return [jobs[job_id].traceparent for job_id in ids(len(requests))]


def trace_of(index: int) -> str:
    """Return the `traceparent` that puts a job into the trace of another job of its batch."""
    return within(trace_id_of(ids(index + 1)[index], ""))


def member(ref: str, *needs: str) -> JobRequest:
    return JobRequest(type="t", ref=ref, depends_on=tuple(f"ref:{name}" for name in needs))


def test_jobs_that_are_connected_by_refs_share_the_trace_of_the_first_of_them() -> None:
    assert traces(member("a"), member("b"), member("c", "a", "b"), member("d", "c")) == ["", *[trace_of(0)] * 3]


def test_workflows_of_one_batch_that_are_not_connected_have_a_trace_each() -> None:
    jobs = member("a"), member("b"), member("c", "a"), member("d", "b"), member("alone")

    assert traces(*jobs) == ["", "", trace_of(0), trace_of(1), ""]


def test_a_child_that_is_named_first_gives_its_trace_to_its_parents() -> None:
    assert traces(member("c", "a"), member("a")) == ["", trace_of(0)]


def test_the_submitters_trace_goes_before_that_of_the_workflow() -> None:
    given = f"00-{'a' * 32}-{'b' * 16}-01"

    assert traces(member("a"), member("b", "a"), traceparent=given) == [given, given]


def test_jobs_that_depend_on_jobs_of_former_batches_keep_traces_of_their_own() -> None:
    job = JobRequest(type="t", depends_on=(OUTSIDE,))

    assert traces(job, job) == ["", ""]
