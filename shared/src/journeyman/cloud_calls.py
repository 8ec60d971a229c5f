"""Counts the calls of Amazon's services that this process makes, by service and how they ended, for `/metrics`.

A call is counted once, whatever botocore repeats. While a circuit breaker leaves a service alone, no call is made.
"""

from __future__ import annotations

from prometheus_client import Counter

from journeyman.errors import CloudRefusedError, CloudUnavailableError

#: In which way a call ended. refused: the answer was no, which may be what is asked (is there an object already?).
#: denied: not permitted, or what the settings name is not there. failed: in an error that is nobody's answer.
ENDED = ("done", "refused", "unavailable", "denied", "failed")
#: Refusals that no other request would escape.
_NOT_THERE = frozenset({"NoSuchBucket", "NoSuchGroup", "QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue"})

#: In no registry by itself: every service puts it into its own (`exposition.tell_build`).
CLOUD_CALLS = Counter(
    "journeyman_cloud_calls",
    "Calls of AWS, by service and how they ended; where the service makes any.",
    ("cloud", "ended"),
    registry=None,
)


def begin(service: str) -> None:
    """Have a service's calls told from now on, as 0."""
    for ended in ENDED:
        CLOUD_CALLS.labels(service, ended)


def count(service: str, error: BaseException | None) -> None:
    """Count a call that ended: with an answer, or with this error."""
    CLOUD_CALLS.labels(service, how(error)).inc()


def how(error: BaseException | None) -> str:
    """Say in which way a call ended."""
    match error:
        case None:
            return "done"
        case CloudUnavailableError():
            return "unavailable"
        case CloudRefusedError(status=401 | 403):
            return "denied"
        case CloudRefusedError(code=code) if code in _NOT_THERE:
            return "denied"
        case CloudRefusedError():
            return "refused"
        case _:
            return "failed"
