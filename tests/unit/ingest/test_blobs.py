"""The blob store: exactly these bytes come back, or an error."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
import pytest

from journeyman.blobs import FileBlobStore, open_blobs
from journeyman.errors import BlobMissingError, ServerRefusedError, SettingsError
from journeyman.settings import Settings


def test_what_was_put_comes_back(tmp_path: Path) -> None:
    store = FileBlobStore(tmp_path / "not" / "yet" / "there")
    blob = store.put(b"x" * 100_000)
    assert blob.size == 100_000
    assert store.get(blob) == b"x" * 100_000


def test_the_same_bytes_are_kept_once_and_renewed(tmp_path: Path) -> None:
    store = FileBlobStore(tmp_path)
    blob = store.put(b"same")
    os.utime(tmp_path / blob.key, (1, 1))
    assert store.put(b"same") == blob
    assert (tmp_path / blob.key).stat().st_mtime > 1
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 1


def test_a_file_cut_short_is_written_again(tmp_path: Path) -> None:
    store = FileBlobStore(tmp_path)
    blob = store.put(b"whole")
    (tmp_path / blob.key).write_bytes(b"wh")
    with pytest.raises(BlobMissingError):
        store.get(blob)
    store.put(b"whole")
    assert store.get(blob) == b"whole"


def test_other_bytes_are_not_given_for_those_stored(tmp_path: Path) -> None:
    store = FileBlobStore(tmp_path)
    blob = store.put(b"right")
    (tmp_path / blob.key).write_bytes(b"wrong")
    with pytest.raises(BlobMissingError):
        store.get(blob)


@pytest.mark.parametrize("key", ["", "../../etc/passwd", "/etc/passwd", "ab/" + "0" * 64, "ab/" + "0" * 64 + "\n"])
def test_a_key_leads_to_a_blob_or_nowhere(tmp_path: Path, key: str) -> None:
    store = FileBlobStore(tmp_path)
    with pytest.raises(BlobMissingError):
        store.get(msgspec.structs.replace(store.put(b"x"), key=key))


def test_a_directory_that_cannot_be_written_is_a_refusal(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ServerRefusedError):
        FileBlobStore(tmp_path / "file").put(b"x")


def test_the_settings_say_where(tmp_path: Path) -> None:
    def store(**settings: str) -> FileBlobStore:
        opened = open_blobs(Settings(**settings))  # type: ignore[arg-type]
        assert isinstance(opened, FileBlobStore)
        return opened

    assert store(data_dir=str(tmp_path)).directory == tmp_path / "blobs"
    assert store(blob_url="file:///with%20space/x").directory == Path("/with space/x")
    with pytest.raises(SettingsError):
        store(blob_url="file:///")
    with pytest.raises(SettingsError):
        store(blob_url="ftp://bucket/prefix")
