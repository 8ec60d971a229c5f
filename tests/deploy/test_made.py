"""What is declared comes into being: in moto, by boto3's calls, and boto3 describes it."""

from __future__ import annotations

import base64
import json
from collections import Counter
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.parsers import ResponseParserError

from journeyman_deploy.valkey_rights import USERS
from support.pulumi_moto import UNSUPPORTED, MotoCloud
from support.pulumi_programs import PASSWORD, Land

Made = tuple[Land, MotoCloud]


def test_everything_that_is_declared_was_made_but_for_what_moto_does_not_have(made: Made) -> None:
    land, _ = made
    assert {each.type.removeprefix("aws:") for each in land.declared} >= UNSUPPORTED
    assert len(land.declared) > 230


def test_moto_does_not_have_these_yet(made: Made) -> None:
    """Once it does, they are to be made as well."""
    _, cloud = made
    asked = {
        "elasticache/userGroup:UserGroup": ("create_user_group", {"UserGroupId": "users", "Engine": "valkey"}),
        "elasticache/parameterGroup:ParameterGroup": (
            "create_cache_parameter_group",
            {"CacheParameterGroupName": "log", "CacheParameterGroupFamily": "valkey8", "Description": "the log"},
        ),
    }
    assert set(asked) == UNSUPPORTED
    for call, arguments in asked.values():
        # It ends with an error of its own, which boto3 cannot read.
        with pytest.raises(ResponseParserError, match="500 Internal Server Error"):
            getattr(cloud("elasticache"), call)(**arguments)


def test_the_network_is_there_and_private_subnets_have_a_way_out(made: Made) -> None:
    land, cloud = made
    ec2 = cloud("ec2")
    mine = [{"Name": "vpc-id", "Values": [land.outputs["network"]["vpc_id"]]}]
    subnets = ec2.describe_subnets(Filters=mine)["Subnets"]
    zones = Counter(each["AvailabilityZone"] for each in subnets)
    assert sorted(zones.values()) == [2, 2, 2]
    (gateways,) = {
        frozenset(nat["State"] for nat in ec2.describe_nat_gateways(Filters=mine)["NatGateways"]),
    }
    assert gateways == {"available"}
    tables = ec2.describe_route_tables(Filters=mine)["RouteTables"]
    out: dict[str, str] = {}
    for table in tables:
        for subnet in [each.get("SubnetId") for each in table["Associations"]]:
            for route in table["Routes"]:
                if subnet and route.get("DestinationCidrBlock") == "0.0.0.0/0":
                    out[subnet] = "NatGatewayId" if "NatGatewayId" in route else "GatewayId"
    network = land.outputs["network"]
    assert out == dict.fromkeys(network["public_subnets"], "GatewayId") | dict.fromkeys(
        network["private_subnets"], "NatGatewayId"
    )
    endpoints = ec2.describe_vpc_endpoints(Filters=mine)["VpcEndpoints"]
    assert Counter(each["VpcEndpointType"] for each in endpoints) == {"Gateway": 1, "Interface": 11}


def test_groups_let_in_whom_they_should(made: Made) -> None:
    land, cloud = made
    ids: dict[str, str] = land.outputs["network"]["security_groups"]
    names = {made: name for name, made in ids.items()}
    described = cloud("ec2").describe_security_groups(GroupIds=list(ids.values()))["SecurityGroups"]
    let_in: dict[str, set[tuple[str, int]]] = {}
    for group in described:
        for rule in group["IpPermissions"]:
            sides = [names[pair["GroupId"]] for pair in rule["UserIdGroupPairs"]]
            sides += [network["CidrIp"] for network in rule["IpRanges"]]
            let_in.setdefault(names[group["GroupId"]], set()).update((side, rule["FromPort"]) for side in sides)
    assert let_in["valkey"] == {(each, 6379) for each in ("ingest", "scheduler", "worker", "autoscaler", "dashboard")}
    assert let_in["worker"] == {("observability", 8080)}
    assert let_in["door"] == {("203.0.113.0/24", 80), ("203.0.113.0/24", 443)}


