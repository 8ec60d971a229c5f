"""A group of machines: launch template, Auto Scaling group, hooks, rolling update.

A machine is in service when the service on it says it is ready (its launch hook), so that an update never replaces
what works by what does not; where the new ones never get ready, the group goes back by itself. Machines of workers
leave through a second hook: they drain first.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
from pulumi_aws import autoscaling, ec2

from journeyman_deploy.stack import Stack

LAUNCHING = "autoscaling:EC2_INSTANCE_LAUNCHING"
TERMINATING = "autoscaling:EC2_INSTANCE_TERMINATING"
#: How long a machine may take from its start to being ready: more than cloud_init.PATIENCE_S.
LAUNCH_S = 600
METRICS = ("GroupDesiredCapacity", "GroupInServiceInstances", "GroupPendingInstances", "GroupTerminatingInstances")


@dataclass(frozen=True)
class Shape:
    """How many machines, of what kind. `spot_percent`: of those beyond `minimum`. `alone`: never two at once."""

    instance_types: tuple[str, ...]
    minimum: int
    maximum: int
    disk_gb: int = 20
    spot_percent: int = 0
    alone: bool = False
    #: Somebody else says how many there are, between the bounds.
    scaled: bool = False
    #: Seconds a machine may take to drain before it goes; 0: it goes at once.
    drain_s: int = 0


@dataclass(frozen=True)
class Placing:
    """Where machines stand, and as whom."""

    image_id: pulumi.Input[str]
    subnets: pulumi.Input[Sequence[pulumi.Input[str]]]
    security_group: pulumi.Input[str]
    profile_arn: pulumi.Input[str]
    key_name: str = ""


class Fleet(pulumi.ComponentResource):
    """The group. `drain_hook`: the hook at which leaving machines wait, where `shape.drain_s` asks for one."""

    def __init__(
        self,
        stack: Stack,
        name: str,
        shape: Shape,
        placing: Placing,
        user_data: pulumi.Input[str],
        target_groups: Sequence[pulumi.Input[str]] = (),
    ) -> None:
        super().__init__("journeyman:service:Fleet", stack.name(name))
        self._stack, self._name, self._shape = stack, name, shape
        self.drain_hook = stack.name(f"{name}-drain") if shape.drain_s else ""
        template = self._template(placing, user_data)
        desired = max(shape.minimum, 0 if shape.scaled else 1)
        self.group = autoscaling.Group(
            name,
            name=stack.name(name),
            min_size=shape.minimum,
            max_size=shape.maximum,
            desired_capacity=desired,
            vpc_zone_identifiers=placing.subnets,
            launch_template=None if shape.spot_percent else {"id": template.id, "version": _version(template)},
            mixed_instances_policy=self._mixed(template) if shape.spot_percent else None,
            capacity_rebalance=True if shape.spot_percent else None,
            target_group_arns=list(target_groups),
            health_check_type="ELB" if target_groups else "EC2",
            health_check_grace_period=60,
            default_instance_warmup=30,
            initial_lifecycle_hooks=[
                {
                    "name": ready_hook(stack, name),
                    "lifecycle_transition": LAUNCHING,
                    "heartbeat_timeout": LAUNCH_S,
                    "default_result": "ABANDON",
                }
            ],
            instance_refresh=self._refresh(),
            enabled_metrics=[autoscaling.Metric(metric) for metric in METRICS],
            termination_policies=["OldestLaunchTemplate", "OldestInstance"],
            wait_for_capacity_timeout="15m",
            tags=[
                {"key": key, "value": value, "propagate_at_launch": True}
                for key, value in stack.tags(name, service=name).items()
            ],
            opts=pulumi.ResourceOptions(
                parent=self, ignore_changes=["desiredCapacity"] if shape.scaled else None, depends_on=[template]
            ),
        )
        if self.drain_hook:
            autoscaling.LifecycleHook(
                f"{name}-drain",
                name=self.drain_hook,
                autoscaling_group_name=self.group.name,
                lifecycle_transition=TERMINATING,
                heartbeat_timeout=max(shape.drain_s + 60, 90),
                default_result="CONTINUE",
                opts=pulumi.ResourceOptions(parent=self),
            )

    def _template(self, placing: Placing, user_data: pulumi.Input[str]) -> ec2.LaunchTemplate:
        stack, name = self._stack, self._name
        encoded = pulumi.Output.from_input(user_data).apply(lambda text: base64.b64encode(text.encode()).decode())
        return ec2.LaunchTemplate(
            name,
            name=stack.name(name),
            image_id=placing.image_id,
            instance_type=self._shape.instance_types[0],
            key_name=placing.key_name or None,
            iam_instance_profile={"arn": placing.profile_arn},
            vpc_security_group_ids=[placing.security_group],
            user_data=encoded,
            metadata_options={
                "http_endpoint": "enabled",
                "http_tokens": "required",
                "http_put_response_hop_limit": 1,
                "instance_metadata_tags": "disabled",
            },
            block_device_mappings=[
                {
                    "device_name": "/dev/xvda",
                    "ebs": {
                        "encrypted": "true",
                        "volume_type": "gp3",
                        "volume_size": self._shape.disk_gb,
                        "delete_on_termination": "true",
                    },
                }
            ],
            monitoring={"enabled": True},
            update_default_version=True,
            tag_specifications=[
                {"resource_type": kind, "tags": stack.tags(name, service=name)} for kind in ("instance", "volume")
            ],
            tags=stack.tags(name, service=name),
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _mixed(self, template: ec2.LaunchTemplate) -> autoscaling.GroupMixedInstancesPolicyArgsDict:
        shape = self._shape
        return {
            "instances_distribution": {
                "on_demand_base_capacity": shape.minimum,
                "on_demand_percentage_above_base_capacity": 100 - shape.spot_percent,
                "spot_allocation_strategy": "price-capacity-optimized",
            },
            "launch_template": {
                "launch_template_specification": {"launch_template_id": template.id, "version": _version(template)},
                "overrides": [{"instance_type": each} for each in shape.instance_types],
            },
        }

    def _refresh(self) -> autoscaling.GroupInstanceRefreshArgsDict:
        # One new machine more before an old one goes; where there must never be two, the old one goes first.
        least, most = (0, 100) if self._shape.alone else (100, 150)
        return {
            "strategy": "Rolling",
            "preferences": {
                "min_healthy_percentage": least,
                "max_healthy_percentage": most,
                "auto_rollback": True,
                "skip_matching": True,
                # Busy ones go as well: through the hook, where they drain.
                "scale_in_protected_instances": "Refresh",
                "standby_instances": "Terminate",
            },
        }


def ready_hook(stack: Stack, name: str) -> str:
    """Return the name of the hook at which new machines of a group wait until they are ready."""
    return stack.name(f"{name}-ready")


def _version(template: ec2.LaunchTemplate) -> pulumi.Output[str]:
    version: pulumi.Output[str] = template.latest_version.apply(str)
    return version
