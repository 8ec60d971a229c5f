"""The dead-letter queue of SQS, and our dead letters: what SQS gave up becomes one of ours, where it still waits.

A message is given up when it was received too often and nobody claimed its place. Where every live worker would take
such a job, receiving it is what fails: the job becomes a dead letter. It is claimed and failed in the name of a worker
that joins for that, so that the scheduler decides it as it decides everything. Where some would not take it, they may
have passed it on too often, and it is handed out again; where none would, it waits in line until somebody does.

A message that cannot be read stays where it is, hidden for as long as SQS allows, for somebody to look at.
"""

from __future__ import annotations

import logging
import os
import secrets
import socket
from collections.abc import Sequence
from importlib.metadata import version
from typing import Any, NamedTuple

from journeyman.aws import Calls
from journeyman.errors import WorkerLostError
from journeyman.events import Error, JobFailed, WorkerJoined, WorkerLeft
from journeyman.ids import ALPHABET
from journeyman.log.api import EVERY_QUEUE, Fate, Outcome, Wanted
from journeyman.log.handing import Lines
from journeyman.log.redis_log import RedisLog
from journeyman.proposals import Join, Leave, Proposal
from journeyman.sqs.messages import BATCH_MAX, UnreadableMessageError, decode
from journeyman.sqs.queues import Queues
from journeyman_scheduler import metrics
from journeyman_scheduler.sqs.sender import Sender

_log = logging.getLogger(__name__)

ERROR_TYPE = "SqsReceivesExhausted"
#: Read at one visit, at most.
VISITS_MAX = 20
#: Nearly the longest that SQS hides a message, in seconds: 12 hours, counted from when it was received.
HIDDEN_S = 43_000
#: What is handed out again waits a little, so that it does not go round in haste.
AGAIN_S = 5


class _Given(NamedTuple):
    handle: str
    wanted: Wanted
    receives: int


class Mirror:
    """Empties the dead-letter queue of one partition into our dead letters."""

    def __init__(self, calls: Calls, queues: Queues, log: RedisLog, lines: Lines, sender: Sender) -> None:
        self._calls = calls
        self._queues = queues
        self._log = log
        self._lines = lines
        self._sender = sender

    def visit(self) -> None:
        """Look what SQS has given up. Raises CloudError, and what the log raises."""
        url = self._queues.url(self._queues.names.dead)
        for _ in range(VISITS_MAX):
            reply = self._calls(
                "receive_message",
                QueueUrl=url,
                MaxNumberOfMessages=BATCH_MAX,
                MessageSystemAttributeNames=["ApproximateReceiveCount"],
            )
            messages = reply.get("Messages", ())
            if not messages:
                return
            given = [read for message in messages if (read := self._read(url, message)) is not None]
            if given:
                self._judge(given)
                entries = [{"Id": str(index), "ReceiptHandle": each.handle} for index, each in enumerate(given)]
                self._calls("delete_message_batch", QueueUrl=url, Entries=entries)

    def _read(self, url: str, message: dict[str, Any]) -> _Given | None:
        receives = int(message.get("Attributes", {}).get("ApproximateReceiveCount", 0))
        try:
            wanted, partition = decode(message["Body"])
            if partition != self._log.partition:
                raise UnreadableMessageError(f"a message of partition {partition}, in a queue of another")
        except UnreadableMessageError as error:
            metrics.SQS_DEAD.labels("unreadable").inc()
            _log.error("message %s in %s cannot be read and stays there: %s", message["MessageId"], url, error)
            self._calls(
                "change_message_visibility",
                QueueUrl=url,
                ReceiptHandle=message["ReceiptHandle"],
                VisibilityTimeout=HIDDEN_S,
            )
            return None
        return _Given(message["ReceiptHandle"], wanted, receives)

    def _judge(self, given: Sequence[_Given]) -> None:
        served = self._lines.served()
        again: list[Wanted] = []
        dead: list[_Given] = []
        for each in given:
            takers = [one.takes(each.wanted.queue, each.wanted.type) for one in served]
            if takers and all(takers):
                dead.append(each)
            elif any(takers):
                again.append(each.wanted)
        metrics.SQS_DEAD.labels("left in line").inc(len(given) - len(dead) - len(again))
        if again:
            metrics.SQS_DEAD.labels("sent again").inc(len(again))
            self._sender.send(again, "again", AGAIN_S)
        if dead:
            buried = self._bury([each.wanted for each in dead])
            metrics.SQS_DEAD.labels("dead letter").inc(buried)
            metrics.SQS_DEAD.labels("gone").inc(len(dead) - buried)

    def _bury(self, wanted: Sequence[Wanted]) -> int:
        """Fail the jobs for good that still wait at these places; return how many did."""
        worker = "w-" + "".join(secrets.choice(ALPHABET) for _ in range(10))
        types = tuple(sorted({each.type for each in wanted}))
        facts = (socket.gethostname(), os.getpid(), version("journeyman-scheduler"), (EVERY_QUEUE,), types, 0)
        joined = Proposal((WorkerJoined(worker, *facts),), None, (Join(worker, (EVERY_QUEUE,), types),))
        self._log.append([joined], caller=worker, number=1)
        try:
            claimed = self._log.claim(worker, 1, len(wanted), queues=(EVERY_QUEUE,), types=types, wanted=wanted)
            outcomes = []
            for job in claimed.jobs:
                what = f"SQS gave the job's message up: it was received too often, and no worker claimed {job.place}"
                _log.error("job %s: %s", job.body.job_id, what)
                error = Error(ERROR_TYPE, what, fingerprint=ERROR_TYPE)
                outcomes.append(Outcome(JobFailed(job.body.job_id, job.attempt, worker, error, retryable=False)))
            if outcomes:
                self._log.finish(worker, 1, outcomes)
        except WorkerLostError:
            return 0
        self._log.append([Proposal((WorkerLeft(worker),), None, (Leave(worker),))], caller=worker, number=2)
        return sum(fate == Fate.STARTED for fate in claimed.fates)
