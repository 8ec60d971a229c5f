"""The server of the log, the queues, the bucket, what is secret, and what somebody is woken for."""

from __future__ import annotations

import json
import re

import pytest

from journeyman.settings import load
from journeyman.sqs.messages import names
from journeyman_deploy.valkey_rights import USERS, access_strings
from support.compose import ROOT
from support.machines import environment
from support.pulumi_programs import PASSWORD, ImaginedCloud, Land

ACL = (ROOT / "deploy/valkey/users.acl").read_text()
START = (ROOT / "deploy/valkey/start.sh").read_text()


def test_the_log_is_on_several_machines_in_several_zones_encrypted_and_evicts_nothing(production: Land) -> None:
    server = production.one("elasticache/replicationGroup:ReplicationGroup").inputs
    assert server["engine"] == "valkey"
    assert server["numCacheClusters"] == 3
    for wanted in ("multiAzEnabled", "automaticFailoverEnabled", "transitEncryptionEnabled", "atRestEncryptionEnabled"):
        assert server[wanted] is True, wanted
    assert server["transitEncryptionMode"] == "required"
    assert server["securityGroupIds"] == [production.outputs["network"]["security_groups"]["valkey"]]
    assert server["notificationTopicArn"] == production.outputs["network"]["alarms_topic"]
    assert "authToken" not in server
    (parameters,) = [each.inputs for each in production.all("elasticache/parameterGroup:ParameterGroup")]
    assert parameters["parameters"] == [{"name": "maxmemory-policy", "value": "noeviction"}]
    subnets = production.one("elasticache/subnetGroup:SubnetGroup").inputs["subnetIds"]
    assert subnets == production.outputs["network"]["private_subnets"]


def test_a_durable_log_is_a_cluster_of_one_shard_that_answers_when_it_has_the_write(production: Land) -> None:
    land = Land("production", ImaginedCloud(), {"redis": {"durable": "true"}}, production.outputs).run(("redis",))
    server = land.one("elasticache/replicationGroup:ReplicationGroup").inputs
    assert (server["durability"], server["engineVersion"]) == ("sync", "9.0")
    assert (server["numNodeGroups"], server["replicasPerNodeGroup"]) == (1, 2)
    assert "numCacheClusters" not in server
    urls = [each.inputs["secretString"] for each in land.all("secretsmanager/secretVersion:SecretVersion")]
    assert all(url.startswith("rediss+cluster://") and "@clustercfg." in url for url in urls)


def test_every_user_has_the_rights_of_users_acl_and_no_password_in_plain_sight(production: Land) -> None:
    rights = access_strings(ACL, START)
    users = production.all("elasticache/user:User")
    assert {each.inputs["userName"]: each.inputs["accessString"] for each in users} == rights
    for user in users:
        assert user.inputs["passwords"] == [PASSWORD]
        assert "passwords" in user.hidden
        assert "noPasswordRequired" not in user.inputs
    members = production.one("elasticache/userGroup:UserGroup").inputs["userIds"]
    assert members == [f"journeyman-production-{name}" for name in USERS]
    assert production.one("elasticache/replicationGroup:ReplicationGroup").inputs["userGroupIds"] == [
        "journeyman-production-users"
    ]


@pytest.mark.parametrize("user", [name for name in USERS if name != "operator"])
def test_a_user_may_do_what_compose_gives_it_but_for_what_elasticache_keeps_to_itself(user: str) -> None:
    (line,) = [line for line in ACL.splitlines() if line.startswith(f"user {user} ")]
    for name, commands in re.findall(r'^(\w+)="([^"$]*)"', START.replace("\\\n", ""), re.MULTILINE):
        line = line.replace(f"@{name.upper()}@", commands)
    given = {word for word in line.split() if word[0] in "+-~&"}
    words = access_strings(ACL, START)[user].split()
    assert words[0] == "on"
    assert set(words[1:]) == given - {"+config|get"}
    assert not [word for word in words if "@" in word and word != "-@all"]


def test_users_reach_the_keys_of_the_namespace_that_is_configured() -> None:
    moved = access_strings(ACL, START, "shop")
    assert "~shop:* &shop:*" in moved["worker"]
    assert "jm:" not in moved["worker"]
    assert moved["operator"] == "on ~* &* +@all"


def test_a_former_password_is_good_while_it_is_replaced(production: Land) -> None:
    other = "b7Hq2Zw9Xv4Tn6Rm1Lp8Ks3D"
    changes = {"redis": {"rotating": ["worker"], "workerFormerPassword": other}}
    land = Land("production", ImaginedCloud(), changes, production.outputs).run(("redis",))
    passwords = {each.name: each.inputs["passwords"] for each in land.all("elasticache/user:User")}
    assert passwords["worker"] == [PASSWORD, other]
    assert passwords["ingest"] == [PASSWORD]


def test_secrets_are_kept_as_secrets_from_the_configuration_to_the_machine(production: Land) -> None:
    versions = production.all("secretsmanager/secretVersion:SecretVersion")
    assert {each.name for each in versions} == {*(f"{user}-log" for user in USERS), "grafana"}
    assert all("secretString" in each.hidden for each in versions)
    url = production.one("secretsmanager/secretVersion:SecretVersion", name="worker-log").inputs["secretString"]
    assert url == f"rediss://worker:{PASSWORD}@master.log.cache.amazonaws.com:6379/0"
    with_it = {each.type for each in production.declared if PASSWORD in json.dumps(each.inputs)}
    assert with_it == {"aws:elasticache/user:User", "aws:secretsmanager/secretVersion:SecretVersion"}
    assert PASSWORD not in json.dumps(production.outputs)


