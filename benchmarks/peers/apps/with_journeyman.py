"""Journeyman: a thread pool in one worker process, jobs written to the log in commits of 500."""

import json
import os
import time

from mark import PAD, chunks, mark, serve

import journeyman_worker as jm
from journeyman.admission import admit
from journeyman.events import JobSubmitted
from journeyman.ids import IdMaker
from journeyman.log.connect import open_log
from journeyman.settings import load


@jm.job("bench.mark")
def job(number: int, pad: str) -> int:  # noqa: ARG001
    """Leave the mark."""
    mark(number)
    return number


def produce() -> None:
    """Obey the lines of standard input."""
    log = open_log(load({name: value for name, value in os.environ.items() if name.startswith("JOURNEYMAN_")}))
    ids, seed, appends = IdMaker(), time.time_ns(), 0

    def submit(numbers: range) -> None:
        nonlocal appends
        for chunk in chunks(numbers, 500):
            now_ms = log.now_ms()
            payloads = [json.dumps({"number": number, "pad": PAD}) for number in chunk]
            jobs = [JobSubmitted(ids.make(now_ms, seed), "bench.mark", payload=payload) for payload in payloads]
            appends += 1
            log.append([admit(jobs, now_ms)], caller=f"bench-{seed}", number=appends)

    serve(submit)
    log.close()


if __name__ == "__main__":
    produce()
