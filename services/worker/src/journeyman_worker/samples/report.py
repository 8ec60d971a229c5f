"""Results in, one HTML page out: the pure part of `report-generation`.

A page stands alone: style, charts (SVG) and pictures (data URIs) are inside, scripts and references to elsewhere
are not, and its own content security policy forbids them. Everything that comes from data passes Jinja's escaping.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from pathlib import Path, PurePath
from typing import Any, NamedTuple

import jinja2
import msgspec

from journeyman_worker.samples import chart
from journeyman_worker.samples.aggregates import Aggregates
from journeyman_worker.samples.errors import UnusableInputError
from journeyman_worker.samples.files import SAMPLE_PREFIX
from journeyman_worker.samples.thumbnails import Picture, Thumbnails

TEMPLATES = Path(__file__).parent / "templates"
ROWS_SHOWN_MAX = 500
#: A table of up to this many rows is open from the start.
ROWS_OPEN_MAX = 8
PICTURES_MAX = 48
#: Pictures are shown at up to this many pixels, and no larger than this many bytes.
PICTURE_SIZE_MAX = 512
PICTURE_BYTES_MAX = 512 << 10


class Material(NamedTuple):
    """What a report is made of."""

    tables: list[Aggregates]
    pictures: list[Thumbnails]


class Cell(NamedTuple):
    """One cell of a table, as text; numbers stand to the right."""

    text: str
    is_number: bool


class Section(NamedTuple):
    """One table with its chart."""

    title: str
    source: str
    facts: str
    measure: str
    range_note: str
    chart: chart.Chart | None
    header: list[Cell]
    rows: list[list[Cell]]
    hidden: int


class Shown(NamedTuple):
    """One picture: embedded as `uri` (empty where no file is small enough), with what was made of it."""

    name: str
    uri: str
    width: int
    height: int
    source: str
    files: list[str]


def material(results: Iterable[object]) -> Material:
    """Pick out the results a report can show, by their shape; others are stepped over.

    Raises UnusableInputError for one that looks the part and is broken, and where there is none at all.
    """
    found = Material([], [])
    for result in results:
        if not isinstance(result, Mapping):
            continue
        try:
            if "groups" in result and "columns" in result:
                found.tables.append(msgspec.convert(result, Aggregates))
            elif "files" in result and "width" in result:
                found.pictures.append(msgspec.convert(result, Thumbnails))
        except msgspec.ValidationError as error:
            raise UnusableInputError(f"not a result a report can show: {error}") from error
    if not found.tables and not found.pictures:
        raise UnusableInputError(
            "nothing to report: no data-processing or image-processing result in `data` or parents"
        )
    return found


def render(title: str, shown: Material, *, read: Callable[[Picture], bytes], made_at: datetime, made_by: str) -> str:
    """Write the page. `read` returns the bytes of a picture that is to be embedded."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html.j2").render(
        title=title,
        sections=[section(table) for table in shown.tables],
        pictures=[picture(each, read) for each in shown.pictures[:PICTURES_MAX]],
        pictures_hidden=max(0, len(shown.pictures) - PICTURES_MAX),
        facts=_facts(shown),
        made_at=f"{made_at:%d %B %Y, %H:%M} {made_at:%Z}".strip(),
        made_by=made_by,
        width=chart.WIDTH,
        rows_open_max=ROWS_OPEN_MAX,
    )


def _facts(shown: Material) -> list[tuple[str, str]]:
    """Return the figures under the title."""
    figures = [
        (len(shown.tables), "table", "tables"),
        (sum(table.rows for table in shown.tables), "row read", "rows read"),
        (sum(len(table.groups) for table in shown.tables), "group", "groups"),
        (len(shown.pictures), "picture", "pictures"),
    ]
    return [(f"{count:,}", one if count == 1 else many) for count, one, many in figures if count]


