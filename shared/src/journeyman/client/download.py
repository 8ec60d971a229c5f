"""An export of jobs, without its sending: what to ask, where lines end, and whether it is whole."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from journeyman.client import calls, flows, problems
from journeyman.client.opening import Opening


class Download(Opening):
    """One export: lines of JSON, a job each. One that broke off is not begun again: what came of it has been used."""

    def __init__(self, session: flows.Session, filters: Mapping[str, Any]) -> None:
        super().__init__(session)
        self._call = calls.export(filters)
        self._rest = b""
        self._jobs = 0

    def request(self) -> flows.Request:
        """Return what to ask for."""
        return self._session.request(self._call)

    def take(self, data: bytes) -> list[bytes]:
        """Return the lines that are whole by now. Only a line feed ends one: other separators may be in a text."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        self._jobs += len(lines)
        return [line + b"\n" for line in lines]

    def ended(self) -> None:
        """Say that everything came. Raises BrokenOffError where the last line has no end."""
        if self._rest:
            raise problems.BrokenOffError(self._jobs, "the last line has no end")

    def dropped(self, reason: str) -> float:
        """Return how many seconds to wait before asking again. Raises UnreachableError, BrokenOffError."""
        if self._jobs or self._rest:
            raise problems.BrokenOffError(self._jobs, reason)
        return super().dropped(reason)
