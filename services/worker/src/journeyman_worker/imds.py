"""The instance metadata service of EC2, version 2: what this instance is, and what is about to become of it.

A token is fetched by PUT and sent along with every question; one that has run out is fetched anew. Every question is
bounded in time, goes past any proxy, and is asked only where the settings say that this is an EC2 instance.
"""

from __future__ import annotations

import http.client
from http import HTTPStatus
from urllib.parse import urlsplit

from journeyman.errors import JourneymanError

#: It answers in a millisecond, from the machine itself.
TIMEOUT_S = 1.0
TOKEN_S = 21_600
_ANSWER_MAX = 65_536
_TOKEN = "X-aws-ec2-metadata-token"  # noqa: S105 - a header's name


class MetadataUnavailableError(JourneymanError):
    """The instance metadata service does not answer, or not as it should."""


class Imds:
    """Asks the service at `url`. For one thread at a time."""

    def __init__(self, url: str, timeout_s: float = TIMEOUT_S) -> None:
        self._host = urlsplit(url).netloc
        self._timeout_s = timeout_s
        self._token = ""

    def get(self, path: str) -> str | None:
        """Return what stands under a path of `/latest/meta-data/`; None: nothing. Raises MetadataUnavailableError."""
        fresh = not self._token
        status, text = self._ask(path)
        if status == HTTPStatus.UNAUTHORIZED and not fresh:
            self._token = ""
            status, text = self._ask(path)
        if status == HTTPStatus.NOT_FOUND:
            return None
        if status != HTTPStatus.OK:
            raise MetadataUnavailableError(f"the instance metadata service answered {status}")
        return text

    def _ask(self, path: str) -> tuple[int, str]:
        if not self._token:
            lasting = {f"{_TOKEN}-ttl-seconds": str(TOKEN_S)}
            status, token = self._call("PUT", "/latest/api/token", lasting)
            if status != HTTPStatus.OK:
                raise MetadataUnavailableError(f"the instance metadata service gave no token: {status}")
            self._token = token
        return self._call("GET", f"/latest/meta-data/{path}", {_TOKEN: self._token})

    def _call(self, method: str, path: str, headers: dict[str, str]) -> tuple[int, str]:
        connection = http.client.HTTPConnection(self._host, timeout=self._timeout_s)
        try:
            connection.request(method, path, headers=headers)
            answer = connection.getresponse()
            return answer.status, answer.read(_ANSWER_MAX).decode("utf-8", "replace")
        except (OSError, http.client.HTTPException) as error:
            words = str(error) or type(error).__name__
            raise MetadataUnavailableError(f"the instance metadata service does not answer: {words}") from None
        finally:
            connection.close()
