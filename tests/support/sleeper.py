"""A process of ours that does nothing, for tests of those who look after processes.

    python sleeper.py [stubborn] [with-child] [touch=FILE]

It says "ready" when it can be stopped (and makes FILE), stops on SIGTERM (`stubborn`: does not), and holds its
lifeline. Its last word is "bye".
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

from journeyman.process import LIFELINE, hold_lifeline, stop_event


def main() -> None:
    """Wait to be stopped."""
    stop = stop_event()
    if "stubborn" in sys.argv:
        stop = threading.Event()
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if os.environ.pop(LIFELINE, ""):
        hold_lifeline(grace_s=0.5)
    if "with-child" in sys.argv:
        subprocess.Popen([sys.executable, __file__], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    for option in sys.argv:
        if option.startswith("touch="):
            Path(option.removeprefix("touch=")).touch()
    stop.wait()
    sys.stdout.write("bye\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
