"""From a dramatiq message to the `job.submitted` it asks for. Pure.

What an option cannot say in the log would be lost on the way, so it is refused by name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from journeyman.events import Blob, JobSubmitted
from journeyman.ids import is_job_id
from journeyman.submission import DELAY_MAX_MS, PARENTS_MAX, PAYLOAD_BYTES_MAX
from journeyman.submission_checks import check_name
from journeyman_worker.policy import OPTIONS, Policy, with_options

_NOT_FOR_ONE_MESSAGE = {"throws"}


def encode_payload(value: Any) -> bytes:
    """Return a payload as JSON. Raises TypeError or ValueError for what cannot be one."""
    data = msgspec.json.encode(value)
    if len(data) > PAYLOAD_BYTES_MAX:
        raise ValueError(f"the payload has {len(data)} bytes; at most {PAYLOAD_BYTES_MAX} are accepted")
    return data


def to_submitted(
    job_id: str,
    type: str,
    policy: Policy,
    payload: str,
    blob: Blob | None,
    options: Mapping[str, Any],
    due_ms: int = 0,
    traceparent: str = "",
) -> JobSubmitted:
    """Say what was submitted. Raises ValueError for options that are unknown or cannot be."""
    if unknown := sorted(set(options) - OPTIONS | set(options) & _NOT_FOR_ONE_MESSAGE):
        raise ValueError(f"Journeyman does not know the option {unknown[0]!r} of a message")
    policy = with_options(policy, options)
    parents = _parents(options.get("depends_on", ()))
    return JobSubmitted(
        job_id,
        check_name(type, "type"),
        check_name(policy.queue, "queue"),
        policy.priority,
        "" if blob else payload,
        not parents and due_ms == 0,
        _tags(options.get("tags", {})),
        parents,
        due_ms,
        policy.max_attempts,
        policy.timeout_ms,
        policy.backoff,
        _on_failure(options.get("on_dependency_failure", "cancel")),
        blob,
        traceparent=traceparent,
    )


def check_delay(delay_ms: int) -> int:
    """Return a delay within its limits; a negative one is none. Raises ValueError."""
    if delay_ms > DELAY_MAX_MS:
        raise ValueError(f"a delay is at most {DELAY_MAX_MS} ms, not {delay_ms}")
    return max(0, int(delay_ms))


def _parents(parents: str | Sequence[str]) -> tuple[str, ...]:
    wanted = tuple(dict.fromkeys([parents] if isinstance(parents, str) else parents))
    if len(wanted) > PARENTS_MAX:
        raise ValueError(f"a job depends on at most {PARENTS_MAX} others, not {len(wanted)}")
    for parent in wanted:
        if not is_job_id(parent):
            raise ValueError(f"not the id of a job: {parent!r}")
    return wanted


def _on_failure(word: str) -> str:
    if word not in ("cancel", "run"):
        raise ValueError(f"on_dependency_failure is cancel or run, not {word!r}")
    return word


def _tags(tags: Mapping[str, str]) -> dict[str, str]:
    if len(tags) > 16:
        raise ValueError(f"a job has at most 16 tags, not {len(tags)}")
    return {str(name): str(value) for name, value in tags.items()}
