"""Queues: what is in line by priority, and the switch that stops one and lets it go on."""

from __future__ import annotations

import uuid

import pytest
from playwright.sync_api import Locator, expect

from journeyman.client.orders import NewJob
from support.browser import Opener, View
from support.system import System
from support.waiting import wait_for


@pytest.fixture
def queue() -> str:
    """Give a queue of its own, so that a test sees nobody else's jobs."""
    return f"q-{uuid.uuid4().hex[:12]}"


def find(view: View, queue: str) -> Locator:
    """Scroll the list to a queue, wherever it stands among those of other tests, and return its row."""
    box, row = view.page.get_by_role("region", name="Queues"), view.row(queue).first

    def seen() -> bool:
        for top in range(0, box.evaluate("box => box.scrollHeight"), 400):
            box.evaluate("(box, top) => box.scrollTo(0, top)", top)
            view.page.wait_for_timeout(50)  # until the rows of that place are drawn
            if row.count():
                return True
        return False

    wait_for(seen, f"the row of {queue}", timeout_s=60)
    return row


def test_a_queue_is_paused_and_goes_on(look: Opener, shared_system: System, queue: str) -> None:
    with shared_system.client() as client:
        client.submit("synthetic", {}, queue=queue)
        view = look("/queues").live()
        row = find(view, queue)
        row.get_by_role("button", name=f"Pause {queue}").click()
        expect(view.page.get_by_role("dialog")).to_contain_text("No job of it will start until it goes on")
        view.page.get_by_role("button", name="Leave it").click()
        row.get_by_role("button", name=f"Pause {queue}").click()
        view.page.get_by_role("button", name="Pause the queue").click()
        expect(row).to_contain_text("paused")

        waiting = client.submit("synthetic", {}, queue=queue)
        wait_for(lambda: find(view, queue).get_by_role("img", name="normal 1").count() == 1, "the job to be in line")
        assert client.job(waiting.id).phase in {"held", "ready"}

        find(view, queue).get_by_role("button", name=f"Resume {queue}").click()
        expect(view.page.get_by_role("dialog")).to_contain_text("1 job in line now")
        view.page.get_by_role("button", name="Resume the queue").click()
        client.wait(waiting.id, timeout=60)
        expect(find(view, queue)).not_to_contain_text("paused")


def test_a_question_stays_open_when_its_row_moves_away(look: Opener, shared_system: System, queue: str) -> None:
    with shared_system.client() as client:
        client.pause(queue)
        around = uuid.uuid4().hex[:12]
        others = client.submit_many([NewJob(type="nobody.runs", queue=f"o-{around}-{n}") for n in range(60)])
        view = look("/queues").live()
        find(view, queue).get_by_role("button", name=f"Resume {queue}", exact=True).click()
        dialog = view.page.get_by_role("dialog")
        expect(dialog).to_contain_text("0 jobs in line now")

        client.submit_many([NewJob(type="synthetic", queue=queue)] * 3)
        expect(dialog).to_contain_text("3 jobs in line now")
        dialog.get_by_role("button", name="Resume the queue").click()
        expect(dialog).to_have_count(0)
        for other in others:
            client.cancel(other.id)


def test_what_is_in_line_is_shown_by_priority_and_leads_to_the_jobs(
    look: Opener, shared_system: System, queue: str
) -> None:
    with shared_system.client() as client:
        client.pause(queue)
        client.submit_many(
            [NewJob(type="synthetic", queue=queue, priority=priority) for priority in (20, 10, 10, 7, 0)]
        )
        view = look("/queues").live()
        row = find(view, queue)
        expect(row.get_by_role("img", name="critical 1, normal 3, low 1")).to_be_visible()
        row.get_by_role("link", name=queue, exact=True).click()

        expect(view.page.get_by_label("Search jobs")).to_have_value(f"queue:{queue}")
        expect(view.page.locator("tbody tr")).to_have_count(5)
        client.resume(queue)


def test_a_queue_says_why_nothing_leaves_it_and_who_serves_it(look: Opener, shared_system: System, queue: str) -> None:
    shared_system.await_workers(2)
    with shared_system.client() as client:
        job = client.submit("nobody.runs", {}, queue=queue)
        view = look("/queues").live()
        row = find(view, queue)
        expect(row).to_contain_text("no worker")
        row.get_by_text("no worker").last.click()

        details = view.page.get_by_role("region", name=f"Queue {queue}")
        expect(details.get_by_role("note")).to_have_text(
            "1 job of nobody.runs waits: no worker of this queue knows the type."
        )
        expect(details.get_by_role("list", name="Served by").get_by_role("listitem")).to_have_count(2)
        expect(details.locator("figure canvas")).to_be_visible()
        assert f"queue={queue}" in view.page.url
        client.cancel(job.id)
        expect(details.get_by_role("note")).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("device", ["desktop", "phone"])
def test_it_fits_its_window(look: Opener, shared_system: System, queue: str, device: str, scheme: str) -> None:
    with shared_system.client() as client:
        client.pause(queue)
        client.submit_many([NewJob(type="synthetic", queue=queue, priority=n % 21) for n in range(60)])
        view = look("/queues", device=device, scheme=scheme).live()
        expect(find(view, queue)).to_contain_text("paused")

        assert view.overflow() <= 0
        view.shoot(f"queues-{device}-{scheme}")
        client.resume(queue)
