"""The codec: what is written is read; what cannot be read harms nobody but itself."""

from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from journeyman import events as e
from journeyman.codec import (
    BYTES_PER_COMMIT_MAX,
    EVENTS_PER_COMMIT_MAX,
    Cutter,
    decode_commit,
    decode_event,
    describe,
    encode_commit,
    encode_event,
    to_data,
)
from support.event_strategies import any_event, any_events

AT = e.Offset(1_700_000_000_000, 3)


@given(any_events)
def test_a_commit_is_read_as_it_was_written(events: list[e.Event]) -> None:
    entry = decode_commit(encode_commit(events), AT, epoch=4, cursor="1-0")
    assert entry == e.Entry(AT, events, (), 4, "1-0")  # type: ignore[arg-type]
    assert [record.event for record in entry.records()] == events
    assert [record.offset for record in entry.records()] == [AT._replace(index=i) for i in range(len(events))]
    assert {record.at_ms for record in entry.records()} <= {AT.ms}


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
    known = [isinstance(part, e.EVENT_TYPES) for part in parts]
    assert [event is not None for event in entry.events] == known
    assert [event for event in entry.events if event is not None] == [
        p for p, is_known in zip(parts, known, strict=True) if is_known
    ]
    assert [found.offset.index for found in entry.undecodable] == [
        i for i, is_known in enumerate(known) if not is_known
    ]


@given(st.lists(st.tuples(st.booleans(), st.integers(10, 120_000)), max_size=1_500))
def test_no_commit_is_too_large_and_no_release_begins_one(sizes: list[tuple[bool, int]]) -> None:
    cutter, commits = Cutter(), [[0, 0]]
    for is_release, size in sizes:
        event = e.JobReleased("", 1, 1) if is_release else e.JobSubmitted("", "t")
        if cutter.cuts_before(event, size):
            assert not is_release
            commits.append([0, 0])
        if not is_release:
            assert commits[-1][0] < EVENTS_PER_COMMIT_MAX
            assert commits[-1][1] + size <= BYTES_PER_COMMIT_MAX
        commits[-1][0] += 1
        commits[-1][1] += size
