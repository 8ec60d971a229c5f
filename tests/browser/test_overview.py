"""The overview: figures of real jobs, each a way to the jobs behind it."""

from __future__ import annotations

import re
import uuid

import pytest
from playwright.sync_api import expect

from journeyman.client.orders import NewJob
from support.browser import Opener
from support.system import System
from support.waiting import wait_for

ENDED = {"completed", "failed"}


@pytest.fixture(scope="module", autouse=True)
def jobs(shared_system: System) -> None:
    shared_system.await_workers(2)
    with shared_system.client() as client:
        submitted = client.submit_many([NewJob(type="synthetic", payload={"permanent": n < 3}) for n in range(30)])
        for one in submitted:
            wait_for(lambda id=one.id: client.job(id).status in ENDED, f"{one.id} to end", timeout_s=60)  # type: ignore[misc]


def test_what_is_counted_leads_to_what_was_counted(look: Opener) -> None:
    view = look("/").live()
    view.page.get_by_role("link", name=re.compile("^Failed")).click()

    expect(view.page).to_have_url(re.compile(r"#/jobs\?q=status%3Afailed"))
    expect(view.page.get_by_label("Search jobs")).to_have_value("status:failed")
    expect(view.row("synthetic").first).to_contain_text("dead")


def test_what_is_notable_is_told_as_it_happens_and_leads_to_what_it_is_of(look: Opener, shared_system: System) -> None:
    queue = f"q-{uuid.uuid4().hex[:12]}"
    view = look("/").live()
    panel = view.page.locator("section").filter(has=view.page.get_by_role("heading", name="Notable events"))
    with shared_system.client() as client:
        client.pause(queue)
        paused = panel.get_by_role("link", name=f"queue {queue} was paused")
        expect(paused).to_be_visible()
        client.resume(queue)
        expect(panel.get_by_role("link", name=f"queue {queue} goes on")).to_be_visible()
        for number in range(3):
            client.pause(f"{queue}-{number}")
            client.resume(f"{queue}-{number}")
        failed = [client.submit("synthetic", {"permanent": True, "echo": queue}) for _ in range(2)]
        for job in failed:
            wait_for(lambda id=job.id: client.job(id).status == "failed", "the job to fail", timeout_s=60)  # type: ignore[misc]
    expect(panel.get_by_role("link", name=re.compile(r"\bof synthetic failed for good: \w+")).first).to_be_visible()
    items = panel.get_by_role("listitem")
    told = items.count()
    panel.get_by_role("button", name="More").click()
    expect(panel.get_by_role("button", name="Fewer")).to_be_visible()
    assert items.count() >= told
    view.shoot("overview-notable", whole=True)

    paused.click()
    expect(view.page).to_have_url(re.compile(r"#/queues"))
    expect(view.page.get_by_role("heading", name="Queues", level=1)).to_be_visible()
    view.page.go_back()
    expect(panel.get_by_role("button", name="Fewer")).to_be_visible()
    panel.get_by_role("listitem").filter(has_text=f"queue {queue} was paused").locator("a").last.click()
    expect(view.page).to_have_url(re.compile(r"as_of="))
    expect(panel.get_by_role("link", name=f"queue {queue} was paused")).to_be_visible()
    expect(panel.get_by_role("link", name=f"queue {queue} goes on")).to_have_count(0)


def test_the_frame_says_the_same_as_the_screen(look: Opener) -> None:
    view = look("/?window=5m").live()
    asked: list[str] = []
    view.page.on("request", lambda request: asked.append(request.url))
    view.page.reload()
    view.live()
    expect(view.page.locator("canvas")).to_have_count(2)
    assert {url.partition("?")[2] for url in asked if "/stats" in url} == {"window=5m"}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("device", ["desktop", "phone"])
def test_it_fits_its_window(look: Opener, device: str, scheme: str) -> None:
    view = look("/", device=device, scheme=scheme).live()
    expect(view.page.get_by_role("heading", name="Notable events")).to_be_visible()
    expect(view.page.locator("canvas")).to_have_count(2)

    assert view.overflow() <= 0
    assert view.shoot(f"overview-{device}-{scheme}").stat().st_size > 10_000
