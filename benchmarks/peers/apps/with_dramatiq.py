"""dramatiq: one thread pool; it has no bulk call, so messages are sent one by one."""

import dramatiq
from dramatiq.brokers.redis import RedisBroker
from dramatiq.results import Results
from dramatiq.results.backends import RedisBackend
from mark import PAD, RESULTS, URL, mark, serve

broker = RedisBroker(url=URL)
if RESULTS:
    broker.add_middleware(Results(backend=RedisBackend(url=URL), store_results=True))
dramatiq.set_broker(broker)


@dramatiq.actor
def job(number: int, pad: str) -> int:  # noqa: ARG001
    """Leave the mark."""
    mark(number)
    return number


def submit(numbers: range) -> None:
    """Send a message for each number."""
    for number in numbers:
        job.send(number, PAD)


if __name__ == "__main__":
    serve(submit)
