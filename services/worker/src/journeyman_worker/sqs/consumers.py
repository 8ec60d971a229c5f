"""dramatiq-sqs, as far as this worker needs it: a broker that makes no queues, a consumer a queue that takes batches.

dramatiq would have a thread for each consumer, which holds some messages back for the worker threads. Here messages
name places, and are received when there is a thread for what they name; so the courier asks the consumers itself.
"""

from __future__ import annotations

import logging
import os
from base64 import b64decode
from collections.abc import Iterable, Sequence
from typing import Any

import dramatiq
from botocore.config import Config
from dramatiq_sqs import SQSBroker
from dramatiq_sqs.broker import SQSConsumer, _SQSMessage

from journeyman.aws import told
from journeyman.errors import CloudRefusedError
from journeyman.log.api import Wanted
from journeyman.settings import Settings
from journeyman.sqs.messages import BATCH_MAX, UnreadableMessageError, names, read
from journeyman.sqs.queues import is_missing, visibility_s

_log = logging.getLogger(__name__)

CONNECT_S = 3.0
#: Beyond the longest that SQS waits for a message.
ANSWER_S = 8.0
TRIES = 2
CONNECTIONS = 16
#: For so long a message that cannot be read is hidden. It comes back until SQS has moved it to the dead-letter queue.
UNREADABLE_S = 5


class Received(_SQSMessage):  # type: ignore[misc]
    """A message that names a place, and the consumer it came through."""

    def __init__(self, sqs_message: Any, message: dramatiq.Message[Any], wanted: Wanted, consumer: Consumer) -> None:
        super().__init__(sqs_message, message)
        self.wanted = wanted
        self.consumer = consumer

    @property
    def handle(self) -> str:
        """What SQS knows this receipt by."""
        return str(self._sqs_message.receipt_handle)


class Consumer(SQSConsumer):  # type: ignore[misc]
    """Receives from one queue. Calls may come from several threads. All raise CloudError."""

    partition = 0

    def receive(self, count: int, wait_s: int) -> list[Received]:
        """Receive up to `count` messages; where there are none, wait for the first for `wait_s`."""
        with told(f"receiving from {self.queue.url}"):
            found = self.queue.receive_messages(
                MaxNumberOfMessages=min(count, BATCH_MAX),
                WaitTimeSeconds=wait_s,
                VisibilityTimeout=self.visibility_timeout,
            )
        return [received for message in found if (received := self._readable(message)) is not None]

    def _readable(self, message: Any) -> Received | None:
        try:
            decoded = dramatiq.Message.decode(b64decode(message.body, validate=True))
            wanted, partition = read(decoded)
            if partition != self.partition:
                raise UnreadableMessageError(f"a message of partition {partition}, in a queue of another")
        except Exception as error:  # noqa: BLE001 - whatever somebody put into the queue
            _log.error("message %s cannot be read, and is left to the dead-letter queue: %s", message.message_id, error)
            with told("hiding a message"):
                message.change_visibility(VisibilityTimeout=UNREADABLE_S)
            return None
        return Received(message, decoded, wanted, self)

    def delete(self, messages: Sequence[Received]) -> None:
        """Delete up to ten messages."""
        with told(f"deleting from {self.queue.url}"):
            self.queue.delete_messages(
                Entries=[{"Id": str(index), "ReceiptHandle": each.handle} for index, each in enumerate(messages)]
            )

    def hide(self, messages: Sequence[Received], seconds: int) -> None:
        """Have up to ten messages appear again in so many seconds."""
        entries = [
            {"Id": str(index), "ReceiptHandle": each.handle, "VisibilityTimeout": seconds}
            for index, each in enumerate(messages)
        ]
        with told(f"extending messages of {self.queue.url}"):
            self.queue.change_message_visibility_batch(Entries=entries)


class Broker(SQSBroker):  # type: ignore[misc]
    """Finds the queues of one partition. The scheduler makes them."""

    def __init__(self, settings: Settings, partition: int) -> None:
        """Prepare. Raises SettingsError where no region is configured."""
        config = Config(
            connect_timeout=CONNECT_S,
            read_timeout=ANSWER_S,
            retries={"mode": "standard", "total_max_attempts": TRIES},
            max_pool_connections=CONNECTIONS,
            user_agent_extra="journeyman",
        )
        region = os.environ.get("AWS_REGION") or None
        with told("making a client of sqs"):
            super().__init__(
                middleware=[], visibility_timeout=visibility_s(settings), config=config, region_name=region
            )
        self.partition = partition
        self.classes = names(settings, partition).classes
        for name in self.classes:
            self.declare_queue(name)
        self._consumers: list[Consumer] = []

    @property
    def consumer_class(self) -> type[Consumer]:
        """What receives."""
        return Consumer

    def consumers(self) -> Sequence[Consumer]:
        """Return one consumer for each class, highest first. Raises CloudError where a queue is not there."""
        if not self._consumers:
            found = [self.consume(name, prefetch=BATCH_MAX, timeout=0) for name in self.classes]
            for consumer in found:
                consumer.partition = self.partition
            self._consumers = found
        return self._consumers

    def forget(self) -> None:
        """Look for the queues anew."""
        self._consumers = []
        self.queues.clear()

    def _get_or_create_sqs_queue(self, sqs_queue_name: str, **_: Any) -> Any:
        with told(f"finding the queue {sqs_queue_name}"):
            return self.sqs.get_queue_by_name(QueueName=sqs_queue_name)


def missing(error: Exception) -> bool:
    """Tell whether a call failed because a queue is not there (yet, or any more)."""
    return isinstance(error, CloudRefusedError) and is_missing(error)


def by_consumer(messages: Iterable[Received]) -> list[tuple[Consumer, list[Received]]]:
    """Return messages by where they came from, in batches that one call takes."""
    found: dict[Consumer, list[Received]] = {}
    for message in messages:
        found.setdefault(message.consumer, []).append(message)
    return [
        (consumer, group[first : first + BATCH_MAX])
        for consumer, group in found.items()
        for first in range(0, len(group), BATCH_MAX)
    ]
