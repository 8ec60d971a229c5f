"""Time travel: every screen as it was, playing until now, and what an address says of no moment."""

from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Page, expect

from journeyman.log.memory_log import MemoryLog
from journeyman_dashboard.schema import FILE_NAME
from support.browser import Opener
from support.dashboard import Writer, dashboard
from support.system import System
from support.waiting import wait_for

GRAVE = {"serious", "critical"}
QUEUE = "travels"


class Ran(NamedTuple):
    """A job that ran for a while, and a moment in the middle of that."""

    id: str
    middle_ms: int


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """Give a system of which nobody else knows, so that its figures are this module's."""
    system = System(tmp_path_factory.mktemp("travel"), workers=1)
    system.await_ready()
    system.await_workers(1)
    yield system
    system.close()


@pytest.fixture(scope="module")
def ran(system: System) -> Ran:
    """Give a job that ran for some seconds, and has completed."""
    with system.client() as client:
        job = client.submit("synthetic", {"sleep_ms": 4_000, "steps": 4}, queue=QUEUE)
        wait_for(lambda: client.job(job.id).status == "completed", "the job to complete", timeout_s=60)
    told = httpx.get(f"{system.dashboard_url}/jobs/{job.id}/history").json()["items"]
    at = {one["event"]: int(one["offset"].partition("-")[0]) for one in told}
    return Ran(job.id, (at["job.started"] + at["job.succeeded"]) // 2)


def scrub(page: Page, ms: int) -> None:
    """Press on the line of time at a moment."""
    line = page.get_by_role("slider", name="Moment")
    low, high = (float(line.get_attribute(f"aria-value{end}") or 0) for end in ("min", "max"))
    box = line.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] * (ms - low) / (high - low), box["y"] + box["height"] / 2)


def faults(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{one['id']}: {one['nodes'][0]['html'][:200]}" for one in found if one["impact"] in GRAVE]


def test_every_screen_shows_a_running_job_as_it_was(look: Opener, system: System, ran: Ran) -> None:
    view = look(f"/jobs/{ran.id}", url=system.dashboard_url).live()
    page = view.page
    page.keyboard.press("z")
    scrub(page, ran.middle_ms)

    expect(page).to_have_url(re.compile("as_of="))
    bar = page.get_by_role("region", name="Time travel")
    expect(bar).to_contain_text("As it was at")
    expect(bar).to_contain_text(" ago")
    expect(page.get_by_role("button", name="In the past. Go live")).to_be_visible()
    expect(page.locator("h1 + div")).to_contain_text("running")
    expect(page.get_by_role("button", name="Cancel")).to_be_disabled()
    expect(page.get_by_label("How far it is")).to_be_visible()
    expect(page.get_by_label("History")).not_to_contain_text("job.succeeded")
    assert faults(page) == []
    view.shoot("time-travel-job")

    page.keyboard.press("g")
    page.keyboard.press("o")
    expect(page.get_by_role("link", name=re.compile("^Processing"))).to_contain_text("1")
    expect(page.get_by_role("link", name=re.compile("^Completed"))).to_contain_text("0")
    view.shoot("time-travel-overview")
    page.keyboard.press("g")
    page.keyboard.press("j")
    expect(view.row(QUEUE)).to_contain_text("running")
    expect(page.get_by_role("checkbox")).to_have_count(0)
    page.keyboard.press("g")
    page.keyboard.press("q")
    expect(view.row(QUEUE).get_by_role("cell").filter(has_text=re.compile("^1$"))).to_have_count(1)
    expect(page.get_by_role("button", name=f"Pause {QUEUE}")).to_be_disabled()
    page.keyboard.press("g")
    page.keyboard.press("w")
    expect(page.get_by_label("What runs now")).to_contain_text(ran.id[-8:-2])
    expect(page.get_by_role("button", name=re.compile("^Drain w-"))).to_be_disabled()
    for key, title in (("t", "Types"), ("d", "Dead letters"), ("s", "Submit")):
        page.keyboard.press("g")
        page.keyboard.press(key)
        expect(page.get_by_role("heading", level=1)).to_have_text(title)
    expect(page.get_by_role("button", name="Submit", exact=True)).to_be_disabled()

    page.keyboard.press("Escape")
    view.live()
    expect(page).not_to_have_url(re.compile("as_of="))


def test_the_reason_why_nothing_can_be_done_is_said(look: Opener, system: System, ran: Ran) -> None:
    page = look(f"/queues?as_of={ran.middle_ms}", url=system.dashboard_url).page
    page.get_by_role("group", name="The past cannot be changed").first.hover()
    expect(page.get_by_role("tooltip")).to_contain_text("Go back to now first")


def test_a_moment_plays_until_it_is_now_without_a_flicker(look: Opener, system: System, ran: Ran) -> None:
    wait_for(lambda: time.time() * 1000 > ran.middle_ms + 15_000, "something to play", timeout_s=30)
    view = look(f"/jobs?as_of={ran.middle_ms}", url=system.dashboard_url)
    page = view.page
    expect(view.row(QUEUE)).to_contain_text("running")
    page.evaluate(
        "window.flickers = 0; new MutationObserver(() => {"
        " const gone = !document.querySelector('main tbody tr');"
        " if (gone || document.querySelector('main [aria-busy=true]')) window.flickers++;"
        "}).observe(document.querySelector('main'), {childList: true, subtree: true})"
    )
    back = page.evaluate("history.length")
    page.get_by_label("Speed").select_option("2")
    page.get_by_role("button", name="Play").click()
    expect(page.get_by_role("button", name="Stop")).to_be_visible()
    expect(view.row(QUEUE)).to_contain_text("completed")
    page.get_by_label("Speed").select_option("100")
    view.live()
    expect(page).not_to_have_url(re.compile("as_of="))
    assert page.evaluate("window.flickers") == 0
    assert page.evaluate("history.length") == back


def test_one_goes_from_event_to_event(look: Opener, system: System, ran: Ran) -> None:
    page = look(f"/jobs/{ran.id}", url=system.dashboard_url).live().page
    history = page.get_by_label("History")
    history.get_by_role("row").filter(has_text="job.started").get_by_label("Show the system at this moment").click()

    bar = page.get_by_role("region", name="Time travel")
    expect(bar).to_contain_text("started on w-")
    expect(page.locator("h1 + div")).to_contain_text("running")
    page.keyboard.press(",")
    expect(page.locator("h1 + div")).to_contain_text("ready")
    page.keyboard.press(".")
    expect(page.locator("h1 + div")).to_contain_text("running")
    page.go_back()
    expect(page.locator("h1 + div")).to_contain_text("completed")


def test_a_moment_is_written_by_hand(look: Opener, system: System, ran: Ran) -> None:
    page = look(f"/jobs/{ran.id}", url=system.dashboard_url).live().page
    page.get_by_role("button", name="Time travel").click()
    page.get_by_role("button", name="Go to a moment").click()
    field = page.get_by_label("Moment", exact=True).and_(page.get_by_role("textbox"))
    field.fill('"><img src=x onerror=alert(1)>')
    page.get_by_role("button", name="Show it").click()
    expect(page.get_by_text("That is no moment.")).to_be_visible()
    field.fill(time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(ran.middle_ms / 1000)) + ".500")
    field.press("Enter")
    expect(page.locator("h1 + div")).to_contain_text("running")


