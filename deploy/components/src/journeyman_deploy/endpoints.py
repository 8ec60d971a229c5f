"""Private ways to AWS's own services: S3 through a gateway that costs nothing, others through interfaces.

An interface is paid for by hour and zone. Which there are, and in how many zones, is configuration; what has none is
reached through NAT, and then every machine needs a way to the web (see walls.py).
"""

from __future__ import annotations

from collections.abc import Sequence

import pulumi
from pulumi_aws import ec2

from journeyman_deploy.network import Network
from journeyman_deploy.stack import ConfigError, Stack

INTERFACES = (
    "autoscaling",
    "ec2",
    "ec2messages",
    "ecr.api",
    "ecr.dkr",
    "logs",
    "monitoring",
    "secretsmanager",
    "sqs",
    "ssm",
    "ssmmessages",
)


def chosen(wanted: Sequence[str]) -> list[str]:
    """Return the interfaces that are wanted. Raises ConfigError for unknown ones."""
    if unknown := sorted(set(wanted) - set(INTERFACES)):
        raise ConfigError(f"no such endpoints: {', '.join(unknown)}; there are {', '.join(INTERFACES)}")
    return [name for name in INTERFACES if name in wanted]


class Endpoints(pulumi.ComponentResource):
    """The gateway of S3, and an interface of each name in the subnets of so many zones."""

    def __init__(self, stack: Stack, network: Network, region: str) -> None:
        super().__init__("journeyman:network:Endpoints", stack.name("endpoints"))
        self._stack, self._network, self._region = stack, network, region
        self.s3 = ec2.VpcEndpoint(
            "s3",
            vpc_id=network.vpc.id,
            service_name=f"com.amazonaws.{region}.s3",
            vpc_endpoint_type="Gateway",
            route_table_ids=[table.id for table in network.private_tables],
            tags=stack.tags("s3"),
            opts=pulumi.ResourceOptions(parent=self),
        )

    def open(self, names: Sequence[str], zones: int, group: pulumi.Input[str]) -> None:
        """Make the interfaces; their security group is `group`."""
        for name in names:
            ec2.VpcEndpoint(
                name,
                vpc_id=self._network.vpc.id,
                service_name=f"com.amazonaws.{self._region}.{name}",
                vpc_endpoint_type="Interface",
                subnet_ids=[each.id for each in self._network.private[:zones]],
                security_group_ids=[group],
                private_dns_enabled=True,
                tags=self._stack.tags(name),
                opts=pulumi.ResourceOptions(parent=self),
            )
