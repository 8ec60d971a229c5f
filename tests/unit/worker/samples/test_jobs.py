"""The five jobs as a worker runs them: payload in, files and result out."""

from __future__ import annotations

import csv
import subprocess
import sys
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import msgspec
import pytest
from PIL import Image

import journeyman_worker as jm
from journeyman_worker.samples import (
    data_processing,
    email_sending,
    image_processing,
    report_generation,
    synthetic_job,
)
from journeyman_worker.samples.errors import ToldToFailError, UnusableInputError
from journeyman_worker.samples.files import SAMPLES
from journeyman_worker.samples.mailbox import Mailbox
from unit.worker.samples.desk import Desk


@pytest.fixture
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("JOURNEYMAN_DATA_DIR", str(tmp_path / "data"))
    return tmp_path / "data"


@pytest.fixture
def desk(data_dir: Path) -> Desk:
    return Desk(data_dir / "blobs")


# --- data-processing -------------------------------------------------------------------------------------


def test_flights_are_counted_by_airport(desk: Desk, data_dir: Path) -> None:
    payload = {
        "path": "sample:flights.csv",
        "group_by": ["origin"],
        "aggregate": {"dest": ["count"], "dep_delay": ["mean", "min", "max", "sum", "count"]},
        "output": "out/by-origin.csv",
    }

    result = desk.run(data_processing, payload)

    with (SAMPLES / "flights.csv").open(newline="") as source:
        flights = list(csv.DictReader(source))
    assert result["rows"] == len(flights)
    assert [group["origin"] for group in result["groups"]] == ["EWR", "JFK", "LGA"]
    for group in result["groups"]:
        mine = [flight for flight in flights if flight["origin"] == group["origin"]]
        delays = [int(flight["dep_delay"]) for flight in mine if flight["dep_delay"] not in ("", "NA")]
        assert group["dest_count"] == len(mine)
        assert group["dep_delay_count"] == len(delays)
        assert group["dep_delay_sum"] == sum(delays)
        assert group["dep_delay_mean"] == pytest.approx(sum(delays) / len(delays))
        assert (group["dep_delay_min"], group["dep_delay_max"]) == (min(delays), max(delays))
    with (data_dir / "out" / "by-origin.csv").open(newline="") as written:
        rows = list(csv.DictReader(written))
    assert [list(row) for row in rows] == [result["columns"]] * 3
    assert result["output"] == str(data_dir / "out" / "by-origin.csv")
    assert desk.progress()


@pytest.mark.parametrize(
    ("path", "column", "says"),
    [
        ("nowhere.csv", "n", "No such file"),
        ("sample:nowhere.csv", "n", "no sample file"),
        ("sample:penguins.csv", "weight", "no column 'weight'"),
        ("sample:penguins.csv", "island", "line 2, column 'island': 'Torgersen' is not a number"),
        ("sample:rocket.jpg", "n", "not UTF-8"),
        ("empty.csv", "n", "no header"),
    ],
)
def test_a_file_that_cannot_be_aggregated_fails_for_good(
    desk: Desk, data_dir: Path, path: str, column: str, says: str
) -> None:
    data_dir.mkdir()
    (data_dir / "empty.csv").write_text("")

    with pytest.raises(jm.Permanent, match=says):
        desk.run(data_processing, {"path": path, "aggregate": {column: ["mean"]}, "output": "out.csv"})

    assert not (data_dir / "out.csv").exists()


# --- image-processing ------------------------------------------------------------------------------------


def test_thumbnails_are_written_and_listed_as_they_are(desk: Desk, data_dir: Path) -> None:
    payload = {"path": "sample:rocket.jpg", "sizes": [64, 128, 64], "formats": ["webp", "png"], "output_dir": "small"}

    result = desk.run(image_processing, payload)

    assert (result["width"], result["height"], result["format"]) == (640, 427, "JPEG")
    assert len(result["files"]) == 4
    for file in result["files"]:
        path = Path(file["path"])
        assert path.stat().st_size == file["bytes"]
        with Image.open(path) as image:
            assert image.size == (file["width"], file["height"])
            assert image.format == file["format"].upper()
    assert {path.name for path in (data_dir / "small").iterdir()} == {
        "rocket-64.webp",
        "rocket-64.png",
        "rocket-128.webp",
        "rocket-128.png",
    }


