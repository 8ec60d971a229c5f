"""`journeyman worker`: list the workers; tell some to finish what they run and end.

Draining is asked for in the log itself: the worker learns of it with its next heartbeat.
"""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

from journeyman.cli import pages
from journeyman.cli.connection import DEFAULT, Connection
from journeyman.cli.output import Output, say, show
from journeyman.cli.wait import NonEmpty
from journeyman.client import calls
from journeyman.events import WorkerDraining
from journeyman.proposals import Alive, Drain, Proposal


def list_workers(*, output: Output = "table", connection: Connection = DEFAULT) -> int:
    """List the workers: what they serve, what they run, how they are."""
    show(connection, calls.workers(), output, lambda view: pages.workers(view, datetime.now(UTC)))
    return 0


def drain(workers: NonEmpty, /, *, connection: Connection = DEFAULT) -> int:
    """Tell workers to claim nothing more, finish what they run, and end. Exit 1 where one is unknown.

    :param workers: The ids of the workers, as `worker list` shows them.
    """
    log = connection.log()
    try:
        proposals = [propose_drain(worker) for worker in workers]
        verdicts = log.append(proposals, caller=f"cli-{uuid.uuid4().hex}", number=1).verdicts
    finally:
        log.close()
    for worker, verdict in zip(workers, verdicts, strict=True):
        if verdict.accepted:
            print(worker)
        else:
            say(f"journeyman: {worker}: no such worker ({verdict.reason})")
    return 0 if all(verdict.accepted for verdict in verdicts) else 1


def propose_drain(worker: str) -> Proposal:
    """Propose that a registered worker drains."""
    return Proposal((WorkerDraining(worker, by="request"),), Alive(worker), (Drain(worker),))
