"""What @jm.job and a plain actor's options mean."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import dramatiq
import pytest

from journeyman.errors import JourneymanError
from journeyman.events import Backoff, Blob, JobSubmitted
from journeyman_worker import Job, JourneymanBroker, job
from journeyman_worker.broker import policy_of
from journeyman_worker.policy import Policy, attempt_timeout_ms, backoff_of, priority_of, with_options
from journeyman_worker.submissions import to_submitted

JOB_ID = "01m80sbe6r9hxwfkkd0z1h00"


@pytest.fixture
def broker() -> JourneymanBroker:
    return JourneymanBroker()


def test_a_job_is_declared_with_durations_in_words(broker: JourneymanBroker) -> None:
    @job("image.thumbnail", queue="images", timeout="30s", max_attempts=5, priority="high", backoff="2s", broker=broker)
    def thumbnail(path: str) -> str:
        return path

    assert thumbnail.policy == Policy("images", 15, 5, Backoff(initial_ms=2_000), 30_000)
    assert broker.actors == {"image.thumbnail": thumbnail}
    assert broker.get_declared_queues() == {"images"}


def test_a_job_called_directly_is_plain_python(broker: JourneymanBroker) -> None:
    @job("add", broker=broker)
    def add(a: int, b: int = 2) -> int:
        """Add."""
        return a + b

    assert add(1) == 3
    assert (add.fn.__name__, add.__doc__) == ("add", "Add.")


async def _double(x: int) -> int:
    return 2 * x


def test_a_coroutine_function_called_directly_returns_its_coroutine(broker: JourneymanBroker) -> None:
    import asyncio

    double: Job[..., Any] = job("double", broker=broker)(_double)
    assert asyncio.run(double(4)) == 8


@pytest.mark.parametrize(
    "options",
    [
        {"type": "no spaces"},
        {"type": ""},
        {"queue": "a/b"},
        {"priority": 21},
        {"priority": "urgent"},
        {"max_attempts": 0},
        {"max_attempts": 101},
        {"timeout": "30"},
        {"timeout": "0s"},
        {"timeout": "25h"},
        {"backoff": {"first": 1}},
    ],
    ids=repr,
)
def test_what_cannot_be_is_refused_when_it_is_declared(broker: JourneymanBroker, options: dict[str, Any]) -> None:
    with pytest.raises((ValueError, JourneymanError)):
        job(**{"type": "t", "broker": broker, **options})


def test_one_type_cannot_be_declared_twice(broker: JourneymanBroker) -> None:
    job("once", broker=broker)(lambda: None)
    with pytest.raises(ValueError, match="already registered"):
        job("once", broker=broker)(lambda: None)


def test_a_plain_actors_options_are_translated(broker: JourneymanBroker) -> None:
    @dramatiq.actor(
        broker=broker, queue_name="q", priority=3, max_retries=4, time_limit=1_500, min_backoff=10, max_backoff=20
    )
    def plain() -> None: ...

    assert policy_of(plain) == Policy("q", 7, 5, Backoff(10, 2.0, 20), 1_500)


def test_a_plain_actors_endless_retries_are_as_many_as_there_can_be(broker: JourneymanBroker) -> None:
    @dramatiq.actor(broker=broker, max_retries=10_000_000)
    def plain() -> None: ...

    assert policy_of(plain).max_attempts == 100


def test_lower_dramatiq_priorities_are_higher_ones_here_and_stay_in_bounds(broker: JourneymanBroker) -> None:
    def declared(name: str, priority: int) -> Policy:
        return policy_of(dramatiq.actor(broker=broker, actor_name=name, priority=priority)(lambda: None))

    policies = [declared(f"p{index}", priority) for index, priority in enumerate([-50, -10, 0, 10, 50])]
    assert [policy.priority for policy in policies] == [20, 20, 10, 0, 0]


def test_one_submission_may_override_the_jobs_policies() -> None:
    changed = with_options(Policy(), {"timeout": timedelta(seconds=2), "priority": "low", "max_retries": 0})
    assert (changed.timeout_ms, changed.priority, changed.max_attempts) == (2_000, 5, 1)


def test_backoffs_are_given_as_delay_fields_or_itself() -> None:
    assert backoff_of("10m") == Backoff(initial_ms=600_000, max_ms=600_000)
    assert backoff_of({"initial_ms": 5, "jitter": False}) == Backoff(initial_ms=5, jitter=False)
    assert backoff_of(Backoff(3)) == Backoff(3)


def test_priorities_have_names() -> None:
    assert [priority_of(name) for name in ("low", "normal", "high", "critical")] == [5, 10, 15, 20]


def test_a_timeout_the_submitter_left_alone_is_the_jobs_own() -> None:
    assert attempt_timeout_ms(submitted_ms=600_000, declared_ms=30_000) == 30_000
    assert attempt_timeout_ms(submitted_ms=5_000, declared_ms=30_000) == 5_000


def submitted(**options: Any) -> JobSubmitted:
    return to_submitted(JOB_ID, "t", Policy(), "{}", None, options)


def test_a_message_says_what_the_event_says() -> None:
    event = submitted(queue="q", depends_on=[JOB_ID, JOB_ID], tags={"a": "b"}, on_dependency_failure="run")
    assert event.depends_on == (JOB_ID,)
    assert (event.queue, event.tags, event.on_dependency_failure) == ("q", {"a": "b"}, "run")
    large = to_submitted(JOB_ID, "t", Policy(), "x" * 99, Blob("k", 99, "s"), {})
    assert large.payload == ""


@pytest.mark.parametrize(
    "options",
    [
        {"pipe_target": {}},
        {"throws": ValueError},
        {"on_success": "x"},
        {"depends_on": ["nobody"]},
        {"on_dependency_failure": "maybe"},
        {"tags": {str(n): "" for n in range(17)}},
    ],
    ids=repr,
)
def test_an_option_that_would_be_lost_on_the_way_is_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"."):
        submitted(**options)
