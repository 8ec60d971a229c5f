"""Reading what became of a system: its logs, the marks that executions left, `journeyman verify`, the read model."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import httpx
import msgspec

from chaos.history import Life, Told, in_words
from journeyman import events as e
from journeyman.errors import JourneymanError
from journeyman.settings import Settings
from support.journal import Journal
from support.system import System
from support.waiting import wait_for

VERIFY_S = 60.0
READ_MODEL_S = 30.0
FOLLOW_S = 0.1


class Logs(Journal):
    """The logs of a system, as lives of jobs."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(through(settings, settings.redis_url))
        self._reading = threading.Lock()
        self._ended = threading.Event()
        self._following = threading.Thread(target=self._go_on, name="following the logs", daemon=True)

    def follow(self) -> None:
        """Read on in the background from now on: what is trimmed later has been read."""
        self._following.start()

    def read_up_to(self, end: e.Offset) -> bool:
        """Tell whether everything up to there has been read."""
        return any(record.offset[:2] >= end[:2] for records in self.by_partition() for record in records[-1:])

    def close(self) -> None:
        """Hang up."""
        self._ended.set()
        if self._following.is_alive():
            self._following.join()
        super().close()

    def by_partition(self) -> list[list[e.Record]]:
        """Return every event, in log order, partition by partition."""
        with self._reading:
            return super().by_partition()

    def _go_on(self) -> None:
        while not self._ended.wait(FOLLOW_S):
            with contextlib.suppress(JourneymanError):
                self.by_partition()

    def lives(self) -> list[Life]:
        """Return the life of every job, in the order of their submission."""
        return lives_of(record.event for record in self.records())

    def drained(self, told: Sequence[Told], timeout_s: float, *, lenient: bool) -> list[str]:
        """Wait until every job in the log and every acknowledged one has ended; return what has not, in words."""
        wanted = set() if lenient else {job_id for one in told if one.answer == "ok" for job_id in one.job_ids}
        deadline = time.monotonic() + timeout_s
        said = ""
        while True:
            try:
                lives = self.lives()
            except JourneymanError as error:
                said = str(error)
            else:
                open_ = [life.job_id for life in lives if not life.ends]
                if not open_ and wanted <= {life.job_id for life in lives}:
                    return []
                said = in_words("still open", open_) if open_ else "acknowledged jobs are not in the log"
            if time.monotonic() > deadline:
                return [f"not drained within {timeout_s:g} s: {said}"]
            time.sleep(0.1)


def through(settings: Settings, url: str) -> Settings:
    """Return the settings for somebody who looks at what happened, not at whether the server will do for a service."""
    return msgspec.structs.replace(settings, redis_url=url, durability="memory")


def lives_of(events: Iterable[e.Event]) -> list[Life]:
    """Return the lives that events tell of. A redriven job has not ended."""
    marks: dict[str, str] = {}
    ends: dict[str, list[str]] = {}
    starts: dict[str, Counter[int]] = {}
    failed: Counter[str] = Counter()
    for event in events:
        match event:
            case e.JobSubmitted(job_id=job_id, payload=payload):
                marks[job_id] = _mark(payload)
                ends[job_id], starts[job_id] = [], Counter()
            case e.JobStarted(job_id=job_id, attempt=attempt) if job_id in starts:
                starts[job_id][attempt] += 1
            case e.JobFailed(job_id=job_id):
                failed[job_id] += 1
            case e.JobSucceeded(job_id=job_id) if job_id in ends:
                ends[job_id].append("completed")
            case e.JobDeadLettered(job_id=job_id) if job_id in ends:
                ends[job_id].append("failed")
            case e.JobCancelled(job_id=job_id) if job_id in ends:
                ends[job_id].append("cancelled")
            case e.JobRedriven(job_id=job_id) if job_id in ends:
                ends[job_id] = []
            case _:
                pass
    return [Life(job_id, mark, tuple(ends[job_id]), starts[job_id], failed[job_id]) for job_id, mark in marks.items()]


def _mark(payload: str) -> str:
    value = msgspec.json.decode(payload or "null")
    return str(value.get("mark", "")) if isinstance(value, dict) else ""


def executions(system: System) -> Counter[tuple[str, int]]:
    """Return how often each attempt of each job was run."""
    path = system.directory / "marks"
    lines = path.read_text().splitlines() if path.exists() else []
    return Counter((mark, int(attempt)) for mark, attempt in (line.split() for line in lines))


def said_by_cli(system: System) -> list[str]:
    """Run `journeyman verify`; return what it found, in words."""
    command = [sys.executable, "-m", "journeyman.cli", "verify", "--redis-url", system.server.url]
    environ = {
        **{name: value for name, value in os.environ.items() if not name.startswith("JOURNEYMAN_")},
        "JOURNEYMAN_PARTITIONS": str(system.settings.partitions),
        "JOURNEYMAN_DATA_DIR": system.settings.data_dir,
        "JOURNEYMAN_DURABILITY": "memory",
    }
    ended = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=VERIFY_S, check=False)
    if ended.returncode == 0:
        return []
    return [f"`journeyman verify` ended with {ended.returncode}: {(ended.stdout + ended.stderr).strip()[-500:]}"]


def read_model_differs(system: System, lives: Sequence[Life]) -> list[str]:
    """Wait until the read model says of every job what the log says; return how it differs, in words."""
    wanted = {life.job_id: life.ends[-1] if life.ends else "open" for life in lives}
    shown: dict[str, str] = {}

    def same() -> bool:
        try:
            shown.clear()
            shown.update(_shown(system))
        except httpx.HTTPError:
            return False
        return shown == wanted

    try:
        wait_for(same, "the read model", timeout_s=READ_MODEL_S, every_s=0.1)
    except AssertionError:
        different = [job_id for job_id in {*wanted, *shown} if wanted.get(job_id) != shown.get(job_id)]
        return [in_words("jobs that the read model shows otherwise", different)]
    return []


def _shown(system: System) -> dict[str, str]:
    shown: dict[str, str] = {}
    cursor: str | None = ""
    while cursor is not None:
        more: dict[str, Any] = {"cursor": cursor} if cursor else {}
        answer = httpx.get(
            f"{system.dashboard_url}/jobs", params={"limit": 500, **more}, timeout=10.0, trust_env=False
        ).raise_for_status()
        page = answer.json()
        shown |= {item["id"]: item["status"] for item in page["items"]}
        cursor = page["next_cursor"]
    return shown
