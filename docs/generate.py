"""Write the pages that follow from the code: events, settings, the life of a job, metrics. `--check` only compares."""

from __future__ import annotations

import sys
import typing
from pathlib import Path

import msgspec
from metrics_table import with_tables

from journeyman import events as e
from journeyman import failpoints, jobs, otel, setting_table

HERE = Path(__file__).parent
NOTE = "<!-- Generated from the code by `make docs`; edit the docstrings instead. -->"

_PLAN = jobs.Plan("type", "default", 10, 3, e.Backoff(), False)
_HEAD = (_PLAN, 1, 1, 0, 0)
_SAMPLES: list[jobs.Job] = [
    jobs.Blocked(*_HEAD, 0, frozenset(), frozenset(), None),
    jobs.Scheduled(*_HEAD, 0),
    jobs.Ready(*_HEAD, 10, 0, 0),
    jobs.Running(*_HEAD, "w", 10, 0),
    jobs.Cancelling(*_HEAD, "w", 10, 0),
    jobs.Failed(*_HEAD, e.Error("E"), True, None),
    jobs.Orphaned(*_HEAD, ""),
    jobs.Retrying(*_HEAD, 0),
    jobs.Withdrawn(*_HEAD, False),
]
_EVENTS: list[e.JobEvent] = [
    e.JobBlocked("j"),
    e.JobReleased("j", 2, 10),
    e.JobStarted("j", 1, "w"),
    e.JobSucceeded("j", 1, "w"),
    e.JobFailed("j", 1, "w", e.Error("E")),
    e.JobReturned("j", 1, "w", back=True),
    e.JobReturned("j", 1, "w", back=False),
    e.JobLost("j", 1, "w"),
    e.JobRetryScheduled("j", 2, 0, 0),
    e.JobDeadLettered("j", 1, "permanent", e.Error("E")),
    e.JobCancelRequested("j"),
    e.JobCancelled("j"),
]
_ENDS = {e.JobSucceeded: "completed", e.JobDeadLettered: "dead", e.JobCancelled: "cancelled"}


def _name(job: jobs.Job) -> str:
    return type(job).__name__.lower()


def lifecycle() -> str:
    """Return the page that draws every state and transition, by trying each event on each state."""
    arrows: dict[tuple[str, str], list[str]] = {
        ("[*]", "scheduled"): ["job.submitted", "job.redriven"],
        ("[*]", "blocked"): ["job.submitted with parents"],
    }
    for job in _SAMPLES:
        for event in _EVENTS:
            after = jobs.evolve(job, event, 1)
            target = _ENDS[type(event)] if after is None else _name(after)
            usual = type(event) not in (e.JobCancelled, e.JobDeadLettered) or _expected(job, event)
            if target != _name(job) and usual:
                words = arrows.setdefault((_name(job), target), [])
                if e.tag_of(event) not in words:
                    words.append(e.tag_of(event))
    lines = [
        "# The life of a job",
        NOTE,
        "",
        "Every arrow is an event in the log; the table behind the picture is `shared/src/journeyman/jobs.py`.",
        "An event that has no arrow from a state leaves the state as it is.",
        "",
        "```mermaid",
        "stateDiagram-v2",
    ]
    lines += [f"    {source} --> {target}: {', '.join(words)}" for (source, target), words in arrows.items()]
    lines += ["    completed --> [*]", "    dead --> [*]", "    cancelled --> [*]", "```", ""]
    lines += ["| state | status | phase | meaning |", "|---|---|---|---|"]
    for job in _SAMPLES:
        status, phase = jobs.PHASES[type(job)]
        lines.append(f"| {_name(job)} | {status} | {phase} | {_first_line(type(job))} |")
    return "\n".join(lines) + "\n"


def _expected(job: jobs.Job, event: e.JobEvent) -> bool:
    """Leave out ends that `evolve` would accept from anywhere but no scheduler concludes."""
    if isinstance(event, e.JobDeadLettered):
        return isinstance(job, (jobs.Failed, jobs.Orphaned))
    return isinstance(job, (jobs.Withdrawn, jobs.Blocked))


