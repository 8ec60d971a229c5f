"""`journeyman submit`: one job, its id alone on standard output."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from cyclopts import Parameter

from journeyman.cli.connection import DEFAULT, Connection, UsageError
from journeyman.cli.output import Output, print_json, print_json_line, progress, say
from journeyman.client import JobFailedError, calls
from journeyman.client.flows import understand
from journeyman.durations import parse_ms

#: The payload `null`. To the client, None is that nothing was said, which is `{}`.
NULL = msgspec.Raw(b"null")

Several = Parameter(consume_multiple=True, negative=())


def submit(
    type: str,
    payload: str | None = None,
    /,
    *,
    queue: str | None = None,
    priority: str | None = None,
    depends_on: Annotated[list[str] | None, Several] = None,
    on_dependency_failure: Literal["cancel", "run"] | None = None,
    delay: str | None = None,
    run_at: str | None = None,
    max_attempts: int | None = None,
    timeout: str | None = None,
    tag: Annotated[list[str] | None, Several] = None,
    idempotency_key: str | None = None,
    wait: Annotated[bool, Parameter(negative=())] = False,
    output: Output = "table",
    connection: Connection = DEFAULT,
) -> int:
    """Submit a job and print its id.

    :param type: What kind of job it is.
    :param payload: JSON, @FILE with JSON, or - for standard input.
    :param queue: The queue it waits in.
    :param priority: 0 to 20, or low, normal, high, critical.
    :param depends_on: Ids of jobs that must end first.
    :param on_dependency_failure: What to do when one of them fails.
    :param delay: Earliest start from now, like 5s or 2h.
    :param run_at: Earliest start, like 2030-01-31T18:00:00Z.
    :param max_attempts: How often it is tried.
    :param timeout: The time one attempt may take, like 30s.
    :param tag: NAME:VALUE, to filter by.
    :param idempotency_key: The same key again is the same job.
    :param wait: Wait for the job and print its result; exit 1 where it fails.
    """
    options: dict[str, Any] = {
        "queue": queue,
        "priority": read_priority(priority),
        "depends_on": depends_on or (),
        "on_dependency_failure": on_dependency_failure,
        "delay": read_span("--delay", delay),
        "run_at": run_at,
        "max_attempts": max_attempts,
        "timeout": read_span("--timeout", timeout),
        "tags": read_tags(tag or []),
    }
    value = read_payload(payload)
    with connection.client() as client:
        job = client.submit(type, value, idempotency_key=idempotency_key, **options)
        if not wait:
            _print_accepted(job.id, job.accepted, output)
            return 0
        say(job.id)
        with progress(f"waiting for {job.id}", None):
            ended = job.wait()
        if output == "json":
            print_json(client.fetch(calls.job(job.id)))
        elif ended.succeeded:
            returned = calls.result(job.id)
            print_json(bytes(understand(returned, client.fetch(returned))))
        if not ended.succeeded:
            say(f"journeyman: {JobFailedError(ended)}")
        return 0 if ended.succeeded else 1


def _print_accepted(job_id: str, accepted: object, output: str) -> None:
    if output == "json":
        print_json_line(accepted)
    else:
        print(job_id)


def read_payload(text: str | None) -> Any:
    """Return the payload that the command line means. Raises UsageError."""
    if text is None:
        return None
    try:
        if text == "-":
            data = sys.stdin.buffer.read()
        elif text.startswith("@"):
            data = Path(text[1:]).read_bytes()
        else:
            data = text.encode()
    except OSError as error:
        raise UsageError(f"cannot read the payload from {text[1:]}: {error.strerror}") from None
    try:
        value = msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeError) as error:
        raise UsageError(f"the payload is not JSON: {error}") from None
    return NULL if value is None else value


def read_priority(text: str | None) -> int | str | None:
    """Return a priority as the API takes it: a number, or a name for the server to judge."""
    return int(text) if text is not None and text.isdecimal() and len(text) <= 9 else text


def read_span(option: str, text: str | None) -> int | None:
    """Return a span of time in milliseconds. Raises UsageError."""
    try:
        return None if text is None else parse_ms(text)
    except ValueError as error:
        raise UsageError(f"{option}: {error}") from None


def read_tags(texts: list[str]) -> dict[str, str] | None:
    """Return `NAME:VALUE` (or `NAME=VALUE`) texts as pairs. Raises UsageError."""
    tags: dict[str, str] = {}
    for text in texts:
        at = min((text.index(mark) for mark in ":=" if mark in text), default=0)
        if at == 0:
            raise UsageError(f"--tag: not NAME:VALUE: {text!r}")
        tags[text[:at]] = text[at + 1 :]
    return tags or None
