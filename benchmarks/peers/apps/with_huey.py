"""Huey on Redis, results off; it has no bulk call, so one by one."""

from huey import RedisHuey
from mark import PAD, URL, mark, serve

huey = RedisHuey(url=URL, results=False)


@huey.task()
def job(number: int, pad: str) -> int:  # noqa: ARG001
    """Leave the mark."""
    mark(number)
    return number


def submit(numbers: range) -> None:
    """Enqueue a job for each number."""
    for number in numbers:
        job(number, PAD)


if __name__ == "__main__":
    import with_huey  # the worker knows the job by this name, not as one of __main__

    serve(with_huey.submit)
