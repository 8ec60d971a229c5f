"""The screen of one job: what it waits for and why, what happened to it, and everything that can be done with it."""

from __future__ import annotations

import re
import uuid

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import expect

from journeyman.client import Client
from journeyman.client.orders import NewJob
from support.browser import Opener
from support.system import System
from support.waiting import wait_for

HOSTILE = [
    '"><img src=x onerror=alert(1)><script>alert(1)</script>',
    "\u202egnp.exe \u0000 \u200b \U0001f680\U0001f468\u200d\U0001f469\u200d\U0001f467",
    "\u05e9\u05dc\u05d5\u05dd \u0645\u0631\u062d\u0628\u0627",
    "w" * 10_000,
    "__proto__",
    "'; DROP TABLE jobs; --",
]
GRAVE = {"serious", "critical"}


@pytest.fixture
def queue() -> str:
    """Give a queue of its own."""
    return f"q-{uuid.uuid4().hex[:12]}"


@pytest.fixture(scope="module")
def failed(shared_system: System) -> str:
    """Give a job that failed for good, at its second attempt."""
    shared_system.await_workers(2)
    with shared_system.client() as client:
        job = client.submit(
            "synthetic",
            {"fail_times": 9, "echo": {"deep": [{"list": list(range(150))}, None, True, 1.5, ""]}},
            max_attempts=2,
            backoff={"initial_ms": 600, "multiplier": 1, "max_ms": 600, "jitter": False},
            tags={"customer": "acme"},
        )
        wait_for(lambda: client.job(job.id).status == "failed", "the job to fail", timeout_s=60)
    return job.id


def ends(client: Client, job_id: str, status: str) -> None:
    wait_for(lambda: client.job(job_id).status == status, f"{job_id} to be {status}", timeout_s=60)


def test_the_timeline_and_the_attempts_say_what_happened(look: Opener, failed: str) -> None:
    page = look(f"/jobs/{failed}").live().page

    expect(page.get_by_role("heading", level=1)).to_have_text("synthetic")
    chart = page.get_by_role("figure", name="Timeline of generation 1")
    expect(chart.get_by_role("img", name=re.compile("^failed on w-"))).to_have_count(2)
    expect(chart.get_by_role("img", name=re.compile("^waits for its next attempt, "))).to_have_count(1)
    attempts = page.get_by_label("Attempts, the latest first").get_by_role("article")
    expect(attempts).to_have_count(2)
    expect(attempts.first).to_contain_text("Attempt 2")
    expect(attempts.first.locator("pre")).to_contain_text("Traceback")
    history = page.get_by_label("History")
    expect(history.get_by_role("row").filter(has_text="job.dead_lettered")).to_contain_text("attempts_exhausted")
    history.get_by_role("row").filter(has_text="job.retry_scheduled").click()
    expect(page.get_by_role("dialog")).to_contain_text("delay_ms")


def test_on_a_phone_no_words_are_cut(look: Opener, failed: str) -> None:
    page = look(f"/jobs/{failed}", device="phone").live().page

    expect(page.get_by_role("img", name=re.compile("^failed on w-"))).to_have_count(2)
    expect(page.get_by_label("Attempts, the latest first").locator("pre").first).to_contain_text("Traceback")
    cut = page.evaluate(
        """() => [...document.querySelectorAll("figure [role=img], section[aria-label^=Attempts], pre")]
            .filter(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth + 1)
            .map(({ outerHTML }) => outerHTML.slice(0, 200))"""
    )
    assert cut == []


def test_payload_folds_and_long_lists_come_piece_by_piece(look: Opener, failed: str) -> None:
    page = look(f"/jobs/{failed}").live().page
    tree = page.get_by_role("region", name="Payload")

    for name in ("echo", "deep", "0", "list"):
        button = tree.get_by_role("button", name=re.compile(rf"^{name}\b"))
        if button.get_attribute("aria-expanded") == "false":
            button.click()
    expect(tree.get_by_role("button", name="50 more of 50")).to_be_visible()
    tree.get_by_role("button", name="50 more of 50").click()
    expect(tree).to_contain_text("149")