def test_the_front_door_leads_each_host_to_its_machines(made: Made) -> None:
    _, cloud = made
    elb = cloud("elbv2")
    (door,) = elb.describe_load_balancers(Names=["journeyman-production-door"])["LoadBalancers"]
    assert (door["Scheme"], len(door["AvailabilityZones"])) == ("internet-facing", 3)
    listeners = {
        each["Port"]: each for each in elb.describe_listeners(LoadBalancerArn=door["LoadBalancerArn"])["Listeners"]
    }
    assert listeners[80]["DefaultActions"][0]["RedirectConfig"]["Protocol"] == "HTTPS"
    rules = elb.describe_rules(ListenerArn=listeners[443]["ListenerArn"])["Rules"]
    led = {
        rule["Conditions"][0]["HostHeaderConfig"]["Values"][0]: rule["Actions"][0]["TargetGroupArn"]
        for rule in rules
        if rule["Conditions"]
    }
    assert set(led) == {"ingest.example.com", "jobs.example.com"}
    for host, service in (("ingest.example.com", "ingest"), ("jobs.example.com", "dashboard")):
        (targets,) = elb.describe_target_groups(TargetGroupArns=[led[host]])["TargetGroups"]
        assert targets["HealthCheckPath"] == "/health/ready"
        health = elb.describe_target_health(TargetGroupArn=led[host])["TargetHealthDescriptions"]
        assert {each["Target"]["Id"] for each in health} == set(instances(cloud, service))


def instances(cloud: MotoCloud, service: str) -> list[str]:
    name = f"journeyman-production-{service}"
    (group,) = cloud("autoscaling").describe_auto_scaling_groups(AutoScalingGroupNames=[name])["AutoScalingGroups"]
    return [each["InstanceId"] for each in group["Instances"]]


@pytest.mark.parametrize(
    ("service", "machines"), [("ingest", 2), ("scheduler", 2), ("worker", 1), ("autoscaler", 1), ("dashboard", 2)]
)
def test_so_many_machines_run_in_private_subnets_with_the_services_role(
    made: Made, service: str, machines: int
) -> None:
    land, cloud = made
    running = instances(cloud, service)
    assert len(running) == machines
    reservations = cloud("ec2").describe_instances(InstanceIds=running)["Reservations"]
    for instance in [each for reservation in reservations for each in reservation["Instances"]]:
        assert instance["SubnetId"] in land.outputs["network"]["private_subnets"]
        tags = {tag["Key"]: tag["Value"] for tag in instance["Tags"]}
        assert tags["journeyman:service"] == service
    templates = cloud("ec2").describe_launch_template_versions(LaunchTemplateName=f"journeyman-production-{service}")
    (template,) = [each["LaunchTemplateData"] for each in templates["LaunchTemplateVersions"]]
    assert template["MetadataOptions"]["HttpTokens"] == "required"
    assert template["MetadataOptions"]["HttpPutResponseHopLimit"] == 1
    assert template["BlockDeviceMappings"][0]["Ebs"]["Encrypted"] is True
    assert template["SecurityGroupIds"] == [land.outputs["network"]["security_groups"][service]]
    assert base64.b64decode(template["UserData"]).startswith(b"#cloud-config\n")


def test_workers_are_held_as_they_come_and_as_they_go(made: Made) -> None:
    land, cloud = made
    name = land.outputs["worker"]["group"]
    hooks = cloud("autoscaling").describe_lifecycle_hooks(AutoScalingGroupName=name)["LifecycleHooks"]
    assert {each["LifecycleHookName"]: each["LifecycleTransition"] for each in hooks} == {
        f"{name}-ready": "autoscaling:EC2_INSTANCE_LAUNCHING",
        land.outputs["worker"]["drain_hook"]: "autoscaling:EC2_INSTANCE_TERMINATING",
    }
    (group,) = cloud("autoscaling").describe_auto_scaling_groups(AutoScalingGroupNames=[name])["AutoScalingGroups"]
    assert (group["MinSize"], group["MaxSize"]) == (1, 10)
    distribution = group["MixedInstancesPolicy"]["InstancesDistribution"]
    assert distribution["OnDemandPercentageAboveBaseCapacity"] == 30


def test_roles_have_the_policies_that_are_declared_and_no_others(made: Made) -> None:
    land, cloud = made
    for declared in land.all("iam/rolePolicy:RolePolicy"):
        role = declared.inputs["role"]
        assert cloud("iam").list_role_policies(RoleName=role)["PolicyNames"] == ["rights"]
        assert cloud("iam").list_attached_role_policies(RoleName=role)["AttachedPolicies"] == []
        document = cloud("iam").get_role_policy(RoleName=role, PolicyName="rights")["PolicyDocument"]
        assert document == json.loads(declared.inputs["policy"])
        (profile,) = cloud("iam").list_instance_profiles_for_role(RoleName=role)["InstanceProfiles"]
        assert profile["InstanceProfileName"] == role


