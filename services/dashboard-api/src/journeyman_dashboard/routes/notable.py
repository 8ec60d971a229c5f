"""What a person wants to know of."""

from __future__ import annotations

from typing import Annotated

from litestar import get
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from journeyman_dashboard.params import BadQueryError, read_places
from journeyman_dashboard.queries.notable import NotableView, Place, notable
from journeyman_dashboard.routes.overview import Listed
from journeyman_dashboard.routes.parameters import AsOf, Limit
from journeyman_dashboard.wiring import ReadModel


@get("/notable", summary="List notable events")
async def list_notable(
    model: NamedDependency[ReadModel],
    limit: Limit = 50,
    before: Annotated[str | None, QueryParameter(description="Before this `offset`: for what is further back.")] = None,
    as_of: AsOf = None,
) -> Listed[NotableView]:
    """List the last events that a person wants to know of, the latest first.

    Dead letters, lost attempts, redrives; breakers, queues, workers, the autoscaler's decisions; schedulers, the log
    itself. Those that are alike within a minute are one, with its `count`. The latest of each event are kept, some
    thirty, however many there are of another.
    """
    return Listed(await model.sight(as_of).ask(notable, limit=limit, before=_read_before(model, before)))


def _read_before(model: ReadModel, text: str | None) -> Place | None:
    if text is None:
        return None
    places = read_places("before", text, model.reach.partitions)
    if len(places) != 1:
        raise BadQueryError("before", "must be one offset")
    ((partition, offset),) = places.items()
    return Place(offset.ms, offset.seq, offset.index, partition)
