"""The page: whole in itself, and nothing in the data gets out of its place."""

from __future__ import annotations

import base64
import re
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from journeyman_worker.samples import report
from journeyman_worker.samples.errors import UnusableInputError
from journeyman_worker.samples.thumbnails import Picture

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
ATTACK = "\"'><script>alert(1)</script><img src=x onerror=alert(2)>{{ 7 * 7 }}"
TABLE: dict[str, Any] = {
    "title": "Penguins",
    "path": "sample:penguins.csv",
    "rows": 344,
    "group_by": ["species"],
    "columns": ["species", "mass_mean", "mass_count"],
    "measures": [
        {"name": "mass_mean", "column": "mass", "method": "mean"},
        {"name": "mass_count", "column": "mass", "method": "count"},
    ],
    "groups": [
        {"species": "Adelie", "mass_mean": 3700.7, "mass_count": 151},
        {"species": "Gentoo", "mass_mean": 5076.0, "mass_count": 123},
        {"species": None, "mass_mean": None, "mass_count": 0},
    ],
}


def thumbnails(name: str = "cat.png", *files: tuple[str, int, int]) -> dict[str, Any]:
    made = [
        {"path": f"/t/{name}-{size}.{form}", "format": form, "size": size, "width": size, "height": 9, "bytes": count}
        for form, size, count in files or [("webp", 256, 900)]
    ]
    return {"path": name, "format": "PNG", "width": 451, "height": 300, "files": made}


def page_of(*results: object, title: str = "A title") -> str:
    def content(picture: Picture) -> bytes:
        return f"content of {picture.path}".encode()

    return report.render(title, report.material(results), read=content, made_at=NOON, made_by="job 1")


class Reader(HTMLParser):
    """Collects the tags and the text of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def test_a_table_is_shown_with_its_chart_and_its_figures() -> None:
    page = Reader(page_of(TABLE))

    assert [tag for tag, _ in page.tags].count("rect") == 2
    for text in ("Penguins", "penguins.csv", "344 rows, 3 groups", "mean mass", "3,700.7", "5,076.0", "(blank)", "151"):
        assert text in page.text


def test_groups_of_rising_numbers_are_drawn_as_a_line_with_their_range() -> None:
    names = {"temp_mean": "mean", "temp_min": "min", "temp_max": "max"}
    table = {
        "group_by": ["month"],
        "columns": ["month", *names],
        "measures": [{"name": name, "column": "temp", "method": method} for name, method in names.items()],
        "groups": [
            {"month": str(month), "temp_mean": month, "temp_min": month - 5, "temp_max": month + 5}
            for month in range(1, 13)
        ],
    }

    page = Reader(page_of(table))

    assert {"polyline", "polygon"} <= {tag for tag, _ in page.tags}
    assert "mean temp by month, with the range from lowest to highest" in page.text


def test_a_result_without_measures_is_shown_all_the_same() -> None:
    page = Reader(page_of({"groups": [{"name": "a", "n": 1}, {"name": "b", "n": 2.5}], "columns": ["name", "n"]}))

    assert [tag for tag, _ in page.tags].count("rect") == 2
    assert "n by name" in page.text


def test_a_table_without_numbers_or_rows_has_no_chart() -> None:
    for groups in ([], [{"name": "a"}], [{"name": None}]):
        page = Reader(page_of({"groups": groups, "columns": ["name"]}))

        assert "svg" not in {tag for tag, _ in page.tags}


def test_a_picture_is_embedded_as_its_largest_file_of_fewest_bytes() -> None:
    files = [("webp", 128, 100), ("jpeg", 480, 900), ("webp", 480, 700), ("png", 4096, 50), ("png", 500, 10**7)]

    page = Reader(page_of(thumbnails("cat.png", *files)))

    (image,) = (attributes for tag, attributes in page.tags if tag == "img")
    expected = base64.b64encode(b"content of /t/cat.png-480.webp").decode()
    assert image["src"] == f"data:image/webp;base64,{expected}"
    assert image["alt"] == "cat.png"


def test_more_pictures_than_a_page_can_hold_are_counted() -> None:
    page = Reader(page_of(*(thumbnails(f"{number}.png") for number in range(50))))

    assert [tag for tag, _ in page.tags].count("img") == report.PICTURES_MAX
    assert "and 2 more" in page.text


def test_a_page_stands_alone() -> None:
    page = Reader(page_of(TABLE, thumbnails()))

    sources = [value for _, attributes in page.tags for name, value in attributes.items() if name in ("src", "href")]
    assert all(source and source.startswith("data:image/") for source in sources)
    assert not {"script", "link", "iframe", "object"} & {tag for tag, _ in page.tags}
    policy = next(attributes for tag, attributes in page.tags if attributes.get("http-equiv"))
    assert policy["content"] == "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


def test_markup_in_data_stays_text_wherever_it_stands() -> None:
    attacked = {
        "title": ATTACK,
        "path": ATTACK,
        "group_by": [ATTACK],
        "columns": [ATTACK, "n"],
        "groups": [{ATTACK: ATTACK, "n": 1}, {ATTACK: "2", "n": 2}],
    }
    harmless = {**attacked, "title": "t", "path": "p", "group_by": ["k"], "columns": ["k", "n"]}
    harmless["groups"] = [{"k": "1 ", "n": 1}, {"k": "x", "n": 2}]

    page = Reader(page_of(attacked, thumbnails(ATTACK), title=ATTACK))

    shape = [tag for tag, _ in Reader(page_of(harmless, thumbnails())).tags]
    assert [tag for tag, _ in page.tags] == shape
    assert not [name for _, attributes in page.tags for name in attributes if name.startswith("on")]
    assert "<script>alert(1)</script>" in page.text


@settings(deadline=None)
@given(st.text(), st.text())
def test_any_text_comes_out_as_it_went_in(label: str, title: str) -> None:
    page = page_of({"groups": [{"k": label, "n": 1}], "columns": ["k", "n"]}, title=title)

    found = re.search(r'<td>(.*?)</td><td class="n">1</td>', page, re.DOTALL)
    assert found
    parsed = Reader(f"<td>{found[1]}</td>")
    assert [tag for tag, _ in parsed.tags] == ["td"]


def test_results_of_other_jobs_are_stepped_over() -> None:
    found = report.material([None, "text", 3, {"echo": 1}, [TABLE], TABLE, thumbnails()])

    assert (len(found.tables), len(found.pictures)) == (1, 1)


def test_nothing_to_report_is_refused() -> None:
    with pytest.raises(UnusableInputError, match="nothing to report"):
        report.material([None, {"echo": 1}])


def test_a_broken_result_is_refused() -> None:
    with pytest.raises(UnusableInputError, match="not a result"):
        report.material([{"groups": "all of them", "columns": []}])
