"""Celery on its Redis broker: JSON messages, acknowledged as by default; it has no bulk call, so one by one."""

from celery import Celery
from mark import PAD, RESULTS, URL, mark, serve

app = Celery("with_celery", broker=URL, backend=URL if RESULTS else None)
app.conf.update(
    task_ignore_result=not RESULTS,
    worker_prefetch_multiplier=64,
    broker_connection_retry_on_startup=True,
    worker_hijack_root_logger=False,
)


@app.task(name="job")
def job(number: int, pad: str) -> int:  # noqa: ARG001
    """Leave the mark."""
    mark(number)
    return number


def submit(numbers: range) -> None:
    """Send a message for each number over one connection."""
    with app.producer_pool.acquire(block=True) as producer:
        for number in numbers:
            job.apply_async((number, PAD), producer=producer)


if __name__ == "__main__":
    serve(submit)
