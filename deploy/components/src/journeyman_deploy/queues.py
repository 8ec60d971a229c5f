"""SQS, where released jobs travel that way: a queue for each class of priority, and one for what nobody could take.

The names are those that services make of JOURNEYMAN_SQS_PREFIX and JOURNEYMAN_NAMESPACE.
"""

from __future__ import annotations

import pulumi
from pulumi_aws import sqs

from journeyman_deploy.stack import Stack

CLASSES = ("critical", "high", "normal", "low")
DEAD = "dead"
#: SQS's longest; the log has everything for longer.
RETENTION_S = 14 * 24 * 3600
LONG_POLL_S = 20


def stem(prefix: str, namespace: str, partition: int) -> str:
    """Return what the names of a partition's queues begin with. The first partition is written without."""
    return f"{prefix}-{namespace}" + (f"-p{partition}" if partition else "")


class Queues(pulumi.ComponentResource):
    """The queues of a partition. A message received `receives_max` times goes to the last one."""

    def __init__(self, stack: Stack, names: str, *, visibility_s: int, receives_max: int) -> None:
        super().__init__("journeyman:redis:Queues", names)
        inside = pulumi.ResourceOptions(parent=self)

        def queue(kind: str, redrive_policy: pulumi.Input[str] | None = None) -> sqs.Queue:
            return sqs.Queue(
                f"{names}-{kind}",
                name=f"{names}-{kind}",
                message_retention_seconds=RETENTION_S,
                visibility_timeout_seconds=visibility_s,
                receive_wait_time_seconds=LONG_POLL_S,
                sqs_managed_sse_enabled=True,
                redrive_policy=redrive_policy,
                tags=stack.tags(kind),
                opts=inside,
            )

        self.dead = queue(DEAD)
        policy = pulumi.Output.json_dumps({"deadLetterTargetArn": self.dead.arn, "maxReceiveCount": receives_max})
        self.by_class = {kind: queue(kind, policy) for kind in CLASSES}
        sqs.RedriveAllowPolicy(
            f"{names}-{DEAD}",
            queue_url=self.dead.url,
            redrive_allow_policy=pulumi.Output.json_dumps(
                {"redrivePermission": "byQueue", "sourceQueueArns": [each.arn for each in self.by_class.values()]}
            ),
            opts=inside,
        )