def test_a_repeated_attempt_leaves_the_same_files(desk: Desk, data_dir: Path) -> None:
    payload = {"path": "sample:chelsea.png", "output_dir": "small"}

    results = [desk.run(image_processing, payload, attempt=attempt) for attempt in (1, 2)]

    assert results[0] == results[1]
    assert len(list((data_dir / "small").iterdir())) == 4


def test_a_corrupt_picture_fails_for_good_and_leaves_nothing(desk: Desk, data_dir: Path) -> None:
    data_dir.mkdir()
    (data_dir / "broken.png").write_bytes((SAMPLES / "chelsea.png").read_bytes()[:5000])

    with pytest.raises(jm.Permanent, match="damaged picture"):
        desk.run(image_processing, {"path": "broken.png", "output_dir": "small"})

    assert not (data_dir / "small").exists()


# --- report-generation -----------------------------------------------------------------------------------


def test_a_report_shows_the_results_of_its_parents_and_its_own_data(desk: Desk, data_dir: Path) -> None:
    table = desk.run(
        data_processing,
        {
            "path": "sample:penguins.csv",
            "group_by": ["species"],
            "aggregate": {"year": ["count"]},
            "title": "By species",
        },
    )
    pictures = desk.run(image_processing, {"path": "sample:coffee.png", "output_dir": "small"})
    parents = [desk.completed(result) for result in (table, {"echo": None, "attempt": 1}, pictures)]
    own = {"columns": ["name", "n"], "groups": [{"name": "own <data>", "n": 1}]}

    result = desk.run(report_generation, {"title": "All", "output": "report.html", "data": own}, parents=parents)

    page = (data_dir / "report.html").read_text()
    assert result == {"path": str(data_dir / "report.html"), "bytes": len(page.encode()), "tables": 2, "pictures": 1}
    for text in ("By species", "Chinstrap", "own &lt;data&gt;", "coffee.png", "data:image/webp;base64,"):
        assert text in page


def test_a_report_of_nothing_fails_for_good(desk: Desk, data_dir: Path) -> None:
    with pytest.raises(jm.Permanent, match="nothing to report"):
        desk.run(report_generation, {"title": "t", "output": "report.html"})

    assert not (data_dir / "report.html").exists()


# --- email-sending ---------------------------------------------------------------------------------------


