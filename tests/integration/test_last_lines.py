"""What a process writes to standard error reaches where it would have gone, and its end is kept."""

from __future__ import annotations

import os
from pathlib import Path

from journeyman.last_lines import BYTES_MAX, CHUNK, LINE_MAX, LastLines
from support.waiting import wait_for


def written(tmp_path: Path, *parts: bytes, lines: int = 3) -> tuple[str, bytes]:
    """Write parts to a pipe; return the lines kept, and what was passed on."""
    passed_on = tmp_path / "passed on"
    source, sink = os.pipe()
    with passed_on.open("wb") as target:
        last = LastLines(source, target.fileno(), lines)
        for part in parts:
            os.write(sink, part)
        os.close(sink)
        kept = last.text(10)
    return kept, passed_on.read_bytes()


def test_everything_is_passed_on_and_the_last_lines_are_kept(tmp_path: Path) -> None:
    kept, passed_on = written(tmp_path, b"one\ntwo\nth", b"ree\n\nfour\nfi", b"ve")
    assert kept == "three\nfour\nfive"
    assert passed_on == b"one\ntwo\nthree\n\nfour\nfive"


def test_what_is_kept_is_bounded_and_may_be_any_bytes(tmp_path: Path) -> None:
    kept, _ = written(tmp_path, b"\xff\xfe\n", *[b"x" * 10_000 + b"\n"] * 20, b"last\n", lines=50)
    assert len(kept.encode()) <= BYTES_MAX
    assert kept.endswith("\nlast")
    assert max(map(len, kept.splitlines())) == LINE_MAX
    kept, _ = written(tmp_path, b"\xff\xfe no text\n")
    assert kept.endswith(" no text")


def test_a_line_that_never_ends_is_passed_on_all_the_same(tmp_path: Path) -> None:
    _, passed_on = written(tmp_path, *[b"x" * 10_000] * (2 * CHUNK // 10_000))
    assert len(passed_on) == 10_000 * (2 * CHUNK // 10_000)


def test_a_process_goes_on_when_nobody_takes_what_it_writes() -> None:
    source, sink = os.pipe()
    reader, target = os.pipe()
    os.close(reader)
    last = LastLines(source, target, 2)
    for _ in range(200):
        os.write(sink, b"x" * 1_000 + b"\n")
    os.close(sink)
    wait_for(lambda: last.text(0), "the lines")
    os.close(target)


def test_the_end_that_somebody_else_holds_open_is_not_waited_for_long() -> None:
    source, sink = os.pipe()
    target = os.open(os.devnull, os.O_WRONLY)
    last = LastLines(source, target, 2)
    os.write(sink, b"so far\n")
    wait_for(lambda: last.text(0.01) == "so far", "the line")
    os.close(sink)
    wait_for(lambda: last.text(10) is not None, "its end")
    os.close(target)
