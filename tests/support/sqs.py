"""Queues of SQS for one test, somebody who hands places to them, and eyes on what is in them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

from journeyman.aws import forget_session
from journeyman.log.api import Wanted
from journeyman.log.keys import FORWARDER
from journeyman.log.redis_log import RedisLog
from journeyman.log.turns import RedisTurn
from journeyman.settings import Settings
from journeyman.sqs.messages import CLASSES, decode, encode, names
from journeyman_scheduler.sqs.forwarder import Forwarder
from support.aws import MotoServer
from support.waiting import wait_for

SWEEP_S = 0.3
CLASS_NAMES = [name for name, _ in CLASSES]


class Amazon:
    """SQS, as one system of Journeyman sees it."""

    def __init__(self, aws: MotoServer, url: str, directory: Path, **more: Any) -> None:
        own = {"sqs_prefix": aws.unique("q"), "sqs_visibility_ms": 2_000, "sqs_receives_max": 2, **more}
        self.settings = Settings(redis_url=url, durability="memory", data_dir=str(directory), transport="sqs", **own)
        self.client = aws.client("sqs")
        self._numbers = count(1)

    @contextmanager
    def forwarding(self, log: RedisLog, sweep_s: float = SWEEP_S) -> Iterator[Forwarder]:
        """Run a forwarder until the end of the block."""
        forget_session()
        forwarder = Forwarder(log, self.settings, f"forwarder-{next(self._numbers)}", sweep_s)
        forwarder.start()
        try:
            # Where it begins is noted at the beginning's end, and kept for who comes next.
            begun = RedisTurn(log, FORWARDER)
            wait_for(
                lambda: forwarder.leads and self.is_there("low", log.partition) and begun.place() is not None,
                "the forwarder to begin",
            )
            yield forwarder
        finally:
            forwarder.stop()

    def url(self, name: str, partition: int = 0) -> str:
        """Return where the queue of a class is, or `dead`."""
        known = names(self.settings, partition)
        full = known.dead if name == "dead" else known.classes[CLASS_NAMES.index(name)]
        return str(self.client.get_queue_url(QueueName=full)["QueueUrl"])

    def is_there(self, name: str, partition: int = 0) -> bool:
        """Say whether a queue was made."""
        try:
            return bool(self.url(name, partition))
        except self.client.exceptions.QueueDoesNotExist:
            return False

    def count(self, name: str, partition: int = 0) -> int:
        """Return how many messages a queue has, received or not."""
        kinds = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        told = self.client.get_queue_attributes(QueueUrl=self.url(name, partition), AttributeNames=kinds)
        return sum(int(told["Attributes"][kind]) for kind in kinds)

    def total(self, partition: int = 0) -> int:
        """Return how many messages there are in all classes."""
        return sum(self.count(name, partition) for name in CLASS_NAMES)

    def take(self, name: str) -> list[Wanted]:
        """Receive all that a queue has to give, delete it, and return the places."""
        return [decode(body)[0] for body in self.bodies(name)]

    def bodies(self, name: str) -> list[str]:
        """Receive all that a queue has to give, delete it, and return it."""
        url, found = self.url(name), []
        while messages := self.client.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            for message in messages:
                found.append(message["Body"])
                self.client.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return found

    def put(self, name: str, body: str | Wanted) -> None:
        """Send a message by hand."""
        text = encode(body, 0, name) if isinstance(body, Wanted) else body
        self.client.send_message(QueueUrl=self.url(name), MessageBody=text)
