"""A browser for each file, and windows on the dashboard for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from support.browser import Device, Opener, Scheme, View, Windows, launch
from support.system import System


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Give a Chromium. Not the session's: while it is there, nothing else in this process can run an event loop."""
    with sync_playwright() as playwright:
        browser = launch(playwright)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def windows(browser: Browser) -> Windows:
    """Give the windows of the file's browser."""
    return Windows(browser)


@pytest.fixture
def look(request: pytest.FixtureRequest, windows: Windows, tmp_path: Path) -> Iterator[Opener]:
    """Give a function that opens windows on the dashboard of the file's system, or on another.

    At the end of the test nothing may have been complained of in any of them.
    """
    views: list[View] = []

    def look(path: str = "/", *, device: Device = "desktop", scheme: Scheme = "light", url: str = "") -> View:
        if not url:
            system: System = request.getfixturevalue("shared_system")
            url = system.dashboard_url
            # A page that asks for a job sooner than the read model knows it mends itself, but is told 404 first.
            system.await_read_model()
        view = windows.take(device, scheme).turn_to(url, tmp_path)
        views.append(view)
        return view.go(path)

    yield look
    faults = [fault for view in views for fault in view.faults]
    for view in views:
        windows.give_back(view)
    assert faults == []
