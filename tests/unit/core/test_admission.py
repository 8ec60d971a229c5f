"""Admission: a job that waits for nothing is released in the commit that submits it; others are not."""

from __future__ import annotations

from journeyman import events as e
from journeyman.admission import admit
from journeyman.proposals import Idempotency, Push, Store
from support.given import START_MS, A, B, C, D


def test_a_simple_job_is_stored_released_and_put_in_its_line() -> None:
    job = e.JobSubmitted(A, "t", "q", 7)
    proposal = admit([job], START_MS)
    assert proposal.events == (e.JobSubmitted(A, "t", "q", 7, released=True),)
    assert proposal.effects == (Store((A,)), Push("q", 7, "t", (f"{A}1",)))
    assert proposal.guard is None


def test_a_job_with_parents_or_a_time_to_come_is_only_stored() -> None:
    child, later = e.JobSubmitted(A, "t", depends_on=(B,)), e.JobSubmitted(C, "t", due_ms=START_MS + 1)
    proposal = admit([child, later], START_MS)
    assert proposal.events == (child, later)
    assert proposal.effects == (Store((A, C)),)


def test_a_time_that_has_come_is_no_reason_to_wait() -> None:
    (submitted,) = admit([e.JobSubmitted(A, "t", due_ms=START_MS)], START_MS).events
    assert submitted == e.JobSubmitted(A, "t", due_ms=START_MS, released=True)


def test_jobs_of_one_line_are_pushed_together_in_their_order() -> None:
    jobs = [e.JobSubmitted(A, "t"), e.JobSubmitted(B, "u"), e.JobSubmitted(C, "t"), e.JobSubmitted(D, "t", priority=1)]
    effects = admit(jobs, START_MS).effects
    assert effects[0] == Store((A, B, C, D))
    assert effects[1:] == (
        Push("default", 10, "t", (f"{A}1", f"{C}1")),
        Push("default", 10, "u", (f"{B}1",)),
        Push("default", 1, "t", (f"{D}1",)),
    )


def test_the_idempotency_key_goes_with_all_of_them() -> None:
    key = Idempotency("k", "f", "a")
    assert admit([e.JobSubmitted(A, "t"), e.JobSubmitted(B, "t")], START_MS, key).idempotency == key