def events() -> str:
    """Return the page of all events, their fields and defaults."""
    lines = [
        "# Events",
        NOTE,
        "",
        "Every event has an offset and a time, `at_ms` (the server's clock, milliseconds since 1970): both are",
        "those of its place in the log. Fields are in the order in which they are stored. New fields are only added",
        "at the end, with a default.",
        "",
    ]
    for event in e.EVENT_TYPES:
        lines += [f"## `{e.tag_of(event)}`", "", " ".join((event.__doc__ or "").split()), ""]
        lines += ["| field | type | default |", "|---|---|---|"]
        hints = typing.get_type_hints(event)
        for field in msgspec.structs.fields(event):
            lines.append(f"| `{field.name}` | {_type(hints[field.name])} | {_default(field)} |")
        lines.append("")
    return "\n".join(lines)


def _type(hint: object) -> str:
    text = getattr(hint, "__name__", "") if isinstance(hint, type) and not typing.get_args(hint) else str(hint)
    return text.replace("journeyman.events.", "").replace("typing.", "").replace("|", "or")


def _default(field: msgspec.structs.FieldInfo) -> str:
    if field.default is not msgspec.NODEFAULT:
        return f"`{msgspec.to_builtins(field.default)!r}`"
    if field.default_factory is not msgspec.NODEFAULT:
        return f"`{field.default_factory()!r}`"
    return "required"


def settings_page() -> str:
    """Return the table of all settings."""
    lines = [
        "# Settings",
        NOTE,
        "",
        "Environment variables. One that begins with `JOURNEYMAN_` and is not here is an error at start-up.",
        "",
        "| variable | default | meaning |",
        "|---|---|---|",
    ]
    lines += map(_setting, setting_table.documented())
    lines += [
        "",
        "Spans are set up by the standard variables of OpenTelemetry ([how](observability.md)).",
        "Others that its SDK reads work too.",
        "",
        "| variable | default | meaning |",
        "|---|---|---|",
    ]
    lines += map(_setting, otel.DOCUMENTED)
    return "\n".join(lines) + "\n"


def _setting(row: setting_table.Documented | otel.Documented) -> str:
    default = f"`{row.default}`" if row.default else "empty"
    return f"| `{row.variable}` | {default} | {row.meaning} |"


def failpoints_page() -> str:
    """Return the table of all failpoints."""
    lines = [
        "# Failpoints",
        NOTE,
        "",
        "Places at which a process can be made to kill (`kill -9`) or to stop (SIGSTOP) itself, for tests of what then",
        "holds: `JOURNEYMAN_FAILPOINTS=scheduler.after_commit=kill,worker.before_beat=stop:3`, where `:3` is the third",
        "time it comes by. Each fires once in a process, and a process that takes the place of one that died here is",
        "started without. Refused in production.",
        "",
        "| name | what has happened when it is passed |",
        "|---|---|",
    ]
    lines += [f"| `{name}` | {meaning} |" for name, meaning in failpoints.NAMES.items()]
    return "\n".join(lines) + "\n"


def observability() -> str:
    """Return the page about traces, metrics and logs, which is written by hand but for the tables of metrics."""
    return with_tables((HERE / "observability.md").read_text(encoding="utf-8"))


def _first_line(thing: type) -> str:
    return (thing.__doc__ or "").strip().splitlines()[0]


PAGES = {
    "lifecycle.md": lifecycle,
    "events.md": events,
    "settings.md": settings_page,
    "failpoints.md": failpoints_page,
    "observability.md": observability,
}


def main() -> int:
    """Write the pages, or tell which are out of date."""
    stale = []
    for name, page in PAGES.items():
        path, text = HERE / name, page()
        if "--check" not in sys.argv:
            path.write_text(text, encoding="utf-8")
        elif not path.exists() or path.read_text(encoding="utf-8") != text:
            stale.append(name)
    if stale:
        sys.stderr.write(f"out of date, run `make docs`: {', '.join(stale)}\n")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
