"""The list of jobs: current by itself, searched in words, and all of its state in the address."""

from __future__ import annotations

import json
import re
import uuid
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import expect

from journeyman.client.orders import NewJob
from support.browser import Opener
from support.system import System
from support.waiting import wait_for

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{constructor.constructor('alert(1)')()}}",
    "javascript:alert(1)",
    "\u202egnp.exe \u0000 \U0001f680 " + "w" * 400,
    "__proto__",
]

ACME = {"customer": "acme"}


@pytest.fixture
def queue() -> str:
    """Give a queue of its own, so that a test sees nobody else's jobs."""
    return f"q-{uuid.uuid4().hex[:12]}"


def test_a_job_appears_and_completes_without_anybody_reading_anew(
    look: Opener, shared_system: System, queue: str
) -> None:
    shared_system.await_workers(2)
    view = look(f"/jobs?q=queue%3A{queue}").live()
    expect(view.page.get_by_text("No job is like that")).to_be_visible()

    with shared_system.client() as client:
        client.submit("synthetic", {"sleep_ms": 6000, "steps": 12}, queue=queue)

        expect(view.row("synthetic")).to_contain_text("running")
        expect(view.row("synthetic")).to_contain_text("completed")


def test_words_and_qualifiers_narrow_the_list_and_stand_in_the_address(
    look: Opener, shared_system: System, queue: str
) -> None:
    with shared_system.client() as client:
        client.submit_many(
            [NewJob(type="synthetic", queue=queue, delay="1h", tags={"n": str(n)}, priority=n) for n in range(5)]
        )
    view = look("/jobs").live()
    view.page.keyboard.press("/")
    view.page.keyboard.type(f"queue:{queue} phase:scheduled priority:>=3")
    view.page.keyboard.press("Enter")

    expect(view.page.locator("tbody tr")).to_have_count(2)
    expect(view.page).to_have_url(re.compile(r"q=queue%3A.*phase%3Ascheduled"))
    view.page.reload()
    expect(view.page.locator("tbody tr")).to_have_count(2)
    expect(view.page.get_by_text("2 jobs", exact=True)).to_be_visible()


def test_the_search_box_completes_names_and_values(look: Opener) -> None:
    view = look("/jobs").live()
    view.page.keyboard.press("/")
    view.page.keyboard.type("stat")
    view.page.keyboard.press("Tab")
    view.page.keyboard.type("can")
    view.page.keyboard.press("Tab")

    expect(view.page.get_by_label("Search jobs")).to_have_value("status:cancelled ")


@pytest.mark.parametrize(
    ("qualifier", "found"),
    [
        ("payload.user.id:42", 1),
        ("payload.user.id:4*", 0),
        ('payload.user.name:"Ada L"', 1),
        ("tag:customer=acme", 2),
        ("type:synth*", 3),
        ("age:>1h", 0),
        ("age:<1h", 3),
        ("worker:w-0000000000", 0),
        ("error:nothing", 0),
    ],
)
def test_every_qualifier_asks_the_server(
    look: Opener, shared_system: System, queue: str, qualifier: str, found: int
) -> None:
    with shared_system.client() as client:
        client.submit_many(
            [
                NewJob(type="synthetic", queue=queue, delay="1h", payload={"user": {"id": 42, "name": "Ada L"}}),
                NewJob(type="synthetic", queue=queue, delay="1h", payload={"user": {"id": 7}}, tags=ACME),
                NewJob(type="synthetic", queue=queue, delay="1h", tags=ACME),
            ]
        )
    view = look("/jobs").live()
    view.page.get_by_label("Search jobs").fill(f"queue:{queue} {qualifier}")
    view.page.keyboard.press("Enter")

    expect(view.page.get_by_text(f"{found} job{'' if found == 1 else 's'}", exact=True)).to_be_visible()
    expect(view.page.locator("tbody tr")).to_have_count(found)


