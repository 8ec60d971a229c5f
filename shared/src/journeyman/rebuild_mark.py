"""How somebody tells a dashboard, running or not, to make its read model anew: a file in the data directory.

`journeyman rebuild` leaves the mark; the dashboard that uses the directory takes it, within seconds or at its next
start, and then begins at the beginning of the log.
"""

from __future__ import annotations

from pathlib import Path

from journeyman.errors import SettingsError

NAME = "read-model.rebuild"


def leave_mark(data_dir: str) -> None:
    """Ask for a rebuild. Raises SettingsError where the data directory cannot be written."""
    try:
        Path(data_dir).mkdir(parents=True, exist_ok=True)
        Path(data_dir, NAME).touch()
    except OSError as error:
        raise SettingsError(f"cannot write to the data directory {data_dir}: {error.strerror}") from None


def take_mark(data_dir: str) -> bool:
    """Tell whether a rebuild was asked for, and forget that it was."""
    try:
        Path(data_dir, NAME).unlink()
    except OSError:
        return False
    return True
