"""A server that somebody empties under a running system: that is noticed, and what was archived comes back."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from journeyman.archive import archive_at, read_entries
from journeyman.events import BEGINNING, Offset
from support.journal import Journal
from support.system import System
from support.waiting import wait_for

PATIENT_S = 120.0


@pytest.fixture
def archived_system(tmp_path: Path) -> Iterator[System]:
    """Give a system with an archive, which it extends several times a second."""
    system = System(tmp_path, archive_url=f"file://{tmp_path}/archive", archive_every_ms=200)
    yield system
    system.close()


def restore(system: System) -> str:
    """Run the command that an operator would run, and return what it says."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("JOURNEYMAN_")}
    environ["JOURNEYMAN_DATA_DIR"] = str(system.directory)
    environ["JOURNEYMAN_PARTITIONS"] = str(system.settings.partitions)
    url = system.settings.archive_url
    command = [sys.executable, "-m", "journeyman.cli", "rebuild", "--from-archive", url, "--redis-url"]
    ended = subprocess.run(
        [*command, system.settings.redis_url],
        env=environ,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENT_S,
    )
    assert ended.returncode == 0, ended.stderr
    assert ended.stderr == ""
    return ended.stdout


def is_archived(url: str, partition: int, end: Offset) -> bool:
    """Say whether the archive of a partition reaches this far."""
    entries = read_entries(archive_at(url, "jm"), partition)
    return max((entry.offset for entry in entries), default=BEGINNING) >= end


def test_an_emptied_server_is_noticed_and_everything_archived_comes_back(archived_system: System) -> None:
    system = archived_system
    with system.client() as client:
        before = [client.submit("synthetic", {"echo": number}) for number in range(20)]
        for job in before:
            job.wait(timeout=PATIENT_S)
        later = client.submit("synthetic", {"echo": "later"}, delay=86_400_000)
        journal = Journal(system.settings)
        for log in journal.logs:
            wait_for(
                partial(is_archived, system.settings.archive_url, log.partition, log.end()),
                f"everything of partition {log.partition} to be archived",
                timeout_s=PATIENT_S,
                every_s=0.5,
            )
        system.server.flush()
        wait_for(lambda: "not leading" in system.output("scheduler"), "the scheduler to halt", timeout_s=PATIENT_S)
        # What is accepted now is kept: it will stand behind what is brought back.
        between = client.submit("synthetic", {"echo": "between"})
        assert "restored" in restore(system)
        between.wait(timeout=PATIENT_S)
        after = client.submit("synthetic", {"echo": "after"}, depends_on=[before[0].id, between.id])
        after.wait(timeout=PATIENT_S)
        wait_for(lambda: len(list(client.list())) == len(before) + 3, "the read model", timeout_s=PATIENT_S)
        assert client.job(later.id).status == "pending"
    fresh = Journal(system.settings)
    assert fresh.unkept() == []
    for one in (journal, fresh):
        one.close()
