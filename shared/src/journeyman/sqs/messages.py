"""What a message says, which queue it goes to, and how many go at once. Pure.

A message is one of dramatiq's, for dramatiq-sqs receives it. It names a place in a line and nothing else: the body
of the job is in the log, however large its payload.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import dramatiq
import msgspec

from journeyman.errors import JourneymanError
from journeyman.log.api import Wanted
from journeyman.settings import Settings

#: Highest first, each with the lowest priority that belongs to it.
CLASSES: tuple[tuple[str, int], ...] = (("critical", 20), ("high", 15), ("normal", 10), ("low", 0))
DEAD = "dead"
#: What SQS takes in one call: messages, and bytes of all their bodies together.
BATCH_MAX = 10
BATCH_BYTES_MAX = 256 * 1024
#: The shape of what stands in a message's options.
VERSION = 1
_OPTION = "journeyman"


class UnreadableMessageError(JourneymanError):
    """A message that is none of ours, or of a version that this one does not know."""


class Names(NamedTuple):
    """The queues of one partition: one for each class, highest first, and the dead-letter queue."""

    classes: tuple[str, ...]
    dead: str


def names(settings: Settings, partition: int) -> Names:
    """Return the names of a partition's queues. The first partition is written without, as everywhere."""
    stem = f"{settings.sqs_prefix}-{settings.namespace}" + (f"-p{partition}" if partition else "")
    return Names(tuple(f"{stem}-{name}" for name, _ in CLASSES), f"{stem}-{DEAD}")


def class_of(priority: int) -> int:
    """Return which of `CLASSES` a priority belongs to."""
    return next(index for index, (_, least) in enumerate(CLASSES) if priority >= least)


class _Option(msgspec.Struct, array_like=True):
    version: int
    partition: int
    queue: str
    priority: int
    type: str
    place: str


def encode(wanted: Wanted, partition: int, queue_name: str) -> str:
    """Return the body of a message."""
    option = [VERSION, partition, *wanted]
    message: dramatiq.Message[Any] = dramatiq.Message(
        queue_name, wanted.type, (), {}, {_OPTION: option}, message_id=wanted.place
    )
    return b64encode(message.encode()).decode()


def decode(body: str) -> tuple[Wanted, int]:
    """Read the body of a message: the place, and of which partition. Raises UnreadableMessageError."""
    try:
        message = dramatiq.Message.decode(b64decode(body, validate=True))
    except Exception as error:
        # Whatever somebody put there: dramatiq lets out whatever its decoder raises, and more where keys are missing.
        raise UnreadableMessageError(f"not a message of dramatiq: {type(error).__name__}") from error
    return read(message)


def read(message: Any) -> tuple[Wanted, int]:
    """Return what a message of dramatiq's says. Raises UnreadableMessageError."""
    try:
        option = msgspec.convert(message.options.get(_OPTION), _Option)
    except (msgspec.ValidationError, AttributeError) as error:
        raise UnreadableMessageError(f"a message that names no place: {error}") from None
    if option.version != VERSION:
        raise UnreadableMessageError(f"a message of version {option.version}; this is version {VERSION}")
    if not option.place[24:25].isdigit():
        raise UnreadableMessageError("a message whose place is none")
    return Wanted(option.queue, option.priority, option.type, option.place), option.partition


def batches(bodies: Iterable[str]) -> Iterator[list[str]]:
    """Cut message bodies into what one call may send, in order."""
    batch: list[str] = []
    size = 0
    for body in bodies:
        if batch and (len(batch) == BATCH_MAX or size + len(body) > BATCH_BYTES_MAX):
            yield batch
            batch, size = [], 0
        batch.append(body)
        size += len(body)
    if batch:
        yield batch
