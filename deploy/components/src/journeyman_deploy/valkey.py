"""ElastiCache for Valkey: the server of the log.

A primary and at least one replica in other zones, TLS, encryption at rest, a user for each service, nothing evicted.
There is no append-only file on such a group: services promise `replica`, an answer after a replica has it. With
`durable` the group keeps a log of its own over several zones and answers when that has the write; it is then a
cluster (of one shard), and needs Valkey 9.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pulumi
from pulumi_aws import elasticache

from journeyman_deploy.stack import Stack
from journeyman_deploy.valkey_rights import access_strings
from journeyman_deploy.walls import VALKEY_PORT

RIGHTS = Path(__file__).parents[3] / "valkey"


class Users(pulumi.ComponentResource):
    """A user for each service and one for the operator, and the group of them."""

    def __init__(self, stack: Stack, namespace: str, passwords: Mapping[str, Sequence[pulumi.Input[str]]]) -> None:
        super().__init__("journeyman:redis:Users", stack.name("users"))
        inside = pulumi.ResourceOptions(parent=self, additional_secret_outputs=["passwords"])
        rights = access_strings((RIGHTS / "users.acl").read_text(), (RIGHTS / "start.sh").read_text(), namespace)
        users = [
            elasticache.User(
                name,
                user_id=stack.name(name),
                user_name=name,
                engine="valkey",
                access_string=access,
                passwords=list(passwords[name]),
                tags=stack.tags(name),
                opts=inside,
            )
            for name, access in rights.items()
        ]
        self.group = elasticache.UserGroup(
            "users",
            engine="valkey",
            user_group_id=stack.name("users"),
            user_ids=[user.user_id for user in users],
            tags=stack.tags("users"),
            opts=pulumi.ResourceOptions(parent=self),
        )


class Valkey(pulumi.ComponentResource):
    """The replication group. `host` and `scheme` are what URLs of it are made of."""

    def __init__(
        self,
        stack: Stack,
        *,
        subnets: pulumi.Input[Sequence[pulumi.Input[str]]],
        group: pulumi.Input[str],
        users: Users,
        topic: pulumi.Input[str],
        node_type: str,
        nodes: int,
        durable: bool,
    ) -> None:
        super().__init__("journeyman:redis:Valkey", stack.name("valkey"))
        inside = pulumi.ResourceOptions(parent=self)
        self.id = stack.name("log")
        self.nodes = [f"{self.id}-{number:03}" for number in range(1, nodes + 1)]
        if durable:
            self.nodes = [f"{self.id}-0001-{number:03}" for number in range(1, nodes + 1)]
        placed = elasticache.SubnetGroup(
            "log",
            name=self.id,
            description="Journeyman: the log",
            subnet_ids=subnets,
            tags=stack.tags("log"),
            opts=inside,
        )
        kept = self._parameters(stack, durable=durable)
        self.server = elasticache.ReplicationGroup(
            "log",
            replication_group_id=self.id,
            description="Journeyman: the log",
            engine="valkey",
            engine_version="9.0" if durable else "8.1",
            node_type=node_type,
            port=VALKEY_PORT,
            num_cache_clusters=None if durable else nodes,
            num_node_groups=1 if durable else None,
            replicas_per_node_group=nodes - 1 if durable else None,
            durability="sync" if durable else None,
            multi_az_enabled=True,
            automatic_failover_enabled=True,
            transit_encryption_enabled=True,
            transit_encryption_mode="required",
            at_rest_encryption_enabled=True,
            user_group_ids=[users.group.user_group_id],
            subnet_group_name=placed.name,
            parameter_group_name=kept.name,
            security_group_ids=[group],
            notification_topic_arn=topic,
            snapshot_retention_limit=7,
            snapshot_window="03:00-04:00",
            maintenance_window="sun:04:30-sun:05:30",
            auto_minor_version_upgrade=True,
            final_snapshot_identifier=f"{self.id}-final",
            tags=stack.tags("log"),
            opts=pulumi.ResourceOptions(parent=self, protect=stack.flag("protect", default=True)),
        )
        self.scheme = "rediss+cluster" if durable else "rediss"
        self.host: pulumi.Output[str] = (
            self.server.configuration_endpoint_address if durable else self.server.primary_endpoint_address
        )

    def _parameters(self, stack: Stack, *, durable: bool) -> elasticache.ParameterGroup:
        wanted = {"maxmemory-policy": "noeviction"} | ({"cluster-enabled": "yes"} if durable else {})
        family = "valkey9" if durable else "valkey8"
        return elasticache.ParameterGroup(
            "log",
            name=f"{self.id}-{family}",
            family=family,
            description="Journeyman: nothing is evicted",
            parameters=[{"name": name, "value": value} for name, value in wanted.items()],
            tags=stack.tags("log"),
            opts=pulumi.ResourceOptions(parent=self),
        )

    def url(self, user: str, password: pulumi.Input[str]) -> pulumi.Output[str]:
        """Return the URL of the log for a user, a secret."""
        end = "" if self.scheme == "rediss+cluster" else "/0"
        return pulumi.Output.secret(
            pulumi.Output.concat(f"{self.scheme}://{user}:", password, "@", self.host, f":{VALKEY_PORT}{end}")
        )
