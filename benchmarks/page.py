"""The dashboard's page on a large read model: how soon a person sees what they asked for.

A real browser on a real dashboard, as large as the smallest of `options.projected`. Jobs: from the navigation, with
nothing in any cache, to the first row on the screen; from Enter in the search box to the rows that it asks for, each
time compared in number with what the API says; the same questions over HTTP, beside the page; and scrolling, see
`page_scroll`. A moment that is over, asked for the first time, comes last.
"""

from __future__ import annotations

import random
import sys
import tempfile
from collections.abc import Iterator
from http import client as http_client
from pathlib import Path
from statistics import median
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page, expect

from benchmarks import synthetic_log
from benchmarks.browser import browsing, chromium, fresh_page
from benchmarks.measures import Goal, Options, Row, percentile
from benchmarks.page_scroll import scroll
from benchmarks.projecting import build_large
from benchmarks.read_client import ask, get, served
from journeyman_dashboard.schema import FILE_NAME

OPENINGS = 5
#: Pages opened one after the other on which every search is made: none may know an answer already.
ROUNDS = 3
#: How often each question of the page is asked over HTTP.
ASKED = 8
MOMENTS = 60
PAINT, CHANGE, ANSWER, PAST = Goal("≤", 1_000), Goal("≤", 300), Goal("≤", 30), Goal("≤", 500)
NO_BROWSER = "no Chromium on this machine (Debian: apt install chromium): not measured"

#: What is looked for: much of everything, little, and next to nothing; but never nothing, also among few jobs.
SEARCHES = (
    "status:completed",
    "status:failed",
    "status:pending",
    "status:cancelled",
    "type:image*",
    "type:mail.*",
    "type:data-processing",
    "type:archive.purge",
    "tag:env=prod",
    "tag:env=staging",
    "tag:customer=c7",
    "tag:customer=c812",
    "priority:>=16",
    "priority:<=5",
    "queue:slow",
    "status:failed type:image*",
    "status:completed tag:env=staging priority:>=11",
    "queue:mail status:cancelled",
    "type:report-generation tag:env=staging",
)


def measure(options: Options) -> list[Row]:
    """Measure everything that holds for a page on which nothing happens."""
    path = chromium()
    if path is None:
        print(NO_BROWSER, file=sys.stderr)
        return []
    with tempfile.TemporaryDirectory(prefix="journeyman-bench-") as folder:
        file = Path(folder) / FILE_NAME
        _, jobs, _ = build_large(file, options.projected[0])
        with served(file) as connection, browsing(path) as browser:
            url = f"http://{connection.host}:{connection.port}"
            rows = [_first_paint(browser, url), *_searches(browser, url, connection)]
            with fresh_page(browser) as page:
                rows += scroll(_opened(page, url))
        # The dashboard anew: it has seen no moment, and nobody looks on.
        with served(file) as connection:
            rows += _moments(connection, jobs)
    return [row._replace(measure=f"{row.measure}, {jobs:,} jobs") for row in rows]


def _opened(page: Page, url: str) -> Page:
    """Open the list of jobs and wait for its first row."""
    page.goto(f"{url}/#/jobs")
    page.evaluate("probe.firstRow")
    return page


# --- what the page takes ---------------------------------------------------------------------------------


def _first_paint(browser: Browser, url: str) -> Row:
    took_ms: list[float] = []
    for _ in range(OPENINGS):
        with fresh_page(browser) as page:
            page.goto(f"{url}/#/jobs")
            took_ms.append(page.evaluate("probe.firstRow"))
    _tell("Jobs, first paint", [(ms, "") for ms in took_ms])
    return Row(f"page: Jobs from nothing to its first row, median of {OPENINGS}", median(took_ms), "ms", {}, PAINT)


def _searches(browser: Browser, url: str, connection: http_client.HTTPConnection) -> Iterator[Row]:
    """Search again and again; then, with the page still open, ask what it asked."""
    changes: list[tuple[float, str]] = []
    for number in range(ROUNDS):
        with fresh_page(browser) as page:
            asked = _overheard(page)
            _opened(page, url)
            for text in random.Random(number).sample(SEARCHES, len(SEARCHES)):
                changes.append((_search(page, text), text))
                _compare(page, get(connection, _lists(asked)[-1])["total"])
            if number == ROUNDS - 1:
                answers = [(ask(connection, one), one) for one in _lists(asked) * ASKED]
    for measure, timed, goal in (
        ("page: from Enter to the rows of another search", changes, CHANGE),
        ("GET /jobs as the open page asks", answers, ANSWER),
    ):
        _tell(measure, timed)
        found = [took_ms for took_ms, _ in timed]
        yield Row(f"{measure}, median", median(found), "ms")
        yield Row(f"{measure}, p95", percentile(found, 95), "ms", {}, goal)


def _search(page: Page, text: str) -> float:
    """Search as a person does; return the milliseconds from Enter to the rows."""
    box = page.get_by_label("Search jobs")
    box.fill(text)
    page.evaluate("probe.arm()")
    box.press("Enter")
    took_ms: float = page.evaluate("probe.change")
    return took_ms


def _compare(page: Page, total: int) -> None:
    """See that the page tells as many jobs as there are."""
    words = "1 job" if total == 1 else f"{total:,} jobs"
    expect(page.get_by_text(words, exact=True).first).to_be_visible()


def _overheard(page: Page) -> list[str]:
    """Return the addresses that a page asks for, as a list that grows."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    return asked


def _lists(asked: list[str]) -> list[str]:
    """Return the lists of jobs that were asked for, as paths."""
    parts = (urlsplit(url) for url in asked)
    return [f"{one.path}?{one.query}" for one in parts if one.path == "/jobs"]


# --- moments that are over -------------------------------------------------------------------------------


def _moments(connection: http_client.HTTPConnection, jobs: int) -> Iterator[Row]:
    """Ask for the list at random moments, each for the first time."""
    draw = random.Random(jobs)
    span_ms = jobs // synthetic_log.JOBS_PER_COMMIT * synthetic_log.COMMIT_EVERY_MS
    paths = [
        f"/jobs?as_of={synthetic_log.BEGAN_MS + draw.randrange(span_ms)}{draw.choice(('', '&status=completed'))}"
        for _ in range(MOMENTS)
    ]
    timed = [(ask(connection, path), path) for path in paths]
    measure = "GET /jobs at a random moment, asked for the first time"
    _tell(measure, timed)
    found = [took_ms for took_ms, _ in timed]
    yield Row(f"{measure}, median", median(found), "ms")
    yield Row(f"{measure}, p95", percentile(found, 95), "ms", {}, PAST)


def _tell(measure: str, timed: list[tuple[float, str]]) -> None:
    slowest = sorted(timed, reverse=True)[:3]
    print(f"  {measure}; slowest:", *(f"{ms:.0f} ms {one};" for ms, one in slowest), file=sys.stderr, flush=True)
