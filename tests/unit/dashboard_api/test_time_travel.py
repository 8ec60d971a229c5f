"""What the read model says as of a moment is what it said at that moment."""

from __future__ import annotations

import contextlib
import random
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from journeyman import events as e
from journeyman.codec import decode_commit, encode_commit
from journeyman.ids import compose
from journeyman_dashboard import checkpoints, retention, store
from journeyman_dashboard.params import BadQueryError
from journeyman_dashboard.past.moments import AsOf, Cut, TooLongAgoError, read_as_of
from journeyman_dashboard.past.pasts import Pasts
from journeyman_dashboard.past.picture import PastPicture
from journeyman_dashboard.schema import open_for_reading
from support.lives import Lives
from support.moments import Past
from support.random_logs import JOBS, T, logs


@pytest.fixture
def often() -> Iterator[None]:
    """Take checkpoints so often that a short log has many."""
    with mock.patch.multiple(checkpoints, EVENTS_BETWEEN=40, ENTRIES_BETWEEN=30):
        yield


def ids_in(entries: list[e.Entry]) -> list[str]:
    return sorted({event.job_id for entry in entries for event in entry.events if isinstance(event, e.JobSubmitted)})


@pytest.mark.parametrize("seed", range(3))
def test_a_moment_looks_as_it_looked_then(seed: int, tmp_path: Path, often: None) -> None:
    draw = random.Random(seed)
    entries = [raw.read() for raw in Lives(seed, 150).entries]
    ids = draw.sample(ids_in(entries), 8)
    past, said = Past(tmp_path), []
    while entries:
        size = draw.choice((1, 1, 3, 10))
        batch, entries = entries[:size], entries[size:]
        offset = past.project(batch)
        if draw.random() < 0.2:
            said.append((offset, past.says(offset.ms, ids)))
    draw.shuffle(said)
    for offset, then in said:
        assert past.said(AsOf({0: offset}, offset.ms), ids) == then
    past.close()


@settings(max_examples=20, deadline=None)
@given(logs(), st.data())
def test_a_moment_looks_as_it_looked_then_even_where_a_log_makes_no_sense(
    entries: list[e.Entry], data: st.DataObject
) -> None:
    with TemporaryDirectory() as directory:
        past, said = Past(Path(directory)), []
        with mock.patch.multiple(checkpoints, EVENTS_BETWEEN=6, ENTRIES_BETWEEN=4):
            for entry in entries:
                offset = past.project([entry])
                if data.draw(st.booleans()):
                    said.append((offset, past.says(offset.ms, JOBS)))
        for offset, then in said:
            assert past.said(AsOf({0: offset}, offset.ms), JOBS) == then
        past.close()


@pytest.mark.parametrize("seed", range(2))
def test_a_moment_of_several_partitions_looks_as_it_looked_then(seed: int, tmp_path: Path, often: None) -> None:
    draw = random.Random(seed)
    worlds = [[raw.read() for raw in Lives(10 * seed + number, 80).entries] for number in range(2)]
    logs_ = [worlds[0], [_moved(entry, 1) for entry in worlds[1]]]
    ids = [job_id for log in logs_ for job_id in draw.sample(ids_in(log), 4)]
    past, said = Past(tmp_path), []
    places: dict[int, e.Offset] = {}
    while any(logs_):
        partition = draw.choice([number for number, log in enumerate(logs_) if log])
        size = draw.choice((1, 3, 10))
        batch, logs_[partition] = logs_[partition][:size], logs_[partition][size:]
        places[partition] = past.project(batch, partition)
        if len(places) == 2 and draw.random() < 0.3:
            now_ms = max(place.ms for place in places.values())
            said.append((AsOf(dict(places), now_ms), past.says(now_ms, ids)))
    for as_of, then in said:
        assert past.said(as_of, ids) == then
    past.close()


def _moved(entry: e.Entry, partition: int) -> e.Entry:
    """Return an entry as it would stand in the log of another partition: of jobs that live there."""
    data = encode_commit([event for event in entry.events if event is not None])
    for job_id in {getattr(event, "job_id", "") for event in entry.events} - {""}:
        data = data.replace(job_id.encode(), (job_id[:-2] + compose(0, 0, partition)[-2:]).encode())
    return decode_commit(data, entry.offset)


