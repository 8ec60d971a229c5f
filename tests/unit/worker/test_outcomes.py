"""From exceptions to events."""

from __future__ import annotations

import pytest
from dramatiq.errors import Retry
from hypothesis import given
from hypothesis import strategies as st

from journeyman.events import JobFailed, JobReturned
from journeyman_worker import Permanent, RetryAfter
from journeyman_worker.exceptions import InvalidPayload
from journeyman_worker.interrupts import Cancelled, Drained, Lost, TimeLimitExceeded
from journeyman_worker.outcomes import TEXT_BYTES_MAX, clean, describe, raised


def failed(exception: BaseException, throws: tuple[type[BaseException], ...] = ()) -> JobFailed:
    event = raised("j" * 24, 1, "w-1", exception, 5, throws)
    assert isinstance(event, JobFailed)
    return event


def caught(fn: object) -> BaseException:
    try:
        fn()  # type: ignore[operator]
    except BaseException as error:  # noqa: BLE001
        return error
    raise AssertionError("nothing was raised")


class UnprintableError(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no words")

    __repr__ = __str__


class ExitingError(Exception):
    def __str__(self) -> str:
        raise SystemExit(3)


def fails_here() -> None:
    raise ValueError("no such file")


def fails_elsewhere() -> None:
    raise ValueError("no such file")


def test_an_ordinary_exception_is_tried_again() -> None:
    event = failed(caught(fails_here))
    assert (event.error.type, event.error.message, event.retryable) == ("ValueError", "no such file", True)
    assert event.error.traceback.rstrip().endswith("ValueError: no such file")
    assert "fails_here" in event.error.traceback


@pytest.mark.parametrize("exception", [Permanent("never"), InvalidPayload("no")])
def test_what_cannot_succeed_is_not_tried_again(exception: Exception) -> None:
    assert not failed(exception).retryable


def test_an_exception_the_job_declares_as_final_is_not_tried_again() -> None:
    assert not failed(KeyError("x"), throws=(LookupError,)).retryable
    assert failed(ValueError("x"), throws=(LookupError,)).retryable


def test_user_code_chooses_the_delay_of_the_next_attempt() -> None:
    assert failed(RetryAfter("30s")).retry_after_ms == 30_000
    assert failed(Retry("later", delay=1_500)).retry_after_ms == 1_500
    assert failed(ValueError()).retry_after_ms is None


@pytest.mark.parametrize("exit_", [SystemExit(3), KeyboardInterrupt(), GeneratorExit()])
def test_an_exit_is_a_failure_like_any_other(exit_: BaseException) -> None:
    event = failed(exit_)
    assert (event.error.type, event.retryable) == (type(exit_).__name__, True)


@pytest.mark.parametrize("kind", [UnprintableError, ExitingError])
def test_an_error_without_a_printable_message_is_recorded_all_the_same(kind: type[Exception]) -> None:
    def fails() -> None:
        raise kind

    error = describe(caught(fails))
    assert error.type == kind.__name__
    assert error.message == f"<unprintable {kind.__name__}>"


def test_interrupts_become_what_they_were_raised_for() -> None:
    assert failed(TimeLimitExceeded()).error.type == "TimeLimitExceeded"
    assert raised("j", 1, "w", Cancelled(), 0) == JobReturned("j", 1, "w", "interrupted")
    assert raised("j", 1, "w", Drained(), 0) == JobReturned("j", 1, "w", "drained", back=True)
    assert raised("j", 1, "w", Lost(), 0) is None


def test_a_coroutine_that_did_not_heed_its_interrupt_counts_as_interrupted() -> None:
    error = RuntimeError("Timed out while waiting for coroutine.")
    error.__cause__ = Cancelled()
    assert raised("j", 1, "w", error, 0) == JobReturned("j", 1, "w", "interrupted")


def test_the_fingerprint_tells_causes_apart_and_not_messages() -> None:
    def fails(message: str) -> None:
        raise ValueError(message)

    one, two = describe(caught(lambda: fails("a"))), describe(caught(lambda: fails("b")))
    assert one.fingerprint == two.fingerprint
    assert len(one.fingerprint) == 16
    assert describe(caught(fails_here)).fingerprint != describe(caught(fails_elsewhere)).fingerprint


def test_a_recursion_that_never_ends_has_one_short_traceback() -> None:
    def deeper() -> None:
        deeper()

    error = describe(caught(deeper))
    assert error.type == "RecursionError"
    assert len(error.traceback.encode()) <= TEXT_BYTES_MAX


def test_long_texts_are_cut_the_traceback_at_its_beginning() -> None:
    def fails() -> None:
        raise ValueError("x" * 20_000 + "END")

    error = describe(caught(fails))
    assert len(error.message.encode()) <= TEXT_BYTES_MAX
    assert len(error.traceback.encode()) <= TEXT_BYTES_MAX
    assert error.message.endswith("…")
    assert error.traceback.startswith("…")
    assert error.traceback.rstrip().endswith("END")


@given(st.text(st.characters(exclude_categories=())), st.integers(8, 64))
def test_clean_text_can_be_encoded_and_keeps_its_limit(text: str, limit: int) -> None:
    for cut in (clean(text, limit), clean(text, limit, keep="end")):
        assert len(cut.encode()) <= limit