def test_a_mail_arrives_with_its_attachment(desk: Desk, data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data_dir.mkdir()
    (data_dir / "report.html").write_text("<p>hi</p>")
    payload = {
        "to": "ann@example.org",
        "from": "Reports <reports@example.net>",
        "subject": "The report",
        "body": "attached",
        "attachments": ["report.html", "sample:rocket.jpg"],
    }
    job_id = desk.ids.make(0, 0)

    with Mailbox(data_dir / "mail") as mailbox:
        monkeypatch.setenv("JOURNEYMAN_SMTP_URL", f"smtp://127.0.0.1:{mailbox.port}")
        results = [desk.run(email_sending, payload, attempt=attempt, job_id=job_id) for attempt in (1, 2)]

        expected = {"message_id": f"<{job_id}@example.net>", "accepted": ["ann@example.org"]}
        assert results == [expected, expected]
        for path in mailbox.messages():
            message = message_from_bytes(path.read_bytes(), policy=default)
            assert message["Message-ID"] == f"<{job_id}@example.net>"
            assert message["From"] == "Reports <reports@example.net>"
            assert [part.get_filename() for part in message.iter_attachments()] == ["report.html", "rocket.jpg"]


@pytest.mark.parametrize(
    "payload",
    [
        {"to": "ann@example.org\r\nBcc: victim@example.com", "subject": "s"},
        {"to": "ann@example.org", "subject": "s\nBcc: victim@example.com"},
        {"to": "ann@example.org", "subject": "s", "from": "a@b.org\nBcc: victim@example.com"},
        {"to": "ann@example.org", "subject": "s", "attachments": ["missing.html"]},
    ],
)
def test_a_mail_that_must_not_be_sent_fails_for_good(
    desk: Desk, data_dir: Path, monkeypatch: pytest.MonkeyPatch, payload: dict[str, object]
) -> None:
    with Mailbox(data_dir / "mail") as mailbox:
        monkeypatch.setenv("JOURNEYMAN_SMTP_URL", f"smtp://127.0.0.1:{mailbox.port}")

        with pytest.raises(UnusableInputError):
            desk.run(email_sending, payload)

        assert mailbox.messages() == []


@pytest.mark.parametrize("extra", [{"bcc": "b@example.org"}, {"from": 1}, {"from": ""}])
def test_an_unknown_or_malformed_mail_field_is_an_invalid_payload(desk: Desk, extra: dict[str, object]) -> None:
    with pytest.raises(jm.InvalidPayload):
        desk.run(email_sending, {"to": "ann@example.org", "subject": "s", **extra})


# --- synthetic -------------------------------------------------------------------------------------------


def test_nothing_asked_for_is_nothing_done(desk: Desk) -> None:
    assert desk.run(synthetic_job, {}) == {"echo": None, "attempt": 1}
    assert desk.said == []


def test_everything_asked_for_is_returned(desk: Desk) -> None:
    echo = {"any": ["json", 1.5, None]}

    result = desk.run(synthetic_job, {"echo": echo, "result_bytes": 5, "burn_ms": 1, "sleep_ms": 1}, attempt=3)

    assert result == {"echo": echo, "attempt": 3, "data": "xxxxx"}


def test_it_fails_as_often_as_told_and_then_succeeds(desk: Desk) -> None:
    for attempt in (1, 2):
        with pytest.raises(ToldToFailError, match="told to fail 2 times"):
            desk.run(synthetic_job, {"fail_times": 2}, attempt=attempt)

    assert desk.run(synthetic_job, {"fail_times": 2}, attempt=3) == {"echo": None, "attempt": 3}


def test_it_fails_for_good_when_told_to(desk: Desk) -> None:
    with pytest.raises(jm.Permanent):
        desk.run(synthetic_job, {"permanent": True}, attempt=9)


def test_steps_are_told_as_progress(desk: Desk) -> None:
    desk.run(synthetic_job, {"steps": 4})

    (attempt_first, *_) = desk.progress()
    assert (attempt_first.percent, attempt_first.message) == (25, "1 of 4")


CRASH = """
import sys
from pathlib import Path
from journeyman_worker.samples import synthetic_job
from unit.worker.samples.desk import Desk
print(Desk(Path(sys.argv[1])).run(synthetic_job, {"crash_times": 1, "fail_times": 1}, attempt=int(sys.argv[2])))
"""


def test_a_crash_kills_the_process_on_that_many_attempts_and_no_more(tmp_path: Path) -> None:
    tests = Path(__file__).parents[3]

    def attempted(number: int) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", CRASH, str(tmp_path), str(number)]
        return subprocess.run(
            command, env={"PYTHONPATH": str(tests)}, capture_output=True, text=True, timeout=60, check=False
        )

    killed, survived = attempted(1), attempted(2)

    assert (killed.returncode, killed.stdout) == (-9, "")
    assert survived.returncode == 0, survived.stderr
    assert msgspec.json.decode(survived.stdout.replace("'", '"').replace("None", "null"))["attempt"] == 2


# --- the mailbox by itself -------------------------------------------------------------------------------


def test_the_mailbox_runs_by_itself_until_it_is_told_to_end(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "journeyman_worker.samples.mailbox", "--directory", str(tmp_path), "--port", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as mailbox:
        assert mailbox.stderr is not None
        line = mailbox.stderr.readline()
        mailbox.terminate()
        rest = mailbox.stderr.read()

    assert line.startswith("mailbox: smtp://127.0.0.1:")
    assert (mailbox.returncode, rest) == (0, "")
