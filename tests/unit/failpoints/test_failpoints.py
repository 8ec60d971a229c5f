from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from journeyman.errors import SettingsError
from journeyman.failpoints import NAMES, Failpoint, disarmed, parse
from journeyman.settings import load
from support.waiting import wait_for

ROOT = Path(__file__).parents[3]
PASSES = "\n".join(
    [
        "import sys",
        "from journeyman import failpoints",
        "failpoints.arm(sys.argv[1])",
        "for passing in range(1, 4):",
        "    print(passing, flush=True)",
        '    failpoints.hit("worker.after_claim")',
        '    failpoints.hit("worker.before_beat")',
    ]
)


def passing(text: str) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", PASSES, text], stdout=subprocess.PIPE, text=True)


@pytest.mark.parametrize(("armed", "printed"), [("=kill", "1\n"), ("=kill:1", "1\n"), ("=kill:3", "1\n2\n3\n")])
def test_a_process_kills_itself_at_the_passing_that_was_asked_for(armed: str, printed: str) -> None:
    process = passing(f"worker.before_beat{armed}")

    said, _ = process.communicate(timeout=60)

    assert process.returncode == -signal.SIGKILL
    assert said == printed


def test_a_process_stops_itself_once_and_goes_on_when_it_is_continued() -> None:
    with passing("worker.after_claim=stop:2") as process:
        stopped = psutil.Process(process.pid)
        wait_for(lambda: stopped.status() == psutil.STATUS_STOPPED, "the process to stop", timeout_s=60)
        os.kill(process.pid, signal.SIGCONT)
        said, _ = process.communicate(timeout=60)

    assert process.returncode == 0
    assert said == "1\n2\n3\n"


@pytest.mark.parametrize("armed", ["", "worker.before_finish=kill"])
def test_places_that_are_not_armed_do_nothing(armed: str) -> None:
    with passing(armed) as process:
        said, _ = process.communicate(timeout=60)

    assert process.returncode == 0
    assert said == "1\n2\n3\n"


def test_several_places_can_be_armed_at_once() -> None:
    assert parse(" ingest.before_append=kill , worker.before_beat=stop:12 ") == {
        "ingest.before_append": Failpoint(signal.SIGKILL, 1),
        "worker.before_beat": Failpoint(signal.SIGSTOP, 12),
    }


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("worker.after_clam=kill", "did you mean worker.after_claim?"),
        ("worker.after_claim", "can be kill or stop"),
        ("worker.after_claim=crash", "can be kill or stop"),
        ("worker.after_claim=kill:0", "no number of a passing"),
        ("worker.after_claim=kill:", "no number of a passing"),
        ("worker.after_claim=kill:-1", "no number of a passing"),
    ],
)
def test_what_cannot_be_armed_is_refused_in_words(text: str, words: str) -> None:
    with pytest.raises(SettingsError) as refused:
        parse(text)

    assert words in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_service_refuses_to_start_with_an_unknown_place() -> None:
    environ = {**os.environ, "JOURNEYMAN_FAILPOINTS": "scheduler.after_comit=kill"}

    ended = subprocess.run(
        [sys.executable, "-m", "journeyman_scheduler"], env=environ, capture_output=True, text=True, check=False
    )

    assert ended.returncode == 2
    assert "did you mean scheduler.after_commit?" in ended.stderr


def test_production_refuses_them() -> None:
    environ = {"JOURNEYMAN_FAILPOINTS": "worker.after_claim=kill", "JOURNEYMAN_ENVIRONMENT": "production"}

    with pytest.raises(SettingsError, match="JOURNEYMAN_FAILPOINTS"):
        load(environ)


def test_who_takes_the_place_of_a_process_that_died_is_not_armed() -> None:
    assert disarmed({"JOURNEYMAN_FAILPOINTS": "x", "JOURNEYMAN_NAMESPACE": "y"}) == {"JOURNEYMAN_NAMESPACE": "y"}


def test_every_place_is_passed_somewhere_and_every_place_passed_is_known() -> None:
    sources = [path for folder in ("shared", "services", "deploy") for path in ROOT.glob(f"{folder}/**/src/**/*.py")]
    passed = {name for path in sources for name in re.findall(r'failpoints\.hit\("([^"]+)"\)', path.read_text())}

    assert passed == set(NAMES)
