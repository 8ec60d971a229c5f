"""RQ: jobs enqueued in bulk, results not kept."""

from mark import PAD, URL, chunks, mark, serve
from redis import Redis
from rq import Queue


def job(number: int, pad: str) -> None:  # noqa: ARG001
    """Leave the mark."""
    mark(number)


def produce() -> None:
    """Obey the lines of standard input."""
    queue = Queue(connection=Redis.from_url(URL))

    def submit(numbers: range) -> None:
        for chunk in chunks(numbers, 500):
            queue.enqueue_many([Queue.prepare_data("with_rq.job", (number, PAD), result_ttl=0) for number in chunk])

    serve(submit)


if __name__ == "__main__":
    produce()
