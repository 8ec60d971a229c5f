"""The queues of a partition: found by name, and made by the scheduler where they are missing.

Those that are there are left as they are: whoever made them may have meant it. One that was deleted is made again when
somebody asks for it next; SQS refuses to make one of that name for a minute.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping

import msgspec

from journeyman.aws import Calls
from journeyman.errors import CloudRefusedError
from journeyman.settings import Settings
from journeyman.sqs.messages import names

_log = logging.getLogger(__name__)

#: The longest that SQS keeps a message, in seconds: 14 days.
KEPT_S = 1_209_600
_MISSING = ("NonExistentQueue", "QueueDoesNotExist")
_FORBIDDEN = ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation")


def is_missing(error: CloudRefusedError) -> bool:
    """Tell whether a call was refused because there is no such queue."""
    return error.code.endswith(_MISSING)


def visibility_s(settings: Settings) -> int:
    """Return for how long a message that was received stays hidden from others."""
    return -(-settings.sqs_visibility_ms // 1_000)


class Queues:
    """The queues of one partition, for who sends to them."""

    def __init__(self, calls: Calls, settings: Settings, partition: int) -> None:
        self.names = names(settings, partition)
        self._calls = calls
        self._settings = settings
        self._urls: dict[str, str] = {}

    def url(self, name: str) -> str:
        """Return where a queue is; make it where it is missing. Raises CloudError."""
        url = self._urls.get(name)
        if url is None:
            url = self._urls[name] = self._found(name) or self._made(name)
        return url

    def forget(self) -> None:
        """Look for all of them anew, for one was deleted."""
        self._urls.clear()

    def make(self) -> None:
        """See that all of them are there. Raises CloudError."""
        for name in (self.names.dead, *self.names.classes):
            self.url(name)

    def _found(self, name: str) -> str:
        try:
            return str(self._calls("get_queue_url", QueueName=name)["QueueUrl"])
        except CloudRefusedError as error:
            if is_missing(error):
                return ""
            raise

    def _made(self, name: str) -> str:
        attributes = {"MessageRetentionPeriod": str(KEPT_S), "SqsManagedSseEnabled": "true"}
        if name != self.names.dead:
            attributes |= self._redrive()
        tags = {"journeyman:namespace": self._settings.namespace}
        try:
            made = self._calls("create_queue", QueueName=name, Attributes=attributes, tags=tags)
        except CloudRefusedError as error:
            if error.code.endswith(_FORBIDDEN):
                what = f"there is no queue {name}, and it may not be made here (sqs:CreateQueue, sqs:TagQueue): {error}"
                raise CloudRefusedError(what, code=error.code, status=error.status) from None
            raise
        _log.info("made the queue %s", name)
        return str(made["QueueUrl"])

    def _redrive(self) -> Mapping[str, str]:
        dead = self._calls("get_queue_attributes", QueueUrl=self.url(self.names.dead), AttributeNames=["QueueArn"])
        policy = {
            "deadLetterTargetArn": dead["Attributes"]["QueueArn"],
            "maxReceiveCount": self._settings.sqs_receives_max,
        }
        return {
            "VisibilityTimeout": str(visibility_s(self._settings)),
            "RedrivePolicy": msgspec.json.encode(policy).decode(),
        }
