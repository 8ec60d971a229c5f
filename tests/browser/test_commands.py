"""What is copied of a job, as curl, command line and Python, submits another like it when it is really run."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import uuid
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import expect

from journeyman.client.views import JobView
from support.browser import Opener
from support.system import System
from support.waiting import wait_for

ECHO: dict[str, object] = {
    "letters": "Grüße \u202e \u4f60\u597d \U0001f468\u200d\U0001f469",
    "values": [1, -0.5, None, True, {}, []],
    "--": "-x",
}
QUOTES = 'it\'s "here" `id` $(touch %s) \\ \n second line; # !'
SAME = ("type", "queue", "priority", "max_attempts", "tags", "payload")


def run(how: str, text: str, folder: Path) -> None:
    """Run what was copied, as a person would who pastes it."""
    beside = str(Path(sys.executable).parent)
    environ = {name: os.environ[name] for name in ("HOME", "LANG") if name in os.environ}
    environ |= {"PATH": f"{beside}:{os.environ['PATH']}", "NO_PROXY": "*", "PYTHONUTF8": "1"}
    argv = [sys.executable, "-c", text] if how == "as Python" else ["sh", "-c", text]
    done = subprocess.run(argv, cwd=folder, env=environ, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("how", ["as curl", "as command line", "as Python"])
def test_what_is_copied_really_submits_another(look: Opener, shared_system: System, tmp_path: Path, how: str) -> None:
    if how == "as curl" and shutil.which("curl") is None:
        pytest.skip("no curl on this machine")
    queue, mark = f"q-{uuid.uuid4().hex[:12]}", tmp_path / "mark"
    payload = {"echo": {**ECHO, "quotes": QUOTES % mark}}
    with shared_system.client() as client:

        def of_queue() -> list[JobView]:
            return list(client.list(queue=queue))

        job = client.submit(
            "synthetic",
            payload,
            queue=queue,
            priority="high",
            max_attempts=7,
            timeout="90s",
            tags={"customer": "it's acme & co", "-dash": "-x"},
        )
        wait_for(lambda: client.job(job.id).status == "completed", "the job to end", timeout_s=60)
        page = look(f"/jobs/{job.id}").live().page
        page.get_by_role("button", name="More to do with it").click()
        page.get_by_role("menuitem", name=how).click()
        expect(page.get_by_text(re.compile("^Copied "))).to_be_visible()
        run(how, page.evaluate("navigator.clipboard.readText()"), tmp_path)

        wait_for(lambda: len(of_queue()) == 2, "the other job to be there", timeout_s=30)
        former = client.job(job.id)
        (other,) = (client.job(one.id) for one in of_queue() if one.id != job.id)
        for name in SAME:
            assert getattr(other, name) == getattr(former, name), name
        submitted = client.history(other.id)[0]
        assert submitted.data["timeout_ms"] == 90_000
    assert not mark.exists()


def test_a_job_leads_to_its_trace_where_somebody_said_where_traces_are(look: Opener, shared_system: System) -> None:
    trace = uuid.uuid4().hex
    headers = {"traceparent": f"00-{trace}-{trace[:16]}-01"}
    answer = httpx.post(
        f"{shared_system.ingest_url}/jobs", json={"type": "synthetic"}, headers=headers, trust_env=False
    )
    job: str = answer.json()["id"]
    view = look("/")
    view.page.route("**/config", lambda route: route.fulfill(json={"trace_url": "https://traces.example/{trace_id}"}))
    view.go(f"/jobs/{job}").page.reload()
    link = view.page.get_by_role("link", name=trace[:8])
    expect(link).to_have_attribute("href", f"https://traces.example/{trace}")
    view.page.unroute_all()
    view.page.reload()
    expect(view.page.get_by_role("heading", level=1)).to_have_text("synthetic")
    expect(link).to_have_count(0)
