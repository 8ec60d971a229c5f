"""How long a log is, and how far behind it a scheduler: as the server says at the moment of the scrape."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from journeyman.events import BEGINNING, Offset, QueuePaused
from journeyman.log.connect import open_log
from journeyman.log.extent import Extent, extent
from journeyman.log.redis_log import RedisLog
from journeyman.proposals import Proposal
from journeyman.settings import Settings
from journeyman_scheduler.log_figures import LogFigures, Reading
from support.servers import TestServer


@pytest.fixture
def log(servers: TestServer) -> Iterator[RedisLog]:
    opened = open_log(Settings(redis_url=servers.url, durability="memory"), 0)
    yield opened
    opened.close()


def append(log: RedisLog, times: int) -> list[Offset]:
    """Append so many commits and return where they stand."""
    already = extent(log).added
    found = []
    for number in range(already + 1, already + times + 1):
        verdict = log.append([Proposal((QueuePaused("q"),))], caller="test", number=number).verdicts[0]
        assert verdict.offset is not None
        found.append(verdict.offset)
    return found


def told(log: RedisLog, reading: Reading, figures: LogFigures | None = None) -> dict[str, float]:
    """Return the figures of the moment by name."""
    figures = figures or LogFigures(log, lambda: reading)
    return {sample.name: sample.value for metric in figures.collect() for sample in metric.samples}


def test_a_log_that_has_not_begun_has_no_extent(log: RedisLog) -> None:
    assert extent(log) == Extent()


def test_trimmed_entries_are_counted_and_not_there(log: RedisLog) -> None:
    offsets = append(log, 5)
    log.client.xtrim(log.keys.log, minid=offsets[2].entry, approximate=False)

    found = extent(log)

    assert (found.entries, found.added, found.last[:2]) == (3, 5, offsets[-1][:2])
    assert found.size > 0
    figures = told(log, Reading(1, offsets[-1], 5, True, None))
    assert figures["journeyman_log_entries"] == 3
    assert figures["journeyman_log_trimmed_total"] == 2


def test_a_scheduler_that_read_to_the_end_once_knows_exactly_how_far_behind_it_is(log: RedisLog) -> None:
    offsets = append(log, 4)
    # It began behind the second entry, where its snapshot was.
    reading = Reading(1, offsets[-1], 2, False, offsets[1])
    figures = LogFigures(log, lambda: reading)
    assert told(log, reading, figures)["journeyman_scheduler_lag_entries"] == 0

    append(log, 3)
    behind = told(log, reading, figures)

    assert behind["journeyman_scheduler_lag_entries"] == 3
    assert behind["journeyman_scheduler_lag_seconds"] == (extent(log).last.ms - offsets[-1].ms) / 1000
    assert "journeyman_scheduler_snapshot_age_seconds" in behind
    assert "journeyman_log_entries" not in behind


def test_before_that_it_says_how_many_it_may_be_at_most(log: RedisLog) -> None:
    append(log, 4)

    found = told(log, Reading(1, BEGINNING, 0, False, None))

    assert found["journeyman_scheduler_lag_entries"] == 4
    assert "journeyman_scheduler_snapshot_age_seconds" not in found
