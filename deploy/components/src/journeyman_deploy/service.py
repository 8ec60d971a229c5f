"""All of one service: its role, its logs, its group of machines, its place behind the front door, its alarms."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pulumi
import pulumi_aws as aws
from pulumi_aws import cloudwatch

from journeyman_deploy import cloud_init, rights
from journeyman_deploy.alarms import Alarms
from journeyman_deploy.fleet import Fleet, Placing, Shape, ready_hook
from journeyman_deploy.front_door import Behind
from journeyman_deploy.rights import Right
from journeyman_deploy.role import MachineRole
from journeyman_deploy.service_settings import PORTS, SECRET, Known, settings_of
from journeyman_deploy.stack import ConfigError, Stack
from journeyman_deploy.walls import OTLP_PORT, SERVICE_PORT

IMAGES = {"x86_64": "al2023-ami-kernel-default-x86_64", "arm64": "al2023-ami-kernel-default-arm64"}
#: What an image's tag looks like, or its digest.
TAG = r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}|sha256:[0-9a-f]{64}"


def machine_image(stack: Stack) -> str:
    """Return the image machines start from: the configured one, or the newest Amazon Linux 2023."""
    architecture = stack.choice("architecture", ("x86_64", "arm64"))
    newest = f"/aws/service/ami-amazon-linux-latest/{IMAGES[architecture]}"
    if ami := stack.text("ami", "", pattern=r"ami-[0-9a-f]+"):
        return ami
    found: str = aws.ssm.get_parameter(name=newest).value
    return found


class Surroundings:
    """What other projects of the environment gave out."""

    def __init__(self, stack: Stack) -> None:
        self._network, self._redis = stack.of("network"), stack.of("redis")
        self.stack = stack
        self.account: str = aws.get_caller_identity().account_id
        self.region: str = aws.get_region().region

    def network(self, *path: str) -> pulumi.Output[Any]:
        """Return an output of the network's project, or something inside it."""
        return _inside(self._network.require_output(path[0]), path[1:])

    def redis(self, *path: str) -> pulumi.Output[Any]:
        """Return an output of the project of the log's server, or something inside it."""
        return _inside(self._redis.require_output(path[0]), path[1:])

    def objects(self, prefix: str) -> pulumi.Output[str]:
        """Return the ARN of everything below a prefix of the bucket."""
        return pulumi.Output.concat(self.network("bucket", "arn"), f"/{prefix}/*")

    def group_arn(self, group: str) -> str:
        """Return the ARN of an Auto Scaling group; only AWS knows the part in its middle."""
        place = f"arn:aws:autoscaling:{self.region}:{self.account}"
        return f"{place}:autoScalingGroup:*:autoScalingGroupName/{group}"

    def known(self) -> dict[str, pulumi.Input[Any]]:
        """Return what services are told, by the names of `Known`."""
        traced = self.stack.flag("traces")
        collector = pulumi.Output.concat("http://observability.", self.network("zone", "name"), f":{OTLP_PORT}")
        numbers = ("partitions", "sqs_visibility_ms", "sqs_receives_max")
        return {
            "region": self.region,
            "bucket": self.network("bucket", "name"),
            "ingest_url": self.network("ingest_url"),
            "dashboard_url": self.network("dashboard_url"),
            "collector": collector if traced else "",
            **{name: self.redis(name) for name in ("namespace", "transport", "sqs_prefix")},
            # Numbers of other projects come as floats.
            **{name: self.redis(name).apply(int) for name in numbers},
        }


def _inside(output: pulumi.Output[Any], path: Sequence[str]) -> pulumi.Output[Any]:
    return output.apply(lambda value: functools.reduce(lambda found, key: found[key], path, value))


