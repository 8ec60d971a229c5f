"""Submits the mix over HTTP, at a rate or as fast as it is worked off, and follows the log to account for every job.

Two threads beside the one that samples. Whatever ends one of them is raised to whoever asks next (`check`).
"""

from __future__ import annotations

import json
import threading
import time
from collections import deque
from collections.abc import Callable
from http import client as http_client
from typing import Any
from urllib.parse import urlsplit

import msgspec

from benchmarks.soak.jobs import FLAKY, LONG, NOOP, STEPS
from benchmarks.soak.ledger import Ledger
from journeyman.events import Offset
from journeyman.log.redis_log import RedisLog

READER = "soak"
TICK_S = 0.05
BATCH_MAX = 500
#: As fast as it is worked off means: while fewer jobs than this are open.
WINDOW = 3_000
#: A job that is to be cancelled while it waits is due only after this, and is cancelled after `CANCEL_AFTER_S`.
FAR_MS = 120_000
CANCEL_AFTER_S = 1.0
LONG_EVERY_S = 1.0

_PAD = {"pad": "x" * 88}


def mix(number: int) -> list[dict[str, Any]]:
    """Return a hundred jobs. `number` makes the delays differ."""
    jobs: list[dict[str, Any]] = [{"type": NOOP, "payload": _PAD} for _ in range(75)]
    jobs += [
        {"type": FLAKY, "payload": _PAD, "backoff": {"initial_ms": 200, "multiplier": 2, "max_ms": 1_000}}
        for _ in range(8)
    ]
    jobs += [{"type": NOOP, "payload": _PAD, "delay_ms": 100 + 37 * (number + part) % 2_000} for part in range(4)]
    jobs += [{"type": STEPS, "payload": {"count": 3}, "tags": {"soak": str(number % 7)}} for _ in range(4)]
    for pair in range(4):
        jobs.append({"type": NOOP, "payload": _PAD, "ref": f"parent{pair}", "priority": pair})
        jobs.append({"type": NOOP, "payload": _PAD, "depends_on": [f"ref:parent{pair}"]})
    jobs.append({"type": NOOP, "payload": _PAD, "delay_ms": FAR_MS})
    return jobs


class Load:
    """The producer and the follower of one system. Start once, `close` at the end."""

    def __init__(self, ingest_url: str, log: RedisLog) -> None:
        self.ledger = Ledger()
        self.lock = threading.Lock()
        #: Jobs a second to submit; None: as fast as they are worked off; 0: none.
        self.rate: float | None = 0.0
        self.cancels = 0
        self._place = urlsplit(ingest_url)
        self._log = log
        self._stop = threading.Event()
        self._failure: BaseException | None = None
        self._to_cancel: deque[tuple[float, str]] = deque()
        self._threads = [threading.Thread(target=self._guarded, args=(run,)) for run in (self._produce, self._follow)]
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """Stop both threads."""
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def check(self) -> None:
        """Raise what ended a thread."""
        if self._failure is not None:
            raise self._failure

    def open_count(self) -> int:
        """Return how many jobs are under way."""
        with self.lock:
            return self.ledger.open_count

    def ended_count(self) -> int:
        """Return how many jobs have ended."""
        with self.lock:
            return self.ledger.ended.total()

    def _guarded(self, run: Callable[[], None]) -> None:
        try:
            run()
        except BaseException as error:  # noqa: BLE001 - raised again by `check`
            self._failure = error
            self._stop.set()

    # --- producing -------------------------------------------------------------------------------------

    def _produce(self) -> None:
        connection = http_client.HTTPConnection(self._place.hostname or "", self._place.port, timeout=30)
        began, owed, sent, rate = time.monotonic(), 0.0, 0, self.rate
        long_at = began
        while not self._stop.wait(TICK_S if rate is not None else 0.001):
            now = time.monotonic()
            if self.rate != rate:
                began, sent, rate = now, 0, self.rate
            self._cancel_due(connection, now)
            owed = WINDOW - self.open_count() if rate is None else (now - began) * rate - sent
            hundreds = min(int(owed), BATCH_MAX) // 100
            if hundreds:
                self._submit(connection, hundreds)
                sent += hundreds * 100
            if rate != 0 and now >= long_at:
                long_at = now + LONG_EVERY_S
                self._to_cancel.append((now + CANCEL_AFTER_S, self._post(connection, [{"type": LONG}])[0]))

    def _submit(self, connection: http_client.HTTPConnection, hundreds: int) -> None:
        for _ in range(hundreds):
            ids = self._post(connection, mix(self.ledger.accepted_count))
            self._to_cancel.append((time.monotonic() + CANCEL_AFTER_S, ids[-1]))

    def _post(self, connection: http_client.HTTPConnection, jobs: list[dict[str, Any]]) -> list[str]:
        answer = _ask(connection, "/jobs/batch", json.dumps({"jobs": jobs}).encode(), {202})
        ids: list[str] = msgspec.json.decode(answer)["ids"]
        with self.lock:
            self.ledger.accepted(ids)
        return ids

    def _cancel_due(self, connection: http_client.HTTPConnection, now: float) -> None:
        while self._to_cancel and self._to_cancel[0][0] <= now:
            _ask(connection, f"/jobs/{self._to_cancel.popleft()[1]}/cancel", b"", {202})
            self.cancels += 1

    # --- accounting ------------------------------------------------------------------------------------

    def _follow(self) -> None:
        after, told_at = Offset(0, 0), 0.0
        while not self._stop.is_set():
            entries = self._log.read(after, count=64, block_ms=100)
            with self.lock:
                for entry in entries:
                    self.ledger.take(entry)
            if entries:
                after = entries[-1].offset
            # A reader like any other: what it has not counted yet may not be trimmed.
            if time.monotonic() - told_at > 1:
                told_at = time.monotonic()
                self._log.checkpoint(READER, after)


def _ask(connection: http_client.HTTPConnection, path: str, body: bytes, expected: set[int]) -> bytes:
    connection.request("POST", path, body, {"Content-Type": "application/json"})
    answer = connection.getresponse()
    told = answer.read()
    if answer.status not in expected:
        raise AssertionError(f"ingest answered {answer.status} to {path}: {told[:300]!r}")
    return told
