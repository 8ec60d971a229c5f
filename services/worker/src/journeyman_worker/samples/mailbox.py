"""A mail server that delivers to a folder: what `email-sending` talks to where there is no other.

Every message becomes one `.eml` file, written whole. It listens on loopback, knows no users, sends nothing on,
and refuses messages above :data:`BYTES_MAX`. For trying things out, not for the internet.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import signal
import sys
import threading
import time
from email import message_from_bytes
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

from journeyman_worker.samples import files

BYTES_MAX = 32 << 20
START_S = 10


class _Folder:
    """What happens to a message that has arrived."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Write the message to the folder. Named by time and Message-ID, so that copies stand out."""
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        message_id = str(message_from_bytes(content).get("Message-ID", ""))
        name = f"{time.time_ns()}-{re.sub(r'[^A-Za-z0-9.@_-]', '', message_id)[:80] or 'message'}.eml"
        try:
            with files.writing(self._directory / name) as target:
                target.write(content)
        except Exception:  # noqa: BLE001 - whatever it is, the client keeps the message and tries again
            return "451 the message could not be stored"
        return "250 stored"


class Mailbox:
    """A mail server on a thread of its own."""

    def __init__(self, directory: Path, port: int = 0, host: str = "127.0.0.1") -> None:
        self.directory = directory
        self.port = port
        self.host = host
        self._ready = threading.Event()
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._failure: OSError | None = None

    def start(self) -> int:
        """Listen, and return the port (a free one where none was given). Raises OSError where that is impossible."""
        self.directory.mkdir(parents=True, exist_ok=True)
        self._thread = threading.Thread(target=asyncio.run, args=(self._serve(),), name="mailbox", daemon=True)
        self._thread.start()
        if not self._ready.wait(START_S):
            raise TimeoutError(f"the mailbox did not listen within {START_S} s")
        if self._failure is not None:
            raise self._failure
        return self.port

    def close(self) -> None:
        """Stop listening and end the thread."""
        if self._loop is not None and self._stop is not None:
            self._loop.call_soon_threadsafe(self._stop.set)
        if self._thread is not None:
            self._thread.join(START_S)
        self._loop = self._stop = self._thread = None

    def messages(self) -> list[Path]:
        """Return the messages received so far, oldest first."""
        return sorted(self.directory.glob("*.eml"))

    def __enter__(self) -> Mailbox:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        try:
            server = await _listen(self.directory, self.host, self.port)
            self.port = server.sockets[0].getsockname()[1]
        except OSError as error:
            self._failure = error
            return
        finally:
            self._ready.set()
        await self._stop.wait()
        server.close()


async def _listen(directory: Path, host: str, port: int) -> asyncio.Server:
    loop, folder = asyncio.get_running_loop(), _Folder(directory)
    return await loop.create_server(
        lambda: SMTP(folder, hostname="mailbox", data_size_limit=BYTES_MAX, enable_SMTPUTF8=True, loop=loop), host, port
    )


async def _run(directory: Path, host: str, port: int) -> None:
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    server = await _listen(directory, host, port)
    sys.stderr.write(f"mailbox: smtp://{host}:{server.sockets[0].getsockname()[1]} into {directory}\n")
    await stop.wait()
    server.close()


def main() -> None:
    """Serve until SIGTERM or Ctrl-C."""
    parser = argparse.ArgumentParser(prog="journeyman_worker.samples.mailbox", description=__doc__)
    parser.add_argument("--directory", type=Path, required=True, help="where the .eml files go")
    parser.add_argument("--port", type=int, default=1025, help="port to listen on; 0 for a free one")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    options = parser.parse_args()
    options.directory.mkdir(parents=True, exist_ok=True)
    asyncio.run(_run(options.directory, options.host, options.port))


if __name__ == "__main__":
    main()
