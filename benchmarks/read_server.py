"""The dashboard over a read model that is there already: `python -m benchmarks.read_server FILE PORT`.

It follows no log. Everything between the socket and the file is the service's own.
"""

from __future__ import annotations

import sys
from pathlib import Path

import uvloop

from journeyman.blobs import FileBlobStore
from journeyman.serving import build_server, serve_until, stop_on_signal
from journeyman_dashboard.app import build_app
from journeyman_dashboard.bulk.ledger import Ledger
from journeyman_dashboard.bulk.runner import Bulks
from journeyman_dashboard.metrics import Metrics
from journeyman_dashboard.queries.remembered import RememberedSets
from journeyman_dashboard.reach import Reach
from journeyman_dashboard.reading import Readings
from journeyman_dashboard.schema import open_for_reading
from journeyman_dashboard.store import read_cursors
from journeyman_dashboard.streams import Streams
from journeyman_dashboard.wiring import Heartbeats, ReadModel


async def _serve(path: Path, port: int) -> None:
    reach = Reach()
    connection = open_for_reading(path)
    offset = read_cursors(connection)[0].offset
    connection.close()
    reach.calibrate(0, offset.ms)
    reach.advance(0, offset, lag_ms=0, caught_up=True)
    readings = Readings(path)
    streams = Streams(readings, reach)
    blobs = FileBlobStore(path.parent / "blobs")
    bulks = Bulks([], readings, reach, RememberedSets(), Ledger(path.parent / "bulks"))
    model = ReadModel(readings, reach, Heartbeats([]), blobs, streams, Metrics(path, reach, lambda: 0), bulks)
    server = build_server(build_app(model), "127.0.0.1", port, connections_max=64)
    await serve_until(stop_on_signal(), server, on_stop=reach.close, timeout_s=5)
    readings.close()


if __name__ == "__main__":
    uvloop.run(_serve(Path(sys.argv[1]), int(sys.argv[2])))
