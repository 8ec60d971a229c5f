"""Environments as the programs in deploy/ declare them. Each is run once a session."""

from __future__ import annotations

import pytest

from support.aws import MotoServer
from support.pulumi_moto import MotoCloud
from support.pulumi_programs import ImaginedCloud, Land


@pytest.fixture(scope="session")
def production() -> Land:
    """Give production: SSH for nobody, jobs through Redis."""
    return Land("production", ImaginedCloud()).run()


@pytest.fixture(scope="session")
def staging() -> Land:
    """Give staging: smaller, jobs through SQS, no endpoint but that of S3, workers that come and go entirely."""
    return Land("staging", ImaginedCloud()).run()


@pytest.fixture(scope="session")
def made(aws: MotoServer) -> tuple[Land, MotoCloud]:
    """Give production with SQS besides, which came into being in moto."""
    cloud = MotoCloud(aws)
    changes = {"network": {"certificate": cloud.certificate}, "redis": {"transport": "sqs"}}
    land = Land("production", cloud, changes).run()
    cloud.settle()
    return land, cloud
