"""Old jobs leave the read model at least as fast as new ones come."""

from __future__ import annotations

from pathlib import Path

import pytest

from journeyman import events as e
from journeyman.ids import IdMaker
from journeyman_dashboard import retention, writer
from journeyman_dashboard.reach import Reach
from journeyman_dashboard.store import Cursor

LONG_AGO_MS = 1_700_000_000_000
KEPT_MS = 60_000


def ended_jobs(ids: IdMaker, number: int, count: int) -> e.Entry:
    """Return an entry of jobs that were submitted, started and completed long ago."""
    made = [ids.make(LONG_AGO_MS, number * count + one) for one in range(count)]
    submitted = [e.JobSubmitted(job_id, "t") for job_id in made]
    started = [e.JobStarted(job_id, 1, "w") for job_id in made]
    succeeded = [e.JobSucceeded(job_id, 1, "w", "null", 1) for job_id in made]
    return e.Entry(e.Offset(LONG_AGO_MS + number, 0), [*submitted, *started, *succeeded])


def test_one_sweep_deletes_more_jobs_than_were_stored_since_the_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "STEP_JOBS", 10)
    monkeypatch.setattr(writer, "EVENTS_PER_STEP", 20)
    monkeypatch.setattr(writer, "RETENTION_EVERY_S", 0.0)
    reach = Reach()
    kept = writer.Writer(tmp_path / "read-model.sqlite", reach, KEPT_MS)
    kept.open()
    generation, cursor = kept.begin(0)
    ids, left = IdMaker(), []
    for number in range(6):
        after = kept.store(generation, [ended_jobs(ids, number, 100)], cursor)
        assert isinstance(after, Cursor)
        cursor = after
        kept.sweep()
        left.append(kept._store.connection.execute("SELECT count(*) FROM jobs").fetchone()[0])
    kept.close()
    assert max(left[1:]) <= 100
