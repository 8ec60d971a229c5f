"""Types of jobs: how often well, how long, what they fail of, and their circuit breakers."""

from __future__ import annotations

import re
import uuid

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import expect

from journeyman.client.orders import NewJob
from support.browser import Opener
from support.system import System
from support.waiting import wait_for

GRAVE = {"serious", "critical"}
MESSAGE = '"><img src=x onerror=alert(1)>\u202egnp'


@pytest.fixture(scope="module", autouse=True)
def jobs(shared_system: System) -> None:
    shared_system.await_workers(2)
    with shared_system.client() as client:
        submitted = client.submit_many(
            [NewJob(type="synthetic", payload={"sleep_ms": n * n, "permanent": n % 6 == 0}) for n in range(24)]
            + [NewJob(type="data-processing", payload={"path": MESSAGE, "aggregate": {"a": ["sum"]}}, max_attempts=1)]
        )
        for one in submitted:
            wait_for(
                lambda id=one.id: client.job(id).status in {"completed", "failed"},  # type: ignore[misc]
                f"{one.id} to end",
                timeout_s=60,
            )


@pytest.fixture
def unused() -> str:
    """Give the name of a type that nobody else uses."""
    return f"type-{uuid.uuid4().hex[:10]}"


def test_a_type_says_how_often_well_and_how_long(look: Opener) -> None:
    page = look("/types").live().page
    page.get_by_role("link", name="synthetic", exact=True).click()

    expect(page.get_by_role("heading", level=1)).to_have_text("synthetic")
    expect(page.get_by_role("figure", name=re.compile("^Run time of"))).to_be_visible()
    page.get_by_text("Wait", exact=True).click()
    expect(page.get_by_role("figure", name=re.compile("^Wait of"))).to_be_visible()
    page.get_by_text("6h", exact=True).click()
    expect(page.get_by_text("In the last 6h")).to_be_visible()
    assert "window=6h" in page.url
    expect(page.get_by_text(re.compile(r"dead letters?$"))).to_be_visible()
    page.get_by_role("link", name=re.compile("^failed")).click()
    expect(page.get_by_label("Search jobs")).to_have_value("type:synthetic status:failed")


def test_a_person_opens_and_closes_a_breaker(look: Opener, shared_system: System, unused: str) -> None:
    with shared_system.client() as client:
        job = client.submit(unused, {})
    page = look(f"/types/{unused}").live().page
    page.get_by_role("button", name="Open the breaker").click()
    page.get_by_role("button", name="Open it").click()

    expect(page.get_by_text("A person opened it")).to_be_visible()
    expect(page.get_by_text("1 job", exact=True)).to_be_visible()
    other = look(f"/jobs/{job.id}").live().page
    expect(other.get_by_text(re.compile("was opened by hand"))).to_be_visible()
    page.get_by_role("button", name="Close the breaker").click()
    expect(page.get_by_role("button", name="Open the breaker")).to_be_visible()
    expect(page.get_by_text("A person opened it")).to_have_count(0)


def test_hostile_errors_are_only_text(look: Opener) -> None:
    view = look("/types/data-processing").live()

    expect(view.page.get_by_text(re.compile("onerror"))).to_be_visible()
    assert view.page.locator("main img").count() == 0


def test_a_type_says_what_it_takes_and_leads_to_the_form(look: Opener) -> None:
    page = look("/types/image-processing").live().page
    expect(page.get_by_text("Write thumbnails of a picture")).to_be_visible()
    takes = page.get_by_role("list", name="What its payload takes")
    expect(takes).to_contain_text("any of jpeg, png, webp, else webp, jpeg")
    expect(page.get_by_text("at most 2 m each")).to_be_visible()
    page.get_by_role("link", name="Submit one").click()
    expect(page.locator("form").get_by_label("output_dir")).to_be_visible()


def test_errors_lead_to_a_job_that_had_them(look: Opener) -> None:
    page = look("/types/synthetic").live().page
    error = page.get_by_role("listitem").filter(has_text="told to fail for good")
    expect(error).to_contain_text("all dead")
    error.get_by_role("link").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("synthetic")


def test_a_type_that_is_not_known_is_said_to_be_so(look: Opener) -> None:
    view = look("/types/%3Cimg%20src%3Dx%3E")
    expect(view.page.get_by_text("No such type")).to_be_visible()
    view.faults = [fault for fault in view.faults if "404" not in fault]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("device", ["desktop", "phone"])
def test_it_fits_its_window_and_is_for_everybody(look: Opener, device: str, scheme: str) -> None:
    for path, name in (("/types", "types"), ("/types/synthetic", "type")):
        view = look(path, device=device, scheme=scheme).live()
        expect(view.page.locator("tbody tr").first).to_be_visible()
        if name == "type":
            expect(view.page.locator("figure canvas")).to_be_visible()
        assert view.overflow() <= 0
        view.shoot(f"{name}-{device}-{scheme}", whole=True)
        found = Axe().run(view.page).response["violations"]
        faults = [
            f"{one['id']}: {node['html'][:200]}" for one in found if one["impact"] in GRAVE for node in one["nodes"]
        ]
        assert faults == []
