"""Jobs that make spans, write lines and submit other jobs, for a worker in a process of its own."""

from __future__ import annotations

import asyncio
import logging
import os
from urllib.parse import urlsplit

import redis
from opentelemetry import trace

import journeyman_worker as jm
from journeyman import Client

log = logging.getLogger("shop")
tracer = trace.get_tracer("shop")


@jm.job("shop.leaf")
def leaf() -> str:
    return jm.current().trace_id


@jm.job("shop.pack")
def pack() -> dict[str, str]:
    """Make a span of its own, in which other jobs are submitted, by `.send()` and by a client."""
    with tracer.start_as_current_span("pack"):
        log.info("packing")
        log.debug("packing in detail")
        sent = leaf.send().message_id
        with Client() as client:
            return {"sent": sent, "submitted": client.submit("shop.leaf").id}


@jm.job("shop.pack-slowly")
async def pack_slowly() -> None:
    """Make a span on the event loop, around an await."""
    with tracer.start_as_current_span("pack slowly"):
        await asyncio.sleep(0.01)
        log.info("packing slowly")
        log.debug("packing slowly in detail")


@jm.job("shop.look-up")
def look_up() -> None:
    """Call a library that is instrumented."""
    [node, *_] = urlsplit(os.environ["JOURNEYMAN_REDIS_URL"]).netloc.split(",")
    with redis.Redis.from_url(f"redis://{node}") as server:
        server.ping()


@jm.job("shop.fail-once", backoff={"initial_ms": 1, "jitter": False})
def fail_once() -> None:
    """Make a span in each of two attempts."""
    with tracer.start_as_current_span("try"):
        if jm.current().attempt == 1:
            raise OSError("the first time")
