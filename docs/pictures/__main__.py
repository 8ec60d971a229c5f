"""Takes the pictures of the documentation: every screen of the dashboard of a live system, light and dark.

`make pictures`, or `make pictures PICTURES="--only graph --seconds 40"`. A system is started beside a browser, a shop
opens (`story`), and when it has been open for a while each screen is shown and photographed into docs/images.
"""

from __future__ import annotations

import argparse
import io
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from PIL import Image
from playwright.sync_api import Browser, Page, ViewportSize, expect, sync_playwright
from story import Shown, Traffic, climax, prologue

from journeyman.client import Client
from support.browser import Scheme, launch
from support.system import System

IMAGES = Path(__file__).parents[1] / "images"
DESKTOP: ViewportSize = {"width": 1440, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}
BYTES_MAX = 300 * 1024
TICK_S = 0.25
#: From what the pictures are of to the first picture.
CLIMAX_S = 34.0
#: For live figures and charts that are drawn when they are first seen.
SETTLE_MS = 1_800
SETTINGS = {
    "worker_tasks": "shop",
    "worker_threads": 12,
    "workers_min": 2,
    "workers_max": 4,
    "breaker_open_ms": 300_000,
    "wait_goal_ms": 2_000,
    "heartbeat_timeout_ms": 10_000,
}


class Screen(NamedTuple):
    """A picture, and where it is taken, behind the `#`."""

    name: str
    path: str
    phone: bool = False


def screens(shown: Shown, moment_ms: int) -> list[Screen]:
    """Return all that there are pictures of."""
    return [
        Screen("graph", f"/jobs/{shown.video}/graph"),
        Screen("job", f"/jobs/{shown.order}"),
        Screen("overview", "/?window=5m"),
        Screen("jobs", "/jobs"),
        Screen("search", "/jobs?q=status%3Afailed"),
        Screen("queues", "/queues"),
        Screen("workers", "/workers"),
        Screen("types", "/types"),
        Screen("type", "/types/order.charge"),
        Screen("dead-letters", "/dead-letters"),
        Screen("submit", "/submit?type=order.charge"),
        Screen("time-travel", f"/?as_of={moment_ms}&window=5m"),
        Screen("overview-phone", "/?window=5m", phone=True),
        Screen("job-phone", f"/jobs/{shown.order}", phone=True),
    ]


def main() -> int:
    """Take the pictures."""
    chosen = _arguments()
    with tempfile.TemporaryDirectory(prefix="shop-") as folder, sync_playwright() as playwright:
        # Tracebacks in the pictures tell where it is.
        shutil.copy(Path(__file__).with_name("shop.py"), folder)
        browser = launch(playwright)
        system = System(Path(folder), workers=0, autoscaler=True, environ=lambda _: {"PYTHONPATH": folder}, **SETTINGS)
        try:
            system.await_workers(SETTINGS["workers_min"])
            with system.client() as client, _open_shop(client):
                time.sleep(max(chosen.seconds - CLIMAX_S, 0))
                moment_ms = int(time.time() * 1000) - 20_000
                shown = climax(client)
                time.sleep(CLIMAX_S)
                for screen in screens(shown, moment_ms):
                    if any(part in screen.name for part in chosen.only or [""]):
                        _take(browser, system.dashboard_url, screen)
        finally:
            system.close()
            browser.close()
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", action="append", help="take only pictures whose name contains this; may be repeated")
    parser.add_argument("--seconds", type=float, default=150, help="how long the shop is open before the first picture")
    return parser.parse_args()


@contextmanager
def _open_shop(client: Client) -> Iterator[None]:
    """Let jobs come all the while."""
    prologue(client)
    closed = threading.Event()

    def work() -> None:
        traffic, began, last = Traffic(client), time.monotonic(), 0.0
        while not closed.wait(TICK_S):
            now = time.monotonic() - began
            traffic.tick(now, now - last)
            last = now

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        closed.set()
        thread.join()


def _take(browser: Browser, url: str, screen: Screen) -> None:
    schemes: tuple[Scheme, ...] = ("light", "dark")
    for scheme in schemes:
        context = browser.new_context(
            viewport=PHONE if screen.phone else DESKTOP,
            color_scheme=scheme,
            device_scale_factor=2 if screen.phone else 1,
            has_touch=screen.phone,
            reduced_motion="reduce",
        )
        try:
            page = context.new_page()
            page.goto(f"{url}/#{screen.path}")
            _wait(page)
            _keep(page.screenshot(animations="disabled"), IMAGES / f"{screen.name}-{scheme}.png")
        finally:
            context.close()


def _wait(page: Page) -> None:
    """Wait until everything is there and has been live for a moment."""
    expect(page.locator("h1")).to_be_visible()
    page.wait_for_timeout(SETTLE_MS)
    expect(page.locator("[aria-busy=true]")).to_have_count(0)


def _keep(png: bytes, path: Path) -> None:
    """Write a picture, packed as well as can be. Raises ValueError where it is too large for a repository."""
    path.parent.mkdir(exist_ok=True)
    packed = io.BytesIO()
    Image.open(io.BytesIO(png)).convert("RGB").save(packed, "PNG", optimize=True)
    if packed.tell() > BYTES_MAX:
        raise ValueError(f"{path.name} has {packed.tell():,} bytes")
    path.write_bytes(packed.getvalue())
    print(f"{path.name}: {packed.tell() / 1024:.0f} KiB", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
