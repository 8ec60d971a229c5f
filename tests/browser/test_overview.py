"""The overview: figures of real jobs, each a way to the jobs behind it."""

from __future__ import annotations

import re

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


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("device", ["desktop", "phone"])
def test_it_fits_its_window(look: Opener, device: str, scheme: str) -> None:
    view = look("/", device=device, scheme=scheme).live()
    expect(view.page.get_by_role("heading", name="Notable events")).to_be_visible()
    expect(view.page.locator("canvas")).to_have_count(2)

    assert view.overflow() <= 0
    assert view.shoot(f"overview-{device}-{scheme}").stat().st_size > 10_000
