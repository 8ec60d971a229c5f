"""Cutting a stream of the Redis protocol into whole requests and replies, and naming the requests. RESP2 and RESP3."""

from __future__ import annotations

_LINE = b"+-:_#,("
_BULK = b"$=!"
_AGGREGATE = b"*~>"
_PAIRS = b"%|"


def length(data: bytes | bytearray, start: int = 0) -> int | None:
    """Return where the value that begins at `start` ends; None while it is not all there.

    Raises ValueError where no value begins.
    """
    left, at = 1, start
    while left:
        if at >= len(data):
            return None
        kind = data[at]
        if kind not in _LINE + _BULK + _AGGREGATE + _PAIRS:
            raise ValueError(f"not of this protocol: {bytes(data[start : start + 20])!r}")
        line_end = data.find(b"\r\n", at)
        if line_end < 0:
            return None
        head = bytes(data[at + 1 : line_end])
        at = line_end + 2
        left -= 1
        if kind in _LINE:
            continue
        count = int(head)
        if kind in _BULK:
            at += count + 2 if count >= 0 else 0
            if at > len(data):
                return None
        elif count > 0:
            left += count * (2 if kind in _PAIRS else 1)
    return at


class Requests:
    """Takes what a client sends, in pieces; gives the names of whole requests."""

    def __init__(self) -> None:
        self._data = bytearray()

    def feed(self, piece: bytes) -> list[str]:
        """Return the names of the requests that this piece completes: the command, of a function the function's."""
        self._data += piece
        names = []
        at = 0
        while at < len(self._data) and (end := length(self._data, at)) is not None:
            names.append(_name(bytes(self._data[at : min(end, at + 200)])))
            at = end
        del self._data[:at]
        return names


def _name(request: bytes) -> str:
    parts = request.split(b"\r\n")
    command = parts[2].decode().lower() if len(parts) > 2 else ""
    if command in ("fcall", "fcall_ro") and len(parts) > 4:
        # jm_<version>_<function>
        return parts[4].decode().rpartition("_")[2]
    return command


class Replies:
    """Takes what a server sends, in pieces; gives whole replies."""

    def __init__(self) -> None:
        self._data = bytearray()

    def feed(self, piece: bytes) -> list[bytes]:
        """Return the replies that this piece completes."""
        self._data += piece
        replies = []
        at = 0
        while at < len(self._data) and (end := length(self._data, at)) is not None:
            replies.append(bytes(self._data[at:end]))
            at = end
        del self._data[:at]
        return replies

    def rest(self) -> bytes:
        """Give back what is no whole reply yet."""
        rest = bytes(self._data)
        self._data.clear()
        return rest
