"""A stream of the protocol is cut where its values end, however it arrives."""

from __future__ import annotations

import pytest

from support.resp import Replies, Requests, length

REPLIES = [b"+OK\r\n", b":12\r\n", b"-ERR no\r\n", b"$3\r\na\r\n\r\n", b"$-1\r\n", b"*-1\r\n", b"*0\r\n"]
NESTED = b"*3\r\n:1\r\n*2\r\n$1\r\na\r\n$-1\r\n+x\r\n"
NEWER = [b"_\r\n", b"#t\r\n", b",1.5\r\n", b"%1\r\n+a\r\n:1\r\n", b"~2\r\n:1\r\n:2\r\n", b">2\r\n+a\r\n+b\r\n"]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1_000])
def test_replies_come_out_whole_whatever_pieces_they_came_in(size: int) -> None:
    stream = b"".join([*REPLIES, NESTED, *NEWER])
    replies = Replies()

    found = [reply for at in range(0, len(stream), size) for reply in replies.feed(stream[at : at + size])]

    assert found == [*REPLIES, NESTED, *NEWER]
    assert replies.rest() == b""


def test_what_is_no_whole_reply_can_be_had_back() -> None:
    replies = Replies()

    assert replies.feed(b"+OK\r\n$5\r\nab") == [b"+OK\r\n"]
    assert replies.rest() == b"$5\r\nab"


def test_requests_are_named_and_functions_without_their_version() -> None:
    requests = Requests()
    call = b"*3\r\n$5\r\nFCALL\r\n$16\r\njm_ab12cd34_xfin\r\n$1\r\n0\r\n"

    assert requests.feed(call[:20]) == []
    assert requests.feed(call[20:] + b"*1\r\n$4\r\nPING\r\n") == ["xfin", "ping"]


def test_what_is_not_of_the_protocol_is_refused() -> None:
    with pytest.raises(ValueError, match="not of this protocol"):
        length(b"GET / HTTP/1.1\r\n")
