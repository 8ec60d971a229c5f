"""From what an attempt did to the event that says so. Pure but for the source lines in tracebacks.

Whatever user code raises becomes an event: exceptions whose message cannot be printed, exits, interrupts.
Texts are cut to 8 KiB and made encodable.
"""

from __future__ import annotations

import hashlib
import traceback
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Literal, TypeAlias, Union

from dramatiq.errors import Retry
from dramatiq.middleware import SkipMessage

from journeyman.events import Blob, Error, JobFailed, JobReturned, JobSucceeded
from journeyman_worker.exceptions import InvalidPayload, Permanent, RetryAfter, UnserialisableResult
from journeyman_worker.interrupts import Cancelled, Drained, Interrupt, Lost, TimeLimitExceeded

TEXT_BYTES_MAX = 8 * 1024
TYPE_CHARS_MAX = 200
FRAMES_MAX = 50
RETRY_AFTER_MAX_MS = 366 * 86_400_000

#: Their cause is not where the thread happened to be, so they have no traceback.
_FRAMELESS = (InvalidPayload, UnserialisableResult, TimeLimitExceeded)
_FINAL = (Permanent, InvalidPayload, UnserialisableResult, SkipMessage)

#: Frames of these directories and files stand between the worker and user code; they lead a traceback and say nothing.
_OURS = tuple(
    str(Path(path))
    for path in (
        "journeyman_worker/runner",
        "journeyman_worker/binding.py",
        "dramatiq/worker.py",
        "dramatiq/asyncio.py",
        "concurrent/futures/_base.py",
    )
)

Ended: TypeAlias = Union[JobSucceeded, JobFailed, JobReturned]


def succeeded(job_id: str, attempt: int, worker: str, result: str, run_us: int, blob: Blob | None) -> JobSucceeded:
    """Say that the attempt returned `result` (JSON text), or what `blob` holds."""
    return JobSucceeded(job_id, attempt, worker, "" if blob else result, run_us, blob)


def raised(
    job_id: str,
    attempt: int,
    worker: str,
    exception: BaseException,
    run_us: int,
    throws: tuple[type[BaseException], ...] = (),
) -> JobFailed | JobReturned | None:
    """Say what an attempt that ended with `exception` means; None where nobody wants to hear of it any longer.

    throws: the exceptions this job declares to be final.
    """
    exception = interruption_of(exception) or exception
    match exception:
        case Lost():
            return None
        case Cancelled():
            return JobReturned(job_id, attempt, worker, "interrupted")
        case Drained():
            return JobReturned(job_id, attempt, worker, "drained", back=True)
    final = isinstance(exception, _FINAL) or (bool(throws) and isinstance(exception, throws))
    return JobFailed(
        job_id, attempt, worker, describe(exception), run_us, not final, None if final else retry_after_ms(exception)
    )


def interruption_of(exception: BaseException) -> Interrupt | None:
    """Return the interruption behind an exception: itself, or the one a coroutine did not heed in time."""
    if isinstance(exception, Interrupt):
        return exception
    cause = exception.__cause__
    return cause if isinstance(exception, RuntimeError) and isinstance(cause, Interrupt) else None


def retry_after_ms(exception: BaseException) -> int | None:
    """Return the delay that user code chose for the next attempt, if it did."""
    match exception:
        case RetryAfter():
            chosen: object = exception.delay_ms
        case Retry():
            chosen = exception.delay
        case _:
            return None
    return max(0, min(RETRY_AFTER_MAX_MS, int(chosen))) if isinstance(chosen, (int, float)) else None


def describe(exception: BaseException) -> Error:
    """Return what is recorded of an exception: type, message, traceback, and the fingerprint of the two."""
    kind = clean(type(exception).__name__, TYPE_CHARS_MAX)
    own = None if isinstance(exception, _FRAMELESS) else user_frames(exception.__traceback__)
    message = message_of(exception)
    if own is None:
        return Error(kind, message, "", fingerprint(kind, ()))
    return Error(kind, message, traceback_of(exception, own), fingerprint(kind, _names(own)))


def message_of(exception: BaseException) -> str:
    """Return an exception's message, whatever its `__str__` does."""
    if isinstance(exception, TimeLimitExceeded):
        return clean(str(exception) or "the attempt took longer than its timeout")
    try:
        return clean(str(exception))
    except BaseException:  # noqa: BLE001 - user code runs here, and even an exit from it is no message
        return f"<unprintable {clean(type(exception).__name__, TYPE_CHARS_MAX)}>"


def user_frames(tb: TracebackType | None) -> TracebackType | None:
    """Return the part of a traceback that begins in user code."""
    first = tb
    while tb is not None and any(part in tb.tb_frame.f_code.co_filename for part in _OURS):
        tb = tb.tb_next
    return tb or first


def traceback_of(exception: BaseException, tb: TracebackType | None) -> str:
    """Return the printed traceback, the end of it where it is too long."""
    try:
        lines = traceback.format_exception(type(exception), exception, tb, limit=-FRAMES_MAX)
    except BaseException:  # noqa: BLE001 - printing runs user code: __str__, __notes__, a broken source file
        lines = ["<the traceback cannot be printed>"]
    return clean("".join(lines), keep="end")


def fingerprint(kind: str, frames: Iterable[tuple[str, str]]) -> str:
    """Return 16 hex digits that errors of the same type from the same functions share, whatever their message."""
    path = "\n".join(f"{file}:{function}" for file, function in frames)
    return hashlib.sha256(f"{kind}\n{path}".encode("utf-8", "replace")).hexdigest()[:16]


def _names(tb: TracebackType | None) -> list[tuple[str, str]]:
    frames: list[tuple[str, str]] = []
    while tb is not None:
        code = tb.tb_frame.f_code
        frame = (Path(code.co_filename).name, code.co_name)
        if not frames or frames[-1] != frame:
            frames.append(frame)
        tb = tb.tb_next
    return frames[-FRAMES_MAX:]


def clean(text: str, limit: int = TEXT_BYTES_MAX, keep: Literal["start", "end"] = "start") -> str:
    """Return text that can be encoded, of at most `limit` bytes; a cut is marked with `…`."""
    data = text.encode("utf-8", "replace")
    if len(data) <= limit:
        return data.decode()
    mark = "…".encode()
    cut = data[: limit - len(mark)] if keep == "start" else data[len(mark) - limit :]
    whole = cut.decode("utf-8", "ignore")
    return whole + "…" if keep == "start" else "…" + whole
