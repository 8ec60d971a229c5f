"""The front door: requests that come by the thousand are answered without the framework.

Litestar's way to a handler (routing, a request object, a signature, a response) costs as much as everything that ingest
itself does for a job. So the routes in `answers` are recognised by method and exact path, and answered by the very
functions that their handlers call. Everything else, other spellings of these paths too, goes to the application; so the
OpenAPI document, which is made of the handlers, is true of both ways.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TypeAlias, cast

from litestar.types import ASGIApp, HTTPScope, Receive, Scope, Send

from journeyman_ingest.intake import Intake
from journeyman_ingest.problem_kinds import reason_of, reply_to
from journeyman_ingest.replies import Reply

Answer: TypeAlias = Callable[[Intake, HTTPScope, Receive], Awaitable[Reply]]


class FrontDoor:
    """An ASGI application: the busiest routes of `app` for `POST`, by path, and `app` itself for the rest."""

    def __init__(self, app: ASGIApp, intake: Intake, answers: Mapping[str, Answer]) -> None:
        self._app = app
        self._intake = intake
        self._answers = answers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        http = cast("HTTPScope", scope)
        answer = self._answers.get(http["path"]) if http.get("method") == "POST" else None
        if answer is None:
            await self._app(scope, receive, send)
            return
        try:
            reply = await answer(self._intake, http, receive)
        except Exception as error:  # noqa: BLE001 - every request is answered; what nobody foresaw is logged
            reply = reply_to(error)
            self._intake.metrics.refused(reason_of(error))
        self._intake.metrics.answered("POST", http["path"], reply.status)
        await reply(scope, receive, send)
