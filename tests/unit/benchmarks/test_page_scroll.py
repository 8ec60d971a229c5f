"""A picture of a list is searched for the room of a row in which there is nothing."""

from __future__ import annotations

import io

import pytest
from PIL import Image, ImageDraw

from benchmarks.page_scroll import ROW_PX, Area, lacks_rows

AREA = Area(0, 0, 400, 20 * ROW_PX)


def pictured(rows: int, above: int = 0) -> bytes:
    """Return a JPEG of so many rows with text in them and lines between, behind `above` pixels of nothing."""
    picture = Image.new("RGB", (AREA.right, AREA.bottom), "white")
    draw = ImageDraw.Draw(picture)
    for row in range(rows):
        top = above + row * ROW_PX
        draw.rectangle((10, top + 12, 90, top + 22), fill="#1b212c")
        draw.line((0, top + ROW_PX - 1, AREA.right, top + ROW_PX - 1), fill="#e5e8ee")
    written = io.BytesIO()
    picture.save(written, "JPEG", quality=80)
    return written.getvalue()


def test_a_list_that_is_full_lacks_nothing() -> None:
    assert not lacks_rows(pictured(20), AREA)


@pytest.mark.parametrize("rows", [0, 1, 12, 18])
def test_rows_that_end_too_early_are_missed(rows: int) -> None:
    assert lacks_rows(pictured(rows), AREA)


def test_rows_that_begin_too_late_are_missed() -> None:
    assert lacks_rows(pictured(20, above=2 * ROW_PX), AREA)
