"""Many jobs at once: counted first, then changed, watched, aborted, left and found again."""

from __future__ import annotations

import re
import uuid
from typing import Any

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Page, expect

from journeyman.client.orders import NewJob
from support.browser import Opener, View
from support.system import System
from support.waiting import wait_for

MANY = 320


@pytest.fixture
def queue() -> str:
    """Give a queue of its own, so that a test changes nobody else's jobs."""
    return f"q-{uuid.uuid4().hex[:12]}"


@pytest.fixture
def waiting(shared_system: System, queue: str) -> str:
    """Give a queue with many jobs that do not start."""
    submit(shared_system, queue, MANY, delay="2h")
    return queue


def submit(system: System, queue: str, count: int, payload: dict[str, Any] | None = None, **more: Any) -> None:
    with system.client() as client:
        jobs = [NewJob(type="synthetic", queue=queue, payload=payload or {"echo": n}, **more) for n in range(count)]
        client.submit_many(jobs)


def total(system: System, queue: str, **more: Any) -> int:
    """Return how many jobs of a queue are so."""
    answer = httpx.get(f"{system.dashboard_url}/jobs", params={"queue": queue, "limit": 1, **more}, timeout=20)
    return int(answer.json()["total"])


def listed(look: Opener, queue: str, count: int = MANY, **how: Any) -> View:
    view: View = look(f"/jobs?q=queue%3A{queue}", **how).live()
    expect(view.page.get_by_text(f"{count} jobs", exact=True)).to_be_visible()
    return view


def dialog_for_all(page: Page, action: str) -> None:
    page.get_by_role("button", name="Bulk", exact=True).click()
    page.get_by_role("menuitem", name=action).click()
    expect(page.get_by_role("dialog")).to_contain_text("of which")


def grave(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [
        f"{one['id']}: {node['html'][:160]} — {node['failureSummary'][:200]}"
        for one in found
        if one["impact"] in {"serious", "critical"}
        for node in one["nodes"][:3]
    ]


def test_all_that_match_are_cancelled_after_they_were_counted(
    look: Opener, shared_system: System, waiting: str
) -> None:
    view = listed(look, waiting)
    page = view.page
    page.get_by_label("Select all rows that are loaded").check()
    bar = page.get_by_role("toolbar", name="With the selected jobs")
    expect(bar).to_contain_text("on this page selected")
    view.shoot("bulk-selected")
    bar.get_by_role("button", name=f"Select all {MANY} that match").click()
    expect(bar).to_contain_text(f"All {MANY} that match selected")
    bar.get_by_role("button", name="Cancel").click()

    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text(f"{MANY} jobs match, of which")
    expect(dialog.get_by_role("listitem")).to_have_text(f"{MANY}waiting: never start")
    expect(dialog).to_contain_text("There is no undo")
    assert grave(page) == []
    view.shoot("bulk-asks")
    assert total(shared_system, waiting, status="pending") == MANY

    dialog.get_by_role("button", name=f"Cancel {MANY} jobs").click()
    expect(dialog).to_contain_text("done")
    expect(dialog.locator("dl")).to_contain_text(f"cancelled{MANY}")
    expect(page).to_have_url(re.compile(r"bulk=b-\d+-"))
    wait_for(lambda: total(shared_system, waiting, status="cancelled") == MANY, "all to be cancelled", timeout_s=60)
    view.shoot("bulk-done")
    dialog.get_by_role("button", name="Close").last.click()
    expect(page.locator("tbody tr").first).to_contain_text("cancelled")


@pytest.mark.parametrize(("device", "scheme"), [("desktop", "dark"), ("phone", "light")])
def test_one_that_is_aborted_leaves_the_rest_as_it_was(
    look: Opener, shared_system: System, waiting: str, device: str, scheme: str
) -> None:
    view = listed(look, waiting, device=device, scheme=scheme)
    page = view.page
    dialog_for_all(page, "Cancel jobs")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Most a second").fill("4")
    expect(dialog).to_contain_text("The last of them follows in 1 m 20 s")
    assert view.overflow() <= 0
    view.shoot(f"bulk-asks-{device}")
    dialog.get_by_role("button", name=f"Cancel {MANY} jobs").click()

    expect(dialog).to_contain_text("under way")
    expect(dialog).to_contain_text("of late")
    wait_for(lambda: total(shared_system, waiting, status="cancelled"), "the first of them", timeout_s=60)
    expect(dialog.locator("dl")).not_to_contain_text("\N{EN DASH}")
    assert grave(page) == []
    assert view.overflow() <= 0
    view.shoot(f"bulk-under-way-{device}")
    dialog.get_by_role("button", name="Abort").click()
    expect(dialog).to_contain_text("It was aborted: what is left is as it was.")

    told = httpx.get(f"{shared_system.dashboard_url}/bulk", timeout=20).json()["items"][0]
    assert told["state"] == "aborted"
    assert 0 < told["done"] < MANY
    assert told["done"] + told["left"] == MANY
    wait_for(lambda: total(shared_system, waiting, status="cancelled") == told["done"], "those to end", timeout_s=60)
    assert total(shared_system, waiting, status="pending") == told["left"]


def test_one_that_is_left_goes_on_and_is_found_again(look: Opener, shared_system: System, waiting: str) -> None:
    view = listed(look, waiting)
    page = view.page
    dialog_for_all(page, "Change the priority")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("At most", exact=True).fill("100")
    dialog.get_by_label("Most a second").fill("5")
    dialog.get_by_role("button", name=f"Move 100 of {MANY} to high").click()
    expect(dialog).to_contain_text("under way")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)

    page.get_by_role("button", name="Bulk", exact=True).click()
    page.get_by_role("menuitem", name="Bulk changes").click()
    expect(page).to_have_url(re.compile("bulk=recent"))
    assert grave(page) == []
    view.shoot("bulk-recent")
    page.get_by_role("list", name="Bulk changes").get_by_role("button").filter(has_text=waiting).click()
    expect(dialog).to_contain_text(f"queue {waiting}")
    page.reload()
    expect(dialog).to_contain_text("at most 5/s")
    expect(dialog).to_contain_text("done", timeout=60_000)
    wait_for(lambda: total(shared_system, waiting, priority_min=15) == 100, "the last of them", timeout_s=60)


