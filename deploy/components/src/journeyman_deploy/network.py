"""The network: three zones, each with a public and a private subnet, and a way out for the private ones.

The load balancer and NAT stand in the public subnets, everything else in the private ones. One NAT gateway serves all
zones, or there is one in each: a zone that is away then takes nobody else's way out along.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

import pulumi
from pulumi_aws import ec2

from journeyman_deploy.stack import Stack

NETWORK = ipaddress.IPv4Network("10.0.0.0/16")
ZONES = 3


def subnet(zone: int, *, public: bool) -> str:
    """Return a zone's subnet: a /24 for what is public, a /20 for machines."""
    if public:
        return str(list(NETWORK.subnets(new_prefix=24))[zone])
    return str(list(NETWORK.subnets(new_prefix=20))[zone + 1])


class Network(pulumi.ComponentResource):
    """VPC, subnets, routes and NAT in three zones; `nat_gateways` is 1 or 3."""

    def __init__(self, stack: Stack, zones: Sequence[str], nat_gateways: int) -> None:
        super().__init__("journeyman:network:Network", stack.name("network"))
        self._stack = stack
        self._inside = pulumi.ResourceOptions(parent=self)
        self.vpc = ec2.Vpc(
            "vpc",
            cidr_block=str(NETWORK),
            enable_dns_hostnames=True,
            enable_dns_support=True,
            tags=stack.tags("vpc"),
            opts=self._inside,
        )
        # Whatever names no group gets this one, which reaches nobody and is reached by nobody.
        ec2.DefaultSecurityGroup("default", vpc_id=self.vpc.id, tags=stack.tags("unused"), opts=self._inside)
        internet = ec2.InternetGateway("internet", vpc_id=self.vpc.id, tags=stack.tags("internet"), opts=self._inside)
        self.public = [self._subnet(number, zone, public=True) for number, zone in enumerate(zones)]
        self.private = [self._subnet(number, zone, public=False) for number, zone in enumerate(zones)]
        outwards = self._table("public", gateway_id=internet.id)
        for number, each in enumerate(self.public):
            self._route(f"public-{number}", each, outwards)
        nats = [self._nat(number, internet) for number in range(nat_gateways)]
        self.private_tables = [self._table(f"private-{n}", nat_gateway_id=nat.id) for n, nat in enumerate(nats)]
        for number, each in enumerate(self.private):
            self._route(f"private-{number}", each, self.private_tables[number % len(nats)])

    def _subnet(self, number: int, zone: str, *, public: bool) -> ec2.Subnet:
        kind = "public" if public else "private"
        return ec2.Subnet(
            f"{kind}-{number}",
            vpc_id=self.vpc.id,
            cidr_block=subnet(number, public=public),
            availability_zone=zone,
            map_public_ip_on_launch=False,
            tags=self._stack.tags(f"{kind}-{zone}", subnet=kind),
            opts=self._inside,
        )

    def _nat(self, number: int, internet: ec2.InternetGateway) -> ec2.NatGateway:
        address = ec2.Eip(
            f"nat-{number}", domain="vpc", tags=self._stack.tags(f"nat-{number}"), opts=self._after(internet)
        )
        return ec2.NatGateway(
            f"nat-{number}",
            subnet_id=self.public[number].id,
            allocation_id=address.id,
            tags=self._stack.tags(f"nat-{number}"),
            opts=self._after(internet),
        )

    def _after(self, first: pulumi.Resource) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(parent=self, depends_on=[first])

    def _table(
        self, name: str, *, gateway_id: pulumi.Input[str] | None = None, nat_gateway_id: pulumi.Input[str] | None = None
    ) -> ec2.RouteTable:
        table = ec2.RouteTable(name, vpc_id=self.vpc.id, tags=self._stack.tags(name), opts=self._inside)
        ec2.Route(
            name,
            route_table_id=table.id,
            destination_cidr_block="0.0.0.0/0",
            gateway_id=gateway_id,
            nat_gateway_id=nat_gateway_id,
            opts=self._inside,
        )
        return table

    def _route(self, name: str, of: ec2.Subnet, table: ec2.RouteTable) -> None:
        ec2.RouteTableAssociation(name, subnet_id=of.id, route_table_id=table.id, opts=self._inside)
