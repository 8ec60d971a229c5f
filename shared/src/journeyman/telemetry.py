"""How services write their log lines: to standard error, as text for people or JSON for machines.

Every line tells its service and version, and one written inside a span which. Workers add the job (`job_lines.py`).

Lines are written by the standard library's `logging`, so user code and libraries need to know nothing of it.
A service calls :func:`configure_logging` once, in its `__main__`. Extra fields (`log.info("…", extra={…})`)
appear as `name=value` in text and as members in JSON. No line is written per job on a hot path.
"""

from __future__ import annotations

import logging
import sys
from datetime import UTC, datetime
from typing import TextIO

import msgspec

from journeyman import __version__
from journeyman.otel import current_traceparent
from journeyman.settings import Settings

#: What every LogRecord has; the rest of its attributes came with `extra`.
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}

#: What is left out where people read.
_FOR_MACHINES = ("trace_id", "span_id")

#: Libraries that tell every request or connection at `info`.
_CHATTY = ("httpx", "httpcore", "asyncio", "urllib3", "PIL")


def configure_logging(service: str, settings: Settings, stream: TextIO | None = None) -> None:
    """Send every log line from `settings.log_level` up to `stream` (standard error), as the only handler."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonFormatter(service) if settings.log_format == "json" else TextFormatter(service))
    handler.addFilter(in_span)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.log_level.upper())
    for name in _CHATTY:
        logging.getLogger(name).setLevel(max(root.level, logging.WARNING))
    logging.captureWarnings(capture=True)


def in_span(record: logging.LogRecord) -> bool:
    """Add to a line the span it was written in, if there is one. Looked up when a line is written, at no other time."""
    if traceparent := current_traceparent():
        _, record.trace_id, record.span_id, _ = traceparent.split("-")
    return True


class TextFormatter(logging.Formatter):
    """`12:03:04.123 WARNING scheduler  what happened  queue=images`, then the traceback if there is one."""

    def __init__(self, service: str) -> None:
        super().__init__()
        self._service = service

    def format(self, record: logging.LogRecord) -> str:
        """Write one record."""
        at = datetime.fromtimestamp(record.created, UTC).astimezone()
        extra = "".join(f"  {name}={value}" for name, value in _extra(record).items() if name not in _FOR_MACHINES)
        line = f"{at:%H:%M:%S}.{record.msecs:03.0f} {record.levelname:<7} {self._service}  {record.getMessage()}{extra}"
        return "\n".join([line, *_trace(self, record)])


class JsonFormatter(logging.Formatter):
    """One JSON object a line: `at`, `level`, `service`, `version`, `logger`, `message`, extra fields, `traceback`."""

    def __init__(self, service: str) -> None:
        super().__init__()
        self._service = service

    def format(self, record: logging.LogRecord) -> str:
        """Write one record."""
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "service": self._service,
            "version": __version__,
            "logger": record.name,
            "message": record.getMessage(),
        }
        line.update((name, value) for name, value in _extra(record).items() if name not in line)
        if trace := _trace(self, record):
            line["traceback"] = "\n".join(trace)
        return msgspec.json.encode(line, enc_hook=str).decode()


def _extra(record: logging.LogRecord) -> dict[str, object]:
    return {name: value for name, value in vars(record).items() if name not in _STANDARD}


def _trace(formatter: logging.Formatter, record: logging.LogRecord) -> list[str]:
    parts = []
    if record.exc_info:
        parts.append(formatter.formatException(record.exc_info))
    if record.stack_info:
        parts.append(formatter.formatStack(record.stack_info))
    return parts
