"""What events have in common: their shape, and values several have. Pure; import values from `journeyman.events`."""

from __future__ import annotations

import msgspec


class Blob(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """Where a value too large for the log is kept: its key in the blob store, size in bytes, SHA-256 in hex."""

    key: str
    size: int
    sha256: str


class Backoff(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """How the wait between attempts grows: from `initial_ms`, by `multiplier`, up to `max_ms`."""

    initial_ms: int = 1_000
    multiplier: float = 2.0
    max_ms: int = 60_000
    jitter: bool = True


class Error(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """What went wrong in an attempt. `fingerprint` groups errors that have the same cause."""

    type: str
    message: str = ""
    traceback: str = ""
    fingerprint: str = ""


class Evidence(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """What is known of a worker process that died.

    signal: the one that ended it, 0 where none did; then `exit_code` says how it ended. out_of_memory: the kernel's
    memory killer struck in its cgroup. rss_bytes: its memory at its last heartbeat, 0 where not known. log: the last
    lines of its standard error.
    """

    host: str = ""
    pid: int = 0
    signal: int = 0
    exit_code: int | None = None
    out_of_memory: bool = False
    rss_bytes: int = 0
    log: str = ""


class Fact(msgspec.Struct, frozen=True, gc=False, array_like=True, tag_field="event", kw_only=False):
    """What all events share: positional fields behind a tag."""
