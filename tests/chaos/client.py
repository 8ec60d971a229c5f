"""A client that remembers what it was answered: ok with an id, refused, or nothing that it could rely on.

It submits over HTTP with an idempotency key for each job, as a careful user would: what was answered with neither yes
nor no is mostly sent again under its key, and now and then so is what was accepted.
"""

from __future__ import annotations

import itertools
import random
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import httpx

from chaos.history import Told
from support.system import System
from support.transport import LOAD
from support.waiting import wait_for

THREADS = 6
#: Longer than ingest keeps a request whose fate it does not know.
TIMEOUT = httpx.Timeout(15.0, connect=2.0)
PROBE_TIMEOUT = httpx.Timeout(3.0)
TRIES_MAX = 4
JOIN_S = 60.0
ASK_AGAIN_S = 2.0


class Client:
    """Submits jobs and keeps the answers."""

    def __init__(self, system: System, chance: random.Random) -> None:
        self._system = system
        self._chance = chance
        self._told: list[Told] = []
        self._numbers = itertools.count(1)
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []

    def told(self) -> list[Told]:
        """Return what is known of every job so far."""
        return [*self._told]

    def accepted(self) -> int:
        """Return how many jobs were acknowledged so far."""
        return sum(one.answer == "ok" for one in self.told())

    def submit(self, count: int, **order: Any) -> None:
        """Submit so many jobs, one after the other: as `order` says, and not drawn (`sleep_ms=2_000, queue="long"`)."""
        with httpx.Client(base_url=self._system.ingest_url, timeout=TIMEOUT, trust_env=False) as http:
            for _ in range(count):
                self._submit_one(http, self._chance, order)

    @contextmanager
    def submitting(self, per_s: float = 60.0) -> Iterator[None]:
        """Submit in the background, about so many a second, until the block is left."""
        self._stop.clear()
        for _ in range(THREADS):
            chance = random.Random(self._chance.random())
            thread = threading.Thread(target=self._go_on, args=(chance, THREADS / (per_s * LOAD)), daemon=True)
            self._threads.append(thread)
            thread.start()
        try:
            yield
        finally:
            self.stop()

    def stop(self) -> None:
        """Stop submitting, and wait for the answers that are still to come."""
        self._stop.set()
        while self._threads:
            thread = self._threads.pop()
            thread.join(JOIN_S)
            assert not thread.is_alive(), "a request was never answered"

    close = stop

    def await_accepted(self, more: int, timeout_s: float = 60.0) -> None:
        """Wait until so many more jobs were acknowledged; for within `submitting`."""
        wanted = self.accepted() + more
        wait_for(lambda: self.accepted() >= wanted, f"{more} more jobs to be accepted", timeout_s=timeout_s)

    def recovery(self, since: float, timeout_s: float = 60.0) -> float:
        """Return the seconds since then until two dependent jobs were accepted, ran, and could be read as completed."""
        number = next(self._numbers)
        marks = [f"probe-{number}-parent", f"probe-{number}-child"]
        parent, child = ({"type": "chaos.mark", "payload": {"mark": mark}} for mark in marks)
        batch = {"jobs": [{**parent, "ref": "parent"}, {**child, "depends_on": ["ref:parent"]}]}
        answers: list[tuple[str, str]] = []
        asked = 0.0

        def through() -> bool:
            nonlocal asked
            # Asked again under its key: with the log of a failover, what was accepted may be lost.
            if not answers or time.monotonic() - asked > ASK_AGAIN_S:
                asked = time.monotonic()
                answer = self.post("/jobs/batch", batch, marks[0])
                if answer is not None and answer.status_code == 202:
                    answers.append(tuple(answer.json()["ids"]))
            return bool(answers) and self._completed(answers[-1][1])

        try:
            wait_for(through, "two dependent jobs to go through", timeout_s=timeout_s)
        finally:
            self._told += [
                Told(mark, "ok" if answers else "unknown", frozenset(ids[place] for ids in answers))
                for place, mark in enumerate(marks)
            ]
        return time.monotonic() - since

    def post(self, path: str, body: Any, key: str = "") -> httpx.Response | None:
        """Send one request outside of the history; None where no answer came."""
        headers = {"Idempotency-Key": key} if key else {}
        try:
            return httpx.post(
                f"{self._system.ingest_url}{path}", json=body, headers=headers, timeout=PROBE_TIMEOUT, trust_env=False
            )
        except httpx.HTTPError:
            return None

    def _completed(self, job_id: str) -> bool:
        try:
            url = f"{self._system.dashboard_url}/jobs/{job_id}"
            answer = httpx.get(url, timeout=PROBE_TIMEOUT, trust_env=False)
        except httpx.HTTPError:
            return False
        assert answer.status_code != 500, f"the dashboard failed: {answer.text}"
        return answer.status_code == 200 and bool(answer.json()["status"] == "completed")

    # --- in the background -----------------------------------------------------------------------------

    def _go_on(self, chance: random.Random, every_s: float) -> None:
        with httpx.Client(base_url=self._system.ingest_url, timeout=TIMEOUT, trust_env=False) as http:
            while not self._stop.is_set():
                self._submit_one(http, chance)
                self._stop.wait(chance.uniform(0.5, 1.5) * every_s)

    def _submit_one(self, http: httpx.Client, chance: random.Random, given: Mapping[str, Any] = {}) -> None:
        mark = f"job-{next(self._numbers)}"
        order = {"type": "chaos.mark", **(_as_given(mark, given) if given else self._drawn(mark, chance))}
        ids: set[str] = set()
        answers: set[str] = set()
        detail = ""
        for _ in range(TRIES_MAX):
            answer, said = _ask(http, order, mark)
            answers.add(answer)
            if answer == "ok":
                ids.add(said)
            else:
                detail = said
            again = 0.7 if answer == "unknown" else 0.05 if answer == "ok" else 0.0
            if chance.random() >= again or self._stop.wait(0.05):
                break
        final = next(kind for kind in ("ok", "unknown", "refused") if kind in answers)
        self._told.append(Told(mark, final, frozenset(ids), detail))

    def _drawn(self, mark: str, chance: random.Random) -> dict[str, Any]:
        """Draw a job: plain, delayed, dependent on an accepted one, or failing at first."""
        payload: dict[str, Any] = {"mark": mark, "sleep_ms": chance.randrange(0, 40)}
        more: dict[str, Any] = {}
        match chance.choices(["plain", "delayed", "child", "failing"], [60, 15, 15, 10])[0]:
            case "delayed":
                more["delay_ms"] = chance.randrange(50, 1_500)
            case "child":
                parents = [one for one in self._told[-50:] if one.answer == "ok"]
                more["depends_on"] = [next(iter(chance.choice(parents).job_ids))] if parents else []
            case "failing":
                payload["fail_times"] = 1
                more["backoff"] = {"initial_ms": 100}
        return {"payload": payload, **more}


def _as_given(mark: str, given: Mapping[str, Any]) -> dict[str, Any]:
    order = {name: value for name, value in given.items() if name != "sleep_ms"}
    return {**order, "payload": {"mark": mark, "sleep_ms": given.get("sleep_ms", 0)}}


def _ask(http: httpx.Client, order: dict[str, Any], key: str) -> tuple[str, str]:
    """Submit once; return ok and the id, or refused or unknown and why."""
    try:
        answer = http.post("/jobs", json=order, headers={"Idempotency-Key": key})
    except httpx.ConnectError as error:
        return "refused", f"{error}"
    except httpx.HTTPError as error:
        return "unknown", f"{type(error).__name__}: {error}"
    if answer.status_code == 202:
        return "ok", str(answer.json()["id"])
    may_have_been_taken = answer.status_code == 500 or "not known" in answer.text
    return "unknown" if may_have_been_taken else "refused", f"{answer.status_code}: {answer.text}"
