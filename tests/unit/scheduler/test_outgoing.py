"""What is sent next, and up to where everything was sent; and what a page of the log has to say of that."""

from __future__ import annotations

from journeyman import events as e
from journeyman.events import Offset
from journeyman.ids import compose
from journeyman.log.api import Wanted
from journeyman.proposals import place
from journeyman_scheduler.sqs.outgoing import Outgoing
from journeyman_scheduler.sqs.releases import heard

A, B, C = (compose(1_700_000_000_000, number, 0) for number in range(3))


def at(job_id: str, priority: int = 10, attempt: int = 1, moves: int = 0, generation: int = 1) -> Wanted:
    return Wanted("q", priority, "t", place(job_id, attempt, moves, generation))


def said(*events: e.Event | None) -> list[e.Entry]:
    return [e.Entry(Offset(1, 0), list(events))]


def sent(outgoing: Outgoing, most: int = 10) -> list[Wanted]:
    these = outgoing.next(most)
    assert these is not None
    outgoing.sent(these)
    return these.places


def test_a_higher_class_overtakes_what_was_read_before() -> None:
    outgoing = Outgoing()
    outgoing.read([at(A, 5), at(B, 5)], Offset(1, 0))
    assert sent(outgoing, 1) == [at(A, 5)]
    outgoing.read([at(C, 20)], Offset(2, 0))
    assert sent(outgoing) == [at(C, 20)]
    assert outgoing.up_to() is None
    assert sent(outgoing) == [at(B, 5)]
    assert (outgoing.up_to(), len(outgoing), outgoing.next(1)) == (Offset(2, 0), 0, None)


def test_what_was_not_sent_comes_next_again() -> None:
    outgoing = Outgoing()
    outgoing.read([at(A)], Offset(1, 0))
    assert outgoing.next(10) == outgoing.next(10)
    outgoing.clear()
    assert (len(outgoing), outgoing.up_to()) == (0, None)


def test_a_page_without_releases_is_done_at_once_and_repetitions_count_for_none() -> None:
    outgoing = Outgoing()
    outgoing.again([at(A)])
    outgoing.read([], Offset(3, 0))
    assert outgoing.up_to() == Offset(3, 0)
    outgoing.read([at(B)], Offset(4, 0))
    assert (sent(outgoing), sent(outgoing)) == ([at(A)], [at(B)])
    assert outgoing.up_to() == Offset(4, 0)


def test_releases_say_their_places_and_lines_as_far_as_the_page_knows() -> None:
    news = heard(said(e.JobSubmitted(A, "t", "q"), e.JobReleased(A, 1, 10), None, e.JobReleased(B, 4, 20, 2, 3)))
    assert news.unknown() == [B]
    assert news.places({}) == [at(A)]
    assert news.places({B: e.JobSubmitted(B, "t", "q", 3)}) == [at(B, 20, 4, 2, 3), at(A)]


def test_what_has_started_since_is_not_sent_and_what_moved_is_sent_where_it_stands() -> None:
    submitted = [e.JobSubmitted(job_id, "t", "q") for job_id in (A, B)]
    released = [e.JobReleased(A, 1, 10), e.JobReleased(B, 1, 10), e.JobReleased(B, 1, 20, 1)]
    assert heard(said(*submitted, *released, e.JobStarted(A, 1, "w"))).places({}) == [at(B, 20, 1, 1)]


def test_what_may_start_again_is_named() -> None:
    news = heard(
        said(
            *(e.QueueResumed("q"), e.BreakerClosed("t", "manual"), e.BreakerHalfOpened("u", 2)),
            *(e.BreakerHalfOpened("u", 1), e.JobReturned(A, 1, "w", back=True), e.JobReturned(B, 1, "w")),
            *(e.JobReturned(C, 1, "w", back=True), e.JobStarted(C, 1, "w")),
        )
    )
    assert (news.queues, news.types, dict(news.probes), news.returned) == ({"q"}, {"t"}, {"u": 3}, {A})
