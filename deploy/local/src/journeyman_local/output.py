"""What a person sees of `journeyman up`: the children's log lines, coloured by service, or everything as JSON.

Children write JSON lines; whatever else they print (a crash before logging is set up, the server) is shown as it
is. On a terminal all goes to standard output, so that a progress display can stay below it; in a pipe, log lines
go to standard error and what was asked for (addresses, the sample's end) to standard output.
"""

from __future__ import annotations

from datetime import datetime
from threading import Lock
from typing import Any

import msgspec
from rich.console import Console
from rich.text import Text

_COLOURS = ("cyan", "green", "magenta", "blue", "yellow", "bright_cyan")
_SERVICES = ("scheduler", "ingest", "worker", "dashboard", "server", "autoscaler")
_SEVERITY = {"warning": "yellow", "error": "red", "critical": "bold red", "debug": "dim"}
_NAME_WIDTH = max(map(len, _SERVICES))
_SHOWN = ("at", "level", "service", "logger", "message", "traceback")


class Output:
    """The one place that writes to the terminal. Safe to call from any thread."""

    def __init__(self, log_format: str) -> None:
        self.console = Console(highlight=False, soft_wrap=True)
        self.json = log_format == "json"
        terminal = self.console.is_terminal and not self.json
        self._log_console = self.console if terminal else Console(highlight=False, soft_wrap=True, stderr=True)
        self._lock = Lock()

    def say(self, text: str = "") -> None:
        """Write a line that was asked for."""
        with self._lock:
            self.console.print(Text.from_markup(text) if self.console.is_terminal else _plain(text))

    def line(self, name: str, line: str) -> None:
        """Show one line of output of the process `name`."""
        if line.strip():
            self._write(_parsed(line) or {"service": name, "message": line})

    def note(self, message: str, level: str = "info") -> None:
        """Write a log line of the supervisor's own."""
        at = datetime.now().astimezone().isoformat(timespec="milliseconds")
        self._write({"at": at, "level": level, "service": "up", "message": message})

    def _write(self, entry: dict[str, Any]) -> None:
        with self._lock:
            if self.json:
                self._log_console.file.write(msgspec.json.encode(entry).decode() + "\n")
                self._log_console.file.flush()
            else:
                self._log_console.print(_for_people(entry))


def _plain(text: str) -> Text:
    return Text(Text.from_markup(text).plain)


def _parsed(line: str) -> dict[str, Any] | None:
    if not line.startswith("{"):
        return None
    try:
        entry = msgspec.json.decode(line)
    except msgspec.DecodeError:
        return None
    return entry if isinstance(entry, dict) and "message" in entry else None


def _for_people(entry: dict[str, Any]) -> Text:
    service, level = str(entry.get("service", "")), str(entry.get("level", "info"))
    colour = _COLOURS[_SERVICES.index(service) % len(_COLOURS)] if service in _SERVICES else "white"
    severity = _SEVERITY.get(level, "")
    text = Text.assemble((_time(entry.get("at")), "dim"), " ", (f"{service:<{_NAME_WIDTH}}", colour), (" │ ", "dim"))
    if level in {"warning", "error", "critical"}:
        text.append(f"{level}: ", severity)
    text.append(str(entry["message"]), severity)
    for name, value in entry.items():
        if name not in _SHOWN:
            text.append(f"  {name}={value}", "dim")
    if traceback := entry.get("traceback"):
        text.append(f"\n{traceback}", "dim")
    return text


def _time(at: object) -> str:
    try:
        return f"{datetime.fromisoformat(str(at)).astimezone():%H:%M:%S}"
    except ValueError:
        return f"{datetime.now().astimezone():%H:%M:%S}"
