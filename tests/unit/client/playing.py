"""Runs a client's flow against answers written down beforehand, on a clock that only pauses move."""

from __future__ import annotations

from typing import Any, TypeVar

from journeyman.client.flows import Endpoints, Flow, Lost, Pause, Request, Session
from journeyman.client.refusals import Answer

T = TypeVar("T")


class Played:
    """What a flow did: the requests it sent, the pauses it made."""

    def __init__(self, *answers: Answer | Lost) -> None:
        self.answers = list(answers)
        self.requests: list[Request] = []
        self.pauses: list[float] = []
        self.now_s = 100.0

    def run(self, flow: Flow[T]) -> T:
        """Run a flow to its end and return what it returns."""
        reply: Any = None
        try:
            while True:
                step = flow.send(reply)
                if isinstance(step, Pause):
                    self.now_s += step.seconds
                    self.pauses += [step.seconds] if step.seconds else []
                    reply = self.now_s
                else:
                    self.requests.append(step)
                    reply = self.answers.pop(0)
        except StopIteration as end:
            result: T = end.value
            return result


def session(retries: int = 5) -> Session:
    """Return a session whose jitter is always at its longest."""
    return Session(Endpoints("http://ingest", "http://dashboard"), retries=retries, draw=lambda: 1.0)


def answer(body: str, status: int = 200, **headers: str) -> Answer:
    """Return an answer; underscores in header names are dashes."""
    return Answer(status, {name.replace("_", "-"): value for name, value in headers.items()}, body.encode())


def job_answer(status: str, phase: str = "", **more: Any) -> Answer:
    """Return a dashboard's answer about job `a`."""
    import msgspec

    body = {"id": "a", "type": "t", "status": status, "phase": phase or status, **more}
    return Answer(200, {}, msgspec.json.encode(body))
