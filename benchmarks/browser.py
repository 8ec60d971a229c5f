"""A real browser on a dashboard: Debian's Chromium, driven by Playwright; and what its processes use."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.processes import cpu_seconds

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
WIDTH, HEIGHT = 1280, 860
TIMEOUT_MS = 60_000
PROBE = Path(__file__).with_name("page_probe.js")


class Used(NamedTuple):
    """Processor time so far, in seconds: of the processes that run pages, and of all of Chromium."""

    pages_s: float
    all_s: float


def chromium() -> str | None:
    """Return where Chromium is; None where there is none."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


@contextmanager
def browsing(path: str) -> Iterator[Browser]:
    """Start the Chromium at `path` without a screen, and end it."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def fresh_page(browser: Browser) -> Iterator[Page]:
    """Open a page with empty caches and the probe in it."""
    context = browser.new_context(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="light")
    context.add_init_script(path=PROBE)
    page = context.new_page()
    page.set_default_timeout(TIMEOUT_MS)
    try:
        yield page
    finally:
        context.close()


def used(browser: Browser) -> Used:
    """Return the processor time that Chromium has used."""
    session = browser.new_browser_cdp_session()
    try:
        processes = session.send("SystemInfo.getProcessInfo")["processInfo"]
    finally:
        session.detach()
    seconds = [(process["type"], cpu_seconds(int(process["id"]))) for process in processes]
    return Used(sum(spent for kind, spent in seconds if kind == "renderer"), sum(spent for _, spent in seconds))


def heap_bytes(page: Page) -> int:
    """Return the bytes that a page's scripts hold, rubbish taken away."""
    session = page.context.new_cdp_session(page)
    try:
        session.send("HeapProfiler.collectGarbage")
        return int(session.send("Runtime.getHeapUsage")["usedSize"])
    finally:
        session.detach()
