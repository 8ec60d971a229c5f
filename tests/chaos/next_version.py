"""The next version of this very source: a copy of it, changed as a next version may be.

What changes is what the rules of the log allow: a kind of event that this version does not know, written with each
group of submissions; new fields at the end of known events; other functions on the server; another shape of the
scheduler's snapshot and of the read model; another number of the version. Each change is looked for in the text and
must be found, so a copy that changed nothing is an error.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCES = (
    "shared/src",
    *(f"services/{name}/src" for name in ("ingest", "scheduler", "worker", "autoscaler", "dashboard-api")),
)
NEW_EVENT = "job.annotated"
NEXT = "999.0.0"

#: file -> what is replaced in it, by what. Each stands there once.
CHANGES: Mapping[str, Sequence[tuple[str, str]]] = {
    "journeyman/events.py": [
        (
            "\nWorkerEvent: TypeAlias = Union[",
            '\nclass JobAnnotated(_Event, frozen=True, tag="job.annotated"):\n'
            '    """Something was noted about a job."""\n\n    job_id: str\n    text: str\n\n\n'
            "WorkerEvent: TypeAlias = Union[JobAnnotated, ",
        ),
        (
            '    idempotency: str = ""\n    traceparent: str = ""\n',
            '    idempotency: str = ""\n    traceparent: str = ""\n    origin: str = ""\n',
        ),
        (
            "    run_us: int = 0\n    result_blob: Blob | None = None\n",
            '    run_us: int = 0\n    result_blob: Blob | None = None\n    ran_on: str = "next"\n',
        ),
    ],
    "journeyman/codec.py": [
        (
            "        or event.payload_blob is not None\n",
            "        or event.payload_blob is not None\n        or event.origin\n",
        ),
    ],
    "journeyman/admission.py": [
        ("structs.replace(job, released=True)", 'structs.replace(job, released=True, origin="next")'),
    ],
    "journeyman_ingest/group_commit.py": [
        ("from journeyman.events import JobSubmitted\n", "from journeyman.events import JobAnnotated, JobSubmitted\n"),
        (
            "    return proposals, places\n",
            '    proposals.append(Proposal((JobAnnotated("", "by the next"),)))\n    return proposals, places\n',
        ),
    ],
    "journeyman/log/functions/append.lua": [("register('append',", "-- of the next version\nregister('append',")],
    "journeyman/snapshot.py": [("SNAPSHOT_VERSION = ", "SNAPSHOT_VERSION = 1_000 + ")],
    "journeyman_dashboard/schema.py": [("\nVERSION = ", "\nVERSION = 1_000 + ")],
}


def make(directory: Path) -> str:
    """Write it into `directory`, and return that: first on the path of a process, it is what runs there."""
    for source in SOURCES:
        for package in (ROOT / source).iterdir():
            if package.is_dir():
                shutil.copytree(package, directory / package.name, ignore=shutil.ignore_patterns("__pycache__"))
    for name, changes in CHANGES.items():
        path = directory / name
        text = path.read_text()
        for old, new in changes:
            assert text.count(old) == 1, f"{name} has {text.count(old)} times {old!r}"
            text = text.replace(old, new)
        path.write_text(text)
    about = directory / f"journeyman_worker-{NEXT}.dist-info"
    about.mkdir()
    about.joinpath("METADATA").write_text(f"Metadata-Version: 2.1\nName: journeyman-worker\nVersion: {NEXT}\n")
    assert version("journeyman-worker") != NEXT
    return str(directory)