def test_payloads_are_completed_from_what_is_listed(look: Opener, shared_system: System, queue: str) -> None:
    with shared_system.client() as client:
        client.submit("synthetic", {"user": {"id": 42}, "echo": 1}, queue=queue, delay="1h")
    view = look(f"/jobs?q=queue%3A{queue}").live()
    expect(view.page.locator("tbody tr")).to_have_count(1)
    box = view.page.get_by_label("Search jobs")
    box.fill("")
    box.press_sequentially("pay")
    for _ in ("the qualifier", "the path", "the value"):
        box.press("Tab")
        if box.input_value() == "payload.":
            box.press_sequentially("us")
    expect(box).to_have_value("payload.user.id:42 ")


def test_a_search_of_texts_says_how_far_its_count_goes_and_goes_on_by_itself(
    look: Opener, shared_system: System, queue: str
) -> None:
    with shared_system.client() as client:
        client.submit("synthetic", {"echo": "needle"}, queue=queue, delay="1h")
        client.submit_many([NewJob(type="synthetic", queue=queue, delay="1h") for _ in range(3_000)])
    view = look(f"/jobs?q=queue%3A{queue}").live()
    expect(view.page.get_by_text("3,001 jobs", exact=True)).to_be_visible()
    view.page.get_by_label("Search jobs").fill(f"queue:{queue} payload.echo:needle")
    view.page.keyboard.press("Enter")

    expect(view.page.get_by_text("at least 0 jobs", exact=True)).to_be_visible()
    expect(view.page.locator("tbody tr")).to_have_count(1)
    view.page.get_by_label("Search jobs").fill(f"queue:{queue} payload.echo:nothing")
    view.page.keyboard.press("Enter")
    expect(view.page.get_by_text("No job is like that")).to_be_visible()


def test_what_matches_is_downloaded_one_job_a_line(
    look: Opener, shared_system: System, queue: str, tmp_path: Path
) -> None:
    with shared_system.client() as client:
        client.submit_many(
            [NewJob(type="synthetic", queue=queue, delay="1h", payload={"echo": text}) for text in HOSTILE]
        )
    view = look(f"/jobs?q=queue%3A{queue}").live()
    with view.page.expect_download() as download:
        view.page.get_by_role("button", name=f"Export {len(HOSTILE)} jobs").click()
    assert re.fullmatch(r"jobs-\d{4}-\d\d-\d\dT\d{6}Z\.ndjson", download.value.suggested_filename)
    download.value.save_as(tmp_path / "jobs.ndjson")
    lines = (tmp_path / "jobs.ndjson").read_text().split("\n")[:-1]
    assert [json.loads(line)["payload"]["echo"] for line in lines] == HOSTILE[::-1]


def test_a_view_is_named_kept_shared_and_forgotten(look: Opener, queue: str) -> None:
    view = look(f"/jobs?q=queue%3A{queue}&sort=-duration").live()
    page = view.page
    name = f"{HOSTILE[0]} of mine"
    page.get_by_role("button", name="Views").click()
    page.get_by_label("Name of the present search").fill(name)
    page.keyboard.press("Enter")
    own = page.get_by_role("list", name="Kept in this browser")
    expect(own.get_by_role("link", name=name)).to_have_attribute("aria-current", "page")
    found = [one for one in Axe().run(page).response["violations"] if one["impact"] in {"serious", "critical"}]
    assert found == []
    view.shoot("views")

    own.get_by_role("button", name="Copy the address").click()
    address = page.evaluate("navigator.clipboard.readText()")
    page.get_by_role("link", name="Running longest").click()
    expect(page).to_have_url(re.compile("status%3Aprocessing.*sort=-duration"))
    page.goto(address)
    expect(page.get_by_label("Search jobs")).to_have_value(f"queue:{queue}")
    expect(page).to_have_url(re.compile("sort=-duration"))
    page.reload()
    page.get_by_role("button", name="Views").click()
    own.get_by_role("button", name="Forget").click()
    expect(own).to_have_count(0)


def test_the_keyboard_goes_everywhere(look: Opener) -> None:
    view = look("/").live()
    for key, title in (("j", "Jobs"), ("q", "Queues"), ("w", "Workers"), ("t", "Types"), ("d", "Dead letters")):
        view.page.keyboard.press("g")
        view.page.keyboard.press(key)
        expect(view.page.get_by_role("heading", level=1)).to_have_text(title)
    view.page.keyboard.press("?")
    expect(view.page.get_by_role("dialog")).to_contain_text("Keyboard and search")


