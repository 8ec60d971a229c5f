"""streaQ: coroutines in one event loop, jobs enqueued in bulk."""

import uvloop
from mark import PAD, RESULTS, URL, chunks, mark, serve_async
from streaq import Worker

worker = Worker(redis_url=URL, concurrency=8, prefetch=32, anyio_kwargs={"use_uvloop": True})


@worker.task(ttl=600 if RESULTS else 0, silent=True)
async def job(number: int, pad: str) -> int:  # noqa: ARG001
    """Leave the mark."""
    mark(number)
    return number


async def submit(numbers: range) -> None:
    """Enqueue the jobs, a thousand a call."""
    for chunk in chunks(numbers, 1_000):
        await worker.enqueue_many([job.enqueue(number, PAD) for number in chunk])


async def produce() -> None:
    """Obey the lines of standard input."""
    async with worker:
        await serve_async(submit)


if __name__ == "__main__":
    uvloop.run(produce())
