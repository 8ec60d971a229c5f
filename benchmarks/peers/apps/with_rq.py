"""RQ: jobs enqueued in bulk."""

from mark import PAD, RESULTS, URL, chunks, mark, serve
from redis import Redis
from rq import Queue


def job(number: int, pad: str) -> int:  # noqa: ARG001
    """Leave the mark."""
    mark(number)
    return number


def produce() -> None:
    """Obey the lines of standard input."""
    ttl = 600 if RESULTS else 0
    queue = Queue(connection=Redis.from_url(URL))

    def submit(numbers: range) -> None:
        for chunk in chunks(numbers, 500):
            queue.enqueue_many([Queue.prepare_data("with_rq.job", (number, PAD), result_ttl=ttl) for number in chunk])

    serve(submit)


if __name__ == "__main__":
    produce()
