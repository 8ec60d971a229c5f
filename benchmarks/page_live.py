"""What the dashboard's page costs while much happens: processor time in a real browser, and how long it stands still.

A producer held to a rate, a worker, the read model and the page, all on this machine. That the rate was reached is
read from the log, and what the page says that it heard stands beside it. A page stands still while a click would have
to wait: a timer in it notes how much later than asked for it was called.
"""

from __future__ import annotations

import re
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from playwright.sync_api import Browser, Page, expect

from benchmarks.browser import Used, browsing, chromium, fresh_page, heap_bytes, used
from benchmarks.measures import Goal, Options, Row, percentile
from benchmarks.page import NO_BROWSER
from benchmarks.submitter import Submitter
from benchmarks.sustained import events_since
from benchmarks.system import System

#: At the first rate the page should cost little; at the last it should go on answering.
COSTS_AT, ANSWERS_AT = 2_000, 10_000
SECONDS = 20.0
SAMPLES_PER_S = 15
#: What happens before it is measured: the first answers, compiled scripts.
SETTLE_S = 5.0
PACE_S = 0.05
TRIAL_JOBS = 200
BUSY = Goal("≤", 30)
#: What a person takes for an answer at once (the limit of 0.1 s is Nielsen's, "Usability Engineering", 1993), and what
#: nobody takes for a page that has frozen.
AT_ONCE, NOT_FROZEN = Goal("≤", 100), Goal("≤", 500)
SCREENS = {"Overview": "/", "Jobs": "/jobs"}


def follow(options: Options) -> list[Row]:
    """Measure a page that follows a busy system, screen by screen; for less long where few samples are wanted."""
    path = chromium()
    if path is None:
        print(NO_BROWSER, file=sys.stderr)
        return []
    rows: list[Row] = []
    seconds = min(SECONDS, options.samples / SAMPLES_PER_S)
    with System(dashboard=True) as system:
        system.start_workers(1)
        events_per_job = _events_per_job(system)
        with browsing(path) as browser:
            for rate in (COSTS_AT, ANSWERS_AT):
                with producing(system, rate / events_per_job):
                    for screen, place in SCREENS.items():
                        with fresh_page(browser) as page:
                            page.goto(f"{system.dashboard_url}/#{place}")
                            expect(page.get_by_role("heading", level=1)).to_have_text(screen)
                            page.wait_for_timeout(SETTLE_S * 1000)
                            seen = _watched(system, browser, page, seconds)
                            rows += _rows(f"page on {screen} at {rate:,} events/s", rate, seen)
                            _tell(screen, seen.happened, page)
    return rows


class _Seen(NamedTuple):
    """Of a page that was watched. spent: percent of a core. happened: events a second. heap: bytes, at first and last.

    still: milliseconds that its timer was late.
    """

    spent: Used
    happened: float
    heap: tuple[int, int]
    still: list[float]


def _watched(system: System, browser: Browser, page: Page, seconds: float) -> _Seen:
    """Leave a page alone for so long and see what it costs."""
    heap, before, begin, began = heap_bytes(page), used(browser), system.log.end(), time.monotonic()
    page.evaluate("probe.still.begin()")
    page.wait_for_timeout(seconds * 1000)
    still = page.evaluate("probe.still.end()")
    after, took_s = used(browser), time.monotonic() - began
    happened = sum(1 for _ in events_since(system.log, begin)) / (time.monotonic() - began)
    spent = Used(*((b - a) / took_s * 100 for a, b in zip(before, after, strict=True)))
    return _Seen(spent, happened, (heap, heap_bytes(page)), still)


def _rows(at: str, rate: int, seen: _Seen) -> Iterator[Row]:
    yield Row(f"{at}: events that happened", seen.happened, "events/s", {}, Goal("≥", rate * 0.95))
    cheap = BUSY if rate == COSTS_AT else None
    yield Row(f"{at}: processor time of the page", seen.spent.pages_s, "% of a core", {}, cheap)
    yield Row(f"{at}: of all of Chromium", seen.spent.all_s, "% of a core")
    yield Row(f"{at}: stands still, p99", percentile(seen.still, 99), "ms", {}, AT_ONCE)
    yield Row(f"{at}: stands still, the longest", max(seen.still), "ms", {}, NOT_FROZEN)
    yield Row(f"{at}: its heap at first", seen.heap[0] / 2**20, "MiB")
    yield Row(f"{at}: its heap at last", seen.heap[1] / 2**20, "MiB")


def _events_per_job(system: System) -> float:
    """Let a few jobs go by and count what is said of each."""
    begin = system.log.end()
    Submitter(system).submit(TRIAL_JOBS)
    system.wait_empty()
    return sum(1 for _ in events_since(system.log, begin)) / TRIAL_JOBS


@contextmanager
def producing(system: System, jobs_per_s: float) -> Iterator[None]:
    """Submit so many jobs a second meanwhile, from a thread."""
    stop = threading.Event()

    def produce() -> None:
        submitter, began, submitted = Submitter(system), time.monotonic(), 0
        while not stop.wait(PACE_S):
            due = int((time.monotonic() - began) * jobs_per_s) - submitted
            submitter.submit(due)
            submitted += due

    thread = threading.Thread(target=produce)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _tell(screen: str, happened: float, page: Page) -> None:
    """Say how many events happened, and how many the page says that it heard of late."""
    page.get_by_role("button", name="Live. Pause").hover()
    words = page.get_by_role("tooltip").inner_text()
    heard = re.search(r"[\d.,]+\S*(?= events)", words)
    print(f"  {screen}: {happened:,.0f} events/s; the page heard {heard and heard[0]}", file=sys.stderr, flush=True)
