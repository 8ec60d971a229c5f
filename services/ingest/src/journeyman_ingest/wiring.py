"""How a route finds the ingest it belongs to."""

from __future__ import annotations

from typing import Any

from litestar import Request

from journeyman_ingest.intake import Intake

#: Name under which the app's state holds the running ingest.
INTAKE = "intake"


def intake_of(request: Request[Any, Any, Any]) -> Intake:
    """Return the ingest that serves this request."""
    intake: Intake = request.scope["litestar_app"].state[INTAKE]
    return intake
