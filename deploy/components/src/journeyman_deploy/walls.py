"""Security groups: who may reach whom, as one table.

Groups name each other, never addresses, but for two doors: the load balancer's (80 and 443, to the networks that are
configured), and SSH from a bastion's network where one is configured. Each way in is a way out on the other side, and
there is no other: S3 is reached through its gateway, AWS's other services through their endpoints. Jobs and the machine
of observability may reach the web beyond (`REACH_THE_WEB`); all may, where an endpoint they need was left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
from pulumi_aws import ec2, vpc

from journeyman_deploy.stack import Stack

SERVICES = ("ingest", "scheduler", "worker", "autoscaler", "dashboard")
MACHINES = (*SERVICES, "observability")
GROUPS = (*MACHINES, "door", "valkey", "endpoints")
REACH_THE_WEB = ("worker", "observability")
#: Where each machine of a service answers: its API or page, /health/ready and /metrics.
SERVICE_PORT = 8080
OTLP_PORT = 4318
GRAFANA_PORT = 3000
VALKEY_PORT = 6379
HTTPS = 443
ANYWHERE = "0.0.0.0/0"


@dataclass(frozen=True)
class Way:
    """Who reaches whom, at which port."""

    source: str
    target: str
    port: int


def ways() -> list[Way]:
    """Return every way from one group to another."""
    return [
        *(Way("door", service, SERVICE_PORT) for service in ("ingest", "dashboard")),
        Way("door", "observability", GRAFANA_PORT),
        *(Way("observability", service, SERVICE_PORT) for service in SERVICES),
        *(Way(service, "observability", OTLP_PORT) for service in SERVICES),
        *(Way(service, "valkey", VALKEY_PORT) for service in SERVICES),
        *(Way(machine, "endpoints", HTTPS) for machine in MACHINES),
    ]


class Walls(pulumi.ComponentResource):
    """The groups of a network, and every rule. `ids` has a group's id by its name in `GROUPS`."""

    def __init__(
        self,
        stack: Stack,
        vpc_id: pulumi.Input[str],
        s3_prefix_list: pulumi.Input[str],
        *,
        clients: Sequence[str],
        bastions: Sequence[str],
        all_reach_the_web: bool,
    ) -> None:
        super().__init__("journeyman:network:Walls", stack.name("walls"))
        self._stack = stack
        self._inside = pulumi.ResourceOptions(parent=self)
        self.groups = {
            name: ec2.SecurityGroup(
                name,
                vpc_id=vpc_id,
                name=stack.name(name),
                description=f"Journeyman: {name}",
                tags=stack.tags(name),
                opts=self._inside,
            )
            for name in GROUPS
        }
        self.ids: dict[str, pulumi.Output[str]] = {name: group.id for name, group in self.groups.items()}
        for way in ways():
            self._open(way)
        for port in (80, HTTPS):
            for number, network in enumerate(clients):
                self._let_in("door", port, network, f"clients-{number}")
        for machine in MACHINES:
            for number, network in enumerate(bastions):
                self._let_in(machine, 22, network, f"bastions-{number}")
            self._let_out(machine, HTTPS, prefix_list=s3_prefix_list)
            if machine in REACH_THE_WEB or all_reach_the_web:
                self._let_out(machine, HTTPS, network=ANYWHERE)
            if machine in REACH_THE_WEB:
                self._let_out(machine, 80, network=ANYWHERE)

    def _open(self, way: Way) -> None:
        name = f"{way.source}-to-{way.target}-{way.port}"
        vpc.SecurityGroupIngressRule(
            name,
            security_group_id=self.ids[way.target],
            referenced_security_group_id=self.ids[way.source],
            ip_protocol="tcp",
            from_port=way.port,
            to_port=way.port,
            tags=self._stack.tags(name),
            opts=self._inside,
        )
        vpc.SecurityGroupEgressRule(
            name,
            security_group_id=self.ids[way.source],
            referenced_security_group_id=self.ids[way.target],
            ip_protocol="tcp",
            from_port=way.port,
            to_port=way.port,
            tags=self._stack.tags(name),
            opts=self._inside,
        )

    def _let_in(self, group: str, port: int, network: str, who: str) -> None:
        vpc.SecurityGroupIngressRule(
            f"{who}-to-{group}-{port}",
            security_group_id=self.ids[group],
            cidr_ipv4=network,
            ip_protocol="tcp",
            from_port=port,
            to_port=port,
            tags=self._stack.tags(f"{who}-to-{group}"),
            opts=self._inside,
        )

    def _let_out(
        self, group: str, port: int, *, network: str | None = None, prefix_list: pulumi.Input[str] | None = None
    ) -> None:
        to = "web" if network else "s3"
        vpc.SecurityGroupEgressRule(
            f"{group}-to-{to}-{port}",
            security_group_id=self.ids[group],
            cidr_ipv4=network,
            prefix_list_id=prefix_list,
            ip_protocol="tcp",
            from_port=port,
            to_port=port,
            tags=self._stack.tags(f"{group}-to-{to}"),
            opts=self._inside,
        )
