"""A real browser on the dashboard: Debian's Chromium, driven by Playwright; all that it complains of is written down.

`JOURNEYMAN_SCREENSHOTS` in the environment names a folder into which `View.shoot` puts its pictures (docs/images, to
renew those of the documentation); else they go to the test's own folder.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Dialog,
    Locator,
    Page,
    Playwright,
    ViewportSize,
    expect,
)

Scheme = Literal["light", "dark"]
Device = Literal["desktop", "phone"]

SIZES: dict[Device, ViewportSize] = {
    "desktop": {"width": 1280, "height": 860},
    "phone": {"width": 390, "height": 844},
}
#: A loaded machine is slow; a quiet one never waits so long.
TIMEOUT_MS = 20_000
FLAGS = [
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
#: Taken before the tests' environment is cleared of settings.
_SCREENSHOTS = os.environ.get("JOURNEYMAN_SCREENSHOTS", "")


def launch(playwright: Playwright) -> Browser:
    """Start Chromium; where there is none, skip the test, and fail it under CI=true."""
    path = next((found for name in _NAMES if (found := shutil.which(name))), None)
    if path is None:
        reason = "no Chromium on this machine (Debian: apt install chromium)"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    expect.set_options(timeout=TIMEOUT_MS)
    return playwright.chromium.launch(executable_path=path, args=FLAGS)


class View:
    """A window on a dashboard. `faults` has what the page complained of: it should stay empty."""

    def __init__(self, browser: Browser, device: Device, scheme: Scheme):
        """Open a window that shows nothing yet."""
        self.kind = (device, scheme)
        #: It may not serve another test.
        self.spoilt = False
        self.url = ""
        self.folder = Path()
        self.context: BrowserContext = browser.new_context(
            viewport=SIZES[device],
            color_scheme=scheme,
            device_scale_factor=2 if device == "phone" else 1,
            has_touch=device == "phone",
            reduced_motion="reduce",
        )
        self.context.grant_permissions(["clipboard-read", "clipboard-write"])
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(TIMEOUT_MS)
        self.faults: list[str] = []
        self.page.on("pageerror", lambda error: self.faults.append(f"error: {error}"))
        self.page.on("console", self._hear)
        self.page.on("dialog", self._dismiss)

    def turn_to(self, url: str, folder: Path) -> View:
        """Have it look at a dashboard, for the test with this folder."""
        self.url = url
        self.folder = Path(_SCREENSHOTS) if _SCREENSHOTS else folder
        self.faults = []
        return self

    def hold_clock(self) -> None:
        """Have the page's clock go as the test says, from its next loading on. Nothing gives it back."""
        self.spoilt = True
        self.page.clock.install()

    def _hear(self, said: ConsoleMessage) -> None:
        where = str(said.location.get("url", ""))
        # A dashboard need not tell where ingest is; the page then takes the usual port.
        if said.type == "error" and not where.endswith("/config"):
            self.faults.append(f"{said.text} ({where})")

    def _dismiss(self, dialog: Dialog) -> None:
        self.faults.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def go(self, path: str = "/") -> View:
        """Show a screen, by its path behind the `#`, and wait until it is there."""
        self.page.goto(f"{self.url}/#{path}")
        expect(self.page.locator("h1")).to_be_visible()
        return self

    def row(self, text: str) -> Locator:
        """Return the row of a table in which a text stands."""
        return self.page.locator("tbody tr").filter(has_text=re.compile(re.escape(text)))

    def live(self) -> View:
        """Wait until events come."""
        expect(self.page.get_by_role("button", name="Live. Pause")).to_be_visible()
        return self

    def overflow(self) -> int:
        """Return by how many pixels the page is wider than its window."""
        width: int = self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        return width

    def shoot(self, name: str, *, whole: bool = False) -> Path:
        """Take a picture, when nothing is loading any more, and return where it is."""
        expect(self.page.locator("[aria-busy=true]")).to_have_count(0)
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / f"{name}.png"
        self.page.screenshot(path=path, full_page=whole, animations="disabled")
        return path

    def clear(self) -> None:
        """Leave the dashboard, and have the window forget it."""
        self.page.unroute_all(behavior="ignoreErrors")
        self.page.evaluate("localStorage.clear(), sessionStorage.clear()")
        self.page.mouse.move(0, 0)
        self.page.goto("about:blank")

    def close(self) -> None:
        """Close the window."""
        self.context.close()


class Windows:
    """Windows of one browser. They serve one test after the other: to open one takes longer than to load the page."""

    def __init__(self, browser: Browser):
        self._browser = browser
        self._free: list[View] = []

    def take(self, device: Device, scheme: Scheme) -> View:
        """Return a window that shows nothing and knows of nothing."""
        for view in self._free:
            if view.kind == (device, scheme):
                self._free.remove(view)
                return view
        return View(self._browser, device, scheme)

    def give_back(self, view: View) -> None:
        """Keep a window for the next test, or close it."""
        if view.spoilt or view.faults:
            view.close()
            return
        view.clear()
        self._free.append(view)


#: Opens a window on the session's dashboard: `look("/jobs", device="phone", scheme="dark")`.
Opener = Callable[..., View]
