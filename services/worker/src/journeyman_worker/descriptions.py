"""What a worker tells of its types when it joins: each one's docstring, the schema of its payload, its policies."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Callable, Mapping
from typing import Any

from dramatiq import Actor

from journeyman.type_descriptions import DESCRIPTION_MAX, TypeDescription, write_descriptions
from journeyman_worker.actors import Job
from journeyman_worker.binding import Binding
from journeyman_worker.broker import policy_of

_log = logging.getLogger(__name__)


def describe(actors: Mapping[str, Actor[Any, Any]]) -> str:
    """Return what is told of these types, as `worker.joined` has it; what has no room is left out, and logged."""
    told = write_descriptions({name: _description(actor) for name, actor in actors.items()})
    if told.without_schema:
        _log.warning("too large a schema of their payloads, so not told: %s", ", ".join(told.without_schema))
    if told.left_out:
        _log.warning("too many types to tell of all; left out: %s", ", ".join(told.left_out))
    return told.text


def _description(actor: Actor[Any, Any]) -> TypeDescription:
    plain = actor.plain if isinstance(actor, Job) else inspect.unwrap(actor.fn)
    policy = policy_of(actor)
    return TypeDescription(
        schema=_binding(actor, plain).schema(),
        description=first_paragraph(plain),
        queue=policy.queue,
        max_attempts=policy.max_attempts,
        timeout_ms=policy.timeout_ms,
    )


def _binding(actor: Actor[Any, Any], plain: Callable[..., Any]) -> Binding:
    """Return how its payloads become arguments. A plain actor's annotations are told, though nobody checks them."""
    if isinstance(actor, Job):
        return actor.binding
    try:
        return Binding(plain, typed=True)
    except TypeError:
        return Binding(plain, typed=False)


def first_paragraph(fn: Callable[..., Any]) -> str:
    """Return the beginning of a function's docstring, on one line; empty where it has none."""
    paragraph = (inspect.getdoc(fn) or "").strip().partition("\n\n")[0]
    text = " ".join(paragraph.split())
    return text if len(text) <= DESCRIPTION_MAX else text[: DESCRIPTION_MAX - 1].rstrip() + "…"
