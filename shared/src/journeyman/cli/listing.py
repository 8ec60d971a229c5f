"""`journeyman list` and `stats`: many jobs at once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal

import msgspec
from cyclopts import Group, Parameter

from journeyman.cli import pages
from journeyman.cli.connection import DEFAULT, Connection, UsageError
from journeyman.cli.output import Output, print_json, print_page, say, show
from journeyman.cli.submit import Several, read_tags
from journeyman.client import Client, calls
from journeyman.client.flows import understand
from journeyman.durations import parse_ms

Sort = Literal["submitted_at", "-submitted_at", "priority", "-priority", "duration", "-duration"]
Statuses = Literal["pending", "processing", "completed", "failed", "cancelled"]


@Parameter(name="*", group=Group("Filters", help="One may be given several times: any of its values.", sort_key=5))
@dataclass(frozen=True)
class Filters:
    """Which jobs are meant."""

    status: Annotated[list[Statuses] | None, Several] = None
    phase: Annotated[list[str] | None, Several] = None
    type: Annotated[list[str] | None, Several] = None
    queue: Annotated[list[str] | None, Several] = None
    priority_min: int | None = None
    priority_max: int | None = None
    worker: Annotated[list[str] | None, Several] = None
    tag: Annotated[list[str] | None, Parameter(consume_multiple=True, negative=(), help="NAME:VALUE.")] = None
    submitted_after: Annotated[str | None, Parameter(help="A time (2030-01-31T18:00:00Z), or how long ago (2h).")] = (
        None
    )
    submitted_before: Annotated[str | None, Parameter(help="The same.")] = None
    search: Annotated[str | None, Parameter(name=["--search", "-q"], help="Text to look for.")] = None

    def to_parameters(self, now: datetime) -> dict[str, Any]:
        """Return them as the API's query parameters. Raises UsageError."""
        return {
            "status": self.status,
            "phase": self.phase,
            "type": self.type,
            "queue": self.queue,
            "priority_min": self.priority_min,
            "priority_max": self.priority_max,
            "worker": self.worker,
            "tag": read_tags(self.tag or []),
            "submitted_after": read_moment("--submitted-after", self.submitted_after, now),
            "submitted_before": read_moment("--submitted-before", self.submitted_before, now),
            "q": self.search,
        }


NO_FILTERS = Filters()


def list_jobs(
    *,
    filters: Filters = NO_FILTERS,
    sort: Sort | None = None,
    limit: int = 50,
    cursor: str | None = None,
    output: Output = "table",
    connection: Connection = DEFAULT,
) -> int:
    """List jobs, the newest first.

    :param sort: The order.
    :param limit: How many, at most.
    :param cursor: Where to go on: the `next_cursor` of an earlier listing.
    """
    if limit < 1:
        raise UsageError("--limit must be at least 1")
    query = {**filters.to_parameters(datetime.now(UTC)), "sort": sort}
    with connection.client() as client:
        listing = read_pages(client, query, limit, cursor)
    if output == "json":
        print_json(msgspec.json.encode(listing))
        return 0
    page = msgspec.convert(listing, pages.JobPage)
    print_page(pages.jobs(page.items))
    if page.next_cursor:
        total = "" if page.total is None else f" of {'' if page.total_is_exact else 'at least '}{page.total}"
        say(f"{len(page.items)}{total} jobs; more with --cursor {page.next_cursor}")
    return 0


def read_pages(client: Client, query: dict[str, Any], limit: int, cursor: str | None) -> dict[str, Any]:
    """Read as many pages as `limit` jobs take, and return them as one: the API's answer, joined."""
    listing: dict[str, Any] = {}
    items: list[Any] = []
    while len(items) < limit:
        call = calls.jobs(query, limit=min(limit - len(items), calls.PAGE_MAX), cursor=cursor)
        body = client.fetch(call)
        understand(call, body)
        listing = msgspec.json.decode(body)
        items += listing["items"]
        cursor = listing["next_cursor"]
        if cursor is None:
            break
    return {**listing, "items": items}


def stats(*, window: str | None = None, output: Output = "table", connection: Connection = DEFAULT) -> int:
    """Show counts, rates and latencies of the whole system.

    :param window: The time that rates and latencies are taken from, like 15m.
    """
    show(connection, calls.stats(window), output, pages.stats)
    return 0


def read_moment(option: str, text: str | None, now: datetime) -> str | None:
    """Return a time as the API takes it. Raises UsageError."""
    if text is None:
        return None
    try:
        return (now - timedelta(milliseconds=parse_ms(text))).isoformat()
    except ValueError:
        pass
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(
            f"{option}: neither a time like 2030-01-31T18:00:00Z nor a duration like 2h: {text!r}"
        ) from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).isoformat()
