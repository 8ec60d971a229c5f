import pytest

from journeyman.client import calls, flows, problems
from journeyman.client.flows import Lost
from journeyman.client.orders import NewJob
from journeyman.errors import ServerUnavailableError, SettingsError
from unit.client.playing import Played, answer, job_answer, session

ACCEPTED = answer('{"id":"a","type":"t"}', 202, journeyman_offset="7-1/3")
SUBMIT = calls.submit(NewJob(type="t"), "key")


def test_a_lost_submit_is_repeated_with_the_same_key() -> None:
    played = Played(Lost("cut", arrived=True), ACCEPTED)
    assert played.run(flows.exchange(session(), SUBMIT)).id == "a"
    assert played.requests[0] == played.requests[1]
    assert ("Idempotency-Key", "key") in played.requests[1].headers


def test_a_lost_redrive_is_not_repeated_if_it_may_have_arrived() -> None:
    played = Played(Lost("cut", arrived=True))
    with pytest.raises(problems.UnreachableError, match="cannot reach http://ingest: cut"):
        played.run(flows.exchange(session(), calls.redrive({})))


def test_a_redrive_that_never_left_is_repeated() -> None:
    played = Played(Lost("refused", arrived=False), answer('{"matched":2,"redriven":2}', 202))
    assert played.run(flows.exchange(session(), calls.redrive({}))).redriven == 2


def test_repetitions_are_bounded_and_ever_further_apart() -> None:
    played = Played(*[Lost("refused", arrived=False)] * 6)
    with pytest.raises(ServerUnavailableError):
        played.run(flows.exchange(session(retries=5), SUBMIT))
    assert len(played.requests) == 6
    assert played.pauses == [0.1, 0.2, 0.4, 0.8, 1.6]


@pytest.mark.parametrize("status", [429, 503])
def test_a_server_that_asks_for_a_pause_gets_it(status: int) -> None:
    played = Played(answer("{}", status, retry_after="3"), ACCEPTED)
    played.run(flows.exchange(session(), SUBMIT))
    assert played.pauses == [3.0]


@pytest.mark.parametrize(("text", "pause_s"), [("100000", 30.0), ("soon", 0.1), ("-1", 0.1), ("0.5", 0.5)])
def test_a_pause_asked_for_is_bounded(text: str, pause_s: float) -> None:
    played = Played(answer("{}", 503, retry_after=text), ACCEPTED)
    played.run(flows.exchange(session(), SUBMIT))
    assert played.pauses == [pause_s]


def test_a_server_that_goes_on_refusing_is_believed() -> None:
    played = Played(*[answer('{"title":"Too Many Requests","detail":"the backlog is full"}', 429)] * 2)
    with pytest.raises(problems.OverloadedError, match="the backlog is full") as caught:
        played.run(flows.exchange(session(retries=1), SUBMIT))
    assert caught.value.status == 429


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, problems.InvalidError),
        (422, problems.InvalidError),
        (403, problems.ForbiddenError),
        (404, problems.NotFoundError),
        (409, problems.ConflictError),
        (500, problems.ProblemError),
    ],
)
def test_a_refusal_is_named_and_not_repeated(status: int, kind: type[problems.ProblemError]) -> None:
    body = '{"title":"T","detail":"D","type":"urn:x","errors":[{"path":"$.priority","message":"M"}]}'
    played = Played(answer(body, status))
    with pytest.raises(kind, match=r"D; \$\.priority: M") as caught:
        played.run(flows.exchange(session(), SUBMIT))
    assert caught.value.errors == (problems.FieldProblem("$.priority", "M"),)
    assert (caught.value.title, caught.value.type) == ("T", "urn:x")


def test_a_refusal_in_foreign_words_still_is_one() -> None:
    with pytest.raises(problems.ProblemError, match="status 502"):
        Played(answer("<html>bad gateway</html>", 502)).run(flows.exchange(session(), SUBMIT))


def test_an_answer_of_something_else_is_an_error() -> None:
    with pytest.raises(problems.AnswerError, match="/jobs was not answered as by Journeyman"):
        Played(answer("<html>hello</html>")).run(flows.exchange(session(), SUBMIT))


def test_a_read_after_a_write_asks_for_what_was_written() -> None:
    one = session()
    played = Played(ACCEPTED, job_answer("pending"), answer("", 202, journeyman_offset="5-0/0"), job_answer("pending"))
    played.run(flows.exchange(one, SUBMIT))
    played.run(flows.exchange(one, calls.job("a")))
    assert played.requests[1].params == (("min_offset", "7-1/3"),)
    played.run(flows.exchange(one, calls.cancel("a")))
    played.run(flows.exchange(one, calls.job("a")))
    assert played.requests[3].params == (("min_offset", "7-1/3"),), "what was written never goes back"


