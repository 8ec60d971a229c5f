"""How a call of Amazon's ended, as it is counted."""

from __future__ import annotations

import pytest
from prometheus_client import CollectorRegistry

from journeyman import aws
from journeyman.cloud_calls import CLOUD_CALLS, how
from journeyman.errors import CloudRefusedError, CloudUnavailableError
from journeyman.exposition import tell_build


@pytest.mark.parametrize(
    ("error", "ended"),
    [
        (None, "done"),
        (CloudUnavailableError("no answer"), "unavailable"),
        (CloudRefusedError("no", code="AccessDenied", status=403), "denied"),
        (CloudRefusedError("no", code="NoSuchBucket", status=404), "denied"),
        (CloudRefusedError("no", code="NoSuchKey", status=404), "refused"),
        (CloudRefusedError("no", code="PreconditionFailed", status=412), "refused"),
        (KeyError("a fault of ours"), "failed"),
    ],
)
def test_a_call_ends_in_one_of_five_ways(error: Exception | None, ended: str) -> None:
    assert how(error) == ended


class _Client:
    """What boto3 gives, as far as it is called here."""

    def fetch(self, *, error: Exception | None = None) -> str:
        if error is not None:
            raise error
        return "answer"


def test_calls_are_told_in_every_registry_from_the_first_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aws, "client", lambda *_, **__: _Client())
    registries = [CollectorRegistry(), CollectorRegistry()]
    for registry in registries:
        tell_build("test", registry)
    calls = aws.Calls("a-cloud")
    assert calls("fetch") == "answer"
    for error in (CloudRefusedError("no", status=404), CloudUnavailableError("no answer"), KeyError("ours")):
        with pytest.raises(type(error)):
            calls("fetch", error=error)
    for registry in registries:
        told = {
            ended: registry.get_sample_value("journeyman_cloud_calls_total", {"cloud": "a-cloud", "ended": ended})
            for ended in ("done", "refused", "unavailable", "denied", "failed")
        }
        assert told == {"done": 1, "refused": 1, "unavailable": 1, "denied": 0, "failed": 1}
    for ended in told:
        CLOUD_CALLS.remove("a-cloud", ended)


def test_a_service_that_is_left_alone_is_not_called(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aws, "client", lambda *_, **__: _Client())
    calls = aws.Calls("left-alone", breaker=aws.CircuitBreaker(failures_max=1))
    for _ in range(3):
        with pytest.raises(CloudUnavailableError):
            calls("fetch", error=CloudUnavailableError("no answer"))
    told = CLOUD_CALLS.labels("left-alone", "unavailable")
    assert told._value.get() == 1
    for ended in ("done", "refused", "unavailable", "denied", "failed"):
        CLOUD_CALLS.remove("left-alone", ended)
