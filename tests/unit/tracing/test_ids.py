"""The ids of traces and spans."""

from __future__ import annotations

import hashlib
from random import Random

import pytest

from journeyman.ids import IdMaker
from journeyman.tracing.ids import chance_of, parent_span_id, read_traceparent, span_id_of, trace_id_of, within

JOB = "01hqjz0000000000000000abcd"[:24]
TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


def test_a_job_is_in_the_trace_of_its_submitter_under_the_submitters_span() -> None:
    traceparent = f"00-{TRACE}-{SPAN}-01"

    assert trace_id_of(JOB, traceparent) == TRACE
    assert parent_span_id(traceparent) == SPAN


@pytest.mark.parametrize(
    "traceparent",
    ["", "nonsense", f"ff-{TRACE}-{SPAN}-01", f"00-{TRACE}-{SPAN}-01-more", f"00-{'0' * 32}-{SPAN}-01", f"00-{TRACE}"],
)
def test_a_job_without_a_readable_traceparent_has_a_trace_of_its_own(traceparent: str) -> None:
    digest = hashlib.sha256(JOB.encode()).hexdigest()
    assert trace_id_of(JOB, traceparent) == f"{digest[:16]}{chance_of(JOB):08x}{digest[16:24]}"
    assert parent_span_id(traceparent) is None


@pytest.mark.parametrize("together", [1, 7, 1_000])
def test_of_ids_made_one_after_the_other_as_many_have_a_low_chance_as_should(together: int) -> None:
    maker, dice = IdMaker(), Random(1)
    ids = [id for ms in range(1, 200_000 // together + 1) for id in maker.make_many(ms, dice.getrandbits(60), together)]
    low = [chance_of(id) < 2**32 // 100 for id in ids]

    for first in range(0, len(low) - 20_000, 20_000):
        assert sum(low[first : first + 20_000]) == pytest.approx(200, abs=70)


def test_a_later_version_of_a_traceparent_is_read_as_far_as_it_is_known() -> None:
    found = read_traceparent(f"01-{TRACE}-{SPAN}-03-more")

    assert found == (TRACE, SPAN, True)


def test_a_job_of_a_workflow_is_in_its_trace_and_has_no_span_above() -> None:
    assert trace_id_of(JOB, within(TRACE)) == TRACE
    assert parent_span_id(within(TRACE)) is None


def test_spans_differ_by_job_generation_kind_and_number() -> None:
    ids = {
        span_id_of(job, generation, kind, number)
        for job in (JOB, JOB[::-1])
        for generation in (1, 2)
        for kind in ("job", "queued", "backoff")
        for number in (1, 2)
    }

    assert len(ids) == 24
    assert all(len(each) == 16 and int(each, 16) for each in ids)


def test_an_attempt_is_called_the_same_by_who_does_not_know_the_generation() -> None:
    assert span_id_of(JOB, 1, "attempt", 4) == span_id_of(JOB, 3, "attempt", 4)
