"""The codec: what is written is read; what cannot be read harms nobody but itself."""

from __future__ import annotations

from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from journeyman import events as e
from journeyman.codec import (
    BYTES_PER_COMMIT_MAX,
    EVENTS_PER_COMMIT_MAX,
    Cutter,
    as_written,
    decode_commit,
    decode_event,
    describe,
    encode_commit,
    encode_event,
    is_full,
    to_data,
    width,
)
from support.event_strategies import any_event, any_events

AT = e.Offset(1_700_000_000_000, 3)


@given(any_events)
def test_a_commit_is_read_as_it_was_written(events: list[e.Event]) -> None:
    entry = decode_commit(encode_commit(events), AT, epoch=4, cursor="1-0")
    assert as_written(entry.events) == events
    assert (entry.undecodable, entry.epoch, entry.cursor) == ((), 4, "1-0")
    assert len(entry.events) == sum(map(width, events))
    assert [record.offset.index for record in entry.records()] == list(range(len(entry.events)))
    assert {record.at_ms for record in entry.records()} <= {AT.ms}


@given(any_events)
def test_behind_a_submission_released_at_once_stands_its_release(events: list[e.Event]) -> None:
    read = iter(decode_commit(encode_commit(events), AT).events)
    for written in events:
        assert next(read) == written
        if isinstance(written, e.JobSubmitted) and written.released:
            assert next(read) == e.JobReleased(written.job_id, 1, written.priority)


_numbers_like_defaults = st.sampled_from([0, 3, 256, 0x9080 << 8, 600_000, 3 << 8])
_texts_like_defaults = st.sampled_from(["", "à", "⠠", "\u2000", "cancel"])


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "payload": _texts_like_defaults,
            "released": st.booleans(),
            "tags": st.dictionaries(_texts_like_defaults, _texts_like_defaults, max_size=2),
            "depends_on": st.lists(_texts_like_defaults, max_size=1).map(tuple),
            "due_ms": _numbers_like_defaults,
            "max_attempts": _numbers_like_defaults,
            "timeout_ms": _numbers_like_defaults,
            "backoff": st.builds(e.Backoff, _numbers_like_defaults),
            "on_dependency_failure": _texts_like_defaults,
            "payload_blob": st.one_of(st.none(), st.builds(e.Blob, _texts_like_defaults, st.just(0), st.just(""))),
            "idempotency": _texts_like_defaults,
            "traceparent": _texts_like_defaults,
        },
    )
)
def test_a_submission_is_read_as_it_was_written_whatever_is_left_out(fields: dict[str, Any]) -> None:
    job = e.JobSubmitted("0" * 24, "t", **fields)
    assert decode_event(encode_event(job)) == job


@given(any_event)
def test_an_event_has_one_encoding(event: e.Event) -> None:
    assert encode_event(decode_event(encode_event(event))) == encode_event(event)


@given(any_event)
def test_an_event_can_be_shown_as_json_and_as_a_line(event: e.Event) -> None:
    assert list(to_data(event)) == list(event.__struct_fields__)
    msgspec.json.encode(to_data(event))
    assert describe(event).startswith(e.tag_of(event))


@given(st.binary(max_size=200))
def test_any_bytes_are_an_entry(data: bytes) -> None:
    entry = decode_commit(data, AT)
    assert entry.undecodable or encode_commit([event for event in entry.events if event is not None])
    for found in entry.undecodable:
        assert found.offset[:2] == AT[:2]
        assert found.reason


@given(any_events, st.data())
def test_a_truncated_commit_is_undecodable_and_no_more(events: list[e.Event], data: st.DataObject) -> None:
    encoded = encode_commit(events)
    short = encoded[: data.draw(st.integers(0, len(encoded) - 1))]
    entry = decode_commit(short, AT)
    assert (entry.events, [found.offset for found in entry.undecodable]) == ([], [AT])


@given(any_events, st.data())
def test_a_flipped_bit_never_raises(events: list[e.Event], data: st.DataObject) -> None:
    encoded = bytearray(encode_commit(events))
    encoded[data.draw(st.integers(0, len(encoded) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    decode_commit(bytes(encoded), AT)


@given(st.lists(st.one_of(any_event, st.sampled_from([1, "text", None, [], ["job.unheard", 1], ["job.lost"], {}]))))
def test_neighbours_of_the_unreadable_are_read(parts: list[object]) -> None:
    entry = decode_commit(msgspec.msgpack.encode(parts), AT)
    known = [
        isinstance(part, e.EVENT_TYPES) for part in parts for _ in range(2 if getattr(part, "released", False) else 1)
    ]
    assert [event is not None for event in entry.events] == known
    assert as_written(entry.events) == [part for part in parts if isinstance(part, e.EVENT_TYPES)]
    assert [found.offset.index for found in entry.undecodable] == [
        i for i, is_known in enumerate(known) if not is_known
    ]


_event_sizes = st.tuples(st.sampled_from([1, 2]), st.integers(10, 60_000))


@given(st.lists(st.lists(_event_sizes, min_size=1, max_size=600), max_size=12))
def test_commits_are_bounded_and_what_fits_into_one_is_not_parted(proposals: list[list[tuple[int, int]]]) -> None:
    cutter, events, length = Cutter(), 0, 0
    for proposal in proposals:
        stand_for, sizes = [one[0] for one in proposal], [one[1] for one in proposal]
        cuts = cutter.cuts(stand_for, sizes)
        assert not is_full(0, 0, sum(stand_for), sum(sizes)) or cuts[:1] == ([0] if events else cuts[:1])
        assert is_full(0, 0, sum(stand_for), sum(sizes)) or cuts in ([], [0])
        for index, (count, size) in enumerate(proposal):
            if index in cuts:
                assert index == 0 or is_full(events, length, count, size)
                events = length = 0
            events, length = events + count, length + size
            assert events <= EVENTS_PER_COMMIT_MAX
            assert length <= BYTES_PER_COMMIT_MAX
