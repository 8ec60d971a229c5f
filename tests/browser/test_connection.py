"""The connection: what the page says while the dashboard is away, and that nothing is missing when it is back."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Route, expect

from support.browser import Opener, View
from support.system import System


@pytest.fixture
def system(tmp_path: Path) -> Iterator[System]:
    """Give a system whose workers the autoscaler starts."""
    system = System(tmp_path, workers=0, autoscaler=True, workers_max=2)
    yield system
    system.close()


def test_the_page_says_that_the_dashboard_is_away_and_misses_nothing_when_it_is_back(
    look: Opener, system: System
) -> None:
    with system.client() as client:
        client.submit("synthetic", {}).wait(timeout=60)
        view: View = look("/jobs", url=system.dashboard_url).live()
        expect(view.page.locator("tbody tr")).to_have_count(1)
        system.kill("dashboard")
        expect(view.page.get_by_role("button", name="Offline. Pause")).to_be_visible()
        expect(view.page.get_by_text("Not connected.")).to_be_visible()
        expect(view.row("synthetic")).to_be_visible()

        away = [client.submit("synthetic", {"echo": n}) for n in range(5)]
        system.start("dashboard")
        system.await_ready()
        view.live()
        expect(view.page.get_by_text("Not connected.")).to_have_count(0)
        expect(view.page.locator("tbody tr")).to_have_count(6)
        for job in away:
            expect(view.row(job.id[-10:-2])).to_contain_text("completed")

        client.submit("synthetic", {"echo": "after"})
        expect(view.page.locator("tbody tr")).to_have_count(7)
        view.go("/workers")
        expect(view.page.get_by_label("Decisions of the autoscaler")).to_contain_text("0 → 1")
        expect(view.page.locator("canvas")).to_be_visible()
        view.shoot("workers-autoscaler", whole=True)
    # The browser itself complains of every attempt that found nobody.
    view.faults[:] = [fault for fault in view.faults if "net::ERR_" not in fault]


def test_a_stream_that_has_fallen_silent_is_noticed_and_opened_again(look: Opener, system: System) -> None:
    view: View = look("/jobs", url=system.dashboard_url)
    view.hold_clock()
    view.page.reload()
    view.live()
    view.page.clock.fast_forward(30_000)
    view.live()
    os.kill(system.pid("dashboard"), signal.SIGSTOP)
    try:
        view.page.clock.fast_forward(41_000)
        expect(view.page.get_by_role("button", name="Offline. Pause")).to_be_visible()
        expect(view.page.get_by_text("Not connected.")).to_be_visible()
    finally:
        os.kill(system.pid("dashboard"), signal.SIGCONT)
    with system.client() as client:
        client.submit("synthetic", {})
    view.live()
    expect(view.page.get_by_text("Not connected.")).to_have_count(0)
    expect(view.row("synthetic")).to_be_visible()


def test_what_happens_between_the_first_reading_and_the_beginning_of_the_stream_is_shown(
    look: Opener, shared_system: System
) -> None:
    view: View = look("/jobs")
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    view.page.route("**/events?*", hold)
    with view.page.expect_request("**/events?*"):
        view.page.reload()
    expect(view.page.locator("h1")).to_be_visible()
    expect(view.page.locator("[aria-busy=true]")).to_have_count(0)
    with shared_system.client() as client:
        job = client.submit("synthetic", {})
        job.wait(timeout=60)
    expect(view.row(job.id[-10:-2])).to_have_count(0)
    held[0].continue_()
    view.live()
    expect(view.row(job.id[-10:-2])).to_contain_text("completed")
    view.page.unroute("**/events?*")
