"""SAQ: coroutines in one event loop; it has no bulk call that does not wait, so many calls are in flight at once."""

import asyncio

import uvloop
from mark import PAD, RESULTS, URL, chunks, mark, serve_async
from saq import Queue
from saq.types import Context

queue = Queue.from_url(URL, max_concurrent_ops=100)


async def job(context: Context, *, number: int, pad: str) -> int:  # noqa: ARG001
    """Leave the mark."""
    mark(number)
    return number


settings = {"queue": queue, "functions": [job], "concurrency": 20}


async def submit(numbers: range) -> None:
    """Enqueue a job for each number."""
    ttl = 600 if RESULTS else -1
    for chunk in chunks(numbers, 100):
        await asyncio.gather(*(queue.enqueue("job", number=number, pad=PAD, ttl=ttl) for number in chunk))


async def produce() -> None:
    """Obey the lines of standard input."""
    await queue.connect()
    await serve_async(submit)
    await queue.disconnect()


if __name__ == "__main__":
    uvloop.run(produce())
