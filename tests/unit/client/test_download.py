from typing import Any

import pytest

from journeyman.client import problems
from journeyman.client.download import Download
from unit.client.playing import answer, session


def download(**more: Any) -> Download:
    return Download(session(**more), {"status": ["failed", "cancelled"], "sort": None})


def test_it_asks_for_all_that_match() -> None:
    request = download().request()
    assert (request.method, request.url.endswith("/jobs/export")) == ("GET", True)
    assert request.params == (("status", "failed"), ("status", "cancelled"))


def test_lines_end_where_a_line_feed_is_and_nowhere_else() -> None:
    export = download()
    text = '{"id":"a","payload":"\u2028\x85\r"}\n{"id":"b"}\n'.encode()
    lines = [line for at in range(len(text)) for line in export.take(text[at : at + 1])]
    assert lines == ['{"id":"a","payload":"\u2028\x85\r"}\n'.encode(), b'{"id":"b"}\n']
    export.ended()


def test_one_without_jobs_is_whole() -> None:
    export = download()
    assert export.take(b"") == []
    export.ended()


def test_one_that_has_not_begun_is_asked_for_again_and_then_given_up() -> None:
    export = download(retries=2)
    assert export.refused(answer('{"title":"Busy"}', 503, retry_after="5")) == "Busy"
    assert [export.dropped("busy"), export.dropped("cut")] == [5.0, 5.0]
    with pytest.raises(problems.UnreachableError, match="cut"):
        export.dropped("cut")


def test_one_that_has_begun_is_not_begun_again() -> None:
    export = download(retries=5)
    export.take(b'{"id":"a"}\n{"id":"b"}\n{"id"')
    with pytest.raises(problems.BrokenOffError, match="after 2 jobs and is not whole: cut"):
        export.dropped("cut")
    with pytest.raises(problems.BrokenOffError, match="after 2 jobs"):
        export.ended()


def test_a_filter_that_is_none_is_refused_at_once() -> None:
    with pytest.raises(problems.InvalidError, match="no such status"):
        download().refused(answer('{"detail":"no such status"}', 400))
