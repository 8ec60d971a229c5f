"""The clients of a simulation: they submit, repeat themselves, change their minds, and remember what they were told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec

from simulation.hosts import Host
from simulation.jobs import TYPES, Plan
from simulation.kernel import SECOND, Kernel, Process, kernel
from simulation.services import Answer

QUEUES = ("default", "mail", "images")
#: How long a client waits for an answer, and how often it asks again.
PATIENCE_US = 8 * SECOND
REPEATS = 6


class Submission(NamedTuple):
    """What a client was told of a request to submit. status: ok, refused, unknown. at: when it was told."""

    key: str
    ids: tuple[str, ...]
    status: str
    at: int
    replayed: bool


class Desk:
    """The way to the ingests, with its own losses."""

    def __init__(self, kernel: Kernel, hosts: Sequence[Host]) -> None:
        self.kernel = kernel
        self.hosts = hosts
        self.lossy = 0.0

    def ask(self, method: str, path: str, body: Any = None, key: str = "") -> Answer | None:
        """Ask one of the ingests; None where no answer came."""
        one = self.kernel
        host = one.random.choice(self.hosts)
        data = b"" if body is None else msgspec.json.encode(body)
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(data)).encode())]
        if key:
            headers.append((b"idempotency-key", key.encode()))
        scope = _scope(method, path, headers)
        strand = one.current
        assert strand is not None
        found: list[Answer] = []

        def answer(got: Answer) -> None:
            if not self.lossy or one.random.random() >= self.lossy:
                one.at(one.now + 100 + one.random.randrange(2_000), lambda: heard(got))

        def heard(got: Answer) -> None:
            found.append(got)
            one.wake(strand)

        def arrive() -> None:
            if host.process is not None:
                host.process.request(scope, data, answer)

        if not self.lossy or one.random.random() >= self.lossy:
            one.at(one.now + 100 + one.random.randrange(2_000), arrive)
        until = one.now + PATIENCE_US
        if host.process is None or host.process.intake is None:
            until = one.now + SECOND // 10
        while not found and one.now < until:
            one.wait(until)
        return found[0] if found else None


def _scope(method: str, path: str, headers: list[tuple[bytes, bytes]]) -> dict[str, Any]:
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "scheme": "http",
        "query_string": b"",
        "headers": headers,
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 8000),
        "state": {},
    }


class Client:
    """One client. `history`: what it submitted, and what it was told. `told`: called with every acceptance."""

    def __init__(self, name: str, desk: Desk, *, pause_us: int, known: list[str]) -> None:
        self.name = name
        self.process = Process(name)
        self.history: list[Submission] = []
        self.known = known
        self.quiet = False
        self.busy = False
        self._desk = desk
        self._pause_us = pause_us
        self._keys = 0
        self.told: Any = lambda _: None

    def start(self) -> None:
        """Begin."""
        kernel().spawn(self.process, "client", self._run)

    def _run(self) -> None:
        random = kernel().random
        while True:
            kernel().sleep(1 + random.randrange(2 * self._pause_us))
            if self.quiet:
                continue
            self.busy = True
            self._act(random.random())
            self.busy = False

    def _act(self, lot: float) -> None:
        random = kernel().random
        if lot < 0.62 or not self.known:
            self._submit([self._job()], batch=False)
        elif lot < 0.72:
            self._submit(self._batch(2 + random.randrange(6)), batch=True)
        elif lot < 0.80:
            self._desk.ask("POST", f"/jobs/{self._some()}/cancel")
        elif lot < 0.86:
            self._desk.ask("PATCH", f"/jobs/{self._some()}", {"priority": random.randrange(21)})
        elif lot < 0.91:
            self._desk.ask("POST", f"/jobs/{self._some()}/retry")
        elif lot < 0.94:
            self._desk.ask("POST", "/dead-letter/redrive", {"limit": 20, "rate_per_s": 5.0})
        elif lot < 0.97:
            self._desk.ask("POST", f"/queues/{random.choice(QUEUES)}/pause")
        else:
            self._desk.ask("POST", f"/queues/{random.choice(QUEUES)}/resume")

    def _some(self) -> str:
        return kernel().random.choice(self.known[-40:])

    def _job(self) -> dict[str, Any]:
        random = kernel().random
        kind = random.choices(TYPES, (60, 12, 16, 4, 8))[0]
        plan = Plan(run_ms=1 + random.randrange(50))
        match kind:
            case "sim.long":
                plan = Plan(run_ms=random.randrange(500, 15_000), steps=random.randrange(4))
            case "sim.failing":
                plan = Plan(run_ms=5, fails=random.randrange(1, 5), permanent=random.random() < 0.2)
            case "sim.killing":
                plan = Plan(run_ms=20, kills=random.choice((1, 1, 2, 9)))
            case "sim.spawning":
                plan = Plan(run_ms=10, children=1 + random.randrange(2))
            case _:
                pass
        job: dict[str, Any] = {
            "type": kind,
            "payload": msgspec.to_builtins(plan),
            "queue": random.choice(QUEUES),
            "priority": random.choice((0, 5, 10, 10, 10, 15, 20)),
            "max_attempts": random.randrange(1, 4),
            "backoff": {"initial_ms": 200, "multiplier": 2, "max_ms": 2_000, "jitter": True},
        }
        if random.random() < 0.06:
            job["timeout_ms"] = random.randrange(100, 3_000)
        if random.random() < 0.15:
            job["delay_ms"] = random.randrange(1, 10_000)
        if self.known and random.random() < 0.2:
            job["depends_on"] = sorted({self._some() for _ in range(1 + random.randrange(2))})
            job["on_dependency_failure"] = random.choice(("cancel", "run"))
        return job

    def _batch(self, count: int) -> list[dict[str, Any]]:
        random = kernel().random
        jobs = [self._job() for _ in range(count)]
        for index, job in enumerate(jobs):
            job["ref"] = f"r{index}"
            if index and random.random() < 0.4:
                job["depends_on"] = [f"ref:r{random.randrange(index)}"]
        return jobs

    def _submit(self, jobs: list[dict[str, Any]], *, batch: bool) -> None:
        """Submit; with a key, ask again until there is an answer, or patience ends."""
        random = kernel().random
        key = ""
        if random.random() < 0.7:
            self._keys += 1
            key = f"{self.name}-{self._keys}"
        path, body = ("/jobs/batch", {"jobs": jobs}) if batch else ("/jobs", jobs[0])
        for repeat in range(REPEATS if key else 1):
            told = self._heard(key, self._desk.ask("POST", path, body, key), batch=batch)
            if told.status == "ok":
                if key and random.random() < 0.1:
                    self._heard(key, self._desk.ask("POST", path, body, key), batch=batch)
                return
            if told.status == "refused":
                return
            kernel().sleep(SECOND // 5 * 2**repeat)

    def _heard(self, key: str, answer: Answer | None, *, batch: bool) -> Submission:
        now = kernel().now
        if answer is None or answer.status == 503:
            told = Submission(key, (), "unknown", now, False)
        elif answer.status != 202:
            told = Submission(key, (), "refused", now, False)
        else:
            body = msgspec.json.decode(answer.body)
            ids = tuple(body["ids"]) if batch else (body["id"],)
            told = Submission(key, ids, "ok", now, "idempotency-replayed" in answer.headers)
            self.known.extend(ids)
        self.history.append(told)
        self.told(told)
        return told