def test_why_it_waits_is_said_with_what_blocks_it(look: Opener, shared_system: System, queue: str) -> None:
    with shared_system.client() as client:
        parent = client.submit("synthetic", {}, queue=queue, delay="1h")
        child = client.submit("synthetic", {}, queue=queue, depends_on=[parent])
    view = look(f"/jobs/{child.id}").live()
    page = view.page

    expect(page.get_by_text("Waits for 1 job to end.")).to_be_visible()
    blockers = page.get_by_role("list", name="Jobs it waits for")
    expect(blockers).to_contain_text("scheduled")
    expect(page.get_by_role("img", name=re.compile("^waits for other jobs"))).to_be_visible()
    blockers.get_by_role("link").first.click()
    expect(page).to_have_url(re.compile(parent.id))
    expect(page.get_by_text(re.compile("Is due in "))).to_be_visible()


def test_a_paused_queue_colours_the_wait_and_leads_to_the_queues(
    look: Opener, shared_system: System, queue: str
) -> None:
    with shared_system.client() as client:
        client.pause(queue)
        jobs = client.submit_many([NewJob(type="synthetic", queue=queue) for _ in range(3)])
    page = look(f"/jobs/{jobs[2].id}").live().page

    expect(page.get_by_text(f"The queue {queue} is paused.")).to_be_visible()
    expect(page.get_by_text("Place in line")).to_be_visible()
    expect(page.get_by_role("img", name=re.compile("^in line, queue paused"))).to_be_visible()
    with shared_system.client() as client:
        client.resume(queue)
    expect(page.get_by_text("It has completed.")).to_be_visible()
    expect(page.get_by_role("region", name="Result")).to_contain_text("attempt")


def test_what_happens_to_its_queue_shows_at_once(look: Opener, shared_system: System, queue: str) -> None:
    with shared_system.client() as client:
        job = client.submit(f"type-{queue}", {}, queue=queue)
        page = look(f"/jobs/{job.id}").live().page

        expect(page.get_by_text(re.compile("^No live worker serves"))).to_be_visible()
        expect(page.get_by_role("img", name=re.compile("^in line, no worker for it"))).to_be_visible()
        client.pause(queue)
        expect(page.get_by_text(f"The queue {queue} is paused.")).to_be_visible()
        expect(page.get_by_text("held", exact=True)).to_be_visible()
        client.resume(queue)
        expect(page.get_by_text("ready", exact=True)).to_be_visible()


def test_a_lost_worker_leaves_evidence(look: Opener, shared_system: System) -> None:
    with shared_system.client() as client:
        job = client.submit("synthetic", {"crash_times": 1})
        ends(client, job.id, "completed")
    page = look(f"/jobs/{job.id}").live().page

    attempts = page.get_by_label("Attempts, the latest first").get_by_role("article")
    expect(attempts.filter(has_text="lost")).to_contain_text("SIGKILL")
    expect(page.get_by_role("img", name=re.compile("^lost with its worker"))).to_be_visible()


def test_progress_moves_by_itself_and_a_running_job_can_be_cancelled(look: Opener, shared_system: System) -> None:
    with shared_system.client() as client:
        job = client.submit("synthetic", {"sleep_ms": 60_000, "steps": 600})
    page = look(f"/jobs/{job.id}").live().page

    expect(page.get_by_label("How far it is")).to_be_visible()
    page.keyboard.press("c")
    page.get_by_role("button", name="Cancel the job").click()
    expect(page.get_by_text("It was cancelled")).to_be_visible()
    expect(page.get_by_role("button", name="Retry")).to_be_visible()


def test_a_failed_job_runs_again_as_its_next_generation(look: Opener, shared_system: System) -> None:
    with shared_system.client() as client:
        job = client.submit("synthetic", {"permanent": True})
        ends(client, job.id, "failed")
    page = look(f"/jobs/{job.id}").live().page
    page.get_by_role("button", name="Retry").click()

    expect(page.get_by_role("figure", name="Timeline of generation 2")).to_be_visible()
    page.get_by_role("button", name="1 earlier generation").click()
    expect(page.get_by_role("figure")).to_have_count(2)