def test_there_is_a_queue_for_each_class_and_what_nobody_takes_goes_to_the_last(
    production: Land, staging: Land
) -> None:
    assert production.all("sqs/queue:Queue") == []
    queues = {each.inputs["name"].rpartition("-")[2]: each.inputs for each in staging.all("sqs/queue:Queue")}
    arns = {kind: arn for kind, (arn,) in staging.outputs["redis"]["queues"].items()}
    for kind, queue in queues.items():
        assert queue["sqsManagedSseEnabled"] is True
        if kind == "dead":
            assert "redrivePolicy" not in queue
        else:
            policy = json.loads(queue["redrivePolicy"])
            assert policy == {"deadLetterTargetArn": arns["dead"], "maxReceiveCount": 5}
    allowed = json.loads(staging.one("sqs/redriveAllowPolicy:RedriveAllowPolicy").inputs["redriveAllowPolicy"])
    assert set(allowed["sourceQueueArns"]) == set(arns.values()) - {arns["dead"]}


def test_queues_have_the_names_that_services_look_for_in_every_partition(staging: Land) -> None:
    changes = {"redis": {"partitions": "2", "namespace": "shop"}}
    land = Land("staging", ImaginedCloud(), changes, staging.outputs).run(("redis", "worker"))
    told = {key: value for key, value in environment(land, "worker").items() if key.startswith("JOURNEYMAN_")}
    settings = load(told)
    assert settings.partitions == 2
    both = [names(settings, partition) for partition in (0, 1)]
    looked_for = [name for each in both for name in (*each.classes, each.dead)]
    assert sorted(each.inputs["name"] for each in land.all("sqs/queue:Queue")) == sorted(looked_for)


def test_the_bucket_is_private_encrypted_versioned_and_reached_by_tls_alone(production: Land) -> None:
    blocked = production.one("s3/bucketPublicAccessBlock:BucketPublicAccessBlock").inputs
    assert [blocked[key] for key in blocked if key != "bucket"] == [True] * 4
    kind = "s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
    (rule,) = production.one(kind).inputs["rules"]
    assert rule["applyServerSideEncryptionByDefault"] == {"sseAlgorithm": "AES256"}
    versioning = production.one("s3/bucketVersioning:BucketVersioning").inputs["versioningConfiguration"]
    assert versioning == {"status": "Enabled"}
    (refused,) = json.loads(production.one("s3/bucketPolicy:BucketPolicy").inputs["policy"])["Statement"]
    assert (refused["Effect"], refused["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})


def test_blobs_are_dropped_by_age_as_the_command_line_would_have_it() -> None:
    land = Land("production", ImaginedCloud(), {"network": {"blobDays": "40"}}).run(("network",))
    rules = land.one("s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration").inputs["rules"]
    dropped = {rule["filter"]["prefix"]: rule["expiration"]["days"] for rule in rules if "expiration" in rule}
    assert dropped == {"blobs/results/": 40, "blobs/payloads/": 406}


def test_nothing_is_dropped_by_age_that_nobody_asked_to_drop(production: Land) -> None:
    rules = production.one("s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration").inputs["rules"]
    assert [rule["id"] for rule in rules if "expiration" in rule] == []


def test_there_is_a_repository_for_each_service_in_which_no_tag_changes(production: Land) -> None:
    repositories = {each.name: each.inputs for each in production.all("ecr/repository:Repository")}
    assert set(repositories) == {"ingest", "scheduler", "worker", "autoscaler", "dashboard"}
    assert {each["imageTagMutability"] for each in repositories.values()} == {"IMMUTABLE"}
    assert all(each["imageScanningConfiguration"] == {"scanOnPush": True} for each in repositories.values())


def test_somebody_is_woken_for_these(production: Land) -> None:
    alarms = production.all("cloudwatch/metricAlarm:MetricAlarm")
    topic = production.outputs["network"]["alarms_topic"]
    assert all(each.inputs["alarmActions"] == [topic] == each.inputs["okActions"] for each in alarms)
    nodes = [f"journeyman-production-log-00{number}" for number in (1, 2, 3)]
    assert {each.name for each in alarms} == {
        *(f"{node}-{what}" for node in nodes for what in ("memory", "cpu", "lag")),
        *(f"{service}-few" for service in ("ingest", "scheduler", "worker", "autoscaler", "dashboard")),
        *(f"{service}-{what}" for service in ("ingest", "dashboard") for what in ("unhealthy", "errors")),
        "backlog",
        "observability-down",
    }
    backlog = production.one("cloudwatch/metricAlarm:MetricAlarm", name="backlog").inputs
    assert (backlog["namespace"], backlog["metricName"]) == ("Journeyman", "PendingJobs")
    assert backlog["treatMissingData"] == "breaching"


def test_the_topic_is_encrypted_with_a_key_that_cloudwatch_may_use(production: Land) -> None:
    topic = production.one("sns/topic:Topic").inputs
    key = production.one("kms/key:Key")
    assert topic["kmsMasterKeyId"].startswith("arn:aws:kms:")
    assert key.inputs["enableKeyRotation"] is True
    publishers = json.loads(key.inputs["policy"])["Statement"][1]
    assert "cloudwatch.amazonaws.com" in publishers["Principal"]["Service"]


def test_everything_that_can_be_tagged_says_whose_it_is(production: Land, staging: Land) -> None:
    for land in (production, staging):
        for each in land.declared:
            tags = each.inputs.get("tags")
            if isinstance(tags, dict):
                assert tags["journeyman:environment"] == land.stack, each
                assert tags["journeyman:project"].startswith("journeyman-"), each
