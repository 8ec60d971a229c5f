"""What each machine may do in AWS: the whole of it, action by action."""

from __future__ import annotations

import json
from typing import Any

import pytest

from journeyman_deploy.rights import UNNAMED
from support.pulumi_programs import Land

MACHINE = {
    "ssm:UpdateInstanceInformation": "*",
    "ssmmessages:CreateControlChannel": "*",
    "ssmmessages:CreateDataChannel": "*",
    "ssmmessages:OpenControlChannel": "*",
    "ssmmessages:OpenDataChannel": "*",
}


def of_service(name: str) -> dict[str, str]:
    """Return what every service's machines may do: an action, and a part of what it is allowed on."""
    return {
        **MACHINE,
        "ecr:GetAuthorizationToken": "*",
        "ecr:BatchCheckLayerAvailability": f"ecr:eu-west-1:123456789012:journeyman-production/{name}",
        "ecr:BatchGetImage": f"ecr:eu-west-1:123456789012:journeyman-production/{name}",
        "ecr:GetDownloadUrlForLayer": f"ecr:eu-west-1:123456789012:journeyman-production/{name}",
        "secretsmanager:GetSecretValue": f"secretsmanager:eu-west-1:123456789012:journeyman-production/{name}-log",
        "logs:CreateLogStream": f":/journeyman-production/{name}:*",
        "logs:PutLogEvents": f":/journeyman-production/{name}:*",
        "autoscaling:CompleteLifecycleAction": f":autoScalingGroupName/journeyman-production-{name}",
    }


WORKERS = ":autoScalingGroupName/journeyman-production-worker"
RIGHTS: dict[str, dict[str, str]] = {
    "ingest": {
        **of_service("ingest"),
        "s3:AbortMultipartUpload": "/blobs/*",
        "s3:GetObject": "/blobs/*",
        "s3:PutObject": "/blobs/*",
        "s3:ListBucket": "store",
    },
    "scheduler": {
        **of_service("scheduler"),
        "s3:AbortMultipartUpload": "/blobs/* /archive/*",
        "s3:DeleteObject": "/blobs/* /archive/*",
        "s3:GetObject": "/blobs/* /archive/*",
        "s3:PutObject": "/blobs/* /archive/*",
        "s3:ListBucket": "store",
    },
    "worker": {
        **of_service("worker"),
        "s3:AbortMultipartUpload": "/blobs/*",
        "s3:GetObject": "/blobs/*",
        "s3:PutObject": "/blobs/*",
        "s3:ListBucket": "store",
        "autoscaling:RecordLifecycleActionHeartbeat": WORKERS,
    },
    "autoscaler": {
        **of_service("autoscaler"),
        "autoscaling:CompleteLifecycleAction": ":autoScalingGroupName/journeyman-production-autoscaler " + WORKERS,
        "autoscaling:DescribeAutoScalingGroups": "*",
        "autoscaling:SetDesiredCapacity": WORKERS,
        "autoscaling:SetInstanceProtection": WORKERS,
        "cloudwatch:PutMetricData": "*",
    },
    "dashboard": {
        **of_service("dashboard"),
        "s3:GetObject": "/blobs/* /archive/*",
        "s3:ListBucket": "store",
    },
    "observability": {
        **MACHINE,
        "secretsmanager:GetSecretValue": "secretsmanager:eu-west-1:123456789012:journeyman-production/grafana",
        "ec2:DescribeInstances": "*",
        "s3:GetObject": "/observability/*",
        "s3:ListBucket": "store",
    },
}
#: Besides, where jobs travel by SQS.
BY_SQS: dict[str, dict[str, tuple[str, ...]]] = {
    "worker": {
        "ChangeMessageVisibility": ("critical", "high", "normal", "low"),
        "DeleteMessage": ("critical", "high", "normal", "low"),
        "GetQueueAttributes": ("critical", "high", "normal", "low"),
        "GetQueueUrl": ("critical", "high", "normal", "low"),
        "ReceiveMessage": ("critical", "high", "normal", "low"),
    },
    "scheduler": {
        "CreateQueue": ("critical", "high", "normal", "low", "dead"),
        "GetQueueAttributes": ("critical", "high", "normal", "low", "dead"),
        "GetQueueUrl": ("critical", "high", "normal", "low", "dead"),
        "TagQueue": ("critical", "high", "normal", "low", "dead"),
        "SendMessage": ("critical", "high", "normal", "low"),
        "ChangeMessageVisibility": ("dead",),
        "DeleteMessage": ("dead",),
        "ReceiveMessage": ("dead",),
    },
}


