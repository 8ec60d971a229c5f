"""Sending places to SQS, many calls at once, and ringing the workers that may receive them.

A call is repeated for what SQS declines of it. When SQS is away the caller hears of it, and sends the same again later:
what was sent already comes twice, which does no harm.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from journeyman.aws import Calls
from journeyman.errors import CloudUnavailableError
from journeyman.log.api import Wanted
from journeyman.log.handing import Lines
from journeyman.sqs.messages import BATCH_MAX, batches, class_of, encode
from journeyman.sqs.queues import Queues
from journeyman_scheduler import metrics

_log = logging.getLogger(__name__)

#: Calls under way at once. At 10 to 20 ms a call this is some 5,000 messages a second.
CALLS_AT_ONCE = 8
TRIES = 3
#: What goes out at once. Whatever is more urgent waits for no more than this.
SLICE = CALLS_AT_ONCE * BATCH_MAX


class Sender:
    """Sends to the queues of one partition."""

    def __init__(self, calls: Calls, queues: Queues, lines: Lines, partition: int) -> None:
        self._calls = calls
        self._queues = queues
        self._lines = lines
        self._partition = partition
        self._pool = ThreadPoolExecutor(CALLS_AT_ONCE, thread_name_prefix="sqs-send")

    def close(self) -> None:
        """End the threads, behind the calls under way."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def send(self, places: Sequence[Wanted], why: str, delay_s: int = 0) -> None:
        """Hand places out, in this order as nearly as SQS keeps any. Raises CloudError, and what the log raises."""
        by_class: dict[int, list[str]] = {}
        for wanted in places:
            of_class = class_of(wanted.priority)
            name = self._queues.names.classes[of_class]
            by_class.setdefault(of_class, []).append(encode(wanted, self._partition, name))
        for of_class in sorted(by_class):
            url = self._queues.url(self._queues.names.classes[of_class])
            calls = [(url, batch, delay_s) for batch in batches(by_class[of_class])]
            if len(calls) == 1:
                self._send(*calls[0])
            else:
                for _ in self._pool.map(lambda call: self._send(*call), calls):
                    pass
        metrics.HANDED.labels(why).inc(len(places))
        rings = Counter((wanted.queue, wanted.type) for wanted in places)
        self._lines.ring([(queue, type_, count) for (queue, type_), count in rings.items()])

    def _send(self, url: str, bodies: Sequence[str], delay_s: int) -> None:
        left: list[dict[str, Any]] = [
            {"Id": str(index), "MessageBody": body, "DelaySeconds": delay_s} for index, body in enumerate(bodies)
        ]
        for _ in range(TRIES):
            reply = self._calls("send_message_batch", QueueUrl=url, Entries=left)
            failed = {each["Id"]: each for each in reply.get("Failed", ())}
            left = [entry for entry in left if entry["Id"] in failed]
            if not left:
                return
        codes = sorted({str(each.get("Code")) for each in failed.values()})
        raise CloudUnavailableError(f"SQS took {len(bodies) - len(left)} of {len(bodies)} messages: {', '.join(codes)}")
