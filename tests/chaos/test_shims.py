"""The shim that shifts the wall clock, and the copy that is the next version: they do what rows rely on."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from chaos import next_version
from chaos.preload import build
from support.servers import absent

#: The last is the coarse wall clock, for which Python has no name.
CLOCKS = "import time; print(time.time(), time.monotonic(), time.clock_gettime(5))"
SLACK_S = 60.0


@pytest.mark.parametrize("skew_s", [3_600, -3_600.5])
def test_the_wall_clock_is_shifted_and_the_clock_for_spans_is_not(tmp_path: Path, skew_s: float) -> None:
    if shutil.which("cc") is None or sys.platform != "linux":
        absent("there is no C compiler for Linux")
    environ = {**os.environ, "LD_PRELOAD": str(build("clock", tmp_path)), "CLOCK_SKEW_S": str(skew_s)}

    said = subprocess.run(
        [sys.executable, "-c", CLOCKS], env=environ, capture_output=True, text=True, check=True
    ).stdout

    wall, monotonic, coarse = map(float, said.split())
    assert abs(wall - skew_s - time.time()) < SLACK_S
    assert abs(coarse - wall) < 1
    assert 0 <= time.monotonic() - monotonic < SLACK_S


def test_the_next_version_writes_what_this_one_does_not_know(tmp_path: Path) -> None:
    says = "\n".join(
        [
            "from importlib.metadata import version",
            "from journeyman import codec, events",
            "print(version('journeyman-worker'), events.JobAnnotated.__struct_config__.tag)",
            "print(codec.encode_event(events.JobSucceeded('j', 1, 'w')).hex())",
        ]
    )
    environ = {**os.environ, "PYTHONPATH": next_version.make(tmp_path)}

    said = subprocess.run([sys.executable, "-c", says], env=environ, capture_output=True, text=True, check=True).stdout

    about, written = said.splitlines()
    assert about == f"{next_version.NEXT} {next_version.NEW_EVENT}"
    assert bytes.fromhex(written).endswith(b"next")
