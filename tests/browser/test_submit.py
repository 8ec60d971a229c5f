"""Submitting: the form, what it refuses, the same said elsewhere, templates, and load."""

from __future__ import annotations

import re
import uuid
from typing import Any

import httpx
import pytest
from playwright.sync_api import Locator, Page, Route, expect

from support.browser import Opener
from support.system import System
from support.waiting import wait_for

HOSTILE = [
    "<img src=x onerror=alert(1)>",
    "'; $(touch /tmp/x) #",
    "\u202egnp.exe \U0001f680",
    "w" * 10_000,
]


#: What an unkind worker may tell.
UNKIND = {
    "type": "object",
    "properties": {
        HOSTILE[0]: {"type": "string", "description": HOSTILE[2], "default": HOSTILE[0], "examples": [HOSTILE[3]]},
        HOSTILE[3]: {"enum": HOSTILE},
        "__proto__": {"type": "object", "properties": {"constructor": {"type": "integer", "minimum": "a lot"}}},
        "loop": {"$ref": "#/properties/loop"},
        "odd": 7,
    },
    "required": 7,
}


@pytest.fixture
def queue() -> str:
    """Give a queue of its own, so that a test sees nobody else's jobs."""
    return f"q-{uuid.uuid4().hex[:12]}"


def _fill(page: Page, label: str, text: str) -> None:
    page.locator("form").get_by_label(re.compile(f"^{label}")).first.fill(text)


def _open_further(page: Page) -> None:
    page.get_by_role("button", name=re.compile("^Timing, attempts")).click()


def test_a_job_is_submitted_with_all_that_was_said_and_followed(
    look: Opener, shared_system: System, queue: str
) -> None:
    shared_system.await_workers(2)
    view = look("/submit").live()
    page = view.page
    _fill(page, "Type", "synthetic")
    _fill(page, "Queue", queue)
    _fill(page, "Priority", "high")
    _as_json(page).fill('{"echo": "from the form"}')
    _open_further(page)
    _fill(page, "Attempts", "7")
    _fill(page, "Tags", "customer=acme")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Submit", exact=True).click()

    expect(page.get_by_role("list", name="Submitted")).to_contain_text("completed")
    (job,) = _jobs(shared_system, queue)["items"]
    assert (job["priority"], job["max_attempts"], job["tags"]) == (15, 7, {"customer": "acme"})
    assert job["payload"] == {"echo": "from the form"}


def _jobs(system: System, queue: str) -> Any:
    return httpx.get(f"{system.dashboard_url}/jobs", params={"queue": queue}, trust_env=False).json()


def _as_json(page: Page) -> Locator:
    """Return the payload as JSON, of a type whose payload has a form."""
    page.get_by_text("JSON", exact=True).click()
    return page.get_by_label("Payload", exact=True)


@pytest.mark.parametrize("text", HOSTILE)
def test_every_field_takes_anything_and_says_what_is_wrong_with_it(look: Opener, text: str) -> None:
    view = look("/submit").live()
    page = view.page
    _open_further(page)
    for label in ("Type", "Queue", "Priority", "Starts in", "Longest attempt", "Attempts", "Idempotency key"):
        _fill(page, label, text)
    for label in ("Tags", "Waits for these jobs"):
        _fill(page, label, text)
        page.keyboard.press("Enter")
    page.get_by_label("Payload", exact=True).fill(text)
    page.get_by_role("button", name="Submit", exact=True).click()

    expect(page.get_by_text("1 to 128 letters, digits, dots, dashes, underscores").first).to_be_visible()
    expect(page.get_by_text("This is not JSON")).to_be_visible()
    expect(page.get_by_role("list", name="Submitted")).to_have_count(0)
    assert page.locator("main img").count() == 0
    assert view.overflow() <= 0


