"""How commands print: tables for people, JSON for machines, progress on a terminal only.

Standard output carries what was asked for and nothing else; words about it go to standard error. In a pipe there
are no colours, no boxes, and no line is cut.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import StringIO
from shutil import get_terminal_size
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar

import msgspec
from cyclopts import Parameter

from journeyman.cli import words
from journeyman.cli.connection import Connection
from journeyman.client.calls import Call
from journeyman.client.flows import understand

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

T = TypeVar("T")

PIPE_WIDTH = 4_000
"""Wider than any table, so that nothing is folded where nobody looks at it."""
ROOM = 130

Output = Annotated[
    Literal["table", "json"], Parameter(name=["--output", "-o"], help="For people (table) or for machines (json).")
]


def print_page(page: RenderableType) -> None:
    """Print what people see; in a pipe as plain lines."""
    from rich.console import Console

    if sys.stdout.isatty():
        Console(highlight=False, emoji=False, markup=False).print(page)
        return
    text = StringIO()
    Console(file=text, width=PIPE_WIDTH, highlight=False, emoji=False, markup=False).print(page)
    sys.stdout.writelines(line.rstrip() + "\n" for line in text.getvalue().splitlines())


def narrow() -> bool:
    """Tell whether this is a terminal on which wide tables have no room."""
    return sys.stdout.isatty() and get_terminal_size().columns < ROOM


def say(message: str) -> None:
    """Say something to the person, beside the answer, on one line."""
    print(words.harmless(" ".join(message.split())), file=sys.stderr)


def table(*columns: str, right: tuple[str, ...] = (), wrap: tuple[str, ...] = ()) -> Table:
    """Return an empty table. Columns in `right` hold numbers; only those in `wrap` may be folded."""
    from rich.table import Table

    made = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for name in columns:
        folded = name in wrap
        justify: Literal["right", "left"] = "right" if name in right else "left"
        made.add_column(name, justify=justify, no_wrap=not folded, overflow="fold" if folded else "ellipsis")
    return made


def show(connection: Connection, call: Call[T], output: str, page: Callable[[T], RenderableType]) -> T:
    """Make a call and print its answer: as the server wrote it for machines, as a page for people."""
    with connection.client() as client:
        body = client.fetch(call)
    answer = understand(call, body)
    if output == "json":
        print_json(body)
    else:
        print_page(page(answer))
    return answer


def print_json(body: bytes) -> None:
    """Print one JSON document, indented."""
    sys.stdout.write(msgspec.json.format(body, indent=2).decode() + "\n")


def print_json_line(value: Any) -> None:
    """Print one JSON document on one line; of several, each stands on its own."""
    data = value if isinstance(value, bytes) else msgspec.json.encode(value)
    sys.stdout.write(msgspec.json.format(data, indent=-1).decode() + "\n")


@contextmanager
def progress(what: str, total: float | None) -> Iterator[Callable[[float], None]]:
    """Show how far long work is, on a terminal; gives a function to call with how much is done."""
    if not sys.stderr.isatty():
        yield lambda done: None  # noqa: ARG005 - nobody is looking
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TaskProgressColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TaskProgressColumn())
    with Progress(*columns, TimeElapsedColumn(), console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=total)
        yield lambda done: bar.update(task, completed=done)
