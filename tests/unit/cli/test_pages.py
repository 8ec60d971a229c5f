import io
from datetime import UTC, datetime, timedelta

import pytest
from rich.console import Console, RenderableType

from journeyman.cli import output, pages, words
from journeyman.client.views import (
    AttemptView,
    BreakerList,
    BreakerView,
    DeadLetterPage,
    ErrorGroupView,
    ErrorView,
    EventView,
    ExplanationView,
    HistoryView,
    JobView,
    ProgressView,
    QueueList,
    QueueView,
    RunningView,
    StatsView,
    WorkerList,
    WorkerView,
)

AT = datetime(2030, 1, 1, 12, tzinfo=UTC)
JOB = JobView(
    id="0" * 24,
    type="image.thumbnail",
    status="failed",
    phase="dead",
    queue="images",
    attempt=2,
    max_attempts=2,
    payload={"path": "a.png"},
    error=ErrorView(type="ValueError", message="no such\x1b[2J file", traceback="Traceback:\n  line"),
    attempts=(
        AttemptView(number=1, worker="w-1", outcome="lost", started_at=AT, finished_at=AT + timedelta(seconds=10)),
        AttemptView(number=2, worker="w-2", outcome="failed", error=ErrorView(type="ValueError", message="no")),
    ),
    progress=ProgressView(percent=40.0, message="resizing"),
    tags={"team": "a"},
    submitted_at=AT,
    started_at=AT + timedelta(milliseconds=12),
    finished_at=AT + timedelta(seconds=3),
)


def written(page: RenderableType) -> str:
    console = Console(file=io.StringIO(), width=output.PIPE_WIDTH)
    console.print(page)
    text = console.file.getvalue()  # type: ignore[attr-defined]
    assert isinstance(text, str)
    return text


def test_a_job_is_shown_with_what_came_of_it() -> None:
    shown = written(pages.job(JOB))
    for part in (
        "failed (dead)  image.thumbnail",
        JOB.id,
        "images, priority 10",
        "2 of 2",
        "2030-01-01 12:00:00.012  (after 12 ms)",
        "40 %  resizing",
        "team:a",
        '{"path":"a.png"}',
        "ValueError: no such",
        "w-1",
        "10 s",
        "Traceback:",
    ):
        assert part in shown


def test_nothing_that_a_job_says_moves_the_cursor() -> None:
    assert "\x1b" not in written(pages.job(JOB))


def test_what_is_not_known_of_a_job_is_not_shown() -> None:
    shown = written(pages.job(JobView(id="a", type="t", status="pending", phase="ready")))
    assert "result" not in shown
    assert "started" not in shown
    assert "none yet" in shown


def test_a_listing_is_a_line_a_job() -> None:
    shown = written(pages.jobs([JOB, JOB]))
    assert shown.count(JOB.id) == 2
    assert len(shown.splitlines()) == 3


def test_a_history_says_how_long_each_step_took() -> None:
    events = (
        EventView(offset="1-0/0", event="job.submitted", at=AT, data={"job_id": "a", "type": "t"}),
        EventView(offset="2-0/0", event="job.started", at=AT + timedelta(seconds=4), data={"worker": "w-1"}),
    )
    lines = written(pages.history(HistoryView(items=events))).splitlines()
    assert "type=t" in lines[1]
    assert "job_id" not in lines[1]
    assert "4 s" in lines[2]
    assert "worker=w-1" in lines[2]


def test_an_explanation_is_in_words_and_names_what_it_waits_for() -> None:
    view = ExplanationView(
        reason="waiting_for_dependency", blocked_by=tuple(f"job-{n}" for n in range(12)), eta_ms=90_000
    )
    shown = written(pages.explanation(view))
    assert "waiting for dependency" in shown
    assert "job-9 and 2 more" in shown
    assert "1 m 30 s" in shown


def test_dead_letters_are_shown_with_their_causes() -> None:
    group = ErrorGroupView(fingerprint="3f9c", error_type="ValueError", message="no", count=7, types=("t",))
    shown = written(pages.dead_letters(DeadLetterPage(items=(JOB,), groups=(group,))))
    assert 'ValueError: "no such' in shown.splitlines()[1]
    assert "3f9c" in shown.splitlines()[-1]
    assert "7" in shown.splitlines()[-1]


def test_breakers_are_a_table_the_open_ones_first() -> None:
    closed = BreakerView(type="a", state="closed", reason="probes_succeeded", since=AT)
    opened = BreakerView(
        type="b", state="open", reason="failure_ratio", since=AT, until=AT, failures=11, calls=20, waiting=7
    )
    lines = written(pages.breakers(BreakerList(items=(closed, opened)))).splitlines()
    for part in ("b", "open", "failure ratio", "11 of 20", "7", "2030-01-01 12:00:00.000"):
        assert part in lines[1]
    assert "probes succeeded" in lines[2]


def test_queues_workers_and_stats_are_tables() -> None:
    queue = QueueView(name="images", paused=True, depth=7, oldest_wait_ms=1_500)
    shown = written(pages.queues(QueueList(items=(queue,))))
    assert "paused" in shown
    assert "1.5 s" in shown
    running = RunningView(job_id="a")
    worker = WorkerView(id="w-1", slots=8, running=(running,), rss_bytes=50 << 20, last_heartbeat_at=AT)
    shown = written(pages.workers(WorkerList(items=(worker,)), AT + timedelta(seconds=2)))
    assert "50.0 MiB" in shown
    assert "2 s ago" in shown
    shown = written(pages.stats(StatsView(jobs={"pending": 3, "completed": 4}, dead_letter=1)))
    assert "pending" in shown
    assert "p99 -" in shown


@pytest.mark.parametrize(
    ("count", "text"), [(None, "-"), (0, "0 B"), (1023, "1023 B"), (1536, "1.5 KiB"), (3 << 40, "3072.0 GiB")]
)
def test_sizes_are_written_for_people(count: int | None, text: str) -> None:
    assert words.size(count) == text


def test_long_values_are_cut_and_stay_on_one_line() -> None:
    line = words.one_line("x" * 500)
    assert len(line) == words.VALUE_MAX
    assert line.endswith("…")
    assert words.one_line({"b": [1, 2]}) == '{"b":[1,2]}'


def test_an_error_in_an_event_is_its_type_and_message() -> None:
    error = {"type": "E", "message": "no", "traceback": "long", "fingerprint": "f"}
    assert words.fields({"error": error, "percent": 100 / 3, "reason": ""}) == 'error="E: no" percent=33.3333'


def test_where_there_is_little_room_no_id_and_no_offset_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "narrow", lambda: True)
    offset = "1732247000123-12/345"
    event = EventView(offset=offset, event="job.submitted", at=AT, data={"payload": "x" * 100})
    for page in (pages.jobs([JOB]), pages.history(HistoryView(items=(event,)))):
        console = Console(file=io.StringIO(), width=80)
        console.print(page)
        shown = console.file.getvalue()  # type: ignore[attr-defined]
        assert JOB.id in shown or offset in shown
        assert max(len(line) for line in shown.splitlines()) <= 80


def test_in_a_pipe_lines_end_where_their_text_ends(capsys: pytest.CaptureFixture[str]) -> None:
    output.print_page(pages.jobs([JOB]))
    shown = capsys.readouterr().out
    assert "\x1b" not in shown
    assert all(line == line.rstrip() for line in shown.splitlines())
