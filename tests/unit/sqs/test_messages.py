"""Messages to SQS: which queue, how many at once, and that what is none of ours is known for that."""

from __future__ import annotations

from base64 import b64encode

import dramatiq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeyman.errors import SettingsError
from journeyman.ids import compose
from journeyman.log.api import Wanted
from journeyman.proposals import place
from journeyman.settings import Settings, load
from journeyman.sqs.messages import (
    BATCH_BYTES_MAX,
    BATCH_MAX,
    CLASSES,
    UnreadableMessageError,
    batches,
    class_of,
    decode,
    encode,
    names,
)
from journeyman.sqs.queues import visibility_s

JOB = compose(1_700_000_000_000, 1, 0)
NAMES = st.text("abcXYZ019._-", min_size=1, max_size=128)


def test_classes_are_those_of_the_named_priorities() -> None:
    found = [CLASSES[class_of(priority)][0] for priority in range(21)]
    assert found == ["low"] * 10 + ["normal"] * 5 + ["high"] * 5 + ["critical"]


def test_queues_are_named_by_prefix_namespace_partition_and_class() -> None:
    settings = Settings(sqs_prefix="shop", namespace="jm")
    assert names(settings, 0).classes == ("shop-jm-critical", "shop-jm-high", "shop-jm-normal", "shop-jm-low")
    assert (names(settings, 0).dead, names(settings, 7).classes[3]) == ("shop-jm-dead", "shop-jm-p7-low")


def test_no_name_is_longer_than_sqs_allows() -> None:
    settings = Settings(sqs_prefix="x" * 32, namespace="y" * 32)
    assert max(map(len, names(settings, 1_023).classes)) <= 80


def test_a_namespace_with_dots_is_refused() -> None:
    with pytest.raises(SettingsError, match="JOURNEYMAN_NAMESPACE"):
        load({"JOURNEYMAN_TRANSPORT": "sqs", "JOURNEYMAN_NAMESPACE": "a.b"})


@given(NAMES, st.integers(0, 20), NAMES, st.integers(1, 200), st.integers(0, 1_023))
def test_a_message_says_what_was_said(queue: str, priority: int, type_: str, attempt: int, partition: int) -> None:
    wanted = Wanted(queue, priority, type_, place(JOB, attempt, 2, 3))
    body = encode(wanted, partition, "the-queue")
    assert decode(body) == (wanted, partition)
    assert len(body) < 2_000


@pytest.mark.parametrize(
    "body",
    [
        *("", "not base64!", "bm90IGpzb24=", b64encode(b"{}").decode(), b64encode(b"[]").decode()),
        b64encode(dramatiq.Message("q", "a", (), {}, {}).encode()).decode(),
        b64encode(dramatiq.Message("q", "a", (), {}, {"journeyman": [2, 0, "q", 1, "t", JOB + "1"]}).encode()).decode(),
        b64encode(dramatiq.Message("q", "a", (), {}, {"journeyman": [1, 0, "q", 1, "t", "short"]}).encode()).decode(),
        b64encode(dramatiq.Message("q", "a", (), {}, {"journeyman": "text"}).encode()).decode(),
    ],
)
def test_what_is_none_of_ours_cannot_be_read(body: str) -> None:
    with pytest.raises(UnreadableMessageError):
        decode(body)


@given(st.lists(st.integers(1, BATCH_BYTES_MAX), max_size=40))
def test_batches_keep_the_order_and_both_limits(sizes: list[int]) -> None:
    bodies = ["x" * size for size in sizes]
    found = list(batches(bodies))
    assert [body for batch in found for body in batch] == bodies
    assert all(len(batch) <= BATCH_MAX and sum(map(len, batch)) <= BATCH_BYTES_MAX for batch in found)


def test_visibility_is_told_to_sqs_in_whole_seconds() -> None:
    assert [visibility_s(Settings(sqs_visibility_ms=ms)) for ms in (2_000, 2_001, 30_000)] == [2, 3, 30]
