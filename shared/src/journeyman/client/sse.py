"""A subscription to the server's events, without its sending: what to ask, what the lines mean, when to give up.

Reads the event-stream format of the HTML standard. A connection that breaks is taken up again after the last
event that was seen (`Last-Event-ID`), so nothing is missed and nothing is seen twice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from journeyman.client import flows, problems
from journeyman.client.calls import parameters
from journeyman.client.opening import Opening
from journeyman.client.views import EventView

SILENCE_MAX_S = 45.0
"""Three missed heartbeats of the server (15 s): the connection is dead, though nobody said so."""


class Subscription(Opening):
    """One stream of events, over as many connections as it takes."""

    def __init__(self, session: flows.Session, filters: Mapping[str, Any], after: str | None) -> None:
        super().__init__(session)
        self._params = parameters(filters)
        self._last = after
        self._data: list[str] = []
        self._event = ""
        self._id: str | None = None

    @property
    def url(self) -> str:
        """Where the stream comes from."""
        return self._session.endpoints.dashboard + "/events"

    def request(self) -> flows.Request:
        """Return what to ask for, to go on after the last event that was seen."""
        self._data, self._event, self._id = [], "", None
        headers = [("Accept", "text/event-stream"), ("Cache-Control", "no-cache")]
        if self._last is not None:
            headers.append(("Last-Event-ID", self._last))
        return flows.Request("GET", self.url, self._params, tuple(headers), None, SILENCE_MAX_S)

    def feed(self, line: str) -> EventView | None:
        """Read one line; return the event that it completes."""
        self._failures = 0
        if not line:
            return self._dispatch()
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        match name:
            case "data":
                self._data.append(value)
            case "event":
                self._event = value
            case "id" if "\0" not in value:
                self._id = value
            case "retry" if value.isdigit() and len(value) <= 9:
                self._retry_s = int(value) / 1_000
        return None

    def _dispatch(self) -> EventView | None:
        data, event, event_id = "\n".join(self._data), self._event, self._id
        self._data, self._event, self._id = [], "", None
        if event_id is not None:
            self._last = event_id
        if not data:
            return None
        return _read(event_id or "", event, data)


_decode: Callable[[str], dict[str, Any]] = msgspec.json.Decoder(dict[str, Any]).decode


def _read(offset: str, event: str, data: str) -> EventView:
    """Make an event of what the stream said; its data may be the whole envelope or the fields alone."""
    try:
        fields = _decode(data)
        envelope = fields if "data" in fields and "event" in fields else {"data": fields, "at": fields.get("at")}
        return msgspec.convert({**envelope, "offset": offset, "event": event}, EventView)
    except msgspec.MsgspecError as error:
        raise problems.AnswerError(f"not an event of Journeyman: {error}") from error
