"""The commands that talk to the HTTP servers, on a whole system."""

from __future__ import annotations

import json
import subprocess
import sys
import uuid
from pathlib import Path
from typing import Any

import httpx
import pytest

from journeyman.cli.__main__ import main
from journeyman.ids import compose
from support.system import System
from support.waiting import wait_for

UNKNOWN = compose(1, 1, 0)


class Shell:
    """Runs commands against the system, and tells what they printed."""

    def __init__(self, system: System, capsys: pytest.CaptureFixture[str]) -> None:
        self.dashboard_url = system.dashboard_url
        self._where = ["--url", system.ingest_url, "--dashboard-url", system.dashboard_url]
        self._capsys = capsys
        self.errors = ""

    def __call__(self, *words: str, code: int = 0) -> str:
        """Run a command that must end with `code`, and return its standard output."""
        self._capsys.readouterr()
        ended = main([*words, *self._where])
        output, self.errors = self._capsys.readouterr()
        assert ended == code, self.errors
        return output

    def json(self, *words: str) -> Any:
        """Run a command for machines, and return what it said."""
        return json.loads(self(*words, "-o", "json"))


@pytest.fixture
def shell(shared_system: System, capsys: pytest.CaptureFixture[str]) -> Shell:
    shared_system.await_workers(2)
    return Shell(shared_system, capsys)


@pytest.fixture
def tag() -> str:
    """Give a tag of this test alone."""
    return f"test:{uuid.uuid4().hex}"


def submitted(shell: Shell, *words: str) -> str:
    """Submit a job and wait until the dashboard has read of it: each command knows nothing of the one before."""
    (job_id,) = shell("submit", "synthetic", *words).splitlines()
    wait_for(lambda: httpx.get(f"{shell.dashboard_url}/jobs/{job_id}", trust_env=False).is_success, "the job to show")
    return job_id


def test_a_job_is_submitted_waited_for_and_read(shell: Shell) -> None:
    job_id = submitted(shell, '{"echo": {"n": 1.50}}', "--priority", "high", "--queue", "default")
    assert f"{job_id}  completed" in shell("wait", job_id, "--timeout", "30s")
    assert json.loads(shell("result", job_id))["echo"] == {"n": 1.5}
    assert "completed  synthetic" in shell("status", job_id)
    view = shell.json("status", job_id)
    assert (view["id"], view["status"], view["priority"], view["attempt"]) == (job_id, "completed", 15, 1)
    events = [item["event"] for item in shell.json("history", job_id)["items"]]
    assert events == ["job.submitted", "job.released", "job.started", "job.succeeded"]
    assert "job.started" in shell("history", job_id)
    assert shell.json("explain", job_id)["reason"] == "finished"


def test_submitting_and_waiting_in_one_prints_the_result(shell: Shell) -> None:
    assert json.loads(shell("submit", "synthetic", '{"echo": "hello"}', "--wait"))["echo"] == "hello"
    assert len(shell.errors.strip()) == 24


def test_a_job_that_fails_is_code_1_with_its_error(shell: Shell) -> None:
    assert shell("submit", "synthetic", '{"permanent": true}', "--wait", code=1) == ""
    job_id, reason = shell.errors.splitlines()
    assert f"job {job_id} failed: " in reason
    assert "failed" in shell("wait", job_id, code=1)
    assert shell("result", job_id, code=1) == ""
    assert "is dead" in shell.errors
    assert job_id in shell("dead-letter", "list", "--limit", "500")


def test_the_same_key_is_the_same_job(shell: Shell, tag: str) -> None:
    first = submitted(shell, "--idempotency-key", tag)
    assert submitted(shell, "--idempotency-key", tag) == first