def statements(land: Land, service: str) -> list[dict[str, Any]]:
    policy = json.loads(land.one("iam/rolePolicy:RolePolicy", name=service).inputs["policy"])
    found: list[dict[str, Any]] = policy["Statement"]
    return found


def resources(land: Land, service: str) -> dict[str, list[str]]:
    """Return what each action is allowed on, over all statements."""
    found: dict[str, list[str]] = {}
    for statement in statements(land, service):
        assert statement["Effect"] == "Allow"
        for action in statement["Action"]:
            found.setdefault(action, []).extend(statement["Resource"])
    return found


@pytest.mark.parametrize("service", sorted(RIGHTS))
def test_a_machine_may_do_this_and_nothing_else(production: Land, service: str) -> None:
    allowed = resources(production, service)
    assert set(allowed) == set(RIGHTS[service])
    for action, words in RIGHTS[service].items():
        expected = words.split(" ")
        assert len(allowed[action]) == len(expected), action
        for ends, resource in zip(expected, allowed[action], strict=True):
            assert resource.endswith(ends), action


@pytest.mark.parametrize("service", sorted(BY_SQS))
def test_by_sqs_a_service_may_besides_do_this_to_exactly_its_queues(staging: Land, service: str) -> None:
    allowed = resources(staging, service)
    queues = {
        action.removeprefix("sqs:"): tuple(arn.rpartition("-")[2] for arn in arns)
        for action, arns in allowed.items()
        if action.startswith("sqs:")
    }
    assert queues == BY_SQS[service]
    ours = "arn:aws:sqs:eu-west-1:123456789012:journeyman-staging-jm-"
    assert all(arn.startswith(ours) for action in BY_SQS[service] for arn in allowed[f"sqs:{action}"])
    assert set(allowed) - {f"sqs:{action}" for action in queues} == set(RIGHTS[service])


@pytest.mark.parametrize("service", sorted(RIGHTS))
def test_no_action_is_a_pattern_and_everything_that_can_be_named_is(
    production: Land, staging: Land, service: str
) -> None:
    for land in (production, staging):
        allowed = resources(land, service)
        assert not [action for action in allowed if "*" in action]
        assert {action for action, parts in allowed.items() if "*" in parts} <= set(UNNAMED)


def test_figures_go_to_one_namespace_of_cloudwatch_alone(production: Land) -> None:
    (figures,) = [each for each in statements(production, "autoscaler") if "cloudwatch:PutMetricData" in each["Action"]]
    assert figures["Condition"] == {"StringEquals": {"cloudwatch:namespace": "Journeyman"}}


@pytest.mark.parametrize(("service", "prefixes"), [("worker", ["blobs"]), ("scheduler", ["blobs", "archive"])])
def test_names_in_the_bucket_are_seen_below_ones_own_prefixes_alone(
    production: Land, service: str, prefixes: list[str]
) -> None:
    (listing,) = [each for each in statements(production, service) if "s3:ListBucket" in each["Action"]]
    assert listing["Condition"] == {"StringLike": {"s3:prefix": [f"{prefix}/*" for prefix in prefixes]}}


def test_roles_are_for_machines_alone_and_every_machine_has_its_own(production: Land) -> None:
    for role in production.all("iam/role:Role"):
        (trust,) = json.loads(role.inputs["assumeRolePolicy"])["Statement"]
        assert trust["Principal"] == {"Service": "ec2.amazonaws.com"}
        assert not {"managedPolicyArns", "inlinePolicies"} & set(role.inputs)
    assert {each.name for each in production.all("iam/role:Role")} == set(RIGHTS)
    assert production.all("iam/rolePolicyAttachment:RolePolicyAttachment") == []


def test_the_autoscaler_changes_the_group_that_the_workers_project_gave_out(production: Land) -> None:
    group = production.outputs["worker"]["group_arn"]
    assert resources(production, "autoscaler")["autoscaling:SetDesiredCapacity"] == [group]
    assert production.one("autoscaling/group:Group", name="worker").inputs["name"] in group
