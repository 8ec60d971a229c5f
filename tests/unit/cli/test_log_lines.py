import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeyman import events as e
from journeyman.cli.log_lines import Wanted, as_json, as_text, items, just_before

AT = 1_732_247_000_123
OFFSET = e.Offset(AT, 0, 0)


def test_a_line_says_where_when_and_what() -> None:
    record = e.Record(OFFSET, AT, e.JobSubmitted("a", "image.thumbnail", payload='{"path": "a b"}'))
    line = as_text(record)
    assert line.startswith("1732247000123-0/0")
    assert "2024-11-22 03:43:20.123  job.submitted" in line
    assert "job_id=a type=image.thumbnail queue=default priority=10" in line
    assert "\n" not in line


def test_what_nobody_said_is_not_in_the_line() -> None:
    line = as_text(e.Record(OFFSET, AT, e.JobCancelRequested("a")))
    assert line.endswith("job.cancel_requested job_id=a")


def test_no_event_breaks_its_line_or_the_terminal() -> None:
    error = e.Error("E", "first\nsecond\x1b[31m\r", "x" * 10_000)
    line = as_text(e.Record(OFFSET, AT, e.JobFailed("a", 1, "w", error)))
    assert line.isprintable()
    assert len(line) < 1_000


def test_a_json_line_holds_the_whole_event() -> None:
    event = e.JobFailed("a", 1, "w", e.Error("E", "x" * 500))
    said = msgspec.json.decode(as_json(e.Record(OFFSET, AT, event)))
    assert (said["offset"], said["event"], said["at"]) == (str(OFFSET), "job.failed", "2024-11-22T03:43:20.123Z")
    assert said["data"]["error"]["message"] == "x" * 500
    assert said["data"]["retryable"] is True


def test_what_cannot_be_read_is_shown_as_such_in_its_place() -> None:
    broken = e.Undecodable(OFFSET._replace(index=1), "unknown tag 'job.teleported'")
    entry = e.Entry(OFFSET, [e.JobCancelRequested("a"), None, e.JobCancelled("a")], (broken,))
    shown = items(entry)
    assert [item.offset.index for item in shown] == [0, 1, 2]
    assert "!undecodable" in as_text(broken)
    assert "job.teleported" in as_text(broken)
    said = msgspec.json.decode(as_json(broken))
    assert said["event"] is None
    assert said["undecodable"] == "unknown tag 'job.teleported'"


@pytest.mark.parametrize(
    ("tags", "wanted"),
    [
        ((), True),
        (("job.failed",), True),
        (("job.",), True),
        (("job",), True),
        (("job.fail",), False),
        (("worker.", "job."), True),
    ],
)
def test_events_are_chosen_by_tag_or_beginning_of_tag(tags: tuple[str, ...], wanted: bool) -> None:
    record = e.Record(OFFSET, AT, e.JobFailed("a", 1, "w", e.Error("E")))
    assert Wanted(tags)(record) is wanted


def test_events_are_chosen_by_job() -> None:
    wanted = Wanted(jobs=frozenset({"a"}))
    assert wanted(e.Record(OFFSET, AT, e.JobCancelRequested("a")))
    assert not wanted(e.Record(OFFSET, AT, e.JobCancelRequested("b")))
    assert not wanted(e.Record(OFFSET, AT, e.QueuePaused("a")))


def test_events_before_the_start_are_left_out() -> None:
    wanted = Wanted(start=OFFSET._replace(index=2))
    assert not wanted(e.Record(OFFSET._replace(index=1), AT, e.JobCancelRequested("a")))
    assert wanted(e.Record(OFFSET._replace(index=2), AT, e.JobCancelRequested("a")))


@given(st.builds(e.Offset, st.integers(0, 10), st.integers(0, 10), st.integers(0, 10)))
def test_reading_after_just_before_begins_with_the_start(start: e.Offset) -> None:
    before = just_before(start)
    assert before[:2] < start[:2] or start[:2] == (0, 0)
    assert just_before(e.Offset(start.ms, start.seq + 1))[:2] == (start.ms, start.seq)