class Service:
    """A service and all that is its own. `outputs` are what its project gives out."""

    def __init__(
        self,
        around: Surroundings,
        name: str,
        shape: Shape,
        own_rights: Sequence[Right],
        own_settings: Mapping[str, Any],
        *,
        queue_rights: Callable[[Mapping[str, list[str]]], list[Right]] | None = None,
        priority: int = 0,
        drain_s: int = 30,
    ) -> None:
        stack = self.stack = around.stack
        self._around, self._name = around, name
        self._alarms = Alarms(stack, around.network("alarms_topic"))
        log_group = cloudwatch.LogGroup(
            name,
            name=f"/{stack.prefix}/{name}",
            retention_in_days=stack.number("logDays", 30, least=1, most=3653),
            tags=stack.tags(name),
        )
        group = stack.name(name)
        secret = around.redis("secrets", name)
        role = MachineRole(
            stack,
            name,
            [
                rights.reached_by_session_manager(),
                *rights.pull_image(around.network("repositories", name, "arn")),
                rights.read_secret(secret),
                rights.write_logs(pulumi.Output.concat(log_group.arn, ":*")),
                rights.say_ready(around.group_arn(group)),
                *own_rights,
            ],
            around.redis("queues").apply(lambda arns: queue_rights(arns) if queue_rights and arns else []),
        )
        tag = stack.text("image", pattern=TAG, words="the tag or digest of a pushed image")
        joint = "@" if tag.startswith("sha256:") else ":"
        user_data = pulumi.Output.all(
            known=pulumi.Output.all(**around.known()),
            own=pulumi.Output.from_input(dict(own_settings)),
            image=pulumi.Output.concat(around.network("repositories", name, "url"), joint, tag),
            secret=secret,
            log_group=log_group.name,
        ).apply(lambda found: self._user_data(found, drain_s))
        placing = Placing(
            image_id=machine_image(stack),
            subnets=around.network("private_subnets"),
            security_group=around.network("security_groups", name),
            profile_arn=role.profile.arn,
            key_name=stack.text("keyName", ""),
        )
        behind = self._behind(priority) if priority else None
        targets = [behind.target_group.arn] if behind else []
        self.fleet = Fleet(stack, name, shape, placing, user_data, targets)
        self._watch(shape, behind)
        self.outputs: dict[str, pulumi.Input[Any]] = {
            "group": self.fleet.group.name,
            "group_arn": around.group_arn(group),
            "drain_hook": self.fleet.drain_hook,
            "role_arn": role.role.arn,
            "image": tag,
            "log_group": log_group.name,
        }

    def _user_data(self, found: Mapping[str, Any], drain_s: int) -> str:
        further = {str(name): str(value) for name, value in self.stack.table("settings").items()}
        known = Known(**found["known"])
        try:
            settings = settings_of(self._name, known, found["own"], further)
        except ValueError as error:
            raise ConfigError(f"{self.stack.project}:{error}") from None
        return cloud_init.service_machine(
            cloud_init.Machine(
                service=self._name,
                image=found["image"],
                region=known.region,
                group=self.stack.name(self._name),
                ready_hook=ready_hook(self.stack, self._name),
                secret_arn=found["secret"],
                secret_variable=SECRET,
                log_group=found["log_group"],
                settings=settings,
                port=PORTS[self._name],
                outer_port=SERVICE_PORT,
                drain_s=drain_s,
            )
        )

    def _behind(self, priority: int) -> Behind:
        return Behind(
            self.stack,
            self._name,
            host=self._around.network(f"{self._name}_host"),
            port=SERVICE_PORT,
            ready_path="/health/ready",
            priority=priority,
            listener_arn=self._around.network("listener_arn"),
            vpc_id=self._around.network("vpc_id"),
        )

    def _watch(self, shape: Shape, behind: Behind | None) -> None:
        if shape.minimum:
            self._alarms.below(
                f"{self._name}-few",
                "AWS/AutoScaling/GroupInServiceInstances",
                {"AutoScalingGroupName": self.fleet.group.name},
                shape.minimum,
                f"fewer than {shape.minimum} machines of {self._name} are in service",
            )
        if behind:
            targets = {
                "TargetGroup": behind.target_group.arn_suffix,
                "LoadBalancer": self._around.network("door_suffix"),
            }
            self._alarms.above(
                f"{self._name}-unhealthy",
                "AWS/ApplicationELB/UnHealthyHostCount",
                targets,
                0,
                f"a machine of {self._name} is not ready",
            )
            self._alarms.above(
                f"{self._name}-errors",
                "AWS/ApplicationELB/HTTPCode_Target_5XX_Count",
                targets,
                10,
                f"{self._name} answers with errors",
                statistic="Sum",
            )

    def finish(self) -> None:
        """Give the outputs out."""
        for name, value in self.outputs.items():
            pulumi.export(name, value)


def object_rights(around: Surroundings, grant: Callable[[Sequence[Any]], Right], *prefixes: str) -> list[Right]:
    """Return what `grant` gives for the objects below some prefixes of the bucket."""
    objects = [around.objects(prefix) for prefix in prefixes]
    return [grant(objects), rights.see_what_is_missing(around.network("bucket", "arn"), prefixes)]
