"""The graph of a workflow: live, and smooth with a thousand jobs."""

from __future__ import annotations

import re
import uuid

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import expect

from journeyman.client.orders import NewJob
from support.browser import Opener
from support.system import System

GRAVE = {"serious", "critical"}
NODE = ".react-flow__node a"


def layers(queue: str, width: int, depth: int, **first: str) -> list[NewJob]:
    """Return layers of jobs; each depends on two of the layer before."""
    jobs = []
    for layer in range(depth):
        for place in range(width):
            parents = {place, (place + 1) % width} if layer else set()
            jobs.append(
                NewJob(
                    type="synthetic",
                    queue=queue,
                    ref=f"r{layer}-{place}",
                    depends_on=[f"ref:r{layer - 1}-{parent}" for parent in sorted(parents)],
                    payload={"sleep_ms": 20},
                    delay=first.get("delay") if not layer else None,
                )
            )
    return jobs


@pytest.fixture
def queue() -> str:
    """Give a queue of its own."""
    return f"q-{uuid.uuid4().hex[:12]}"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("device", ["desktop", "phone"])
def test_a_workflow_changes_its_colours_by_itself(
    look: Opener, shared_system: System, queue: str, device: str, scheme: str
) -> None:
    shared_system.await_workers(2)
    with shared_system.client() as client:
        client.pause(queue)
        jobs = client.submit_many(layers(queue, 4, 3))
        view = look(f"/jobs/{jobs[5].id}/graph", device=device, scheme=scheme).live()
        expect(view.page.locator(NODE).first).to_be_visible()
        expect(view.page.locator("a[data-here]")).to_be_in_viewport()
        expect(view.page.locator("i[hidden][data-far]")).to_have_count(0)
        expect(view.page.locator("a[data-look=completed]")).to_have_count(0)
        client.resume(queue)
        expect(view.page.get_by_text(re.compile(r"12 completed"))).to_be_visible()

    expect(view.page.locator("a[data-critical]").first).to_be_visible()
    assert view.overflow() <= 0
    view.shoot(f"graph-{device}-{scheme}")
    found = Axe().run(view.page).response["violations"]
    faults = [f"{one['id']}: {node['html'][:200]}" for one in found if one["impact"] in GRAVE for node in one["nodes"]]
    assert faults == []


def test_a_job_shows_its_graph_and_leads_to_the_whole_of_it(look: Opener, shared_system: System, queue: str) -> None:
    with shared_system.client() as client:
        jobs = client.submit_many(layers(queue, 2, 2, delay="1h"))
    view = look(f"/jobs/{jobs[3].id}").live()
    page = view.page

    expect(page.locator(NODE)).to_have_count(4)
    view.shoot("job-blocked", whole=True)
    page.keyboard.press("v")
    expect(page.get_by_role("heading", level=1)).to_have_text("Graph")
    page.locator(NODE).first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("synthetic")


def test_a_job_without_dependencies_stands_alone(look: Opener, shared_system: System, queue: str) -> None:
    with shared_system.client() as client:
        job = client.submit("synthetic", {}, queue=queue)
    expect(look(f"/jobs/{job.id}/graph").page.get_by_text("It stands alone")).to_be_visible()


def test_a_thousand_jobs_are_moved_smoothly(look: Opener, shared_system: System, queue: str) -> None:
    with shared_system.client() as client:
        jobs = client.submit_many(layers(queue, 50, 20, delay="1h"))
    view = look(f"/jobs/{jobs[500].id}/graph").live()
    page = view.page
    expect(page.get_by_text(re.compile("1,000 jobs"))).to_be_visible()
    expect(page.locator(NODE).first).to_be_visible(timeout=60_000)
    view.shoot("graph-thousand")

    page.evaluate(
        """() => { window.frames_ = []; let last = performance.now();
        const tick = (now) => { window.frames_.push(now - last); last = now; requestAnimationFrame(tick) };
        requestAnimationFrame(tick) }"""
    )
    page.mouse.move(640, 430)
    page.mouse.down()
    for step in range(40):
        page.mouse.move(640 + step * 8, 430 + step * 3)
    page.mouse.up()
    for _ in range(8):
        page.mouse.wheel(0, -240)
    expect(page.locator("i[hidden][data-far]")).to_have_count(0)
    assert page.locator(NODE).count() < 300
    frames: list[float] = sorted(page.evaluate("window.frames_"))
    # A loaded machine without a graphics card; what must not be is a page that stands still.
    assert frames[len(frames) // 2] < 100
