"""Auto Scaling groups in moto: made by real calls, looked at by real calls."""

from __future__ import annotations

import contextlib
import functools
from typing import Any

from botocore.exceptions import ClientError
from botocore.parsers import ResponseParserError

from support.aws import MotoServer

DESCRIBED_AGAIN = 5


@functools.lru_cache(maxsize=1)
def _image(aws: MotoServer) -> str:
    """Return the id of some image that moto knows; it tells of hundreds, which takes a while."""
    image: str = aws.client("ec2").describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
    return image


class ScalingGroup:
    """One group of moto's. Its instances are pretended; they are in service at once, and gone at once."""

    def __init__(self, aws: MotoServer, *, least: int = 0, most: int = 10, wanted: int = 0) -> None:
        self.name = aws.unique("workers")
        self.calls: Any = aws.client("autoscaling")
        self.calls.create_launch_configuration(
            LaunchConfigurationName=self.name, ImageId=_image(aws), InstanceType="t3.micro"
        )
        self.calls.create_auto_scaling_group(
            AutoScalingGroupName=self.name,
            LaunchConfigurationName=self.name,
            MinSize=least,
            MaxSize=most,
            DesiredCapacity=wanted,
            AvailabilityZones=["eu-west-1a"],
        )

    def described(self) -> Any:
        """Return what AWS says of it. moto does not when the group changes just then, and is asked again."""
        for _ in range(DESCRIBED_AGAIN):
            with contextlib.suppress(ResponseParserError, ClientError):
                return self._describe()
        return self._describe()

    def _describe(self) -> Any:
        (group,) = self.calls.describe_auto_scaling_groups(AutoScalingGroupNames=[self.name])["AutoScalingGroups"]
        return group

    def instances(self) -> set[str]:
        """Return the ids of its instances."""
        return {each["InstanceId"] for each in self.described()["Instances"]}

    def protected(self) -> set[str]:
        """Return those that are protected from scale-in."""
        return {each["InstanceId"] for each in self.described()["Instances"] if each["ProtectedFromScaleIn"]}

    def wanted(self) -> int:
        """Return its desired capacity."""
        return int(self.described()["DesiredCapacity"])