def test_a_time_means_all_that_had_been_said_by_then(tmp_path: Path) -> None:
    past = Past(tmp_path)
    job = e.JobSubmitted(JOBS[0], "t")
    past.project([e.Entry(e.Offset(T, 0), [job])])
    past.project([e.Entry(e.Offset(T, 1), [e.JobReleased(JOBS[0], 1, 10)])])
    past.project([e.Entry(e.Offset(T + 1, 0), [e.JobStarted(JOBS[0], 1, "w-1")])])
    now = past.says(T, JOBS)
    assert past.said(read_as_of("as_of", str(T + 1)), JOBS)["list 3 priority"] == now["list 3 priority"]
    assert past.said(read_as_of("as_of", str(T)), JOBS) == past.said(AsOf({0: e.Offset(T, 1, 7)}, T), JOBS) != now
    past.close()


def test_a_moment_before_the_first_entry_is_empty(tmp_path: Path) -> None:
    past = Past(tmp_path)
    nothing = past.says(T, JOBS)
    past.project([e.Entry(e.Offset(T, 0), [e.JobSubmitted(JOBS[0], "t"), e.WorkerJoined("w", "h", 1, "", (), (), 1)])])
    assert past.said(AsOf({}, T - 1), JOBS) == {**nothing, "stats": past.said(AsOf({}, T - 1), JOBS)["stats"]}
    past.close()


def test_a_moment_of_which_something_was_forgotten_cannot_be_asked_for(tmp_path: Path, often: None) -> None:
    past = Past(tmp_path)
    for number, job_id in enumerate(JOBS):
        at = T + number * 60_000
        past.project([e.Entry(e.Offset(at, 0), [e.JobSubmitted(job_id, "t"), e.JobReleased(job_id, 1, 10)])])
        past.project([e.Entry(e.Offset(at + 1, 0), [e.JobStarted(job_id, 1, "w"), e.JobSucceeded(job_id, 1, "w")])])
    with store.transaction(past.connection):
        retention.delete_step(past.connection, 0, T + 60_000)
    with pytest.raises(TooLongAgoError, match="has been forgotten"):
        past.said(AsOf({}, T + 59_999), JOBS)
    then = past.said(AsOf({}, T + 60_000), JOBS)
    assert then[JOBS[0]] == past.says(T, JOBS)[JOBS[0]], "what was forgotten is not in any moment"
    past.close()


@pytest.mark.parametrize("text", ["yesterday", "1-x", "2026-01-01T00:00:00", "-5", "99999999999999999999-0"])
def test_a_moment_is_a_time_or_an_offset(text: str) -> None:
    with pytest.raises(BadQueryError, match="as_of"):
        read_as_of("as_of", text)


def test_a_question_that_fails_harms_nobody_who_waits_for_the_same_moment(tmp_path: Path) -> None:
    past = Past(tmp_path)
    past.project([e.Entry(e.Offset(T, 0), [e.JobSubmitted(JOBS[0], "t"), e.JobReleased(JOBS[0], 1, 10)])])
    pasts, as_of, waiting = Pasts(past.path), AsOf({}, T), threading.Event()

    def ask() -> int:
        with closing(open_for_reading(past.path)) as connection, pasts.at(connection, as_of) as picture:
            picture.paint()
            return int(picture.connection.execute("SELECT sum(count) FROM counters").fetchone()[0])

    def kept_for(cut: Cut) -> PastPicture:
        picture = Pasts._kept_for(pasts, cut)
        waiting.set()
        return picture

    with ThreadPoolExecutor(1) as pool, closing(open_for_reading(past.path)) as connection:
        with contextlib.suppress(LookupError), pasts.at(connection, as_of):
            with mock.patch.object(pasts, "_kept_for", kept_for):
                answer = pool.submit(ask)
                assert waiting.wait(30)
            raise LookupError("no such job")
        assert answer.result(30) == 1
    pasts.close()
    past.close()