def test_hostile_strings_are_only_text(look: Opener, shared_system: System, queue: str) -> None:
    with shared_system.client() as client:
        client.submit_many(
            [
                NewJob(
                    type="synthetic", queue=queue, delay="1h", payload={"echo": text, text: text}, tags={"t": text[:60]}
                )
                for text in HOSTILE
            ]
        )
    view = look(f"/jobs?q=queue%3A{queue}").live()

    expect(view.page.locator("tbody tr")).to_have_count(len(HOSTILE))
    assert view.page.locator("tbody img, tbody script").count() == 0
    for text in HOSTILE[:4]:
        view.page.get_by_label("Search jobs").fill(text)
        view.page.keyboard.press("Enter")
        expect(view.page.get_by_role("heading", level=1)).to_have_text("Jobs")


def test_paused_means_that_nothing_moves_until_it_goes_on(look: Opener, shared_system: System, queue: str) -> None:
    view = look(f"/jobs?q=queue%3A{queue}").live()
    expect(view.page.get_by_text("No job is like that")).to_be_visible()
    view.page.keyboard.press("p")
    expect(view.page.get_by_role("button", name="Paused. Go on live")).to_be_visible()
    asked: list[str] = []
    view.page.on("request", lambda request: asked.append(request.url))
    with shared_system.client() as client:
        client.submit("synthetic", {}, queue=queue)
    assert asked == []

    view.page.keyboard.press("p")
    expect(view.page.locator("tbody tr")).to_have_count(1)


def test_no_row_moves_under_the_pointer(look: Opener, shared_system: System, queue: str) -> None:
    with shared_system.client() as client:
        client.submit_many([NewJob(type="synthetic", queue=queue, delay="1h") for _ in range(3)])
        view = look(f"/jobs?q=queue%3A{queue}").live()
        rows = view.page.locator("tbody tr")
        expect(rows).to_have_count(3)
        rows.nth(1).hover()
        pointed = rows.nth(1).inner_text()
        client.submit("synthetic", {}, queue=queue, delay="1h")

        expect(view.page.get_by_role("button", name="Show what is new")).to_be_visible()
        expect(rows).to_have_count(3)
        assert rows.nth(1).inner_text().split()[:2] == pointed.split()[:2]
        view.page.get_by_role("heading", level=1).hover()
        expect(rows).to_have_count(4)
        expect(view.page.get_by_role("button", name="Show what is new")).to_have_count(0)


def test_its_numbers_never_contradict_each_other(look: Opener, shared_system: System, queue: str) -> None:
    view = look("/jobs").live()
    expect(view.page.get_by_role("button", name=re.compile("^All [0-9]"))).to_be_visible()
    view.page.evaluate(
        """() => {
        const number = (text) => Number(text.replace(/[^0-9]/g, ""));
        window.told_ = new Set(); window.wrong_ = [];
        const look = () => {
            const [all, ...each] = [...document.querySelectorAll("fieldset[aria-label=Status] span[title]")]
                .map(({ title }) => number(title));
            const title = number(document.querySelector("h1 + div").textContent);
            const sum = each.reduce((one, other) => one + other, 0);
            window.told_.add(all);
            if (title !== all || sum !== all) window.wrong_.push([title, all, sum]);
            requestAnimationFrame(look);
        };
        look() }"""
    )
    with shared_system.client() as client:
        for _ in range(4):
            before: int = view.page.evaluate("window.told_.size")
            client.submit_many([NewJob(type="synthetic", queue=queue) for _ in range(5)])
            wait_for(lambda told=before: view.page.evaluate("window.told_.size") > told, "another number")  # type: ignore[misc]
    assert view.page.evaluate("window.wrong_") == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("device", ["desktop", "phone"])
def test_it_fits_its_window(look: Opener, device: str, scheme: str) -> None:
    view = look("/jobs", device=device, scheme=scheme).live()
    expect(view.page.locator("tbody tr").first).to_be_visible()

    assert view.overflow() <= 0
    view.shoot(f"jobs-{device}-{scheme}")
