"""Brings a seat the jobs whose places SQS hands out: receives, claims the places, and keeps the messages meanwhile.

A claim that is repeated, because the log did not answer, is for the same messages. One that brings nothing tells the
log that this worker may be rung, and then waits at SQS for a moment: what was sent before that was not rung for.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

from journeyman import failpoints
from journeyman.errors import CloudError, WorkerLostError
from journeyman.events import JobProgressed
from journeyman.log.api import EVERY_QUEUE, Claimed, Fate, Log, Outcome
from journeyman.settings import Settings
from journeyman.sqs.queues import visibility_s
from journeyman_worker.sqs.consumers import Broker, Received, missing
from journeyman_worker.sqs.custody import Custody
from journeyman_worker.sqs.receiver import WAIT_S, Receiver

_log = logging.getLogger(__name__)

#: Received for one claim, at most: four calls, of the class that is full.
CLAIM_MAX = 40
#: How long the end waits for calls under way, which may still bring something.
CLOSE_S = WAIT_S + 0.5
#: When a message that this worker has no use for appears to others.
FOREIGN_S = 1


class Courier:
    """One partition's, for one worker id.

    Set by who claims: `more`, to be told that there may be more to claim at once; `ended`, tells that nothing will be.
    """

    def __init__(self, log: Log, settings: Settings, broker: Broker) -> None:
        self._log = log
        self.more: Callable[[], None] = lambda: None
        self.ended: Callable[[], bool] = lambda: False
        self._custody = Custody(visibility_s(settings))
        self._receiver = Receiver(broker, self._news)
        #: What the claim under way is for: its number, and the messages.
        self._asked: tuple[int, list[Received]] = (0, [])
        self._away = False

    def claim(self, worker: str, number: int, count: int, queues: Sequence[str], types: Sequence[str]) -> Claimed:
        """Claim what was received. Raises as the log does, for the claim to be repeated with the same number."""
        count = min(count, CLAIM_MAX)
        if self._asked[0] != number:
            self._asked = (number, self._receive(lambda: self._receiver.look(count), count, queues, types))
        _, messages = self._asked
        claimed = self._claim(worker, number, count, queues, types, messages)
        if not messages and not self.ended():
            messages = self._receive(lambda: self._receiver.wait(count), count, queues, types)
            if messages:
                self._asked = (number, messages)
                claimed = self._claim(worker, number, count, queues, types, messages)
        if messages:
            self.more()
        self._asked = (number, [])
        return claimed

    def _news(self) -> None:
        self.more()

    def _receive(
        self, call: Callable[[], list[Received]], count: int, queues: Sequence[str], types: Sequence[str]
    ) -> list[Received]:
        """Receive; let others have what is too much, or not for this worker. Nothing while SQS is away."""
        try:
            found = call()
        except CloudError as error:
            if not self._away:
                # The queues of a system that has just begun are made by its scheduler in a moment.
                level = logging.INFO if missing(error) else logging.WARNING
                _log.log(level, "cannot receive jobs from SQS, trying on: %s", error)
            self._away = True
            return []
        if self._away:
            _log.info("receiving jobs from SQS again")
        self._away = False
        failpoints.hit("worker.after_receiving")
        if self.ended():
            self._custody.give_back(found)
            return []
        mine = [each for each in found if each.wanted.type in types and _serves(queues, each.wanted.queue)]
        if len(mine) < len(found):
            own = {each.handle for each in mine}
            self._custody.give_back([each for each in found if each.handle not in own], FOREIGN_S)
        self._custody.give_back(mine[count:])
        return mine[:count]

    def _claim(
        self,
        worker: str,
        number: int,
        count: int,
        queues: Sequence[str],
        types: Sequence[str],
        messages: Sequence[Received],
    ) -> Claimed:
        wanted = [message.wanted for message in messages]
        try:
            claimed = self._log.claim(worker, number, count, queues=queues, types=types, wanted=wanted)
        except WorkerLostError:
            self._custody.give_back(messages)
            raise
        jobs = {job.place: (job.body.job_id, job.attempt) for job in claimed.jobs}
        for message, fate in zip(messages, claimed.fates, strict=True):
            if fate == Fate.STARTED:
                self._custody.hold(jobs[message.wanted.place], message)
            elif fate == Fate.FOREIGN:
                self._custody.give_back([message], FOREIGN_S)
            else:
                self._custody.delete([message])
        return claimed

    def said(self, outcomes: Sequence[Outcome]) -> None:
        """Hear that the log was told how attempts ended."""
        events = [outcome.event for outcome in outcomes if not isinstance(outcome.event, JobProgressed)]
        self._custody.let_go([(event.job_id, event.attempt) for event in events])  # type: ignore[union-attr]

    def beaten(self) -> None:
        """Hear that the log has answered a heartbeat: what is in hand is this worker's for longer."""
        self._custody.extend()

    def abandon(self) -> None:
        """Hear that the worker is lost: others will have what it held."""
        self._custody.forget()
        self._custody.give_back(self._receiver.close(0.0))
        self._custody.close(0.0)

    def close(self, timeout_s: float) -> None:
        """Give back what was not claimed, and tell SQS what is left to tell."""
        self._custody.give_back([*self._receiver.close(CLOSE_S), *self._asked[1]])
        self._custody.close(timeout_s)


def _serves(queues: Sequence[str], queue: str) -> bool:
    return EVERY_QUEUE in queues or queue in queues


def couriers(settings: Settings) -> Callable[[Log], Courier]:
    """Return what makes a courier for a seat in a log. Raises SettingsError where no region is configured."""
    brokers = {partition: Broker(settings, partition) for partition in range(settings.partitions)}
    return lambda log: Courier(log, settings, brokers[log.partition])
