"""The quick rows of the matrix, in every test run. `make chaos` runs all of them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from chaos.__main__ import SEED, play
from chaos.frame import Row
from chaos.report import PAGE
from chaos.rows import ROWS
from support.servers import absent
from support.transport import TRANSPORT


@pytest.mark.timeout(300)
@pytest.mark.parametrize("row", [row for row in ROWS if row.quick], ids=lambda row: row.name)
def test_it_holds(row: Row, tmp_path: Path) -> None:
    result = play(row, SEED, tmp_path)

    if result.outcome is None:
        absent(result.skipped)
    assert result.outcome.held, result.outcome.why


@pytest.mark.skipif(TRANSPORT != "redis", reason="the page is of what goes through Redis")
def test_the_page_tells_of_every_row() -> None:
    written = re.findall(r"^\| `([\w-]+)` \|", PAGE.read_text(), re.MULTILINE)

    assert written == [row.name for row in ROWS], "run `make chaos`"


def test_rows_have_names_of_their_own() -> None:
    names = [row.name for row in ROWS]

    assert len(set(names)) == len(names)
