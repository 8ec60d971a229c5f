"""Workers: what each runs and how it is, and how one ends in good order."""

from __future__ import annotations

import httpx
import pytest
from playwright.sync_api import expect

from support.browser import Opener
from support.system import System

HOSTILE = '<img src=x onerror=alert(1)>\u202e\U0001f680 "quoted"'


def test_what_runs_is_shown_with_its_progress_and_can_be_seen_by_worker(look: Opener, shared_system: System) -> None:
    shared_system.await_workers(2)
    with shared_system.client() as client:
        job = client.submit("synthetic", {"sleep_ms": 60_000, "steps": 60, "echo": HOSTILE})
        view = look("/workers").live()
        running = view.page.get_by_label("What runs now").locator("tbody tr").filter(has_text=job.id[-10:-2])
        expect(running).to_contain_text("%")
        worker = client.job(job.id).attempts[-1].worker
        view.page.get_by_label("Workers", exact=True).locator("tbody tr").filter(has_text=worker).get_by_text(
            "joined"
        ).click()

        expect(view.page.get_by_role("heading", name=f"Running on {worker}")).to_be_visible()
        expect(running).to_be_visible()
        assert f"worker={worker}" in view.page.url
        client.cancel(job.id)
        expect(running).to_have_count(0)


def test_a_worker_is_drained_and_leaves(look: Opener, shared_system: System) -> None:
    shared_system.await_workers(2)
    known = _ids(shared_system)
    shared_system.start("worker-to-drain")
    shared_system.await_workers(3)
    (worker,) = _ids(shared_system) - known
    view = look("/workers").live()
    row = view.row(worker)
    expect(row).to_contain_text("joined")
    view.page.get_by_role("button", name=f"Drain {worker}").click()
    expect(view.page.get_by_role("dialog")).to_contain_text("It claims nothing more")
    view.page.get_by_role("button", name="Drain it").click()

    expect(row).to_contain_text("left")
    expect(view.page.get_by_role("button", name=f"Drain {worker}")).to_have_count(0)
    shared_system.await_workers(2)


def _ids(system: System) -> set[str]:
    answer = httpx.get(f"{system.dashboard_url}/workers", params={"all": "true"}, trust_env=False)
    return {worker["id"] for worker in answer.json()["items"]}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("device", ["desktop", "phone"])
def test_it_fits_its_window(look: Opener, shared_system: System, device: str, scheme: str) -> None:
    with shared_system.client() as client:
        jobs = [client.submit("synthetic", {"sleep_ms": 60_000, "steps": 50 + n}) for n in range(3)]
        view = look("/workers", device=device, scheme=scheme).live()
        expect(view.page.get_by_label("What runs now").get_by_role("progressbar").nth(2)).to_be_visible()

        assert view.overflow() <= 0
        view.shoot(f"workers-{device}-{scheme}", whole=True)
        for job in jobs:
            client.cancel(job.id)
