"""Every blob store: exactly these bytes come back, or an error that says what is so."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import pytest

from journeyman.blobs import Kind
from journeyman.errors import BlobMissingError, ServerRefusedError
from support.blob_stores import InBucket, InFiles, Kept


@pytest.fixture(params=["files", "bucket"])
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> Kept:
    """Give each store in turn, empty."""
    if request.param == "files":
        return InFiles(tmp_path)
    request.getfixturevalue("aws_environ")
    return InBucket(request.getfixturevalue("aws"))


@pytest.mark.parametrize("kind", ["payloads", "results", "snapshots"])
def test_what_was_put_comes_back(kept: Kept, kind: Kind) -> None:
    for size in (0, 1, 100_000, 20_000_000):
        data = (b"0123456789abcdef" * (size // 16 + 1))[:size]

        blob = kept.store.put(data, kind)

        assert blob.size == size
        assert kept.store.get(blob) == data


def test_the_same_bytes_are_kept_once(kept: Kept) -> None:
    assert kept.store.put(b"same") == kept.store.put(b"same")
    assert kept.count() == 1


def test_many_who_put_the_same_bytes_at_once_all_succeed(kept: Kept) -> None:
    with ThreadPoolExecutor(8) as threads:
        blobs = set(threads.map(lambda _: kept.store.put(b"the same" * 10_000), range(24)))

    assert len(blobs) == kept.count() == 1
    assert kept.store.get(blobs.pop()) == b"the same" * 10_000


def test_bytes_cut_short_are_an_error_and_are_written_again(kept: Kept) -> None:
    blob = kept.store.put(b"whole")
    kept.overwrite(blob, b"wh")

    with pytest.raises(BlobMissingError, match="not what was stored"):
        kept.store.get(blob)
    kept.store.put(b"whole")
    assert kept.store.get(blob) == b"whole"


def test_other_bytes_are_not_given_for_those_stored(kept: Kept) -> None:
    blob = kept.store.put(b"right")
    kept.overwrite(blob, b"wrong")

    with pytest.raises(BlobMissingError, match="not what was stored"):
        kept.store.get(blob)


def test_bytes_that_are_gone_are_missing_until_they_are_put_again(kept: Kept) -> None:
    blob = kept.store.put(b"gone")
    kept.remove(blob)

    with pytest.raises(BlobMissingError, match=blob.key):
        kept.store.get(blob)
    kept.store.put(b"gone")
    assert kept.store.get(blob) == b"gone"


def test_what_is_discarded_is_gone_and_may_be_discarded_again(kept: Kept) -> None:
    blob = kept.store.put(b"x")

    kept.store.discard(blob)
    kept.store.discard(blob)

    assert kept.count() == 0


def test_a_key_leads_to_a_blob_or_nowhere(kept: Kept) -> None:
    nowhere = f"ab/{'0' * 64}"

    for key in ("", "../../etc/passwd", "/etc/passwd", nowhere, f"others/{nowhere}", f"{nowhere}\n"):
        with pytest.raises(BlobMissingError):
            kept.store.get(msgspec.structs.replace(kept.store.put(b"x"), key=key))


def test_a_place_that_is_gone_refuses_what_it_is_given(kept: Kept) -> None:
    kept.ruin()

    with pytest.raises(ServerRefusedError):
        kept.store.put(b"x")


def test_what_was_kept_in_files_is_found_in_a_bucket_that_it_was_copied_into(
    aws_environ: dict[str, str], tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    files, bucket = InFiles(tmp_path), InBucket(request.getfixturevalue("aws"))
    blob = files.store.put(b"moved")
    bucket.overwrite(blob, files.store.get(blob))

    assert bucket.store.get(blob) == b"moved"
