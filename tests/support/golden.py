"""Examples of every event, and where their bytes are kept. Run it to write the files that are missing.

A file is never written again. When an event gains a field, or its meaning changes under a new tag, add examples under a
new number (`job.submitted.rich.2`) and leave the old ones.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import NamedTuple

import msgspec

from journeyman import events as e
from journeyman.codec import encode_event

JOB, OTHER = "01hf7yat0000000000000g00", "01hf7yat0100000000000g00"
EVIDENCE = e.Evidence("host-a", 4711, 11, 139, True, 123_456_789, "Fatal Python error: Segmentation fault\n  in färbe")
ERROR = e.Error("ValueError", "no such färbe", "Traceback …", "a1b2c3")


class Example(NamedTuple):
    """One event whose bytes are kept. `kind`: rich (every field set) or plain (only what must be)."""

    kind: str
    event: e.Event
    version: int = 1


def directory() -> Path:
    return Path(__file__).parent.parent / "golden" / "events"


def file_of(example: Example) -> Path:
    return directory() / f"{e.tag_of(example.event)}.{example.kind}.{example.version}.msgpack"


_RICH: tuple[e.Event, ...] = (
    e.JobSubmitted(
        JOB,
        "image.thumbnail",
        "images",
        15,
        '{"path": "/tmp/ä.png"}',
        True,
        {"team": "blue"},
        (OTHER,),
        1_700_000_000_123,
        7,
        30_000,
        e.Backoff(500, 1.5, 90_000, False),
        "run",
        e.Blob("ab/abcd", 20_000, "abcd"),
        "k" * 64,
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    ),
    e.JobBlocked(JOB, (OTHER,)),
    e.JobReleased(JOB, 2, 15, 3, 2),
    e.JobStarted(JOB, 2, "w-0123456789"),
    e.JobProgressed(JOB, 2, "w-0123456789", 62.5, "resizing"),
    e.JobSucceeded(JOB, 2, "w-0123456789", '{"out": 1}', 1_234_567, e.Blob("cd/cdef", 30_000, "cdef")),
    e.JobFailed(JOB, 2, "w-0123456789", ERROR, 99, False, 5_000),
    e.JobReturned(JOB, 2, "w-0123456789", "interrupted", True),
    e.JobLost(JOB, 2, "w-0123456789", "no heartbeat", False, EVIDENCE),
    e.JobRetryScheduled(JOB, 3, 1_700_000_001_000, 877),
    e.JobDeadLettered(JOB, 3, "attempts_exhausted", ERROR, EVIDENCE),
    e.JobCancelRequested(JOB),
    e.JobCancelled(JOB, "dependency", ERROR),
    e.JobReprioritised(JOB, 20),
    e.JobRedriven(
        JOB,
        2,
        3,
        "image.thumbnail",
        "images",
        15,
        7,
        e.Backoff(500, 1.5, 90_000, False),
        30_000,
        1_700_000_002_000,
        "r-0123456789abcdef",
        5,
        ERROR,
    ),
    e.WorkerJoined(
        "w-0123456789",
        "host-a",
        4711,
        "1.2.3",
        ("images", "default"),
        ("image.thumbnail",),
        8,
        '{"image.thumbnail":{"schema":{"type":"object"},"description":"Färbe.","queue":"images"}}',
        "i-0123456789abcdef0",
    ),
    e.WorkerDraining("w-0123456789", "autoscaler"),
    e.WorkerLeft("w-0123456789"),
    e.WorkerLost("w-0123456789", "its process died", EVIDENCE, (JOB, OTHER)),
    e.QueuePaused("images"),
    e.QueueResumed("images"),
    e.FleetScaled("local", 4, 2, "waiting too long", 120, 3.5, 250.25),
    e.SchedulerElected(7, "host-a-4711"),
    e.LogTrimmed("1700000000000-0", 1_000, 12, ("dashboard@host-a/0a1b2c3d",)),
    e.LogQuarantined("1700000000000-0/3", "unknown tag", "dashboard"),
    e.DependencyWatched(JOB, OTHER),
    e.DependencyResolved(JOB, OTHER, "failed"),
    e.BreakerOpened("image.thumbnail", "failure_ratio", 11, 20, 1_700_000_005_000),
    e.BreakerHalfOpened("image.thumbnail", 3),
    e.BreakerClosed("image.thumbnail", "probes_succeeded"),
)

_PLAIN: tuple[e.Event, ...] = (
    e.JobSubmitted(JOB, "t"),
    e.JobBlocked(JOB),
    e.JobReleased(JOB, 1, 10),
    e.JobStarted(JOB, 1, "w"),
    e.JobProgressed(JOB, 1, "w", 0.0),
    e.JobSucceeded(JOB, 1, "w"),
    e.JobFailed(JOB, 1, "w", e.Error("E")),
    e.JobReturned(JOB, 1, "w"),
    e.JobLost(JOB, 1, "w"),
    e.JobRetryScheduled(JOB, 2, 0, 0),
    e.JobDeadLettered(JOB, 1, "permanent", e.Error("E")),
    e.JobCancelRequested(OTHER),
    e.JobCancelled(JOB),
    e.JobReprioritised(JOB, 0),
    e.JobRedriven(JOB, 2, 1, "t", "q", 10, 3),
    e.WorkerJoined("w", "", 0, "", (), (), 0),
    e.WorkerDraining("w"),
    e.WorkerLeft("w"),
    e.WorkerLost("w"),
    e.QueuePaused("default"),
    e.QueueResumed("default"),
    e.FleetScaled("none", 0, 0, ""),
    e.SchedulerElected(1, "s"),
    e.LogTrimmed("0-0"),
    e.LogQuarantined("0-0/0", ""),
    e.DependencyWatched(OTHER, JOB),
    e.DependencyResolved(OTHER, JOB, "completed"),
    e.BreakerOpened("t", "manual"),
    e.BreakerHalfOpened("t", 1),
    e.BreakerClosed("t", "manual"),
)

#: The shape in which an event is written today, where it is not the first.
_VERSIONS: dict[type[e.Event], int] = {
    e.JobSubmitted: 2,
    e.JobReleased: 2,
    e.JobLost: 2,
    e.JobDeadLettered: 2,
    e.JobRedriven: 2,
    e.WorkerJoined: 3,
    e.WorkerLost: 2,
    e.LogTrimmed: 2,
}

EXAMPLES: tuple[Example, ...] = tuple(
    Example(kind, event, _VERSIONS.get(type(event), 1))
    for kind, events in (("rich", _RICH), ("plain", _PLAIN))
    for event in events
)

#: What is written no more, and what it is read as.
OLD_EXAMPLES: tuple[Example, ...] = (
    Example("rich", msgspec.structs.replace(_RICH[0], released=False)),
    Example("plain", _PLAIN[0]),
    Example("rich", e.JobReleased(JOB, 2, 15, 3)),
    Example("plain", e.JobReleased(JOB, 1, 10)),
    Example("rich", e.JobLost(JOB, 2, "w-0123456789", "no heartbeat")),
    Example("plain", e.JobLost(JOB, 1, "w")),
    Example("rich", e.JobDeadLettered(JOB, 3, "attempts_exhausted", ERROR)),
    Example("plain", e.JobDeadLettered(JOB, 1, "permanent", e.Error("E"))),
    Example(
        "rich",
        e.JobRedriven(
            JOB, 2, 3, "image.thumbnail", "images", 15, 7, e.Backoff(500, 1.5, 90_000, False), 30_000, 1_700_000_002_000
        ),
    ),
    Example("plain", e.JobRedriven(JOB, 2, 1, "t", "q", 10, 3)),
    Example(
        "rich", e.WorkerJoined("w-0123456789", "host-a", 4711, "1.2.3", ("images", "default"), ("image.thumbnail",), 8)
    ),
    Example("plain", e.WorkerJoined("w", "", 0, "", (), (), 0)),
    Example("rich", msgspec.structs.replace(_RICH[15], instance=""), 2),
    Example("plain", e.WorkerJoined("w", "", 0, "", (), (), 0), 2),
    Example("rich", e.WorkerLost("w-0123456789", "its process died")),
    Example("rich", e.LogTrimmed("1700000000000-0", 1_000)),
    Example("plain", e.LogTrimmed("0-0")),
    Example("plain", e.WorkerLost("w")),
)


def main() -> None:
    """Write the files that are missing."""
    for example in EXAMPLES:
        path = file_of(example)
        if not path.exists():
            path.write_bytes(encode_event(example.event))
            sys.stdout.write(f"wrote {path.name}\n")


if __name__ == "__main__":
    main()
