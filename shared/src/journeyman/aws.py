"""Clients of Amazon's services, and what is the matter with them in our words.

    calls = Calls("cloudwatch", timeout_s=5)
    calls("put_metric_data", Namespace=…, MetricData=[…])      raises CloudUnavailableError, CloudRefusedError

`client` gives a boto3 client with bounded timeouts and a bounded number of adaptive retries; clients are shared by
threads, boto3's session is one per process. Region, credentials and endpoint are AWS's own settings, unprefixed:
`AWS_REGION` (or `AWS_DEFAULT_REGION`, or a profile's), the credentials chain, `AWS_ENDPOINT_URL`.

boto3 comes with `journeyman[aws]` and is imported when the first client is wanted, not before. It is not there, or no
region is configured: SettingsError. A `Calls` whose service does not answer several times in a row refuses by itself
for a while (CloudUnavailableError at once), so that nobody waits for what is down; then one call tries it again.
Nothing of what is raised repeats credentials.
"""

from __future__ import annotations

import functools
import logging
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from journeyman import cloud_calls
from journeyman.errors import CloudRefusedError, CloudUnavailableError, SettingsError
from journeyman.redaction import redacted

#: How long a connection may take, whatever the call; and by default the wait for an answer.
CONNECT_S = 3.0
ANSWER_S = 10.0
#: Tries of one call, the first included. botocore waits between them for up to 20 s, mostly less than 2 s.
TRIES = 3
#: Connections that one client keeps.
CONNECTIONS = 16
#: Calls that fail in a row before a service is left alone, and for how long.
FAILURES_MAX = 5
REST_S = 30.0