def test_the_form_is_said_elsewhere_too(look: Opener, shared_system: System) -> None:
    view = look("/submit").live()
    page = view.page
    _fill(page, "Type", "synthetic")
    _as_json(page).fill('{"echo": "it\'s $(true)"}')
    said = page.get_by_label("The command", exact=True)
    expect(said).to_contain_text(f"curl {shared_system.ingest_url}/jobs")
    expect(said).to_contain_text(r"it'\''s $(true)")
    page.get_by_text("Python", exact=True).click()
    expect(said).to_contain_text('client.submit("synthetic", {"echo": "it\'s $(true)"})')
    page.get_by_text("CLI", exact=True).click()
    expect(said).to_contain_text("journeyman submit synthetic")
    page.get_by_text("Link", exact=True).click()
    link = said.inner_text()

    page.goto("about:blank")
    page.goto(link)
    expect(page.locator("form").get_by_label(re.compile("^Type")).first).to_have_value("synthetic")


def _only_job(system: System, queue: str) -> Any:
    (job,) = _jobs(system, queue)["items"]
    return job


def test_a_type_gets_a_form_of_what_its_function_takes(look: Opener, shared_system: System, queue: str) -> None:
    shared_system.await_workers(2)
    view = look(f"/submit?type=synthetic&queue={queue}").live()
    form = view.page.locator("form")
    expect(form.get_by_text("Cost time, fail or crash as told")).to_be_visible()
    form.get_by_label("sleep_ms").fill("5")
    form.get_by_label("echo").fill('{"told": "by hand"}')
    expect(form.get_by_text("How long it sleeps.")).to_be_visible()
    expect(form.get_by_label("steps")).to_have_attribute("placeholder", "0")
    form.get_by_role("switch", name="permanent").click()
    expect(form.get_by_label("The payload as JSON")).to_contain_text('"permanent": true')
    form.get_by_role("switch", name="permanent").click()
    view.shoot("submit-form")
    view.page.keyboard.press("Control+Enter")

    expect(view.page.get_by_role("list", name="Submitted")).to_contain_text("completed")
    assert _only_job(shared_system, queue)["payload"] == {"sleep_ms": 5, "echo": {"told": "by hand"}}


def test_lists_choices_and_names_of_ones_own_are_filled_in(look: Opener, shared_system: System, queue: str) -> None:
    shared_system.await_workers(2)
    view = look(f"/submit?type=data-processing&queue={queue}").live()
    page, form = view.page, view.page.locator("form")
    form.get_by_label("path").fill("sample:flights.csv")
    form.get_by_label("group_by").fill("carrier")
    page.keyboard.press("Enter")
    columns = form.get_by_role("group", name=re.compile("^aggregate"))
    for column in ("dep_delay", "dest"):
        columns.get_by_role("button", name="One more").click()
        columns.get_by_label("Name in aggregate").last.fill(column)
    columns.get_by_label("aggregate of dep_delay").click()
    page.get_by_role("option", name="mean").click()
    page.get_by_role("option", name="max").click()
    page.keyboard.press("Escape")
    columns.get_by_label("aggregate of dest").click()
    page.get_by_role("option", name="count").click()
    page.keyboard.press("Escape")
    view.shoot("submit-lists")
    page.get_by_role("button", name="Submit", exact=True).click()

    expect(page.get_by_role("list", name="Submitted")).to_contain_text("completed")
    wanted = {"dep_delay": ["mean", "max"], "dest": ["count"]}
    assert _only_job(shared_system, queue)["payload"] == {
        "path": "sample:flights.csv",
        "group_by": ["carrier"],
        "aggregate": wanted,
    }


def test_what_is_left_empty_is_as_the_type_has_it(look: Opener, shared_system: System) -> None:
    shared_system.await_workers(2)
    view = look("/submit?type=email-sending").live()
    page, form = view.page, view.page.locator("form")
    expect(form.get_by_label(re.compile("^Queue"))).to_have_attribute("placeholder", "mail")
    form.get_by_label(re.compile("^to")).fill("Doe, Ann <ann@example.org>")
    page.keyboard.press("Enter")
    form.get_by_label("subject").fill("Hello")
    form.get_by_label("body").fill("one\ntwo")
    form.get_by_label("from").fill("bob@example.org")
    view.shoot("submit-mail", whole=True)
    said = page.get_by_label("The command", exact=True)

    expect(said).to_contain_text('"queue":"mail"')
    expect(said).to_contain_text('"max_attempts":5')
    expect(said).to_contain_text('"to":["Doe, Ann <ann@example.org>"]')


