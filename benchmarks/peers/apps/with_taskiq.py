"""taskiq on Redis streams, acknowledged after the run; it has no bulk call, so many calls are in flight at once."""

import asyncio

import uvloop
from mark import PAD, RESULTS, URL, chunks, mark, serve_async
from taskiq_redis import RedisAsyncResultBackend, RedisStreamBroker

broker = RedisStreamBroker(URL, xread_count=500, consumer_id="0")
if RESULTS:
    broker = broker.with_result_backend(RedisAsyncResultBackend(URL, result_ex_time=600))


@broker.task
async def job(number: int, pad: str) -> int:  # noqa: ARG001
    """Leave the mark."""
    mark(number)
    return number


async def submit(numbers: range) -> None:
    """Send a message for each number."""
    for chunk in chunks(numbers, 100):
        await asyncio.gather(*(job.kiq(number, PAD) for number in chunk))


async def produce() -> None:
    """Obey the lines of standard input."""
    await broker.startup()
    await serve_async(submit)
    await broker.shutdown()


if __name__ == "__main__":
    uvloop.run(produce())
