"""What the settings of EC2 refuse."""

from __future__ import annotations

import pytest

from journeyman.errors import SettingsError
from journeyman.settings import load


def refused(**settings: str) -> str:
    with pytest.raises(SettingsError) as raised:
        load({f"JOURNEYMAN_{name.upper()}": value for name, value in settings.items()})
    return str(raised.value)


def test_the_provider_ec2_needs_a_group() -> None:
    assert refused(autoscaler_provider="ec2") == (
        "JOURNEYMAN_AUTOSCALER_PROVIDER: ec2 scales an Auto Scaling group; name it in JOURNEYMAN_AUTOSCALING_GROUP"
    )
    assert load({"JOURNEYMAN_AUTOSCALER_PROVIDER": "ec2", "JOURNEYMAN_AUTOSCALING_GROUP": "workers"})


def test_a_hook_needs_the_group_that_it_is_of() -> None:
    assert "name that too, in JOURNEYMAN_AUTOSCALING_GROUP" in refused(lifecycle_hook="drain")


@pytest.mark.parametrize("namespace", ["AWS/EC2", "", "a b", "ä"])
def test_namespaces_that_cloudwatch_would_refuse_are_refused(namespace: str) -> None:
    assert refused(cloudwatch_namespace=namespace).startswith("JOURNEYMAN_CLOUDWATCH_NAMESPACE")


@pytest.mark.parametrize("url", ["169.254.169.254", "https://169.254.169.254", "http://user@host", "http://host/path"])
def test_the_metadata_service_is_named_by_a_plain_address(url: str) -> None:
    assert refused(instance_metadata_url=url).startswith("JOURNEYMAN_INSTANCE_METADATA_URL")


def test_nothing_asks_for_metadata_unless_told_to() -> None:
    assert load({}).instance_metadata == "off"