def test_a_read_without_a_write_before_it_asks_for_nothing() -> None:
    played = Played(job_answer("pending"))
    played.run(flows.exchange(session(), calls.job("a")))
    assert played.requests[0].params == ()


def test_a_wait_looks_ever_less_often() -> None:
    played = Played(*[job_answer("pending")] * 30, job_answer("completed"))
    assert played.run(flows.wait(session(), "a", None)).succeeded
    assert played.pauses == sorted(played.pauses)
    assert played.pauses[0] == flows.POLL_FIRST_S
    assert all(pause <= flows.POLL_MAX_S for pause in played.pauses)


def test_a_wait_of_ten_seconds_takes_few_requests() -> None:
    played = Played(*[job_answer("processing")] * 100)
    with pytest.raises(problems.WaitTimeoutError):
        played.run(flows.wait(session(), "a", 10.0))
    assert len(played.requests) < 60


def test_a_wait_ends_in_time_and_says_what_the_job_was() -> None:
    played = Played(*[job_answer("pending", "blocked")] * 20)
    with pytest.raises(problems.WaitTimeoutError, match=r"job a is still blocked after 0\.1 s") as caught:
        played.run(flows.wait(session(), "a", 0.1))
    assert played.now_s == pytest.approx(100.1, abs=0.01)
    assert isinstance(caught.value, TimeoutError)


def test_a_wait_outlives_a_restart_of_the_dashboard() -> None:
    away = [Lost("refused", arrived=False)] * 12
    played = Played(job_answer("processing"), *away, job_answer("completed"))
    assert played.run(flows.wait(session(retries=5), "a", None)).succeeded


def test_a_wait_does_not_outlive_a_dashboard_that_stays_away() -> None:
    played = Played(job_answer("processing"), *[Lost("refused", arrived=False)] * 1_000)
    with pytest.raises(problems.UnreachableError):
        played.run(flows.wait(session(retries=5), "a", None))
    assert 60 < played.now_s - 100 < 75


def test_a_wait_for_a_dashboard_that_never_was_there_is_short() -> None:
    played = Played(*[Lost("refused", arrived=False)] * 6)
    with pytest.raises(problems.UnreachableError):
        played.run(flows.wait(session(retries=5), "a", None))


def test_a_dashboard_that_is_behind_is_given_time() -> None:
    played = Played(answer('{"detail":"7-1/3 is not in the read model yet"}', 504), job_answer("pending"))
    assert played.run(flows.exchange(session(), calls.job("a"))).status == "pending"


def test_a_result_is_asked_for_when_the_job_has_completed() -> None:
    played = Played(job_answer("processing"), job_answer("completed"), answer('{"result":{"n": 1}}'))
    assert played.run(flows.result(session(), "a", None)) == {"n": 1}
    assert played.requests[-1].url == "http://dashboard/jobs/a/result"


def test_the_result_of_a_job_that_failed_is_its_error() -> None:
    played = Played(job_answer("failed", "dead", error={"type": "ValueError", "message": "no"}))
    with pytest.raises(problems.JobFailedError, match="job a failed: ValueError: no") as caught:
        played.run(flows.result(session(), "a", None))
    assert caught.value.job.error is not None


def test_batches_have_a_key_each() -> None:
    jobs = [NewJob(type="t", payload="x" * (5 << 20))] * 2
    played = Played(answer('{"ids":["a"]}', 202), answer('{"ids":["b"]}', 202))
    views = played.run(flows.submit_many(session(), jobs, "key"))
    assert [view.id for view in views] == ["a", "b"]
    keys = [dict(request.headers)["Idempotency-Key"] for request in played.requests]
    assert keys == ["key.0", "key.1"]


@pytest.mark.parametrize(
    ("url", "dashboard_url", "environ", "expected"),
    [
        (None, None, {}, ("http://127.0.0.1:8000", "http://127.0.0.1:8001")),
        ("http://box:9000/", None, {}, ("http://box:9000", "http://box:8001")),
        ("http://[::1]:9000", None, {}, ("http://[::1]:9000", "http://[::1]:8001")),
        ("http://a", "http://b:1", {"JOURNEYMAN_DASHBOARD_URL": "http://c"}, ("http://a", "http://b:1")),
        (
            None,
            None,
            {"JOURNEYMAN_INGEST_URL": "http://i", "JOURNEYMAN_DASHBOARD_URL": "http://d"},
            ("http://i", "http://d"),
        ),
    ],
)
def test_the_servers_are_where_they_are_said_to_be(
    url: str | None, dashboard_url: str | None, environ: dict[str, str], expected: tuple[str, str]
) -> None:
    assert flows.endpoints(url, dashboard_url, environ) == expected


@pytest.mark.parametrize(
    "url", ["127.0.0.1:8000", "ftp://x", "http://", "http://x:notaport", "http://[", "http://x?y=1"]
)
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(SettingsError, match="not the address of a server"):
        flows.endpoints(url, None, {})
