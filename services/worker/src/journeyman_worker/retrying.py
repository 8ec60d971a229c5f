"""Calling the log until it answers: what a worker does while the server is away is wait, not give up.

A call whose reply was lost is repeated unchanged, with the same number, so it happens once. Being declared
lost is an answer. Anything unforeseen is logged and tried again too: a worker that dies of it would take its
jobs along.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import TypeVar

from journeyman.errors import RebuildNeededError, ServerRefusedError, ServerUnavailableError, WorkerLostError

R = TypeVar("R")

_log = logging.getLogger(__name__)

FIRST_WAIT_S = 0.05
LONGEST_WAIT_S = 2.0
SLICE_S = 0.05


class GivenUpError(Exception):
    """The caller is no longer interested in the answer."""


def until_answered(call: Callable[[], R], what: str, give_up: Callable[[], bool]) -> R:
    """Return what `call` returns, however often it takes.

    Raises WorkerLostError, and GivenUpError soon after `give_up` has become true.
    """
    wait_s = FIRST_WAIT_S
    while True:
        try:
            return call()
        except WorkerLostError:
            raise
        except (ServerUnavailableError, ServerRefusedError, RebuildNeededError) as error:
            if wait_s == FIRST_WAIT_S:
                _log.warning("cannot %s, trying on: %s", what, error)
        except Exception:  # noqa: BLE001 - a loop's runner; it is logged
            _log.exception("cannot %s, trying on", what)
        _sleep(wait_s, give_up)
        if give_up():
            raise GivenUpError(what)
        wait_s = min(LONGEST_WAIT_S, wait_s * 2)


def _sleep(span_s: float, give_up: Callable[[], bool]) -> None:
    until = time.monotonic() + span_s
    while not give_up() and (left := until - time.monotonic()) > 0:
        time.sleep(min(left, SLICE_S))
