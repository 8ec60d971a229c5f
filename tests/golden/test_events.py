"""Bytes of every version of every event, as they stand in logs for ever: still read, and still written so.

Files are added, never edited: `python tests/support/golden.py` writes those that are missing.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from journeyman import codec
from journeyman import events as e
from support.golden import EXAMPLES, OLD_EXAMPLES, Example, directory, file_of

AT = e.Offset(1, 0)
FILES = sorted(directory().glob("*.msgpack"))


@pytest.mark.parametrize("event", e.EVENT_TYPES, ids=e.tag_of)
def test_every_event_has_a_rich_and_a_plain_example(event: type[e.Event]) -> None:
    kinds = {example.kind for example in EXAMPLES if type(example.event) is event}
    assert kinds == {"rich", "plain"}, "add examples to tests/support/golden.py"
    for example in EXAMPLES:
        assert file_of(example).exists(), "run tests/support/golden.py"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_stored_bytes_are_read_as_what_they_were_written_from(path: Path) -> None:
    expected = {file_of(example): example.event for example in (*EXAMPLES, *OLD_EXAMPLES)}
    entry = codec.decode_commit(b"\x91" + path.read_bytes(), AT)
    assert entry.undecodable == ()
    assert codec.as_written(entry.events) == [expected[path]]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: file_of(example).stem)
def test_the_same_bytes_are_still_written(example: Example) -> None:
    assert codec.encode_event(example.event) == file_of(example).read_bytes()


@pytest.mark.parametrize("event", e.EVENT_TYPES, ids=e.tag_of)
def test_a_rich_example_leaves_no_field_at_its_default(event: type[e.Event]) -> None:
    rich = next(example.event for example in EXAMPLES if type(example.event) is event and example.kind == "rich")
    for field in msgspec.structs.fields(event):
        assert getattr(rich, field.name) != field.default, field.name


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: file_of(example).stem)
def test_a_field_added_by_a_newer_version_is_ignored(example: Example) -> None:
    # The whole array: a writer that knows of a later field writes all before it.
    newer = [*msgspec.msgpack.decode(msgspec.msgpack.encode(example.event)), {"added": "later"}, 7]
    assert codec.as_written(codec.decode_commit(msgspec.msgpack.encode([newer]), AT).events) == [example.event]


@pytest.mark.parametrize("event", e.EVENT_TYPES, ids=e.tag_of)
def test_a_field_an_older_version_did_not_write_means_its_default(event: type[e.Event]) -> None:
    rich = next(example for example in EXAMPLES if type(example.event) is event and example.kind == "rich")
    fields = msgspec.structs.fields(event)
    required = sum(field.required for field in fields)
    older = msgspec.msgpack.decode(file_of(rich).read_bytes())[: 1 + required]
    (read,) = codec.decode_commit(msgspec.msgpack.encode([older]), AT).events
    assert read is not None
    for field in fields[required:]:
        default = field.default_factory() if field.default is msgspec.NODEFAULT else field.default
        assert getattr(read, field.name) == default


@pytest.fixture
def upcasters() -> Iterator[dict[str, Any]]:
    """Give the table of upcasters, to be filled for one test."""
    before = dict(codec.UPCASTERS)
    yield codec.UPCASTERS
    codec.UPCASTERS.clear()
    codec.UPCASTERS.update(before)


def test_an_old_event_is_lifted_step_by_step_to_todays(upcasters: dict[str, Any]) -> None:
    upcasters["worker.gone"] = lambda old: ["worker.gone.2", old[1], "it was so"]
    upcasters["worker.gone.2"] = lambda old: ["worker.lost", *old[1:]]
    commit = msgspec.msgpack.encode([["worker.gone", "w"], e.WorkerLeft("v"), ["worker.gone.2", "u", "so"]])
    entry = codec.decode_commit(commit, AT)
    assert entry.events == [e.WorkerLost("w", "it was so"), e.WorkerLeft("v"), e.WorkerLost("u", "so")]
    assert entry.undecodable == ()


def test_what_cannot_be_lifted_is_undecodable_and_its_neighbours_are_read(upcasters: dict[str, Any]) -> None:
    upcasters["worker.gone"] = lambda old: ["worker.lost", old[1]]
    parts = [["worker.gone"], e.WorkerLeft("v"), [["worker.gone"], 1], [], {"worker.gone": 1}, "worker.gone"]
    entry = codec.decode_commit(msgspec.msgpack.encode(parts), AT)
    assert entry.events == [None, e.WorkerLeft("v"), None, None, None, None]
    assert [found.offset.index for found in entry.undecodable] == [0, 2, 3, 4, 5]
