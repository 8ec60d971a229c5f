"""Requests said in httpx's words, and httpx's errors said in ours. What both clients share of the sending."""

from __future__ import annotations

import os
import random
import re
import uuid
from typing import Any
from urllib.parse import urlsplit

import httpx

from journeyman.client.flows import Lost, Request, Session, endpoints
from journeyman.client.refusals import Answer
from journeyman.otel import current_traceparent
from journeyman.settings import LOOPBACK

POOL = httpx.Limits(max_connections=100, max_keepalive_connections=20)


def open_session(url: str | None, dashboard_url: str | None, retries: int) -> Session:
    """Start a session with the servers that the arguments or the environment name. Raises SettingsError."""
    return Session(endpoints(url, dashboard_url, os.environ), retries=retries, draw=random.random)


def options(session: Session, timeout_s: float) -> dict[str, Any]:
    """Return the arguments of an httpx client. Proxies of the environment are not for servers on this machine."""
    local = all(urlsplit(address).hostname in LOOPBACK for address in session.endpoints)
    return {"timeout": timeout_s, "limits": POOL, "trust_env": not local}


def arguments(request: Request) -> dict[str, Any]:
    """Return the arguments of httpx's `request` and `stream`. What changes something tells the current span, if any."""
    headers = dict(request.headers)
    if request.method != "GET" and (traceparent := current_traceparent()):
        headers["traceparent"] = traceparent
    return {
        "method": request.method,
        "url": request.url,
        "params": request.params or None,
        "headers": headers,
        "content": request.body,
        "timeout": httpx.USE_CLIENT_DEFAULT if request.timeout_s is None else request.timeout_s,
    }


def answer(response: httpx.Response) -> Answer:
    """Return a response whose body has been read."""
    return Answer(response.status_code, response.headers, response.content)


def lost(error: httpx.TransportError) -> Lost:
    """Say what became of a request that failed: where no connection came about, it did not arrive."""
    never_sent = isinstance(error, (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout))
    return Lost(in_words(error), arrived=not never_sent)


def in_words(error: httpx.TransportError) -> str:
    """Say an error for a person; some of httpx's have no text of their own, others an error number."""
    return re.sub(r"^\[Errno -?\d+\] ", "", str(error)) or type(error).__name__


def new_key() -> str:
    """Make an idempotency key, so that a submit can be repeated safely."""
    return uuid.uuid4().hex
