"""The processes of a simulation: the real services, each wired as its `__main__` does it, over the simulated log."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any

from journeyman.blobs import BlobStore, Kind
from journeyman.errors import BlobMissingError
from journeyman.events import Blob
from journeyman.log.async_redis_log import AsyncRedisLog, Looked
from journeyman.settings import Settings
from journeyman_dashboard.partitions import Partition
from journeyman_dashboard.projector import Keeping, Projector
from journeyman_dashboard.reach import Reach
from journeyman_dashboard.schema import FILE_NAME
from journeyman_ingest.app import build_app
from journeyman_ingest.intake import Intake, running
from journeyman_scheduler.loop import SchedulerLoop
from journeyman_worker.bells import OneBell
from journeyman_worker.broker import JourneymanBroker
from journeyman_worker.station import Connections, Station
from simulation.jobs import Deeds, declared
from simulation.kernel import KilledError, Process, kernel
from simulation.loop import SimulatedLoop
from simulation.network import Network, WireLog
from simulation.primitives import SimulatedEvent


class MemoryBlobs:
    """A blob store that never fails."""

    trouble = ""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    def put(self, data: bytes, kind: Kind = "payloads") -> Blob:
        digest = hashlib.sha256(data).hexdigest()
        self._kept[digest] = data
        return Blob(f"{digest[:2]}/{digest}", len(data), digest)

    def get(self, blob: Blob) -> bytes:
        if blob.sha256 not in self._kept:
            raise BlobMissingError(blob.key)
        return self._kept[blob.sha256]

    def discard(self, blob: Blob) -> None:
        self._kept.pop(blob.sha256, None)


class Surroundings:
    """What every process finds: settings, the network, blobs, a directory, and where what nobody foresaw is told."""

    def __init__(self, settings: Settings, network: Network, directory: Path) -> None:
        self.settings = settings
        self.network = network
        self.directory = directory
        self.blobs: BlobStore = MemoryBlobs()
        self.deeds = Deeds()
        self.unforeseen: list[str] = []
        #: Whether what ends is started again.
        self.restarts = True


class ServiceProcess(Process):
    """A process of a service. `main` is what it does; `stop` asks it to end in good order."""

    kind = ""

    def __init__(self, name: str, around: Surroundings) -> None:
        super().__init__(name)
        self.around = around
        self.log = WireLog(around.network, self)

    def main(self) -> None:
        """Do what it is for; returns when it is done."""
        raise NotImplementedError

    def stop(self) -> None:
        """Ask it to end."""

    def crash(self, why: str) -> None:
        """Die at once. Called from the hub."""
        kernel().note(self.name, f"dies: {why}")
        kernel().kill(self)


class SchedulerProcess(ServiceProcess):
    """`journeyman-scheduler` for one partition."""

    kind = "scheduler"
    loop: SchedulerLoop | None = None

    def main(self) -> None:
        self._stop = SimulatedEvent()
        loop = SchedulerLoop(
            self.log,  # type: ignore[arg-type]
            _no_neighbour,
            self.around.blobs,
            self.around.settings,
            self.name,
        )
        self.loop = loop
        loop.run(self._stop)  # type: ignore[arg-type]

    def stop(self) -> None:
        self._stop.set()


def _no_neighbour(partition: int) -> Any:
    raise AssertionError(f"there is no partition {partition}")


_JOBS = declared()


class WorkerProcess(ServiceProcess):
    """A child of `journeyman-worker`."""

    kind = "worker"
    station: Station | None = None
    worker = ""

    def main(self) -> None:
        around, settings = self.around, self.around.settings
        self.deeds = around.deeds
        self.broker = JourneymanBroker(settings=settings)
        self.broker.actors = _JOBS.actors
        self.broker.use(logs=[self.log], blobs=around.blobs)
        self.station = Station(
            self.broker,
            Connections(
                [self.log],
                lambda _: WireLog(around.network, self),
                lambda worker: OneBell(self.log.doorbell(worker)),
                around.blobs,
            ),
            threads=settings.worker_threads,
            heartbeat_timeout_ms=settings.heartbeat_timeout_ms,
            drain_timeout_ms=settings.drain_timeout_ms,
            tell=self._tell,
        )
        self.station.run()

    def _tell(self, worker: str) -> None:
        self.worker = worker

    def stop(self) -> None:
        if self.station is not None:
            self.station.signals.ask()


class _HereIntake:
    """The intake of the process that asks. So one application serves all, which takes long to build."""

    def __getattr__(self, name: str) -> Any:
        current = kernel().current
        assert current is not None
        process = current.process
        assert isinstance(process, IngestProcess)
        return getattr(process.intake, name)


_app: list[Any] = []


def _application() -> Any:
    if not _app:
        _app.append(build_app(_HereIntake()))  # type: ignore[arg-type]
    return _app[0]


class _AwaitedLog(AsyncRedisLog):
    """The real one, over the wire, which knows of no cluster."""

    def __init__(self, log: WireLog) -> None:
        self.sync = log  # type: ignore[assignment]
        self.partition = 0
        self._threads = None  # type: ignore[assignment]

    @property
    def home(self) -> object | None:
        return "the only server"

    async def look(self, others: Any = ()) -> list[Looked | Exception]:
        def look() -> Looked:
            return Looked(self.sync.now_ms(), self.sync.health())

        return [await self._run(look)]


class Answer:
    """What an ingest answered."""

    def __init__(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.status = status
        self.body = body
        self.headers = headers


class IngestProcess(ServiceProcess):
    """`journeyman-ingest` but for the HTTP server: requests come as ASGI scopes."""

    kind = "ingest"
    intake: Intake | None = None

    def main(self) -> None:
        self.aio = SimulatedLoop(self)
        self.on_death.append(self.aio.end)
        self.aio.run_until_complete(self._serve())

    async def _serve(self) -> None:
        self._stopped = asyncio.Event()
        async with running(self.around.settings, [_AwaitedLog(self.log)], self.around.blobs) as intake:
            self.intake = intake
            await self._stopped.wait()
            self.intake = None

    def stop(self) -> None:
        if self.intake is not None:
            self.aio.call_soon_threadsafe(self._stopped.set)

    def request(self, scope: dict[str, Any], body: bytes, answer: Callable[[Answer], None]) -> bool:
        """Have a request answered; False where nobody listens."""
        if not self.alive or self.intake is None:
            return False
        self.aio.call_soon_threadsafe(lambda: self.aio.create_task(self._answer(scope, body, answer)))
        return True

    async def _answer(self, scope: dict[str, Any], body: bytes, answer: Callable[[Answer], None]) -> None:
        found: dict[str, Any] = {"status": 0, "body": b"", "headers": {}}

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                found["status"] = message["status"]
                found["headers"] = {key.decode().lower(): value.decode() for key, value in message["headers"]}
            else:
                found["body"] += message.get("body", b"")

        app: Callable[..., Awaitable[None]] = _application()
        await app(scope, receive, send)
        if found["status"] >= 500 and found["status"] != 503:
            self.around.unforeseen.append(f"{scope['method']} {scope['path']}: {found['status']} {found['body']!r}")
        answer(Answer(found["status"], found["body"], found["headers"]))


class DashboardProcess(ServiceProcess):
    """What of `journeyman-dashboard` writes the read model."""

    kind = "dashboard"
    reach: Reach | None = None

    def main(self) -> None:
        settings = self.around.settings
        path = self.around.directory / self.name.partition(".")[0] / FILE_NAME
        self.path = path
        self.reach = Reach((0,))
        keeping = Keeping(settings.read_model_retention_ms, settings.log_retention_ms)
        projector = Projector([Partition(0, lambda: self.log)], path, self.reach, keeping)
        self._stop = SimulatedEvent()
        projector.start()
        try:
            self._stop.wait()
            projector.stop()
        except KilledError:
            projector._writer.close()
            raise

    def stop(self) -> None:
        self._stop.set()
