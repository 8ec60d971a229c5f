"""`journeyman verify`: whether the logs keep the promises, and what is made from them says the same."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
from cyclopts import Parameter

from journeyman.cli.connection import DEFAULT, Connection, UsageError
from journeyman.cli.output import Output, print_json, print_page, progress, say, table
from journeyman.errors import JourneymanError
from journeyman.events import Offset, write_offset
from journeyman.settings import Settings
from journeyman.verifying import Source, Verified, verified

if TYPE_CHECKING:
    from journeyman.read_model import ReadModel

SHOWN_MAX = 100
"""Violations of a partition in the table; `-o json` has all that were kept."""


def verify(
    *,
    archive: str | None = None,
    archive_only: Annotated[bool, Parameter(negative=())] = False,
    read_model: Annotated[Path | None, Parameter(name="--read-model")] = None,
    output: Output = "table",
    connection: Connection = DEFAULT,
) -> int:
    """Check the promises on every log of the namespace, live or archived, and compare keys and read model with it.

    Reads each log once, up to where it ends now, and changes nothing. The system may run meanwhile. Exit 1, and the
    offsets, where something is broken.

    :param archive: URL of the archive (`file:///…`, `s3://…`): what was trimmed is read there, the rest on the server.
    :param archive_only: Read the archive and nothing else.
    :param read_model: The dashboard's SQLite file. Default: that of the data directory, where there is one.
    """
    if archive_only and archive is None:
        raise UsageError("--archive-only: say with --archive which one")
    settings = connection.settings() if archive_only else connection.log_settings()
    with ExitStack() as stack, _undisturbed():
        sources = _sources(stack, settings, archive, on_server=not archive_only)
        model, told = (None, "") if archive_only else _read_model(stack, settings, read_model, sources)
        kept_ms = settings.outcome_retention_ms
        with progress("verifying", float(len(sources))) as done:
            all_ = [
                verified(source, read_model=model, kept_ms=kept_ms, done=_told(done, number, source))
                for number, source in enumerate(sources)
            ]
        miscounted = model.miscounted() if model is not None else []
    if all_ and miscounted:
        first = all_[0]
        all_[0] = first._replace(report=first.report._replace(violations=[*first.report.violations, *miscounted]))
    if output == "json":
        print_json(as_json(all_, told))
    else:
        _print(all_, told)
    if not all_:
        say(f"journeyman: there is no log in namespace {settings.namespace}")
    return 0 if all_ and not any(one.report.violations for one in all_) else 1


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Do without the garbage collector: a pass makes many objects and no cycles."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def _sources(stack: ExitStack, settings: Settings, archive: str | None, *, on_server: bool) -> list[Source]:
    """Return the logs there are, whatever the settings say of how many there should be."""
    from journeyman.archive import archive_at
    from journeyman.log.connect import connector
    from journeyman.log.partitions_found import found_partitions
    from journeyman.log.redis_log import RedisLog

    archived = archive_at(archive, settings.namespace, "--archive") if archive is not None else None
    there = set(archived.partitions()) if archived is not None else set()
    if not on_server:
        return [Source(partition, None, archived) for partition in sorted(there)]
    client_of = connector(settings.redis_url)
    logs = []
    for partition in sorted(there | set(found_partitions(settings))):
        log = RedisLog(client_of(partition), namespace=settings.namespace, partition=partition)
        stack.callback(log.close)
        logs.append(Source(partition, log, archived))
    return logs


def _read_model(
    stack: ExitStack, settings: Settings, path: Path | None, sources: Sequence[Source]
) -> tuple[ReadModel | None, str]:
    """Return the read model to compare, or None, and what is to be said about it."""
    from journeyman.log.audit import has_entry
    from journeyman.read_model import FILE_NAME, ReadModel

    found = path if path is not None else Path(settings.data_dir) / FILE_NAME
    if not found.is_file():
        if path is not None:
            raise UsageError(f"--read-model: there is no file {path}")
        return None, "no read model was compared: name its file with --read-model"
    try:
        model = ReadModel(found, settings.read_model_retention_ms)
    except JourneymanError as error:
        if path is not None:
            raise
        return None, f"the read model was not compared: {error}"
    stack.callback(model.close)
    logs = {source.partition: source.log for source in sources if source.log is not None}
    if path is None and not any(model.knows(partition, partial(has_entry, log)) for partition, log in logs.items()):
        return None, f"the read model {found} is of another log and was not compared"
    return model, f"compared with the read model {found}"


def _told(done: Callable[[float], None], logs_done: int, source: Source) -> Callable[[Offset], None]:
    """Return what turns the place of a pass into how much is done."""
    first_ms, last_ms = 0, source.log.end().ms if source.log is not None else 0

    def tell(offset: Offset) -> None:
        nonlocal first_ms
        first_ms = first_ms or offset.ms
        done(logs_done + min((offset.ms - first_ms) / max(1, last_ms - first_ms), 1.0))

    return tell


def as_json(all_: Sequence[Verified], read_model: str = "") -> bytes:
    """Write what came of all partitions, as one, for a machine."""
    return msgspec.json.encode(
        {
            **_counted(all_),
            "partitions": [one.partition for one in all_],
            "up_to": [write_offset(one.partition, one.end) for one in all_],
            "keys_compared": bool(all_) and all(one.keys for one in all_),
            "read_model": read_model,
            "read_model_up_to": [write_offset(one.partition, one.read_model) for one in all_ if one.read_model],
            "violations": [
                {
                    "promise": found.promise,
                    "offset": write_offset(one.partition, found.offset),
                    "of": found.of,
                    "detail": found.detail,
                }
                for one in all_
                for found in one.report.violations
            ],
            "violations_left_off": sum(one.report.left_off for one in all_),
            "undecodable": [
                {"offset": write_offset(one.partition, found.offset), "reason": found.reason}
                for one in all_
                for found in one.report.undecodable
            ],
        }
    )


def _counted(all_: Sequence[Verified]) -> dict[str, int]:
    return {name: sum(getattr(one.report, name) for one in all_) for name in ("events", "jobs", "unfinished")}


def _print(all_: Sequence[Verified], read_model: str) -> None:
    broken = sum(len(one.report.violations) + one.report.left_off for one in all_)
    if broken:
        rows = table("promise", "offset", "of", "what is wrong", wrap=("what is wrong",))
        for one in all_:
            for found in one.report.violations[:SHOWN_MAX]:
                rows.add_row(found.promise, write_offset(one.partition, found.offset), found.of, found.detail)
        print_page(rows)
    for one in all_:
        for unread in one.report.undecodable[:SHOWN_MAX]:
            print(f"undecodable: {write_offset(one.partition, unread.offset)}: {unread.reason}")
    count = _counted(all_)
    numbers = ", ".join(str(one.partition) for one in all_)
    over = f" in {len(all_)} partitions ({numbers})" if len(all_) > 1 else ""
    print(f"{count['events']} events of {count['jobs']} jobs, {count['unfinished']} of them unfinished{over}")
    if all_ and all(one.keys for one in all_):
        print("compared with the keys on the server")
    if read_model:
        print(read_model)
    if broken:
        say(f"journeyman: promises are broken at {broken} places")
    elif all_:
        print("every promise is kept")