def attributes(cloud: MotoCloud, name: str) -> dict[str, Any]:
    url = cloud("sqs").get_queue_url(QueueName=name)["QueueUrl"]
    found: dict[str, Any] = cloud("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    return found


def test_a_message_that_nobody_can_take_ends_in_the_dead_letter_queue(made: Made) -> None:
    land, cloud = made
    prefix = land.outputs["redis"]["sqs_prefix"] + "-jm"
    dead = attributes(cloud, f"{prefix}-dead")
    for kind in ("critical", "high", "normal", "low"):
        queue = attributes(cloud, f"{prefix}-{kind}")
        policy = json.loads(queue["RedrivePolicy"])
        assert policy["deadLetterTargetArn"] == dead["QueueArn"]
        assert int(policy["maxReceiveCount"]) == 5
        assert queue["SqsManagedSseEnabled"] == "true"
    sqs = cloud("sqs")
    url = sqs.get_queue_url(QueueName=f"{prefix}-low")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="stubborn")
    for _ in range(6):
        sqs.receive_message(QueueUrl=url, VisibilityTimeout=0, WaitTimeSeconds=0)
    assert attributes(cloud, f"{prefix}-dead")["ApproximateNumberOfMessages"] == "1"


def test_the_bucket_is_as_declared_and_holds_what_grafana_is_configured_with(made: Made) -> None:
    land, cloud = made
    bucket = land.outputs["network"]["bucket"]["name"]
    s3 = cloud("s3")
    assert all(s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"].values())
    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
    (rule,) = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    assert rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
    rules = {each["ID"]: each for each in s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]}
    assert rules["cold-archive"]["Transitions"] == [{"Days": 90, "StorageClass": "GLACIER_IR"}]
    assert json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])["Statement"][0]["Effect"] == "Deny"
    s3.delete_bucket_policy(Bucket=bucket)
    names = [each["Key"] for each in s3.list_objects_v2(Bucket=bucket, Prefix="observability/")["Contents"]]
    (prometheus,) = [name for name in names if name.endswith("/prometheus/prometheus.yml")]
    assert b"ec2_sd_configs" in s3.get_object(Bucket=bucket, Key=prometheus)["Body"].read()
    assert [name for name in names if name.endswith("/grafana/dashboards/overview.json")]


def test_secrets_hold_urls_of_the_server_that_was_made(made: Made) -> None:
    land, cloud = made
    for user, arn in land.outputs["redis"]["secrets"].items():
        url = urlsplit(cloud("secretsmanager").get_secret_value(SecretId=arn)["SecretString"])
        assert (url.scheme, url.username, url.password) == ("rediss", user, PASSWORD)
        assert url.hostname == land.outputs["redis"]["host"]


def test_the_server_of_the_log_is_there_with_its_users(made: Made) -> None:
    _, cloud = made
    (server,) = cloud("elasticache").describe_replication_groups(ReplicationGroupId="journeyman-production-log")[
        "ReplicationGroups"
    ]
    assert server["MultiAZ"] == "enabled"
    assert server["AutomaticFailover"] == "enabled"
    assert server["TransitEncryptionEnabled"]
    assert server["AtRestEncryptionEnabled"]
    # moto makes one, however many are asked for.
    assert server["MemberClusters"] == ["journeyman-production-log-001"]
    users = {each["UserName"]: each for each in cloud("elasticache").describe_users()["Users"]}
    assert set(USERS) <= set(users)
    assert users["worker"]["AccessString"].startswith("on ~jm:* &jm:* -@all +ping")


def test_alarms_and_logs_are_there(made: Made) -> None:
    land, cloud = made
    alarms = cloud("cloudwatch").describe_alarms(AlarmNamePrefix="journeyman-production-")["MetricAlarms"]
    assert len(alarms) == len(land.all("cloudwatch/metricAlarm:MetricAlarm"))
    topic = land.outputs["network"]["alarms_topic"]
    assert {arn for alarm in alarms for arn in alarm["AlarmActions"]} == {topic}
    assert cloud("sns").get_topic_attributes(TopicArn=topic)["Attributes"]["KmsMasterKeyId"]
    groups = cloud("logs").describe_log_groups(logGroupNamePrefix="/journeyman-production/")["logGroups"]
    assert {each["retentionInDays"] for each in groups} == {30}
    assert len(groups) == 5
