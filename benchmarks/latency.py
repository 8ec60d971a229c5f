"""How long an idle system takes from the client's call to the first line of the job."""

from __future__ import annotations

import time
from collections.abc import Callable
from http import client as http_client
from urllib.parse import urlsplit

import msgspec

from benchmarks import clock_job
from benchmarks.measures import Goal, Options, Row, percentile, percentile_rows, with_read_model
from benchmarks.submitter import PAYLOAD, Submitter
from benchmarks.sustained import events_since
from benchmarks.system import System
from journeyman.events import JobSucceeded

WARM_UP = 200
#: Between two samples, so that everybody sleeps again.
PAUSE_S = 0.03
#: After the submission nothing is asked of the server for so long.
UNDISTURBED_S = 0.01


def idle(options: Options, *, http: bool = False, dashboard: bool = False) -> list[Row]:
    """Measure one job at a time, submitted straight to the log or with `POST /jobs` over a kept connection."""
    with System(ingest=http, dashboard=dashboard) as system:
        system.start_workers(1, clock_job.__name__)
        submit = _over_http(system) if http else _straight(system)
        for _ in range(WARM_UP):
            submit()
        system.wait_empty()
        waits_ms = _samples(system, submit, options.samples)
        asked_ms = [] if http else _pings(system, options.samples)
    way = "POST /jobs" if http else "straight to the log"
    goals = {} if http else {50: Goal("≤", 1.2), 99: Goal("≤", 3.0)}
    measure = with_read_model(f"idle, submit to the job's first line, {way}", dashboard)
    rows = percentile_rows(measure, "ms", waits_ms, goals)
    if asked_ms:
        beside = with_read_model("idle, PING to the server and its answer, for comparison", dashboard)
        rows.append(Row(f"{beside}, p50", percentile(asked_ms, 50), "ms"))
    return rows


def _pings(system: System, samples: int) -> list[float]:
    """Return how long the least that can be asked takes, after the same pauses: how slow the machine is to wake."""
    waits_ms = []
    for _ in range(samples):
        time.sleep(PAUSE_S + UNDISTURBED_S)
        before_ns = time.monotonic_ns()
        system.log.client.ping()
        waits_ms.append((time.monotonic_ns() - before_ns) / 1e6)
    return waits_ms


def _samples(system: System, submit: Callable[[], str], samples: int) -> list[float]:
    begin = system.log.end()
    asked_ns: dict[str, int] = {}
    for _ in range(samples):
        time.sleep(PAUSE_S)
        before_ns = time.monotonic_ns()
        asked_ns[submit()] = before_ns
        # Asking whether it is done would keep the server and a processor from what is measured.
        time.sleep(UNDISTURBED_S)
        system.wait_empty()
    began_ns = {
        event.job_id: int(event.result) for event in events_since(system.log, begin) if isinstance(event, JobSucceeded)
    }
    return [(began_ns[job_id] - before_ns) / 1e6 for job_id, before_ns in asked_ns.items()]


def _straight(system: System) -> Callable[[], str]:
    submitter = Submitter(system)
    return lambda: submitter.submit(1, clock_job.TYPE)[0]


def _over_http(system: System) -> Callable[[], str]:
    place = urlsplit(system.ingest_url)
    connection = http_client.HTTPConnection(place.hostname or "", place.port, timeout=30)
    body = msgspec.json.encode({"type": clock_job.TYPE, "payload": msgspec.json.decode(PAYLOAD)})

    def submit() -> str:
        connection.request("POST", "/jobs", body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        told = answer.read()
        if answer.status != 202:
            raise AssertionError(f"ingest answered {answer.status}: {told!r}")
        job_id: str = msgspec.json.decode(told)["id"]
        return job_id

    return submit
