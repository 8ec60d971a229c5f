"""The load balancer: HTTPS for ingest, the dashboard and, if wanted, Grafana, told apart by their host names.

Port 80 only says where 443 is. A host name that no service claimed gets a 404 from the balancer itself.
"""

from __future__ import annotations

from collections.abc import Sequence

import pulumi
from pulumi_aws import lb

from journeyman_deploy.stack import Stack
from journeyman_deploy.walls import HTTPS

TLS_POLICY = "ELBSecurityPolicy-TLS13-1-2-2021-06"
#: Requests under way when a machine leaves may go on so long; Server-Sent Events come back by themselves.
DEREGISTRATION_S = 30
#: A stream of events is silent for less than this.
IDLE_S = 120


class FrontDoor(pulumi.ComponentResource):
    """An Application Load Balancer with both listeners."""

    def __init__(
        self,
        stack: Stack,
        subnets: Sequence[pulumi.Input[str]],
        group: pulumi.Input[str],
        certificate_arn: str,
        *,
        internal: bool,
    ) -> None:
        super().__init__("journeyman:network:FrontDoor", stack.name("door"))
        inside = pulumi.ResourceOptions(parent=self)
        self.balancer = lb.LoadBalancer(
            "door",
            name=stack.name("door"),
            load_balancer_type="application",
            internal=internal,
            security_groups=[group],
            subnets=list(subnets),
            idle_timeout=IDLE_S,
            drop_invalid_header_fields=True,
            enable_deletion_protection=stack.flag("protect", default=True),
            tags=stack.tags("door"),
            opts=inside,
        )
        lb.Listener(
            "http",
            load_balancer_arn=self.balancer.arn,
            port=80,
            protocol="HTTP",
            default_actions=[
                {"type": "redirect", "redirect": {"port": "443", "protocol": "HTTPS", "status_code": "HTTP_301"}}
            ],
            tags=stack.tags("http"),
            opts=inside,
        )
        self.https = lb.Listener(
            "https",
            load_balancer_arn=self.balancer.arn,
            port=HTTPS,
            protocol="HTTPS",
            ssl_policy=TLS_POLICY,
            certificate_arn=certificate_arn,
            default_actions=[
                {
                    "type": "fixed-response",
                    "fixed_response": {
                        "content_type": "text/plain",
                        "message_body": "unknown host",
                        "status_code": "404",
                    },
                }
            ],
            tags=stack.tags("https"),
            opts=inside,
        )


class Behind(pulumi.ComponentResource):
    """A service's place behind the front door: its target group, and the host name that leads to it."""

    def __init__(
        self,
        stack: Stack,
        name: str,
        *,
        host: pulumi.Input[str],
        port: int,
        ready_path: str,
        priority: int,
        listener_arn: pulumi.Input[str],
        vpc_id: pulumi.Input[str],
    ) -> None:
        super().__init__("journeyman:service:Behind", stack.name(f"{name}-behind"))
        inside = pulumi.ResourceOptions(parent=self)
        self.target_group = lb.TargetGroup(
            name,
            name=stack.name(name),
            port=port,
            protocol="HTTP",
            target_type="instance",
            vpc_id=vpc_id,
            deregistration_delay=DEREGISTRATION_S,
            health_check={
                "path": ready_path,
                "matcher": "200",
                "protocol": "HTTP",
                "interval": 10,
                "timeout": 5,
                "healthy_threshold": 2,
                "unhealthy_threshold": 3,
            },
            tags=stack.tags(name),
            opts=inside,
        )
        lb.ListenerRule(
            name,
            listener_arn=listener_arn,
            priority=priority,
            conditions=[{"host_header": {"values": [host]}}],
            actions=[{"type": "forward", "target_group_arn": self.target_group.arn}],
            tags=stack.tags(name),
            opts=inside,
        )
