"""What each service may do in AWS, as lists: actions, on which resources, under which condition.

Nothing here ends in `*` but resources that AWS does not let be named (`UNNAMED` says which and why). A test compares
the whole with a table, so a right that is added is seen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

#: Actions that know no resource: AWS takes only `*` there.
UNNAMED = {
    "ecr:GetAuthorizationToken": "a token for the registry; which images it opens is said by other actions",
    "ssm:UpdateInstanceInformation": "an instance's own report that Session Manager can reach it",
    "ssmmessages:CreateControlChannel": "Session Manager's channels",
    "ssmmessages:CreateDataChannel": "Session Manager's channels",
    "ssmmessages:OpenControlChannel": "Session Manager's channels",
    "ssmmessages:OpenDataChannel": "Session Manager's channels",
    "autoscaling:DescribeAutoScalingGroups": "descriptions cannot be narrowed",
    "cloudwatch:PutMetricData": "narrowed to one namespace by its condition",
    "ec2:DescribeInstances": "descriptions cannot be narrowed",
}


@dataclass(frozen=True)
class Right:
    """One statement of a policy. `resources` are ARNs, or outputs that will be."""

    actions: tuple[str, ...]
    resources: tuple[Any, ...] = ("*",)
    condition: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


def document(rights: Sequence[Right]) -> dict[str, Any]:
    """Return the policy of some rights."""
    statements = []
    for right in rights:
        statement: dict[str, Any] = {
            "Effect": "Allow",
            "Action": list(right.actions),
            "Resource": list(right.resources),
        }
        if right.condition:
            statement["Condition"] = dict(right.condition)
        statements.append(statement)
    return {"Version": "2012-10-17", "Statement": statements}


def reached_by_session_manager() -> Right:
    """Let somebody in by Session Manager, instead of SSH."""
    channels = ("CreateControlChannel", "CreateDataChannel", "OpenControlChannel", "OpenDataChannel")
    return Right(("ssm:UpdateInstanceInformation", *(f"ssmmessages:{name}" for name in channels)))


def pull_image(repository_arn: Any) -> list[Right]:
    """Pull the images of one repository."""
    layers = ("ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")
    return [Right(("ecr:GetAuthorizationToken",)), Right(layers, (repository_arn,))]


def read_secret(arn: Any) -> Right:
    """Read one secret."""
    return Right(("secretsmanager:GetSecretValue",), (arn,))


def write_logs(log_group_arn: Any) -> Right:
    """Write into one group of logs."""
    return Right(("logs:CreateLogStream", "logs:PutLogEvents"), (log_group_arn,))


def say_ready(group_arn: Any) -> Right:
    """Tell the group that an instance of it is ready, or never will be."""
    return Right(("autoscaling:CompleteLifecycleAction",), (group_arn,))


def see_what_is_missing(bucket: Any, prefixes: Sequence[str]) -> Right:
    """Be told that an object is not there: without this, S3 says that it may not be read."""
    below = {"StringLike": {"s3:prefix": [f"{prefix}/*" for prefix in prefixes]}}
    return Right(("s3:ListBucket",), (bucket,), below)


def read_objects(objects: Sequence[Any]) -> Right:
    """Read objects."""
    return Right(("s3:GetObject",), tuple(objects))


def write_objects(objects: Sequence[Any]) -> Right:
    """Read and write objects, large ones in parts."""
    return Right(("s3:AbortMultipartUpload", "s3:GetObject", "s3:PutObject"), tuple(objects))


def keep_objects(objects: Sequence[Any]) -> Right:
    """Read and write objects, and remove what is past keeping."""
    return Right(("s3:AbortMultipartUpload", "s3:DeleteObject", "s3:GetObject", "s3:PutObject"), tuple(objects))


def receive_jobs(queues: Sequence[Any]) -> Right:
    """Take released jobs from SQS."""
    actions = ("ChangeMessageVisibility", "DeleteMessage", "GetQueueAttributes", "GetQueueUrl", "ReceiveMessage")
    return Right(tuple(f"sqs:{action}" for action in actions), tuple(queues))


def send_jobs(queues: Sequence[Any], dead: Sequence[Any]) -> list[Right]:
    """Send released jobs to SQS, make queues that are missing, and take what nobody could."""
    made = ("CreateQueue", "GetQueueAttributes", "GetQueueUrl", "TagQueue")
    taken = ("ChangeMessageVisibility", "DeleteMessage", "ReceiveMessage")
    return [
        Right(tuple(f"sqs:{action}" for action in (*made, "SendMessage")), tuple(queues)),
        Right(tuple(f"sqs:{action}" for action in (*made, *taken)), tuple(dead)),
    ]


def leave_group(group_arn: Any) -> Right:
    """Let a worker hold the instance that is to go; to say when it may is what `say_ready` is for as well."""
    return Right(("autoscaling:RecordLifecycleActionHeartbeat",), (group_arn,))


def scale_group(group_arn: Any) -> list[Right]:
    """Change how many instances a group has, and which of them may go."""
    changes = ("CompleteLifecycleAction", "SetDesiredCapacity", "SetInstanceProtection")
    return [
        Right(("autoscaling:DescribeAutoScalingGroups",)),
        Right(tuple(f"autoscaling:{action}" for action in changes), (group_arn,)),
    ]


def publish_figures(namespace: str) -> Right:
    """Publish figures to CloudWatch, under one namespace."""
    return Right(("cloudwatch:PutMetricData",), condition={"StringEquals": {"cloudwatch:namespace": namespace}})


def find_targets() -> Right:
    """Find the instances whose figures Prometheus reads."""
    return Right(("ec2:DescribeInstances",))