def test_what_must_be_given_is_asked_for_beside_its_field(look: Opener, shared_system: System, queue: str) -> None:
    shared_system.await_workers(2)
    page = look(f"/submit?queue={queue}").live().page
    page.get_by_role("button", name="image-processing", exact=True).click()
    path = page.locator("form").get_by_label("path")
    expect(path).to_be_visible()
    page.get_by_role("button", name="Submit", exact=True).click()
    expect(path).to_be_focused()
    expect(path).to_have_accessible_description(re.compile("It must be given"))
    assert _jobs(shared_system, queue)["total"] == 0

    page.keyboard.type("sample:nothing.png")
    page.locator("form").get_by_label("output_dir").fill("nowhere")
    page.keyboard.press("Control+Enter")
    page.get_by_role("status").get_by_role("link", name="Open the job").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("image-processing")


def test_a_form_shows_what_it_has_no_field_for(look: Opener, shared_system: System) -> None:
    shared_system.await_workers(2)
    page = look('/submit?type=synthetic&payload={"sleep_ms":"long","colour":"red"}').live().page
    expect(page.get_by_label("sleep_ms")).to_have_value('"long"')
    expect(page.get_by_text("Not in the form, but in the payload: colour")).to_be_visible()


def test_a_type_of_which_nobody_said_anything_is_submitted_as_json(
    look: Opener, shared_system: System, queue: str
) -> None:
    with shared_system.client() as client:
        client.submit(queue, {})
    page = look(f"/submit?type={queue}").live().page
    expect(page.get_by_text("No worker has said what belongs in the payload of this type.")).to_be_visible()
    expect(page.get_by_label("Payload", exact=True)).to_have_value("{}")


def test_an_unkind_schema_is_only_text(look: Opener, shared_system: System) -> None:
    shared_system.await_workers(2)
    view = look("/").live()

    def unkind(route: Route) -> None:
        answer = route.fetch()
        told = answer.json()
        told["schema"], told["description"] = UNKIND, HOSTILE[0]
        route.fulfill(response=answer, json=told)

    view.page.route(re.compile(r"/types/synthetic\?"), unkind)
    for address in ("/submit?type=synthetic", "/types/synthetic"):
        view.go(address)
        expect(view.page.get_by_text(HOSTILE[0]).first).to_be_visible()
        assert view.page.locator("main img").count() == 0
        assert view.overflow() <= 0
    view.page.unroute_all(behavior="wait")


def test_a_form_is_kept_and_used_again(look: Opener) -> None:
    view = look("/submit").live()
    page = view.page
    _fill(page, "Type", "synthetic")
    _fill(page, "Queue", "kept-queue")
    page.get_by_role("button", name="Keep this form").click()
    page.get_by_label("Name of the template").fill(HOSTILE[0])
    page.get_by_role("button", name="Keep", exact=True).click()
    page.reload()
    page.get_by_role("button", name=HOSTILE[0]).first.click()

    expect(page.locator("form").get_by_label(re.compile("^Queue")).first).to_have_value("kept-queue")
    page.get_by_role("button", name=f"Forget {HOSTILE[0]}").click()
    expect(page.get_by_role("list", name="Templates")).not_to_contain_text(HOSTILE[0])


def test_load_is_simulated_after_a_warning(look: Opener, shared_system: System, queue: str) -> None:
    view = look(f"/submit?type=synthetic&queue={queue}").live()
    page = view.page
    page.get_by_role("button", name="Simulate load").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("These are real jobs")
    dialog.get_by_label("How many").fill("25")
    dialog.get_by_label("A second").fill("20")
    dialog.get_by_role("button", name="Submit 25 jobs").click()

    expect(page.get_by_text("25 jobs submitted")).to_be_visible()
    wait_for(lambda: _jobs(shared_system, queue)["total"] == 25, "25 jobs")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("device", ["desktop", "phone"])
def test_it_fits_its_window(look: Opener, device: str, scheme: str) -> None:
    view = look("/submit?type=synthetic", device=device, scheme=scheme).live()
    expect(view.page.get_by_label("The command", exact=True)).to_be_visible()

    assert view.overflow() <= 0
    view.shoot(f"submit-{device}-{scheme}", whole=True)
