"""Which moments can be asked for, where something happened, and the commits around one."""

from __future__ import annotations

from pathlib import Path

import pytest

from journeyman import events as e
from journeyman.ids import compose
from journeyman_dashboard import retention, store
from journeyman_dashboard.past.moments import AsOf, TooLongAgoError
from journeyman_dashboard.queries.moments import Around, CommitView, Moments, commits_around, moments
from support.moments import Past

T = 1_732_247_000_000


@pytest.fixture
def past(tmp_path: Path) -> Past:
    return Past(tmp_path)


def submitted(number: int, partition: int = 0) -> e.JobSubmitted:
    return e.JobSubmitted(compose(T, number, partition), "test.job")


def span(past: Past, now_ms: int, **narrowed: int) -> Moments:
    wanted = {"since_ms": None, "until_ms": None, "points": 100, **narrowed}
    return moments(past.connection, now_ms=now_ms, **wanted)  # type: ignore[arg-type]


def offset(commit: CommitView | None) -> str | None:
    return None if commit is None else commit.offset


def offsets(around: Around) -> tuple[str | None, str | None, str | None]:
    return offset(around.before), offset(around.here), offset(around.after)


def test_nothing_can_be_asked_for_where_nothing_happened(past: Past) -> None:
    told = span(past, T)
    assert (told.earliest, told.latest, told.series) == (None, None, [])
    assert offsets(commits_around(past.connection, AsOf({}, T))) == (None, None, None)


def test_moments_go_from_the_first_commit_to_now(past: Past) -> None:
    past.project(
        [e.Entry(e.Offset(T, 0), [submitted(1), submitted(2)]), e.Entry(e.Offset(T + 60_000, 3), [submitted(3)])]
    )
    told = span(past, T + 120_000)
    assert told.earliest is not None
    assert told.latest is not None
    assert (told.earliest.offset, told.latest.offset) == (f"{T}-0/1", f"{T + 60_000}-3/0")
    assert (told.since, told.until) == ("2024-11-22T03:43:20.000Z", "2024-11-22T03:45:20.000Z")
    assert told.now == told.until


def test_the_series_tells_where_something_happened(past: Past) -> None:
    job = submitted(1)
    started = e.JobStarted(job.job_id, 1, "w-1")
    failed = e.JobFailed(job.job_id, 1, "w-1", e.Error("Boom", "boom", "", "f"), retryable=False)
    dead = e.JobDeadLettered(job.job_id, 1, "permanent", failed.error)
    past.project([e.Entry(e.Offset(T, 0), [job]), e.Entry(e.Offset(T + 900_000, 0), [started, failed, dead])])
    told = span(past, T + 1_000_000)
    assert told.step_ms == 10_000
    assert [(one.at, one.changes, one.failed) for one in told.series] == [
        ("2024-11-22T03:43:20.000Z", 1, 0),
        ("2024-11-22T03:58:20.000Z", 2, 1),
    ]
    coarse = span(past, T + 1_000_000, points=10)
    assert coarse.step_ms == 100_000
    assert sum(one.changes for one in coarse.series) == 3
    assert span(past, T + 1_000_000, since_ms=T + 20_000, until_ms=T + 800_000).series == []


def test_a_series_over_weeks_looks_at_a_sample(past: Past) -> None:
    day = 86_400_000
    for number in range(5):
        past.project([e.Entry(e.Offset(T + number * 6 * day, 0), [submitted(number)])])
    assert [one.changes for one in span(past, T + 30 * day).series] == [1] * 5


def test_one_goes_through_a_log_commit_by_commit(past: Past) -> None:
    first = past.project([e.Entry(e.Offset(T, 0), [submitted(n) for n in range(8)])])
    second = past.project([e.Entry(e.Offset(T, 1), [submitted(9)])])
    third = past.project([e.Entry(e.Offset(T + 5, 0), [e.QueuePaused("mail")])])
    commits = [str(first), str(second), str(third)]

    assert offsets(commits_around(past.connection, AsOf({0: second}, T))) == tuple(commits)
    assert offsets(commits_around(past.connection, AsOf({}, T + 4))) == tuple(commits)
    assert offsets(commits_around(past.connection, AsOf({0: first}, T))) == (None, *commits[:2])
    assert offsets(commits_around(past.connection, AsOf({}, T - 1))) == (None, None, commits[0])
    latest = commits_around(past.connection, AsOf({}, T + 1_000))
    assert offsets(latest) == (*commits[1:], None)
    whole = commits_around(past.connection, AsOf({0: first}, T)).here
    assert whole is not None
    assert (whole.count, [one.event for one in whole.events]) == (8, ["job.submitted"] * 5)


def test_commits_of_several_partitions_are_gone_through_by_their_times(past: Past) -> None:
    for number, (ms, partition) in enumerate([(T, 1), (T + 2, 0), (T + 2, 1), (T + 3, 0)]):
        past.project([e.Entry(e.Offset(ms, 0), [submitted(number, partition)])], partition)
    found, as_of = [], AsOf({}, T)
    while True:
        around = commits_around(past.connection, as_of)
        assert around.here is not None
        found.append(around.here.offset)
        if around.after is None:
            break
        partition, place = e.read_offset(around.after.offset)
        as_of = AsOf({partition: place}, place.ms)
    assert found == [f"1:{T}-0/0", f"{T + 2}-0/0", f"1:{T + 2}-0/0", f"{T + 3}-0/0"]
    assert offsets(around)[0] == found[-2]


def test_what_is_forgotten_is_before_the_earliest(past: Past) -> None:
    for number in range(3):
        job, at = submitted(number), T + number * 60_000
        past.project([e.Entry(e.Offset(at, 0), [job, e.JobReleased(job.job_id, 1, 10)])])
        ended: list[e.Event | None] = [e.JobStarted(job.job_id, 1, "w"), e.JobSucceeded(job.job_id, 1, "w")]
        past.project([e.Entry(e.Offset(at + 1, 0), ended)])
    with store.transaction(past.connection):
        retention.delete_step(past.connection, 0, T + 60_000)
    told = span(past, T + 200_000)
    assert told.earliest is not None
    assert told.earliest.offset == f"{T + 60_000}-0/1"
    with pytest.raises(TooLongAgoError, match="forgotten"):
        commits_around(past.connection, AsOf({}, T + 59_999))
    assert commits_around(past.connection, AsOf({}, T + 60_000)).before is None
