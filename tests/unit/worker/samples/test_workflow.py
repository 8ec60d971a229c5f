"""The demo: what ingest would take, on files that are there."""

from __future__ import annotations

import msgspec
import pytest

import journeyman_worker.samples as jobs
from journeyman.submission import parse_batch
from journeyman_worker.samples import files
from journeyman_worker.samples.workflow import workflow

ACTORS = {
    job.actor_name: job
    for job in (
        jobs.data_processing,
        jobs.email_sending,
        jobs.image_processing,
        jobs.report_generation,
        jobs.synthetic_job,
    )
}


def test_the_demo_is_a_valid_batch_whose_payloads_fit_their_jobs() -> None:
    batch = workflow("/tmp/out")

    requests = parse_batch(msgspec.json.encode({"jobs": batch}))

    assert 12 <= len(requests) <= 20
    assert {request.type for request in requests} == set(ACTORS)
    assert len({request.priority for request in requests}) > 2
    for request in requests:
        ACTORS[request.type].binding.arguments(bytes(request.payload))


def test_the_report_waits_for_tables_and_pictures_and_the_mail_for_the_report() -> None:
    batch = {job["ref"]: job for job in workflow("/tmp/out") if "ref" in job}

    parents = [batch[parent.removeprefix("ref:")]["type"] for parent in batch["report"]["depends_on"]]
    assert {"data-processing", "image-processing"} == set(parents)
    assert batch["mail"]["depends_on"] == ["ref:report"]
    assert batch["mail"]["payload"]["attachments"] == [batch["report"]["payload"]["output"]]


def test_everything_the_demo_writes_goes_to_its_folder() -> None:
    for job in workflow("/tmp/out"):
        for field in ("output", "output_dir"):
            assert job["payload"].get(field, "/tmp/out/").startswith("/tmp/out/")


def test_every_sample_file_is_small_and_its_source_and_licence_are_told() -> None:
    sources = (files.SAMPLES / "SOURCES.md").read_text()
    samples = [path for path in files.SAMPLES.iterdir() if path.name != "SOURCES.md"]

    assert sum(path.stat().st_size for path in samples) <= 2 << 20
    for path in samples:
        (row,) = [line for line in sources.splitlines() if line.startswith(f"| `{path.name}` ")]
        assert "CC0" in row or "public domain" in row


@pytest.mark.parametrize(
    ("type_", "payload"),
    [
        ("synthetic", {"sleep_ms": -1}),
        ("synthetic", {"burn_ms": -1}),
        ("synthetic", {"steps": -1}),
        ("synthetic", {"fail_times": -1}),
        ("synthetic", {"crash_times": -1}),
        ("synthetic", {"result_bytes": -1}),
        ("synthetic", {"result_bytes": 1 << 40}),
        ("synthetic", {"sleep_ms": "1"}),
        ("synthetic", {"permanent": 1}),
        ("synthetic", {"sleep": 1}),
        ("data-processing", {"path": "a.csv"}),
        ("data-processing", {"path": "a.csv", "aggregate": {}}),
        ("data-processing", {"path": "a.csv", "aggregate": {"n": []}}),
        ("data-processing", {"path": "a.csv", "aggregate": {"n": ["median"]}}),
        ("data-processing", {"path": "", "aggregate": {"n": ["sum"]}}),
        ("image-processing", {"path": "a.png"}),
        ("image-processing", {"path": "a.png", "output_dir": "o", "sizes": [0]}),
        ("image-processing", {"path": "a.png", "output_dir": "o", "sizes": []}),
        ("image-processing", {"path": "a.png", "output_dir": "o", "formats": ["exe"]}),
        ("report-generation", {"title": "t"}),
        ("email-sending", {"to": [], "subject": "s"}),
        ("email-sending", {"subject": "s"}),
    ],
)
def test_a_payload_that_does_not_fit_is_refused_before_the_job_runs(type_: str, payload: dict[str, object]) -> None:
    from journeyman_worker import InvalidPayload

    with pytest.raises(InvalidPayload):
        ACTORS[type_].binding.arguments(msgspec.json.encode(payload))
