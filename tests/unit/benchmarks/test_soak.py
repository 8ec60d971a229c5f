"""The soak's ledger finds what is lost or doubled, and its judgement what grows."""

from __future__ import annotations

import itertools

from benchmarks.soak.judging import sawtooth, steady
from benchmarks.soak.ledger import Ledger
from journeyman import events as e

_seconds = itertools.count(1)


def said(*events: e.Event) -> e.Entry:
    return e.Entry(e.Offset(next(_seconds), 0), list(events))


def submitted(job_id: str) -> e.JobSubmitted:
    return e.JobSubmitted(job_id, "soak.noop")


def succeeded(job_id: str) -> e.JobSucceeded:
    return e.JobSucceeded(job_id, 1, "w-1")


def test_a_job_that_was_submitted_and_ended_once_is_in_order_whoever_tells_first() -> None:
    ledger = Ledger()
    ledger.accepted(["a"])
    ledger.take(said(submitted("a"), submitted("b")))
    ledger.accepted(["b"])
    ledger.take(said(succeeded("a"), e.JobCancelled("b")))
    assert ledger.complaints() == []
    assert ledger.ended == {"completed": 1, "cancelled": 1}
    assert ledger.open_count == 0


def test_a_job_that_never_ended_is_named_with_the_last_thing_said_of_it() -> None:
    ledger = Ledger()
    ledger.accepted(["a"])
    ledger.take(said(submitted("a"), e.JobStarted("a", 1, "w-1")))
    assert ledger.complaints() == ["1 that never ended", "a never ended, last was job.started"]


def test_what_is_doubled_or_strange_is_told() -> None:
    ledger = Ledger()
    ledger.accepted(["a", "lost"])
    ledger.take(said(submitted("a"), submitted("a"), submitted("stranger"), succeeded("stranger")))
    ledger.take(said(succeeded("a"), succeeded("a")))
    assert ledger.complaints() == [
        "1 submitted twice",
        "1 ended twice, or without having been submitted",
        "1 accepted and never submitted",
        "2 submitted and never accepted",
    ]


def test_the_ledger_forgets_what_has_ended() -> None:
    ledger = Ledger()
    for number in range(1_000):
        ledger.accepted([str(number)])
        ledger.take(said(submitted(str(number)), succeeded(str(number))))
    assert max(len(held) for held in vars(ledger).values() if isinstance(held, (set, dict))) < 10


def test_what_stays_within_five_percent_is_flat_and_a_slow_leak_is_not() -> None:
    noise = [100 + number % 3 for number in range(100)]
    leak = [100 + number * 0.12 for number in range(100)]
    warm_up = [1.0] * 20 + [100.0] * 80
    assert steady("noise", "MiB", noise).flat
    assert not steady("leak", "MiB", leak).flat
    assert steady("warm-up", "MiB", warm_up).flat


def test_a_sawtooth_is_flat_while_its_peaks_do_not_grow() -> None:
    teeth = [float(number % 10) for number in range(200)]
    growing = [number % 10 + number / 20 for number in range(200)]
    assert sawtooth("teeth", "MiB", teeth, judged=True).flat
    assert not sawtooth("growing", "MiB", growing, judged=True).flat
    assert sawtooth("too short", "MiB", growing, judged=False).flat
