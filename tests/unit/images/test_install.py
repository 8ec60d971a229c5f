"""What the images leave out of boto3, and that the rest of it is enough."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import boto3
import botocore
import pytest

ROOT = Path(__file__).parents[3]

_USE = """
import boto3
session = boto3.Session(aws_access_key_id="x", aws_secret_access_key="x", region_name="eu-west-1")
for service in {services}:
    client = session.client(service)
    assert "amazonaws.com" in client.meta.endpoint_url, client.meta.endpoint_url
assert session.resource("sqs").meta.client.get_paginator("list_queues")
assert session.client("s3").get_paginator("list_objects_v2")
assert sorted(session.get_available_services()) == {services}
print(boto3.__file__)
"""


@pytest.fixture(scope="module")
def install() -> ModuleType:
    """Give the script that the images' build runs."""
    spec = importlib.util.spec_from_file_location("install", ROOT / "deploy/images/install.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_what_is_left_of_boto3_is_small_and_does_what_we_ask_of_it(install: ModuleType, tmp_path: Path) -> None:
    packages = tmp_path / "lib/python3.11/site-packages"
    for package in (boto3, botocore):
        folder = Path(package.__file__).parent
        shutil.copytree(folder, packages / folder.name, ignore=shutil.ignore_patterns("__pycache__"))

    install.strip(tmp_path)

    assert sum(path.stat().st_size for path in packages.rglob("*") if path.is_file()) < 7_000_000
    code = _USE.format(services=sorted(install.SERVICES))
    used = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": str(packages)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert used.returncode == 0, used.stderr
    assert used.stdout.startswith(str(packages))


def test_every_service_has_what_it_needs_for_amazon(install: ModuleType) -> None:
    lock = install.read_lock((ROOT / "requirements.lock").read_text())

    assert "aws" in install.EXTRAS
    wanted = {install.name_of(line) for line in install.requirements(install.project_in(ROOT / "shared"), {"aws"})}
    assert {"boto3", "botocore", "urllib3"} <= install.closure(lock, wanted)
