"""Several partitions, a process each: folding is Python, and one process would be one core for all of them.

The parent decides nothing. It starts a child for each partition, starts one that died again (after a pause that doubles
while they die young), and answers for all of them: ready when everyone is, metrics with a label that says whose they
are. Children hold a lifeline, so they end with their parent, however it ends.
"""

from __future__ import annotations

import logging
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence

import httpx
from prometheus_client import REGISTRY
from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families

from journeyman import failpoints
from journeyman.children import Child
from journeyman.health import serve_health
from journeyman.serving import free_address
from journeyman.settings import PREFIX, Settings

_log = logging.getLogger(__name__)

POLL_S = 0.1
PAUSE_FIRST_S = 0.2
PAUSE_MAX_S = 10.0
#: One that ran this long before it ended did not die young.
STEADY_S = 30.0
#: For the last snapshot, and giving the lease back.
STOP_S = 8.0
ASK_TIMEOUT_S = 1.0


class Member:
    """The process of one partition, and its successors. `port`: where it answers; 0 where nobody asks."""

    def __init__(self, partition: int, environ: Mapping[str, str], *, answers: bool) -> None:
        self.partition = partition
        self.port = 0
        self._environ = environ
        self._answers = answers
        self._child: Child | None = None
        self._failures = 0
        self._start_from = 0.0

    def keep(self) -> None:
        """Start the process, unless it runs or has to wait a little longer."""
        if self._child is not None and (code := self._child.exit_code()) is not None:
            self._ended(self._child, code)
        if self._child is None and time.monotonic() >= self._start_from:
            self.port = free_address("scheduler", "127.0.0.1", 0)[1] if self._answers else 0
            own = {
                f"{PREFIX}SCHEDULER_PARTITIONS": str(self.partition),
                f"{PREFIX}SCHEDULER_HEALTH_PORT": str(self.port),
                f"{PREFIX}HEALTH_HOST": "127.0.0.1",
            }
            self._child = Child((sys.executable, "-m", "journeyman_scheduler"), {**self._environ, **own})

    def _ended(self, child: Child, code: int) -> None:
        child.end_group(gently=False)
        steady = time.monotonic() - child.started >= STEADY_S
        self._failures = 1 if steady else self._failures + 1
        pause_s = min(PAUSE_MAX_S, PAUSE_FIRST_S * 2.0 ** (self._failures - 1))
        _log.warning("the scheduler of partition %d ended with code %d", self.partition, code)
        self._environ = failpoints.disarmed(self._environ)
        self._child, self._start_from = None, time.monotonic() + pause_s

    def ask_to_stop(self) -> None:
        """Let it leave in good order."""
        if self._child is not None:
            self._child.ask_to_stop()

    def end(self, by: float) -> None:
        """Wait for its end until a (monotonic) time, and then kill it."""
        if self._child is not None:
            if not self._child.wait(max(by - time.monotonic(), 0.0)):
                _log.warning("the scheduler of partition %d did not stop in time; killing it", self.partition)
            self._child.end_group(gently=False)

    def fetch(self, path: str) -> httpx.Response | None:
        """Ask its health server; None where it does not answer."""
        try:
            return httpx.get(f"http://127.0.0.1:{self.port}{path}", timeout=ASK_TIMEOUT_S, trust_env=False)
        except httpx.HTTPError:
            return None


class Crew:
    """The processes of several partitions."""

    def __init__(self, partitions: Sequence[int], settings: Settings, environ: Mapping[str, str]) -> None:
        self._port = settings.scheduler_health_port
        self._host = settings.health_host
        self._members = [Member(partition, environ, answers=self._port > 0) for partition in partitions]

    def run(self, stop: threading.Event) -> None:
        """Keep everybody running until `stop`; then end them."""
        health = None
        if self._port:
            REGISTRY.register(self)
            health = serve_health(self._port, self.ready, self._host)
        try:
            while True:
                for member in self._members:
                    member.keep()
                if stop.wait(POLL_S):
                    break
        finally:
            for member in self._members:
                member.ask_to_stop()
            by = time.monotonic() + STOP_S
            for member in self._members:
                member.end(by)
            if health is not None:
                health.close()

    def ready(self) -> tuple[bool, str]:
        """Say whether every partition has a scheduler that has read its log, and how each is."""
        able, words = True, []
        for member in self._members:
            answer = member.fetch("/health/ready")
            able = able and answer is not None and answer.status_code == httpx.codes.OK
            words.append(f"{member.partition}: {'not running' if answer is None else answer.json()['detail']}")
        return able, "; ".join(words)

    def describe(self) -> list[Metric]:
        """Name no metrics beforehand: which there are is for the children to say."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Return the metrics of all children, each with its partition."""
        found: dict[str, Metric] = {}
        for member in self._members:
            answer = member.fetch("/metrics")
            for family in text_string_to_metric_families("" if answer is None else answer.text):
                # Those of the process itself (memory, garbage) are the parent's own here.
                if not family.name.startswith("journeyman_"):
                    continue
                known = found.setdefault(family.name, Metric(family.name, family.documentation, family.type))
                for sample in family.samples:
                    labels = {**sample.labels, "partition": str(member.partition)}
                    known.add_sample(sample.name, labels, sample.value)
        yield from found.values()
