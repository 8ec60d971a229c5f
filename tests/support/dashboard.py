"""A dashboard over real HTTP in this process, on any log; and the events of a few short lives."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx

from journeyman.blobs import FileBlobStore
from journeyman.events import Event, JobReleased, JobStarted, JobSubmitted, JobSucceeded, Offset
from journeyman.ids import IdMaker
from journeyman.log.memory_log import MemoryLog
from journeyman.proposals import Proposal
from journeyman.serving import build_server, free_address, stop_server
from journeyman_dashboard.app import build_app
from journeyman_dashboard.partitions import DashboardLog, Partition
from journeyman_dashboard.projector import Keeping
from journeyman_dashboard.routes import parameters
from journeyman_dashboard.server import STOP_TIMEOUT_S, running
from journeyman_dashboard.wiring import ReadModel
from support.servers import free_port
from support.waiting import wait_for

# Who is asked for what a write has brought about waits for the projection; a machine may halt meanwhile.
parameters.MIN_OFFSET_WAIT_S = 60.0

KEEPING = Keeping(2_592_000_000, 604_800_000)


class Dashboard:
    """A running dashboard: `url`, a client, the model behind it, where it keeps blobs."""

    def __init__(self, url: str, model: ReadModel, blobs: FileBlobStore) -> None:
        self.url = url
        self.model = model
        self.blobs = blobs
        self.http = httpx.Client(base_url=url, timeout=90)

    def get(self, path: str, status: int = 200, **params: object) -> dict[str, object]:
        """Return the JSON of an answer, whose status must be `status`."""
        answer = self.http.get(path, params=params)  # type: ignore[arg-type]
        assert answer.status_code == status, answer.text
        found: dict[str, object] = answer.json()
        return found


def partitions_of(*logs: DashboardLog | Partition) -> list[Partition]:
    """Return the partitions that these logs are of, in order."""
    return [
        log if isinstance(log, Partition) else Partition(number, lambda log=log: log)  # type: ignore[misc]
        for number, log in enumerate(logs)
    ]


@contextmanager
def dashboard(logs: DashboardLog | Sequence[DashboardLog | Partition], directory: Path) -> Iterator[Dashboard]:
    """Run a dashboard of a log, or of one for each partition, on a thread, until the block ends."""
    partitions = partitions_of(*(logs if isinstance(logs, Sequence) else [logs]))
    blobs = FileBlobStore(directory / "blobs")
    started = threading.Event()
    running_: list[tuple[str, ReadModel, asyncio.AbstractEventLoop, asyncio.Event]] = []

    async def serve() -> None:
        stop = asyncio.Event()
        address, port = free_address("dashboard", "127.0.0.1", free_port())
        async with running(partitions, blobs, directory, KEEPING) as model:
            server = build_server(build_app(model), address, port, connections_max=64)
            serving = asyncio.create_task(server.serve())
            running_.append((f"http://{address}:{port}", model, asyncio.get_running_loop(), stop))
            started.set()
            await stop.wait()
            model.reach.close()
            await stop_server(server, serving, STOP_TIMEOUT_S)

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    assert started.wait(60)
    url, model, loop, stop = running_[0]
    served = Dashboard(url, model, blobs)
    try:
        wait_for(lambda: _answers(served.http), "the dashboard to answer")
        yield served
    finally:
        served.http.close()
        loop.call_soon_threadsafe(stop.set)
        thread.join(60)
    assert not thread.is_alive()


def _answers(http: httpx.Client) -> bool:
    try:
        return http.get("/health/live").status_code == 200
    except httpx.TransportError:
        return False


class Writer:
    """Appends events to a log without asking whether they make sense."""

    def __init__(self, log: MemoryLog) -> None:
        self.log = log
        self.ids = IdMaker()
        self._number = 0

    def job_id(self) -> str:
        """Return a new job id."""
        return self.ids.make(self.log.now_ms(), 1 << 40)

    def append(self, *events: Event) -> Offset:
        """Append events as one commit; return where the last one stands."""
        self._number += 1
        appended = self.log.append([Proposal(events)], caller="test", number=self._number)
        offset = appended.verdicts[0].offset
        assert offset is not None
        return offset

    def submitted(self, kind: str = "test.job", **fields: object) -> str:
        """Submit a job, and release it unless it waits for something; return its id."""
        job_id = self.job_id()
        job = JobSubmitted(job_id, kind, **fields)  # type: ignore[arg-type]
        waits = bool(job.depends_on or job.due_ms)
        self.append(*([job] if waits else [job, JobReleased(job_id, 1, job.priority)]))
        return job_id

    def completed(self, kind: str = "test.job", result: str = "null", **fields: object) -> str:
        """Submit a job and see it through; return its id."""
        job_id = self.submitted(kind, **fields)
        self.append(JobStarted(job_id, 1, "w-1"))
        self.append(JobSucceeded(job_id, 1, "w-1", result, 1_500))
        return job_id
