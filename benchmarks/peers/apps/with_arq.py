"""arq: coroutines in one event loop; it has no bulk call, so many calls are in flight at once."""

import asyncio

import uvloop
from arq import create_pool
from arq.connections import RedisSettings
from mark import PAD, RESULTS, URL, chunks, mark, serve_async


async def job(context: dict, number: int, pad: str) -> int:  # noqa: ARG001
    """Leave the mark."""
    mark(number)
    return number


class WorkerSettings:
    """What `arq with_arq.WorkerSettings` runs."""

    functions = [job]
    redis_settings = RedisSettings.from_dsn(URL)
    max_jobs = 500
    poll_delay = 0.01
    keep_result = 600 if RESULTS else 0
    log_results = False


async def produce() -> None:
    """Obey the lines of standard input."""
    pool = await create_pool(WorkerSettings.redis_settings)

    async def submit(numbers: range) -> None:
        for chunk in chunks(numbers, 100):
            await asyncio.gather(*(pool.enqueue_job("job", number, PAD) for number in chunk))

    await serve_async(submit)
    await pool.aclose()


if __name__ == "__main__":
    uvloop.run(produce())
