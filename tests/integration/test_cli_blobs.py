"""`journeyman blobs lifecycle` on a bucket that has rules already."""

from __future__ import annotations

from typing import Any

import pytest

from journeyman.cli.__main__ import main
from support.aws import MotoServer


def rules_of(aws: MotoServer, bucket: str) -> dict[str, dict[str, Any]]:
    found = aws.client("s3").get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
    return {rule["ID"]: rule for rule in found}


@pytest.fixture
def bucket(aws: MotoServer, aws_environ: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> str:
    """Give a bucket that the settings name for blobs and archive."""
    bucket = aws.bucket()
    monkeypatch.setenv("JOURNEYMAN_BLOB_URL", f"s3://{bucket}/jm")
    monkeypatch.setenv("JOURNEYMAN_ARCHIVE_URL", f"s3://{bucket}/archive")
    monkeypatch.setenv("JOURNEYMAN_BLOB_RETENTION_DAYS", "30")
    return bucket


def test_rules_are_shown_and_only_made_when_that_is_asked_for(
    aws: MotoServer, bucket: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["blobs", "lifecycle"]) == 1

    shown = capsys.readouterr()
    assert '"Prefix": "jm/payloads/"' in shown.out
    assert "make them with --apply" in shown.err
    with pytest.raises(aws.client("s3").exceptions.ClientError, match="NoSuchLifecycleConfiguration"):
        rules_of(aws, bucket)


def test_rules_are_made_beside_those_of_others_and_once(
    aws: MotoServer, bucket: str, capsys: pytest.CaptureFixture[str]
) -> None:
    theirs = {"ID": "theirs", "Filter": {"Prefix": "logs/"}, "Status": "Enabled", "Expiration": {"Days": 3}}
    aws.client("s3").put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": [theirs]})

    assert main(["blobs", "lifecycle", "--apply"]) == 0
    assert "beside 1 others" in capsys.readouterr().err
    made = rules_of(aws, bucket)
    assert made.pop("theirs") == theirs
    assert set(made) == {
        "journeyman-uploads:jm/",
        "journeyman-uploads:archive/",
        "journeyman-age:jm/payloads/",
        "journeyman-age:jm/results/",
    }

    assert main(["blobs", "lifecycle"]) == 0
    assert "the rules are there" in capsys.readouterr().err


def test_a_rule_that_would_drop_the_archive_is_told(
    aws: MotoServer, bucket: str, capsys: pytest.CaptureFixture[str]
) -> None:
    all_ = {"ID": "all", "Filter": {"Prefix": ""}, "Status": "Enabled", "Expiration": {"Days": 30}}
    aws.client("s3").put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": [all_]})

    assert main(["blobs", "lifecycle", "--apply"]) == 1

    assert "Danger: the rule all of the bucket" in capsys.readouterr().err


def test_without_a_bucket_there_is_nothing_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["blobs", "lifecycle"]) == 0
    assert "Neither" in capsys.readouterr().err