def test_again_with_another_payload_is_another_job(look: Opener, failed: str) -> None:
    page = look(f"/jobs/{failed}").live().page
    expect(page.get_by_label("More to do with it")).to_be_visible()
    page.keyboard.press("e")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Payload").fill('{"echo": ')
    expect(dialog.get_by_role("button", name="Submit")).to_be_disabled()
    dialog.get_by_label("Payload").fill('{"echo": "once more"}')
    dialog.get_by_role("button", name="Submit").click()

    expect(page).not_to_have_url(re.compile(failed))
    expect(page.get_by_role("region", name="Payload")).to_contain_text("once more")
    expect(page.get_by_text("It has completed.")).to_be_visible()
    expect(page.get_by_text("acme")).to_be_visible()


def test_a_waiting_job_gets_another_priority(look: Opener, shared_system: System, queue: str) -> None:
    with shared_system.client() as client:
        job = client.submit("synthetic", {}, queue=queue, delay="1h")
    page = look(f"/jobs/{job.id}").live().page
    page.get_by_role("button", name="Priority").click()
    page.get_by_role("menuitem", name=re.compile("critical")).click()

    expect(page.get_by_text("critical 20")).to_be_visible()
    expect(page.get_by_label("History")).to_contain_text("job.reprioritised")


@pytest.mark.parametrize(
    ("item", "begins"),
    [
        ("as curl", "curl http://127.0.0.1:"),
        ("as command line", "# Without the backoff: the command line cannot say that.\nJOURNEYMAN_INGEST_URL=http"),
        ("as Python", "from journeyman import Client"),
    ],
)
def test_a_job_is_copied_as_what_submits_another(look: Opener, failed: str, item: str, begins: str) -> None:
    page = look(f"/jobs/{failed}").live().page
    page.get_by_role("button", name="More to do with it").click()
    page.get_by_role("menuitem", name=item).click()
    expect(page.get_by_text(re.compile("^Copied "))).to_be_visible()

    copied: str = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith(begins)
    assert "fail_times" in copied
    assert "acme" in copied


@pytest.mark.parametrize("text", HOSTILE, ids=["markup", "controls", "right-to-left", "long", "proto", "quotes"])
@pytest.mark.parametrize("device", ["desktop", "phone"])
def test_hostile_strings_are_only_text(look: Opener, shared_system: System, device: str, text: str) -> None:
    with shared_system.client() as client:
        job = client.submit(
            "data-processing",
            {"path": text[:2_000], "aggregate": {text[:100]: ["sum"]}, "title": text, text: {text: [text]}},
            max_attempts=1,
            tags={text[:40]: text[:200]},
        )
        ok = client.submit("synthetic", {"echo": {text: text}})
        ends(client, job.id, "failed")
        ends(client, ok.id, "completed")

    for job_id in (job.id, ok.id):
        view = look(f"/jobs/{job_id}", device=device).live()
        expect(view.page.get_by_role("region", name="Payload")).to_be_visible()
        expect(view.page.get_by_label("History")).to_be_visible()
        assert view.page.locator("main img, main script").count() == 0
        assert view.overflow() <= 0


def test_a_job_that_is_not_known_is_said_to_be_so(look: Opener) -> None:
    view = look("/jobs/000000000000000000000000")
    expect(view.page.get_by_text("No such job")).to_be_visible()
    view.faults = [fault for fault in view.faults if "404" not in fault]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("device", ["desktop", "phone"])
def test_it_fits_its_window_and_is_for_everybody(look: Opener, failed: str, device: str, scheme: str) -> None:
    view = look(f"/jobs/{failed}", device=device, scheme=scheme).live()
    expect(view.page.get_by_label("History")).to_contain_text("job.dead_lettered")

    assert view.overflow() <= 0
    view.shoot(f"job-{device}-{scheme}", whole=True)
    found = Axe().run(view.page).response["violations"]
    faults = [f"{one['id']}: {node['html'][:200]}" for one in found if one["impact"] in GRAVE for node in one["nodes"]]
    assert faults == []