def section(table: Aggregates) -> Section:
    """Lay out one result: what is charted is its first numeric column, the rest stands in the table."""
    columns = table.columns or list(table.groups[0] if table.groups else ())
    keys = table.group_by or [name for name in columns if not _is_numeric(table.groups, name)]
    measures = [name for name in columns if name not in keys and _is_numeric(table.groups, name)]
    labels = {each.name: f"{_METHODS[each.method]} {_plain(each.column)}" for each in table.measures}
    named = {name: labels.get(name, _plain(name)) for name in columns}
    main = measures[0] if measures else ""
    points = _points(table, keys, main) if main else []
    by = " and ".join(_plain(key) for key in keys)
    digits = {
        name: chart.decimals([row[name] for row in table.groups if _is_number(row.get(name))]) for name in measures
    }
    shown = table.groups[:ROWS_SHOWN_MAX]
    return Section(
        title=table.title or (f"{named[main]} by {by}" if main and by else _file_name(table.path) or "Table"),
        source=_file_name(table.path),
        facts=_counted(table),
        measure=f"{named[main]} by {by}" if main and by else named.get(main, ""),
        range_note="with the range from lowest to highest" if points and points[0].low is not None else "",
        chart=chart.draw(points, ordered=len(keys) == 1 and _is_ascending(points)),
        header=[Cell(named[name], name in measures) for name in columns],
        rows=[[_cell(row.get(name), digits.get(name)) for name in columns] for row in shown],
        hidden=len(table.groups) - len(shown),
    )


_METHODS = {"mean": "mean", "min": "lowest", "max": "highest", "sum": "total", "count": "count of"}


def _counted(table: Aggregates) -> str:
    groups = f"{len(table.groups):,} {'group' if len(table.groups) == 1 else 'groups'}"
    return f"{table.rows:,} rows, {groups}" if table.rows else groups


def _points(table: Aggregates, keys: Sequence[str], main: str) -> list[chart.Point]:
    """Return the groups that have a value, with lowest and highest where the chart shows a mean and both are there."""
    by_method = {(each.column, each.method): each.name for each in table.measures}
    column = next((each.column for each in table.measures if each.name == main and each.method == "mean"), None)
    low, high = (by_method.get((column, method)) if column else None for method in ("min", "max"))
    points = []
    for row in table.groups:
        if not _is_number(row.get(main)):
            continue
        label = " · ".join(_text(row.get(key)) for key in keys) or "all"
        ends = (row[low], row[high]) if low and high else (None, None)
        points.append(chart.Point(label, row[main], *ends))
    return points


def _is_ascending(points: Sequence[chart.Point]) -> bool:
    try:
        numbers = [float(point.label) for point in points]
    except ValueError:
        return False
    return all(one < other for one, other in pairwise(numbers))


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_numeric(groups: Sequence[dict[str, Any]], name: str) -> bool:
    values = [row[name] for row in groups if row.get(name) is not None]
    return bool(values) and all(_is_number(value) for value in values)


def _file_name(path: str) -> str:
    return PurePath(path.removeprefix(SAMPLE_PREFIX)).name


def _plain(name: str) -> str:
    return name.replace("_", " ")


def _text(value: object) -> str:
    return "(blank)" if value is None else str(value)


def _cell(value: object, digits: int | None) -> Cell:
    if digits is None:
        return Cell(_text(value), False)
    return Cell(chart.number(value, digits) if isinstance(value, int | float) else "\N{EN DASH}", True)


def picture(made: Thumbnails, read: Callable[[Picture], bytes]) -> Shown:
    """Embed the best of a picture's files: the largest that is not too large, then the one of fewest bytes."""
    fit = [file for file in made.files if file.size <= PICTURE_SIZE_MAX and file.bytes <= PICTURE_BYTES_MAX]
    best = min(fit, key=lambda file: (-file.size, file.bytes), default=None)
    return Shown(
        name=_file_name(made.path),
        uri=f"data:image/{best.format};base64,{base64.b64encode(read(best)).decode()}" if best else "",
        width=best.width if best else 0,
        height=best.height if best else 0,
        source=f"{made.width} \N{MULTIPLICATION SIGN} {made.height} {made.format}",
        files=[
            f"{file.width} \N{MULTIPLICATION SIGN} {file.height} {file.format}, {_size(file.bytes)}"
            for file in made.files
        ],
    )


def _size(size: int) -> str:
    return f"{size / 1000:,.1f} kB" if size >= 1000 else f"{size} bytes"