_DETAIL_MAX = 300
#: Refusals that pass by themselves: the service is throttling or not well.
_PASSING = frozenset(
    {
        "InternalError",
        "InternalFailure",
        "OperationAborted",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestTimeout",
        "RequestTimeoutException",
        "ServiceUnavailable",
        "SlowDown",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)

_making = threading.Lock()


def client(
    name: str,
    *,
    timeout_s: float = ANSWER_S,
    tries: int = TRIES,
    connections: int = CONNECTIONS,
    options: Mapping[str, Any] = {},
) -> Any:
    """Return a boto3 client of a service, to be shared by threads.

    timeout_s: the longest silence within one try. options: more of botocore's `Config`. Raises SettingsError where
    boto3 or a region is missing.
    """
    boto3, config = _boto3()
    options = config(
        connect_timeout=min(CONNECT_S, timeout_s),
        read_timeout=timeout_s,
        retries={"mode": "adaptive", "total_max_attempts": tries},
        max_pool_connections=connections,
        tcp_keepalive=True,
        user_agent_extra="journeyman",
        **options,
    )
    with _making, told(f"making a client of {name}"):
        return _session(os.getpid(), os.environ.get("AWS_REGION") or None, boto3.Session).client(name, config=options)


def _boto3() -> tuple[Any, Any]:
    try:
        import boto3
        from botocore.config import Config
    except ImportError:
        raise SettingsError("the settings ask for AWS, and boto3 is not installed: install journeyman[aws]") from None
    # It tells where it found credentials, each time anew.
    logging.getLogger("botocore").setLevel(max(logging.WARNING, logging.getLogger("botocore").level))
    return boto3, Config


@functools.lru_cache(maxsize=1)
def _session(pid: int, region: str | None, make: Callable[..., Any]) -> Any:  # noqa: ARG001 - a child makes its own
    return make(region_name=region)


def forget_session() -> None:
    """Let the next client be made of the environment as it is then: of other credentials, or another region."""
    _session.cache_clear()


@contextmanager
def told(what: str) -> Iterator[None]:
    """Say what botocore raises as CloudUnavailableError, CloudRefusedError or SettingsError. `what`: what was done."""
    try:
        yield
    except Exception as error:
        translated = _translated(what, error)
        if translated is None:
            raise
        raise translated from None


def _translated(what: str, error: Exception) -> Exception | None:
    """Return our error for one of botocore's; None for anything else."""
    from boto3.exceptions import Boto3Error
    from botocore import exceptions as b
    from botocore.parsers import ResponseParserError

    if isinstance(error, b.ClientError):
        return _answered(what, error)
    if isinstance(error, (b.NoRegionError, b.ProfileNotFound, b.ConfigParseError, b.InvalidRegionError)):
        return SettingsError(f"{what}: {_said(error)}")
    if isinstance(error, b.ParamValidationError):
        return CloudRefusedError(f"{what}: {_said(error)}", code="ParamValidation")
    if isinstance(error, (b.BotoCoreError, b.HTTPClientError, Boto3Error, ResponseParserError)):
        # No connection, no answer in time or none that can be read, no credentials to be had at the moment.
        return CloudUnavailableError(f"{what}: {_said(error)}")
    return None


def _answered(what: str, error: Any) -> Exception:
    said = error.response.get("Error", {})
    status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    code = str(said.get("Code") or status)
    text = f"{what}: {code}: {redacted(str(said.get('Message', '')))[:_DETAIL_MAX]}".rstrip(": ")
    if status >= 500 or status == 429 or code in _PASSING:
        return CloudUnavailableError(text)
    return CloudRefusedError(text, code=code, status=status)


def _said(error: Exception) -> str:
    return " ".join(redacted(str(error)).split())[:_DETAIL_MAX]


class CircuitBreaker:
    """Whether a service is worth a call: not for `rest_s` after `failures_max` failures in a row, then one tries."""

    def __init__(
        self,
        failures_max: int = FAILURES_MAX,
        rest_s: float = REST_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._failures_max = failures_max
        self._rest_s = rest_s
        self._clock = clock
        self._lock = threading.Lock()
        self._failures = 0
        self._until = 0.0

    @property
    def open(self) -> bool:
        """Whether calls are refused at present."""
        with self._lock:
            return self._failures >= self._failures_max and self._clock() < self._until

    def admit(self) -> bool:
        """Tell whether a call may be made. The first after the rest holds the others back until it has ended."""
        with self._lock:
            if self._failures < self._failures_max:
                return True
            if self._clock() < self._until:
                return False
            self._until = self._clock() + self._rest_s
            return True

    def succeeded(self) -> None:
        """Note that the service has answered."""
        with self._lock:
            self._failures = 0

    def failed(self) -> None:
        """Note that it has not."""
        with self._lock:
            self._failures += 1
            if self._failures >= self._failures_max:
                self._until = self._clock() + self._rest_s


class Calls:
    """Calls of one service, through a circuit breaker. The client is made with the first. Used by several threads."""

    def __init__(
        self,
        service: str,
        *,
        timeout_s: float = ANSWER_S,
        tries: int = TRIES,
        breaker: CircuitBreaker | None = None,
        options: Mapping[str, Any] = {},
    ) -> None:
        self.service = service
        self.breaker = breaker or CircuitBreaker()
        self._timeout_s = timeout_s
        self._tries = tries
        self._options = options
        self._lock = threading.Lock()
        self._client: Any = None

    @property
    def client(self) -> Any:
        """The boto3 client, for what needs it itself (paginators). Raises SettingsError."""
        with self._lock:
            if self._client is None:
                self._client = client(self.service, timeout_s=self._timeout_s, tries=self._tries, options=self._options)
                cloud_calls.begin(self.service)
            return self._client

    def __call__(self, operation: str, **arguments: Any) -> Any:
        """Make a call: `operation` as boto3 names it. Raises CloudUnavailableError and CloudRefusedError."""
        method = getattr(self.client, operation)
        if not self.breaker.admit():
            raise CloudUnavailableError(f"{self.service} has not answered of late; it is left alone for a while")
        try:
            with told(f"{self.service} {operation}"):
                answer = method(**arguments)
        except Exception as error:
            cloud_calls.count(self.service, error)
            if isinstance(error, CloudUnavailableError):
                self.breaker.failed()
            elif isinstance(error, CloudRefusedError):
                self.breaker.succeeded()
            raise
        cloud_calls.count(self.service, None)
        self.breaker.succeeded()
        return answer

    def close(self) -> None:
        """Close the connections, where there are any."""
        with self._lock:
            if self._client is not None:
                self._client.close()
                self._client = None
