"""Settings that give single queues a number of their own: `images=1000,mail=50000`. Pure."""

from __future__ import annotations

from journeyman.errors import SettingsError


def read_queue_values(variable: str, text: str, what: str, *, least: int = 0) -> dict[str, int]:
    """Return the numbers by queue that `text` says.

    variable: whose value the text is. what: what the numbers are called. Raises SettingsError for what is malformed,
    or a number below `least`.
    """
    try:
        pairs = [part.split("=") for part in text.split(",") if part.strip()]
        values = {queue.strip(): int(value) for queue, value in pairs}
    except ValueError:
        values = {"": least}
    if "" in values or min(values.values(), default=least) < least:
        raise SettingsError(f"{variable}: not a list of {what} like images=1000,mail=50000")
    return values