def test_rows_that_were_selected_by_hand_are_changed_and_no_others(
    look: Opener, shared_system: System, waiting: str
) -> None:
    page = listed(look, waiting).page
    for number in (1, 3, 4):
        page.locator("tbody tr").nth(number).get_by_role("checkbox").check()
    bar = page.get_by_role("toolbar", name="With the selected jobs")
    expect(bar).to_contain_text("3 selected")
    bar.get_by_role("button", name="Priority").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("combobox", name="Priority").click()
    page.get_by_role("option", name="20 critical").click()
    dialog.get_by_role("button", name="Move 3 jobs to critical").click()

    expect(dialog).to_contain_text("3 jobs by name")
    expect(dialog).to_contain_text("done")
    wait_for(lambda: total(shared_system, waiting, priority_min=20) == 3, "the three of them", timeout_s=60)
    assert total(shared_system, waiting, priority_max=19) == MANY - 3


def test_what_failed_is_retried_and_what_cannot_be_is_counted_with_its_reason(
    look: Opener, shared_system: System, queue: str
) -> None:
    shared_system.await_workers(2)
    submit(shared_system, queue, 30, {"permanent": True})
    submit(shared_system, queue, 5, delay="2h")
    wait_for(lambda: total(shared_system, queue, status="failed") == 30, "them to fail", timeout_s=90)
    view = listed(look, queue, 35)
    page = view.page
    dialog_for_all(page, "Retry jobs")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("listitem")).to_have_text(["30failed: run again", "5not ended yet: refused"])
    dialog.get_by_label("Stop when so many fail again").fill("1000")
    dialog.get_by_role("button", name="Retry 30 jobs").click()

    expect(dialog.get_by_role("list", name="What was refused, and why")).to_contain_text("5")
    expect(dialog).to_contain_text("stops when 1,000 fail again")
    view.shoot("bulk-refused")

    def again() -> bool:
        items = httpx.get(f"{shared_system.dashboard_url}/jobs", params={"queue": queue}, timeout=20).json()["items"]
        return [(job["generation"], job["status"]) for job in items].count((2, "failed")) == 30

    wait_for(again, "all of them to have failed again", timeout_s=90)


def test_nothing_to_do_is_said_and_nothing_begins(look: Opener, shared_system: System, waiting: str) -> None:
    page = listed(look, waiting).page
    dialog_for_all(page, "Retry jobs")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("not ended yet: refused")
    expect(dialog.get_by_role("button", name=re.compile("Retry"))).to_have_count(0)
    dialog.get_by_role("button", name="Close").last.click()
    assert total(shared_system, waiting, status="pending") == MANY


def test_an_unknown_bulk_is_said_to_be_unknown(look: Opener) -> None:
    view = look("/jobs?bulk=b-0")
    expect(view.page.get_by_role("dialog")).to_contain_text("no bulk 'b-0' is known")
    assert all("404" in fault for fault in view.faults)
    view.faults.clear()
