"""Quotas of queues: what counts, who is refused, and when to come again."""

from __future__ import annotations

from collections import Counter

import pytest

from journeyman.errors import SettingsError
from journeyman.settings import load
from journeyman_ingest.errors import LATER_S, RefusedError
from journeyman_ingest.quotas import LONGEST_S, Quotas


def refused(quotas: Quotas, **wanted: int) -> RefusedError:
    with pytest.raises(RefusedError) as caught, quotas.reserved(wanted):
        pass
    return caught.value


def test_what_is_under_way_accepted_or_seen_counts() -> None:
    quotas = Quotas(10, {})
    quotas.look({"q": 4}, Counter(), 1.0)
    with quotas.reserved({"q": 3}):
        assert quotas.depth("q") == 7
        assert refused(quotas, q=4).status == 429
    assert quotas.depth("q") == 7
    before = quotas.accepted()
    with quotas.reserved({"q": 2}):
        pass
    quotas.look({"q": 7}, before, 1.0)
    assert quotas.depth("q") == 9, "what came after the question was asked is counted on"


def test_what_failed_does_not_count() -> None:
    quotas = Quotas(1, {})
    with pytest.raises(KeyError), quotas.reserved({"q": 1}):
        raise KeyError
    assert quotas.depth("q") == 0


def test_one_queue_that_is_full_refuses_the_whole_and_keeps_no_room() -> None:
    quotas = Quotas(0, {"full": 1})
    assert "queue full; the quota is 1" in refused(quotas, free=5, full=2).detail
    assert quotas.depth("free") == 0


def test_a_client_comes_again_when_the_queue_will_have_drained_so_far() -> None:
    quotas = Quotas(100, {})
    assert refused(quotas, q=101).retry_after_s == LATER_S
    quotas.look({"q": 100}, Counter(), 1.0)
    quotas.look({"q": 80}, Counter(), 1.0)
    quotas.look({"q": 60}, Counter(), 1.0)
    with quotas.reserved({"q": 40}):
        assert refused(quotas, q=45).retry_after_s == 3, "45 too many, at 15 a second and rising"
        assert refused(quotas, q=10_000).retry_after_s == LONGEST_S


def test_what_comes_in_is_no_sign_of_a_queue_that_does_not_drain() -> None:
    quotas = Quotas(100, {})
    for depth in range(10, 110, 10):
        with quotas.reserved({"q": 10}):
            pass
        quotas.look({"q": depth}, quotas.accepted(), 1.0)
    assert refused(quotas, q=1).retry_after_s == LATER_S


def test_queues_that_are_gone_are_forgotten() -> None:
    quotas = Quotas(100, {})
    for number in range(1_000):
        with quotas.reserved({f"q{number}": 1}):
            pass
        quotas.look({f"q{number}": 1}, quotas.accepted(), 1.0)
    assert len(quotas._accepted) + len(quotas._under_way) + len(quotas._drains) + len(quotas._seen) < 10


@pytest.mark.parametrize("text", ["images", "images=", "images=-1", "=5", "images=1=2", "images=x"])
def test_what_is_no_list_of_quotas_is_refused_at_the_start(text: str) -> None:
    with pytest.raises(SettingsError, match="QUEUE_BACKLOGS"):
        load({"JOURNEYMAN_QUEUE_BACKLOGS": text})


def test_quotas_are_read_from_the_environment() -> None:
    settings = load({"JOURNEYMAN_QUEUE_BACKLOGS": " images=1000, mail=0,", "JOURNEYMAN_QUEUE_BACKLOG_MAX": "7"})
    assert (settings.queue_quotas(), settings.queue_backlog_max) == ({"images": 1_000, "mail": 0}, 7)
    assert not Quotas(0, {"mail": 0}).enabled
