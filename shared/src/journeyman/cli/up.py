"""`journeyman up`: the whole system on this machine. The work is done by the distribution `journeyman-local`."""

from __future__ import annotations

import os
from importlib.util import find_spec
from typing import Annotated, Literal

from cyclopts import Parameter
from cyclopts.validators import Number

from journeyman.cli.connection import UsageError
from journeyman.cli.submit import Several
from journeyman.settings import load


def up(
    *,
    workers: Annotated[int | None, Parameter(validator=Number(gte=0, lte=1_000))] = None,
    data: str | None = None,
    ingest_port: Annotated[int | None, Parameter(validator=Number(gte=0, lte=65_535))] = None,
    dashboard_port: Annotated[int | None, Parameter(validator=Number(gte=0, lte=65_535))] = None,
    redis_url: str | None = None,
    partitions: Annotated[int | None, Parameter(validator=Number(gte=1, lte=1_024))] = None,
    tasks: Annotated[list[str] | None, Several] = None,
    demo: Annotated[bool, Parameter(negative=())] = False,
    log: Literal["text", "json"] = "text",
) -> int:
    """Start the whole system on this machine, and keep it running until Ctrl-C.

    :param workers: A fixed number of worker processes. Default: as many as the backlog needs.
    :param data: Directory of everything that is kept. Default: JOURNEYMAN_DATA_DIR, else .journeyman.
    :param ingest_port: Port of the ingest API; 0 for any free one. Default: 8000.
    :param dashboard_port: Port of the dashboard; 0 for any free one. Default: 8001.
    :param redis_url: A server of your own for the log, instead of the embedded one.
    :param partitions: How many logs, with a scheduler each, the jobs are spread over. Default: as many as there were.
    :param tasks: Modules whose jobs the workers know. Default: the samples.
    :param demo: Run the sample jobs on the sample files.
    :param log: Log lines for people (text) or for machines (json).
    """
    ports = {"ingest_port": ingest_port, "dashboard_port": dashboard_port}
    settings = load(os.environ, data_dir=data, redis_url=redis_url, log_format=log, partitions=partitions, **ports)
    if find_spec("journeyman_local") is None:
        raise UsageError(
            "`up` needs the distribution journeyman-local; install it, or start the services by themselves"
        )
    from journeyman_local import run_up

    modules = [module for text in tasks or [] for module in text.split(",") if module]
    embedded = False if redis_url else None
    return run_up(
        settings,
        workers=workers,
        tasks=modules,
        demo=demo,
        log_format=log,
        embedded=embedded,
        partitions=partitions,
    )