def test_a_job_waits_for_those_it_depends_on(shell: Shell) -> None:
    first = submitted(shell, '{"sleep_ms": 400}')
    second = submitted(shell, "--depends-on", first)
    assert "waits for" in shell("status", second)
    for job_id in (second, first):
        shell("wait", job_id, "--timeout", "30s")
    views = [shell.json("status", job_id) for job_id in (first, second)]
    assert views[0]["finished_at"] <= views[1]["started_at"]


def test_a_wait_that_takes_too_long_is_code_1(shell: Shell) -> None:
    job_id = submitted(shell, "--delay", "1h")
    assert shell("wait", job_id, "--timeout", "100ms", code=1) == ""
    assert "is still scheduled" in shell.errors
    assert "time" in shell("explain", job_id)
    shell("cancel", job_id)


def test_a_cancelled_job_stays_cancelled(shell: Shell) -> None:
    job_id = submitted(shell, "--delay", "1h")
    assert shell("cancel", job_id) == f"{job_id}\n"
    assert json.loads(shell("wait", job_id, "-o", "json", code=1))["status"] == "cancelled"
    assert shell("cancel", job_id, code=1) == ""
    assert job_id in shell.errors


def test_a_cancelled_job_can_be_run_again(shell: Shell) -> None:
    job_id = submitted(shell, "--delay", "1h")
    shell("cancel", job_id)
    shell("wait", job_id, code=1)
    assert shell("retry", job_id) == f"{job_id}\n"
    wait_for(lambda: shell.json("status", job_id)["status"] == "completed")
    assert shell.json("status", job_id)["generation"] == 2
    assert shell("retry", job_id, code=1) == ""


def test_a_waiting_job_gets_another_priority(shell: Shell) -> None:
    job_id = submitted(shell, "--delay", "1h")
    shell("reprioritise", job_id, "critical")
    wait_for(lambda: shell.json("status", job_id)["priority"] == 20)
    shell("cancel", job_id)


def test_jobs_are_listed_by_what_they_are(shell: Shell, tag: str) -> None:
    ids = {submitted(shell, "--tag", tag) for _ in range(3)}
    shell("wait", *ids)
    listing = shell.json("list", "--tag", tag, "--status", "completed", "failed", "--submitted-after", "1h")
    assert {item["id"] for item in listing["items"]} == ids
    assert listing["next_cursor"] is None
    first = shell.json("list", "--tag", tag, "--limit", "2")
    assert len(first["items"]) == 2
    rest = shell.json("list", "--tag", tag, "--cursor", first["next_cursor"])
    assert {item["id"] for item in first["items"] + rest["items"]} == ids
    shown = shell("list", "--tag", tag, "--limit", "2")
    assert len(shown.splitlines()) == 3
    assert "--cursor" in shell.errors


def test_a_paused_queue_holds_its_jobs_back(shell: Shell) -> None:
    assert shell("queue", "pause", "bulk") == "bulk\n"
    assert shell("queue", "list") != ""
    job_id = submitted(shell, "--queue", "bulk")
    wait_for(lambda: shell.json("explain", job_id)["reason"] == "queue_paused")
    assert "held" in shell("status", job_id)
    (queue,) = [item for item in shell.json("queue", "list")["items"] if item["name"] == "bulk"]
    assert queue["paused"] is True
    shell("queue", "resume", "bulk")
    assert f"{job_id}  completed" in shell("wait", job_id, "--timeout", "30s")


def test_dead_letters_are_counted_and_run_again(shell: Shell) -> None:
    job_id = submitted(shell, '{"fail_times": 1}', "--max-attempts", "1")
    shell("wait", job_id, code=1)
    fingerprint = shell.json("status", job_id)["error"]["fingerprint"]
    selected = ("--type", "synthetic", "--error-fingerprint", fingerprint)
    counted = shell.json("dead-letter", "redrive", *selected, "--dry-run")
    assert counted["matched"] >= 1
    assert counted["redriven"] == 0
    assert "redriven" in shell("dead-letter", "redrive", *selected, "--rate", "1000/s")
    wait_for(lambda: shell.json("status", job_id)["generation"] == 2)
    wait_for(lambda: shell.json("status", job_id)["status"] == "completed")


