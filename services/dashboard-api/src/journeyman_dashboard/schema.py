"""The read model's file: where its tables come from, which version they have, how it is opened.

A file of another version, or one that cannot be read as a database, is deleted: the log has everything that
was in it. One process writes it (`open_for_writing`); any number of threads read it (`open_for_reading`).
"""

from __future__ import annotations

import logging
import sqlite3
from contextlib import closing
from importlib import resources
from pathlib import Path

from journeyman_dashboard.past.shown import PastConnection

#: Raise it with any change of schema.sql or of what projecting puts into it.
VERSION = 9

FILE_NAME = "read-model.sqlite"

_log = logging.getLogger(__name__)


def ddl() -> str:
    """Return the statements that make every table."""
    return resources.files(__package__).joinpath("schema.sql").read_text(encoding="utf-8")


def open_for_writing(path: Path) -> sqlite3.Connection:
    """Open the file, made or made anew where it is missing, damaged or of another version.

    In WAL with `synchronous=NORMAL`: a power cut may lose the last batches, and the cursor with them.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and not _usable(path):
        _log.warning("the read model %s is not of version %d; rebuilding it from the log", path.name, VERSION)
        delete(path)
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, cached_statements=256)
    for pragma in (
        "page_size=8192",
        "journal_mode=WAL",
        "synchronous=NORMAL",
        "cache_size=-65536",
        "temp_store=MEMORY",
        "wal_autocheckpoint=4000",
        "journal_size_limit=67108864",
        "busy_timeout=5000",
    ):
        connection.execute(f"PRAGMA {pragma}")
    if _version(connection) != VERSION:
        rebuild(connection)
    return connection


def open_for_reading(path: Path) -> sqlite3.Connection:
    """Open the file, which exists, for queries alone."""
    connection = sqlite3.connect(
        f"{path.resolve().as_uri()}?mode=ro",
        uri=True,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=256,
    )
    for pragma in ("query_only=1", "cache_size=-16384", "temp_store=MEMORY", "busy_timeout=5000"):
        connection.execute(f"PRAGMA {pragma}")
    return connection


def open_past(path: Path) -> PastConnection:
    """Open the file, which exists, for queries about a moment that is over: it takes temporary tables."""
    connection = sqlite3.connect(
        f"{path.resolve().as_uri()}?mode=ro",
        uri=True,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=256,
        factory=PastConnection,
    )
    for pragma in ("cache_size=-4096", "temp_store=MEMORY", "busy_timeout=5000"):
        connection.execute(f"PRAGMA {pragma}")
    return connection


def rebuild(connection: sqlite3.Connection) -> None:
    """Drop every table and make them anew, empty, with no log read yet; in one transaction."""
    found = connection.execute("SELECT type, name FROM sqlite_master WHERE type IN ('table', 'view')").fetchall()
    drops = "".join(f'DROP {kind} "{name}";' for kind, name in found if not name.startswith("sqlite_"))
    connection.executescript(f"BEGIN IMMEDIATE; {drops} {ddl()} PRAGMA user_version = {VERSION}; COMMIT;")


def delete(path: Path) -> None:
    """Delete the file and what SQLite keeps beside it."""
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def _version(connection: sqlite3.Connection) -> int:
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return version


def _usable(path: Path) -> bool:
    try:
        with closing(sqlite3.connect(path)) as connection:
            return _version(connection) == VERSION
    except sqlite3.DatabaseError:
        return False
