"""A role for the machines of one service, and the instance profile that hands it to them."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pulumi
from pulumi_aws import iam

from journeyman_deploy.rights import Right, document
from journeyman_deploy.stack import Stack

INSTANCES_ALONE = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}],
    }
)


class MachineRole(pulumi.ComponentResource):
    """A role with exactly these rights, and `further` ones known later; instances alone may take it."""

    def __init__(
        self,
        stack: Stack,
        service: str,
        rights: Sequence[Right],
        further: pulumi.Output[list[Right]] | None = None,
    ) -> None:
        super().__init__("journeyman:service:MachineRole", stack.name(service))
        inside = pulumi.ResourceOptions(parent=self)
        self.role = iam.Role(
            service,
            name=stack.name(service),
            description=f"Journeyman: the machines of {service}",
            assume_role_policy=INSTANCES_ALONE,
            tags=stack.tags(service),
            opts=inside,
        )
        more_rights = further if further is not None else pulumi.Output.from_input(list[Right]())
        written: pulumi.Output[str] = more_rights.apply(
            lambda more: pulumi.Output.json_dumps(document([*rights, *more]))
        )
        policy = iam.RolePolicy(
            service,
            name="rights",
            role=self.role.name,
            policy=written,
            opts=inside,
        )
        # Machines that start before their rights are there fail to fetch anything.
        self.profile = iam.InstanceProfile(
            service,
            name=stack.name(service),
            role=self.role.name,
            tags=stack.tags(service),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[policy]),
        )
