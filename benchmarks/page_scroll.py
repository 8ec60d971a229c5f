"""Turns the wheel through thousands of jobs and looks for the room of a row in which there is no row.

The page is not asked: what Chromium hands to the screen is taken (the screencast of its debugging protocol), and each
picture of it is searched for a stretch as high as a row in which there is nothing, not even a line between rows. So a
row counts as missing for whatever reason: not rendered, not painted, or not there yet.
"""

from __future__ import annotations

import base64
import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from PIL import Image
from playwright.sync_api import Page

from benchmarks.measures import Goal, Row

ROWS = 5_000
ROW_PX = 36
#: A wheel turned fast: so many pixels, so often.
NOTCH_PX = 300
NOTCH_EVERY_MS = 30
STEP_PX = 6
#: Differences of brightness below this are the encoding's.
FLAT = 8
LIST = "section[aria-label=Jobs]"


class Area(NamedTuple):
    """The part of the screen in which rows are, without the titles of the columns: left, top, right, bottom."""

    left: int
    top: int
    right: int
    bottom: int


def scroll(page: Page) -> Iterator[Row]:
    """Scroll down through the list that is open; yield rows of what was seen."""
    area = _area(page)
    with _watched(page) as frames:
        _turn_wheel(page, area)
    lacking = sum(lacks_rows(picture, area) for picture in frames)
    print(f"  scrolled: {lacking} of {len(frames)} pictures lack a row", file=sys.stderr, flush=True)
    yield Row(
        f"page: pictures that lack a row, {ROWS:,} rows scrolled", lacking / len(frames) * 100, "%", {}, Goal("≤", 0)
    )


def _area(page: Page) -> Area:
    box = page.evaluate(
        f"""() => {{
          const box = document.querySelector("{LIST}").getBoundingClientRect();
          const head = document.querySelector("{LIST} thead").getBoundingClientRect();
          return [box.left + 14, head.bottom + 1, box.left + 420, box.bottom - 1];
        }}"""
    )
    return Area(*map(round, box))


def _turn_wheel(page: Page, area: Area) -> None:
    page.mouse.move((area.left + area.right) / 2, (area.top + area.bottom) / 2)
    turned = 0
    most = 3 * ROWS * ROW_PX // NOTCH_PX
    while page.evaluate(f'document.querySelector("{LIST}").scrollTop') < ROWS * ROW_PX:
        page.mouse.wheel(0, NOTCH_PX)
        page.wait_for_timeout(NOTCH_EVERY_MS)
        turned += 1
        if turned > most:
            raise AssertionError("the list does not go on")


@contextmanager
def _watched(page: Page) -> Iterator[list[bytes]]:
    """Collect the pictures that are shown meanwhile, as JPEG."""
    session = page.context.new_cdp_session(page)
    pictures: list[bytes] = []

    def take(frame: dict[str, Any]) -> None:
        session.send("Page.screencastFrameAck", {"sessionId": frame["sessionId"]})
        pictures.append(base64.b64decode(frame["data"]))

    session.on("Page.screencastFrame", take)
    session.send("Page.startScreencast", {"format": "jpeg", "quality": 80, "everyNthFrame": 1})
    yield pictures
    session.send("Page.stopScreencast")
    session.detach()


def lacks_rows(picture: bytes, area: Area) -> bool:
    """Tell whether there is a stretch of a row's height in which nothing is."""
    shown = Image.open(io.BytesIO(picture)).convert("L").crop(area)
    return any(
        high - low < FLAT
        for top in range(0, shown.height - ROW_PX, STEP_PX)
        for low, high in [_extremes(shown.crop((0, top, shown.width, top + ROW_PX + 1)))]
    )


def _extremes(part: Image.Image) -> tuple[float, float]:
    low, high = part.getextrema()
    assert isinstance(low, float | int) and isinstance(high, float | int)  # noqa: PT018 - of an image in one band
    return low, high
