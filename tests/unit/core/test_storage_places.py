"""Where bytes are kept outside the log: what a URL may say."""

from __future__ import annotations

import pytest

from journeyman.errors import SettingsError
from journeyman.settings import load
from journeyman.storage_places import FilePlace, S3Place, place_of


def test_a_url_names_a_directory_or_a_prefix_of_a_bucket() -> None:
    assert place_of("file:///with%20space/x", "URL") == FilePlace("/with space/x")
    assert place_of("s3://bucket/some/prefix/", "URL") == S3Place("bucket", "some/prefix")
    assert str(place_of("s3://bucket/prefix", "URL")) == "s3://bucket/prefix"


@pytest.mark.parametrize(
    "url",
    [
        "file://host/directory",
        "file:///",
        "s3://bucket",
        "s3://bucket/",
        "s3://bucket/../other",
        "s3://bucket/a//b",
        "s3://key:secret@bucket/prefix",
        "s3://Bucket/prefix",
        "s3://bucket/prefix?region=x",
        "ftp://bucket/prefix",
        "bucket/prefix",
    ],
)
def test_anything_else_is_a_wrong_setting_that_is_not_repeated(url: str) -> None:
    with pytest.raises(SettingsError, match=r"^URL: expected") as caught:
        place_of(url, "URL")
    assert "secret" not in str(caught.value)


def test_a_place_holds_itself_and_what_is_within_it_and_nothing_that_merely_begins_alike() -> None:
    place = S3Place("bucket", "a/b")

    assert [place.holds(other) for other in (place, place.below("c"))] == [True, True]
    assert not any(place.holds(other) for other in (S3Place("bucket", "a/bc"), S3Place("other", "a/b")))


def test_an_archive_is_not_kept_where_blobs_are_dropped_by_age() -> None:
    both = {"JOURNEYMAN_BLOB_URL": "s3://bucket/jm", "JOURNEYMAN_ARCHIVE_URL": "s3://bucket/jm"}
    load(both)

    with pytest.raises(SettingsError, match="another prefix"):
        load({**both, "JOURNEYMAN_NAMESPACE": "payloads"})


def test_blobs_are_not_dropped_before_the_log_is_trimmed() -> None:
    load({"JOURNEYMAN_BLOB_RETENTION_DAYS": "7"})

    with pytest.raises(SettingsError, match="RETENTION_DAYS"):
        load({"JOURNEYMAN_BLOB_RETENTION_DAYS": "6"})
