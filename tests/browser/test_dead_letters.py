"""Dead letters: grouped by their error, and tried again a few at a time."""

from __future__ import annotations

import re
import uuid

import pytest
from playwright.sync_api import expect

from journeyman.client.orders import NewJob
from support.browser import Opener
from support.system import System
from support.waiting import wait_for

HOSTILE = "<img src=x onerror=alert(1)>\u202egnp.exe \U0001f680 " + "w" * 10_000


@pytest.fixture
def queue(shared_system: System) -> str:
    """Give a queue of its own with six dead letters of one error."""
    shared_system.await_workers(2)
    name = f"q-{uuid.uuid4().hex[:12]}"
    _let_die(shared_system, [NewJob(type="synthetic", queue=name, payload={"permanent": True}) for _ in range(6)])
    return name


def _let_die(system: System, jobs: list[NewJob]) -> None:
    with system.client() as client:
        ids = [job.id for job in client.submit_many(jobs)]
        for job_id in ids:
            wait_for(lambda id=job_id: client.job(id).status == "failed", f"{job_id} to fail", timeout_s=90)  # type: ignore[misc]


def test_a_group_is_counted_then_a_few_of_it_are_tried_and_watched(look: Opener, queue: str) -> None:
    view = look(f"/dead-letters?queue={queue}").live()
    group = view.page.get_by_label("Groups of errors").get_by_role("button")
    expect(group).to_contain_text("6")
    group.click()
    expect(view.page.get_by_role("heading", name="Latest")).to_be_visible()
    expect(view.page.get_by_label(re.compile("^The error of"))).to_be_visible()

    view.page.get_by_role("button", name="Redrive", exact=True).click()
    dialog = view.page.get_by_role("dialog")
    expect(dialog).to_contain_text("6 dead letters match")
    dialog.get_by_label("So many of them").fill("2")
    dialog.get_by_role("button", name="Redrive 2 of 6").click()

    expect(dialog).to_contain_text("2 of 6 dead letters live again")
    expect(dialog).to_contain_text(re.compile(r"r-[0-9a-f]{16}"))
    expect(dialog).to_contain_text(re.compile(r"2\s*failed again|failed again\s*2"))
    dialog.get_by_role("button", name="Redrive more of them").click()
    expect(dialog).to_contain_text("6 dead letters match")
    dialog.get_by_role("button", name="Leave them").click()
    expect(group).to_contain_text("6")


def test_the_largest_group_is_shown_at_once_with_when_and_where_it_failed(look: Opener, queue: str) -> None:
    page = look(f"/dead-letters?queue={queue}").live().page
    expect(page.get_by_role("heading", name="Latest")).to_be_visible()
    expect(page.get_by_role("img", name=re.compile("^6 in the last 1 h"))).to_have_count(2)
    page.get_by_role("link", name=queue, exact=True).click()
    expect(page.get_by_role("region", name=f"Queue {queue}")).to_be_visible()


def test_what_was_redriven_and_works_now_is_gone(look: Opener, shared_system: System) -> None:
    name = f"q-{uuid.uuid4().hex[:12]}"
    _let_die(
        shared_system,
        [NewJob(type="synthetic", queue=name, payload={"fail_times": 1}, max_attempts=1) for _ in range(3)],
    )
    view = look(f"/dead-letters?queue={name}").live()
    view.page.get_by_role("button", name="Redrive all of these").click()
    dialog = view.page.get_by_role("dialog")
    dialog.get_by_label("All 3").check()
    dialog.get_by_role("button", name="Redrive 3 of 3").click()

    expect(dialog).to_contain_text(re.compile(r"3\s*completed|completed\s*3"))
    dialog.get_by_role("button", name="Close", exact=True).last.click()
    expect(view.page.get_by_text("None of these")).to_be_visible()


def test_errors_are_only_text(look: Opener, shared_system: System) -> None:
    name = f"q-{uuid.uuid4().hex[:12]}"
    _let_die(shared_system, [NewJob(type="synthetic", queue=name, payload={HOSTILE: HOSTILE, "sleep_ms": HOSTILE})])
    view = look(f"/dead-letters?queue={name}", device="phone").live()
    view.page.get_by_label("Groups of errors").get_by_role("button").click()

    expect(view.page.get_by_role("heading", name="Latest")).to_be_visible()
    assert view.page.locator("main img").count() == 0
    assert view.overflow() <= 0
    view.shoot("dead-letters-hostile")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("device", ["desktop", "phone"])
def test_it_fits_its_window(look: Opener, queue: str, device: str, scheme: str) -> None:
    view = look("/dead-letters", device=device, scheme=scheme).live()
    view.page.get_by_label("Groups of errors").get_by_role("button").first.click()
    expect(view.page.get_by_label(re.compile("^The error of"))).to_be_visible()

    assert view.overflow() <= 0
    view.shoot(f"dead-letters-{device}-{scheme}", whole=True)
