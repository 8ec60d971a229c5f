"""I9, nothing unknown destroys: what cannot be read is stepped over and reported once, with its offset."""

from __future__ import annotations

from journeyman import events as e
from journeyman.decide import QUARANTINED_MAX, decide
from journeyman.partition import Partition
from support.given import START_MS, A, Story
from support.snapshots import restored, stored


def test_what_cannot_be_read_is_reported_with_its_offset_once() -> None:
    story = Story()
    first, second = story.damaged(0, 4)
    reports = [e.LogQuarantined(str(first), "unknown tag"), e.LogQuarantined(str(second), "unknown tag")]
    assert story.decided() == reports
    assert story.decided() == []


def test_a_report_that_another_scheduler_made_is_not_repeated() -> None:
    story = Story()
    (offset,) = story.damaged(0)
    story.given(e.LogQuarantined(str(offset), "whatever"))
    assert story.decided() == []


def test_the_report_of_another_reader_is_not_the_schedulers() -> None:
    story = Story()
    (offset,) = story.damaged(0)
    story.given(e.LogQuarantined(str(offset), "whatever", "dashboard"))
    assert len(story.decided()) == 1


def test_a_report_of_no_offset_harms_nobody() -> None:
    assert Story().given(e.LogQuarantined("somewhere", "x")).decided() == []


def test_an_unreported_one_survives_a_snapshot() -> None:
    story = Story()
    story.damaged(2)
    assert restored(stored(story.partition)).undecodable == story.partition.undecodable != {}


def test_a_flood_of_damage_is_reported_in_bounded_rounds() -> None:
    story = Story()
    story.damaged(*range(1_000))
    reported = 0
    while events := story.decided():
        assert len(events) <= QUARANTINED_MAX
        reported += len(events)
    assert reported == 1_000


def test_long_reasons_are_cut() -> None:
    partition = Partition()
    offset = e.Offset(START_MS, 0)
    partition.apply(e.Entry(offset, [], (e.Undecodable(offset, "x" * 10_000),)))
    story = Story()
    concluded = decide(partition, START_MS, story.limits, {})
    (report,) = concluded.proposals[0].events
    assert isinstance(report, e.LogQuarantined)
    assert len(report.reason) == 512


def test_the_jobs_around_the_damage_go_on() -> None:
    story = Story()
    (offset,) = story.damaged(0, then=e.JobSubmitted(A, "t"))
    assert story.decided() == [e.JobReleased(A, 1, 10), e.LogQuarantined(str(offset), "unknown tag")]


def test_a_submission_with_senseless_figures_does_not_stop_the_scheduler() -> None:
    backoff = e.Backoff(-5, float("nan"), -1, True)
    story = Story().running(e.JobSubmitted(A, "t", priority=-3, max_attempts=1_000, backoff=backoff, due_ms=-1))
    for attempt in range(1, 5):
        story.given(e.JobFailed(A, attempt, "w", e.Error("E")))
        assert story.decided() == [e.JobRetryScheduled(A, attempt + 1, story.now_ms, 0)]
        assert story.decided() == [e.JobReleased(A, attempt + 1, -3)]
        story.given(e.JobStarted(A, attempt + 1, "w"))
