"""What opens above a screen: it can be read by everybody, and fits its window."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Page, expect

from support.browser import Opener
from support.system import System
from support.waiting import wait_for

QUEUE = "of-the-dialogs"


def _pause(page: Page) -> None:
    page.get_by_role("button", name=f"Pause {QUEUE}").click()


def _drain(page: Page) -> None:
    page.get_by_role("button", name="Drain w-").first.click()


def _redrive(page: Page) -> None:
    page.get_by_role("button", name="Redrive all of these").click()
    expect(page.get_by_role("dialog")).to_contain_text("match")


def _load(page: Page) -> None:
    page.get_by_role("button", name="Simulate load").click()


def _grave(found: list[Any]) -> list[str]:
    return [
        f"{one['id']}: {node['html'][:160]} — {node['failureSummary'][:200]}"
        for one in found
        if one["impact"] in {"serious", "critical"}
        for node in one["nodes"][:3]
    ]


DIALOGS: dict[str, tuple[str, Callable[[Page], None]]] = {
    "pause": ("/queues", _pause),
    "drain": ("/workers", _drain),
    "redrive": (f"/dead-letters?queue={QUEUE}", _redrive),
    "load": ("/submit?type=synthetic", _load),
}


@pytest.fixture(scope="module", autouse=True)
def dead(shared_system: System) -> None:
    shared_system.await_workers(2)
    with shared_system.client() as client:
        job = client.submit("synthetic", {"permanent": True}, queue=QUEUE)
        wait_for(lambda: client.job(job.id).status == "failed", "the job to fail", timeout_s=60)


@pytest.mark.parametrize(("device", "scheme"), [("desktop", "light"), ("phone", "dark")])
@pytest.mark.parametrize("name", DIALOGS)
def test_a_dialog_is_for_everybody_and_fits_its_window(look: Opener, name: str, device: str, scheme: str) -> None:
    path, open_it = DIALOGS[name]
    view = look(path, device=device, scheme=scheme).live()
    open_it(view.page)
    expect(view.page.get_by_role("dialog")).to_be_visible()
    found = Axe().run(view.page).response["violations"]
    view.shoot(f"dialog-{name}-{device}-{scheme}")

    assert _grave(found) == []
    assert view.overflow() <= 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_form_full_of_faults_is_for_everybody(look: Opener, scheme: str) -> None:
    view = look("/submit?type=a%20b&payload=%7B", scheme=scheme).live()
    view.page.get_by_role("button", name="Timing, attempts").click()
    view.page.get_by_label("Starts in").fill("soon")
    view.page.get_by_role("button", name="Submit", exact=True).click()
    expect(view.page.get_by_text("This is not JSON")).to_be_visible()
    found = Axe().run(view.page).response["violations"]
    view.shoot(f"submit-faults-{scheme}", whole=True)

    assert _grave(found) == []