def test_an_unknown_worker_cannot_be_drained(shell: Shell) -> None:
    said = shell("worker", "drain", "w-nobody", code=1)
    assert said == ""


def test_workers_and_figures_are_shown(shell: Shell) -> None:
    workers = shell.json("worker", "list")["items"]
    assert len([worker for worker in workers if worker["state"] not in ("left", "lost")]) == 2
    shown = shell("worker", "list")
    assert workers[0]["id"] in shown
    assert "ago" in shown
    assert "completed" in shell("stats")
    assert shell.json("stats", "--window", "15m")["jobs"]["total"] >= 0


@pytest.mark.parametrize("command", ["status", "result", "explain", "history", "wait", "cancel", "retry"])
@pytest.mark.parametrize("job_id", [UNKNOWN, "nonsense"])
def test_an_unknown_id_is_code_1(shell: Shell, command: str, job_id: str) -> None:
    assert shell(command, job_id, code=1) == ""
    assert shell.errors.count("\n") == 1


@pytest.mark.parametrize(
    "words",
    [["bad type"], ["synthetic", "--priority", "99"], ["synthetic", "--depends-on", "nonsense"]],
    ids=" ".join,
)
def test_what_the_server_cannot_take_is_wrong_usage(shell: Shell, words: list[str]) -> None:
    assert shell("submit", *words, code=2) == ""
    assert shell.errors.startswith("journeyman: ")


def test_the_payload_null_is_submitted_as_it_is(shell: Shell) -> None:
    jobs = [submitted(shell, *words, "--delay", "1h") for words in ([], ["null"])]
    assert [shell.json("status", job_id)["payload"] for job_id in jobs] == [{}, None]
    shell("cancel", *jobs)


def test_all_jobs_that_match_are_exported(shell: Shell, tag: str, tmp_path: Path) -> None:
    first = submitted(shell, '{"echo": "a\u2028b\\n"}', "--tag", tag)
    second = submitted(shell, "--tag", tag)
    shell("wait", first, second, "--timeout", "30s")
    lines = shell("export", "--tag", tag, "--sort", "submitted_at").split("\n")
    assert lines.pop() == ""
    assert [json.loads(line) for line in lines] == [shell.json("status", job_id) for job_id in (first, second)]

    file = tmp_path / "jobs.ndjson"
    assert shell("export", "--tag", tag, "--status", "failed", "--to", str(file)) == ""
    assert (shell.errors, file.read_bytes()) == (f"0 jobs in {file}\n", b"")
    shell("export", "--tag", tag, "--sort", "submitted_at", "--to", str(file))
    assert file.read_text() == "\n".join([*lines, ""])
    assert shell("export", "--priority-min", "99", "--to", str(tmp_path / "none"), code=2) == ""
    assert list(tmp_path.iterdir()) == [file]


def test_an_export_whose_reader_has_enough_ends_quietly(shell: Shell) -> None:
    submitted(shell, json.dumps({"echo": "x" * 10_000}))
    command = f"{sys.executable} -m journeyman.cli export --dashboard-url {shell.dashboard_url}"
    ended = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {command} | head -c 100"], capture_output=True, text=True, check=False
    )
    assert (ended.returncode, ended.stderr, len(ended.stdout)) == (0, "", 100)


def test_the_log_of_a_whole_system_keeps_its_promises(shared_system: System, shell: Shell) -> None:
    model = str(Path(shared_system.settings.data_dir) / "read-model.sqlite")
    report = json.loads(shell("verify", "--redis-url", shared_system.server.url, "--read-model", model, "-o", "json"))
    assert report["violations"] == []
    assert report["events"] > 0
    assert report["partitions"] == list(range(shared_system.settings.partitions))
    assert len(report["read_model_up_to"]) == shared_system.settings.partitions