def test_a_job_that_was_not_there_yet_is_said_to_be(look: Opener, system: System, ran: Ran) -> None:
    view = look(f"/jobs/{ran.id}?as_of={ran.middle_ms - 60_000}", url=system.dashboard_url)
    expect(view.page.get_by_text("No such job then")).to_be_visible()
    expect(view.page.get_by_role("region", name="Time travel")).to_be_visible()

    view.go(f"/jobs/{ran.id}?as_of={ran.middle_ms - 6_000}")
    expect(view.page.get_by_text("No such job then")).to_be_visible()
    view.page.get_by_label("Speed").select_option("2")
    view.page.get_by_role("button", name="Play").click()
    expect(view.page.get_by_role("heading", level=1)).to_have_text("synthetic")
    view.page.get_by_role("button", name="Stop").click()
    # The browser itself complains of what is not found.
    view.faults[:] = [fault for fault in view.faults if "404" not in fault]


@pytest.mark.parametrize("moment", ["soon", "1-x", "99999999999999", "%7B%22a%22%3A1%7D", "-5"])
def test_an_address_that_names_no_moment_has_a_way_out(look: Opener, system: System, ran: Ran, moment: str) -> None:
    page = look(f"/jobs?as_of={moment}", url=system.dashboard_url).page
    expect(page.get_by_role("heading", level=1)).to_have_text("No such moment")
    assert faults(page) == []
    page.get_by_role("button", name="To the earliest there is").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Jobs")
    expect(page.get_by_role("region", name="Time travel")).to_contain_text("As it was at")
    page.go_back()
    page.get_by_role("button", name="Back to now").click()
    expect(page.locator("tbody tr")).to_have_count(1)


def test_a_moment_that_is_forgotten_is_said_to_be(look: Opener, tmp_path: Path) -> None:
    log = MemoryLog()
    with dashboard(log, tmp_path) as board:
        Writer(log).completed()
        board.get("/stats", min_offset=str(log.end()))
        now = int(time.time() * 1000)
        with closing(sqlite3.connect(tmp_path / FILE_NAME)) as connection, connection:
            connection.execute("UPDATE numbering SET forgotten_ms = ?", (now - 60_000,))
        view = look(f"/jobs?as_of={now - 120_000}", url=board.url)
        expect(view.page.get_by_text("That moment is forgotten")).to_be_visible()
        view.page.get_by_role("button", name="To the earliest there is").click()
        expect(view.page.locator("tbody tr")).to_have_count(1)
    # The browser itself complains of every answer that is a refusal.
    view.faults[:] = [fault for fault in view.faults if "422" not in fault and "net::ERR" not in fault]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_works_on_a_phone(look: Opener, system: System, ran: Ran, scheme: str) -> None:
    view = look(f"/jobs/{ran.id}", url=system.dashboard_url, device="phone", scheme=scheme).live()
    page = view.page
    page.get_by_role("button", name="Time travel").tap()
    page.get_by_role("button", name="To the event before").tap()
    expect(page.get_by_role("button", name="Back to now")).to_be_visible()
    assert view.overflow() <= 0
    assert faults(page) == []
    view.shoot(f"time-travel-phone-{scheme}")
    page.get_by_role("button", name="Back to now").tap()
    view.live()


def test_no_screen_of_the_past_has_a_serious_fault(look: Opener, system: System, ran: Ran) -> None:
    view = look("/", url=system.dashboard_url, scheme="dark")
    for screen in ("/", "/jobs", f"/jobs/{ran.id}", "/queues", "/workers", "/types", "/dead-letters", "/submit"):
        view.go(f"{screen}?as_of={ran.middle_ms}")
        expect(view.page.get_by_role("region", name="Time travel")).to_contain_text("As it was at")
        expect(view.page.locator("[aria-busy=true]")).to_have_count(0)
        assert faults(view.page) == [], screen
