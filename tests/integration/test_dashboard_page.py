"""The UI as the dashboard serves it: what it may do, how long it is kept, and what `/` says without a build."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from journeyman.log.memory_log import MemoryLog
from journeyman.settings import load
from journeyman_dashboard.routes import page
from journeyman_dashboard.routes.about import surroundings
from support.dashboard import Dashboard, dashboard

SCRIPT = "console.log('a script')"
INDEX = """<!doctype html><html><head><meta property="csp-nonce" nonce="CSP_NONCE">
<script type="module" src="./assets/index-abc123.js" nonce="CSP_NONCE"></script></head><body></body></html>"""


@pytest.fixture
def ui(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a folder in place of what a build leaves."""
    folder = tmp_path / "ui_dist"
    monkeypatch.setattr(page, "_ui", lambda: folder)
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text(INDEX)
    (folder / "config.json").write_text("{}")
    (folder / "icon.svg").write_text("<svg/>")
    (folder / "assets/index-abc123.js").write_text(SCRIPT)
    (folder / "assets/index-abc123.js.gz").write_bytes(gzip.compress(SCRIPT.encode()))
    return folder


@pytest.fixture
def board(ui: Path, tmp_path: Path) -> Iterator[Dashboard]:
    with dashboard(MemoryLog(now_ms=lambda: 1_800_000_000_000), tmp_path) as board:
        yield board


def test_the_page_may_run_nothing_but_its_own_scripts(board: Dashboard) -> None:
    answer = board.http.get("/")
    policy = answer.headers["content-security-policy"]

    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy


def test_the_page_is_told_where_ingest_is_and_may_speak_with_it(board: Dashboard) -> None:
    told = board.http.get("/config").json()
    policy = board.http.get("/").headers["content-security-policy"]

    assert told["ingest_url"] == "http://127.0.0.1:8000"
    assert told["environment"] == "development"
    assert "connect-src 'self' http://127.0.0.1:8000;" in policy


def test_where_ingest_is_found_everywhere_it_is_on_the_host_that_the_page_came_from() -> None:
    assert surroundings(load({}, ingest_host="0.0.0.0", ingest_port=8123)).ingest_url == ""
    assert surroundings(load({}, ingest_url="https://in.example/")).ingest_url == "https://in.example"
    assert surroundings(load({}, ingest_port=8123)).ingest_url == "http://127.0.0.1:8123"


def test_the_nonce_is_another_with_every_answer_and_the_pages_own(board: Dashboard) -> None:
    nonces = set()
    for _ in range(3):
        answer = board.http.get("/")
        found = re.search(r"'nonce-([\w-]+)'", answer.headers["content-security-policy"])
        assert found is not None
        assert answer.text.count(f'nonce="{found[1]}"') == 2
        assert answer.headers["cache-control"] == "no-store"
        nonces.add(found[1])

    assert len(nonces) == 3


def test_assets_are_kept_for_good_and_sent_compressed(board: Dashboard) -> None:
    answer = board.http.get("/assets/index-abc123.js")

    assert answer.text == SCRIPT
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["content-type"].startswith("text/javascript")
    assert "immutable" in answer.headers["cache-control"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    plain = board.http.get("/assets/index-abc123.js", headers={"Accept-Encoding": "identity"})
    assert (plain.text, plain.headers.get("content-encoding")) == (SCRIPT, None)


@pytest.mark.parametrize("name", ["none.js", "..%2Findex.html", "index-abc123.js.gz", "..%2F..%2F__init__.py", ".js"])
def test_nothing_else_is_served(board: Dashboard, name: str) -> None:
    assert board.http.get(f"/assets/{name}").status_code == 404


def test_addresses_and_icon_are_there(board: Dashboard) -> None:
    assert board.http.get("/config.json").json() == {}
    assert board.http.get("/icon.svg").headers["content-type"].startswith("image/svg+xml")


def test_without_a_build_the_page_says_how_to_make_one(board: Dashboard, ui: Path) -> None:
    (ui / "index.html").unlink()
    answer = board.http.get("/")

    assert answer.headers["content-type"].startswith("text/plain")
    assert "make ui" in answer.text
