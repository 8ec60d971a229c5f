import pytest

from journeyman.client import problems
from journeyman.client.sse import Subscription
from journeyman.client.views import EventView
from unit.client.playing import answer, session


def feed(subscription: Subscription, text: str) -> list[EventView]:
    return [event for line in text.split("\n") if (event := subscription.feed(line))]


def test_events_are_read_as_the_server_writes_them() -> None:
    subscription = Subscription(session(), {}, None)
    text = ': hello\n\nid: 5-0/0\nevent: job.started\ndata: {"job_id":"a",\ndata: "attempt":1}\n\n'
    (event,) = feed(subscription, text)
    assert (event.offset, event.event, event.data) == ("5-0/0", "job.started", {"job_id": "a", "attempt": 1})


def test_the_envelope_of_a_history_is_understood_too() -> None:
    data = '{"offset":"5-0/0","event":"job.started","at":"2030-01-01T00:00:00Z","data":{"n":1}}'
    (event,) = feed(Subscription(session(), {}, None), f"id: 5-0/0\nevent: job.started\ndata: {data}\n\n")
    assert event.data == {"n": 1}
    assert event.at is not None


def test_a_heartbeat_is_no_event() -> None:
    assert feed(Subscription(session(), {}, None), ": heartbeat\n\n: heartbeat\n\n") == []


def test_a_broken_stream_goes_on_after_the_last_event_seen() -> None:
    subscription = Subscription(session(), {"queue": "images"}, None)
    assert "Last-Event-ID" not in dict(subscription.request().headers)
    feed(subscription, 'id: 5-0/0\nevent: job.started\ndata: {}\n\nid: 6-0/0\nevent: job.lost\ndata: {"half":')
    subscription.dropped("cut")
    again = subscription.request()
    assert dict(again.headers)["Last-Event-ID"] == "5-0/0"
    assert again.params == (("queue", "images"),)
    assert feed(subscription, "\n") == [], "half an event of the old connection is forgotten"


def test_a_place_without_an_event_is_remembered_too() -> None:
    subscription = Subscription(session(), {}, None)
    assert feed(subscription, "retry: 1000\nid: 7-0/0\n: from here on\n\n") == []
    assert dict(subscription.request().headers)["Last-Event-ID"] == "7-0/0"


def test_a_stream_may_start_in_the_past() -> None:
    assert dict(Subscription(session(), {}, "3-0/1").request().headers)["Last-Event-ID"] == "3-0/1"


def test_a_stream_that_never_comes_about_is_given_up() -> None:
    subscription = Subscription(session(retries=3), {}, None)
    pauses = [subscription.dropped("refused") for _ in range(3)]
    assert pauses == [0.1, 0.2, 0.4]
    with pytest.raises(problems.UnreachableError, match="refused"):
        subscription.dropped("refused")


def test_a_stream_that_spoke_has_all_its_patience_back() -> None:
    subscription = Subscription(session(retries=1), {}, None)
    for _ in range(10):
        subscription.dropped("cut")
        subscription.feed(": heartbeat")


def test_the_server_may_ask_for_a_pause() -> None:
    subscription = Subscription(session(), {}, None)
    subscription.feed("retry: 2500")
    assert subscription.dropped("cut") == 2.5
    assert subscription.refused(answer('{"title":"Busy"}', 503, retry_after="4")) == "Busy"
    assert subscription.dropped("busy") == 4.0


def test_a_refusal_that_will_stay_is_raised() -> None:
    with pytest.raises(problems.InvalidError, match="no such filter"):
        Subscription(session(), {}, None).refused(answer('{"detail":"no such filter"}', 400))


def test_what_is_no_event_is_an_error() -> None:
    with pytest.raises(problems.AnswerError):
        feed(Subscription(session(), {}, None), "data: nothing\n\n")
