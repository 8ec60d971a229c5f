"""How `support.pulumi_moto` makes the rest: the log's server, queues, secrets, images, alarms, logs."""

from __future__ import annotations

from support.pulumi_moto import Inputs, Made, MotoCloud, tag_list, whole
from support.pulumi_programs import ACCOUNT


def _subnets(cloud: MotoCloud, name: str, inputs: Inputs) -> Made:
    cloud("elasticache").create_cache_subnet_group(
        CacheSubnetGroupName=inputs["name"],
        CacheSubnetGroupDescription=inputs["description"],
        SubnetIds=inputs["subnetIds"],
    )
    return inputs["name"], {}


def _user(cloud: MotoCloud, name: str, inputs: Inputs) -> Made:
    cloud("elasticache").create_user(
        UserId=inputs["userId"],
        UserName=inputs["userName"],
        Engine=inputs["engine"],
        AccessString=inputs["accessString"],
        Passwords=inputs["passwords"],
    )
    return inputs["userId"], {}


def _replication_group(cloud: MotoCloud, name: str, inputs: Inputs) -> Made:
    cloud("elasticache").create_replication_group(
        ReplicationGroupId=inputs["replicationGroupId"],
        ReplicationGroupDescription=inputs["description"],
        Engine=inputs["engine"],
        EngineVersion=inputs["engineVersion"],
        CacheNodeType=inputs["nodeType"],
        NumCacheClusters=whole(inputs["numCacheClusters"]),
        MultiAZEnabled=inputs["multiAzEnabled"],
        AutomaticFailoverEnabled=inputs["automaticFailoverEnabled"],
        TransitEncryptionEnabled=inputs["transitEncryptionEnabled"],
        AtRestEncryptionEnabled=inputs["atRestEncryptionEnabled"],
        CacheSubnetGroupName=inputs["subnetGroupName"],
        CacheParameterGroupName=inputs["parameterGroupName"],
        SecurityGroupIds=inputs["securityGroupIds"],
        SnapshotRetentionLimit=whole(inputs["snapshotRetentionLimit"]),
        UserGroupIds=inputs["userGroupIds"],
    )
    return inputs["replicationGroupId"], {"primaryEndpointAddress": f"{inputs['replicationGroupId']}.cache.local"}


def _queue(cloud: MotoCloud, name: str, inputs: Inputs) -> Made:
    attributes = {
        "MessageRetentionPeriod": str(whole(inputs["messageRetentionSeconds"])),
        "VisibilityTimeout": str(whole(inputs["visibilityTimeoutSeconds"])),
        "ReceiveMessageWaitTimeSeconds": str(whole(inputs["receiveWaitTimeSeconds"])),
        "SqsManagedSseEnabled": str(inputs["sqsManagedSseEnabled"]).lower(),
    }
    if policy := inputs.get("redrivePolicy"):
        attributes["RedrivePolicy"] = policy
    url = cloud("sqs").create_queue(QueueName=inputs["name"], Attributes=attributes, tags=inputs["tags"])["QueueUrl"]
    arn = cloud("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    return url, {"url": url, "arn": arn}


def _redrive_allow(cloud: MotoCloud, name: str, inputs: Inputs) -> Made:
    allowed = {"RedriveAllowPolicy": inputs["redriveAllowPolicy"]}
    cloud("sqs").set_queue_attributes(QueueUrl=inputs["queueUrl"], Attributes=allowed)
    return inputs["queueUrl"], {}


def _secret(cloud: MotoCloud, name: str, inputs: Inputs) -> Made:
    arn = cloud("secretsmanager").create_secret(Name=inputs["name"], Tags=tag_list(inputs))["ARN"]
    return arn, {"arn": arn}


def _secret_version(cloud: MotoCloud, name: str, inputs: Inputs) -> Made:
    made = cloud("secretsmanager").put_secret_value(SecretId=inputs["secretId"], SecretString=inputs["secretString"])
    return made["VersionId"], {}


def _repository(cloud: MotoCloud, name: str, inputs: Inputs) -> Made:
    made = cloud("ecr").create_repository(
        repositoryName=inputs["name"],
        imageTagMutability=inputs["imageTagMutability"],
        imageScanningConfiguration=inputs["imageScanningConfiguration"],
        encryptionConfiguration=inputs["encryptionConfigurations"][0],
    )["repository"]
    return inputs["name"], {"arn": made["repositoryArn"], "repositoryUrl": made["repositoryUri"]}


def _repository_lifecycle(cloud: MotoCloud, name: str, inputs: Inputs) -> Made:
    cloud("ecr").put_lifecycle_policy(repositoryName=inputs["repository"], lifecyclePolicyText=inputs["policy"])
    return inputs["repository"], {}


def _key(cloud: MotoCloud, name: str, inputs: Inputs) -> Made:
    made = cloud("kms").create_key(Description=inputs["description"], Policy=inputs["policy"])["KeyMetadata"]
    cloud("kms").enable_key_rotation(KeyId=made["KeyId"])
    return made["KeyId"], {"arn": made["Arn"]}


def _topic(cloud: MotoCloud, name: str, inputs: Inputs) -> Made:
    attributes = {"KmsMasterKeyId": inputs["kmsMasterKeyId"]}
    arn = cloud("sns").create_topic(Name=inputs["name"], Attributes=attributes)["TopicArn"]
    return arn, {"arn": arn}


def _subscription(cloud: MotoCloud, name: str, inputs: Inputs) -> Made:
    made = cloud("sns").subscribe(
        TopicArn=inputs["topic"], Protocol=inputs["protocol"], Endpoint=inputs["endpoint"], ReturnSubscriptionArn=True
    )
    return made["SubscriptionArn"], {}


def _alarm(cloud: MotoCloud, name: str, inputs: Inputs) -> Made:
    cloud("cloudwatch").put_metric_alarm(
        AlarmName=inputs["name"],
        Namespace=inputs["namespace"],
        MetricName=inputs["metricName"],
        Dimensions=[{"Name": key, "Value": value} for key, value in inputs["dimensions"].items()],
        Statistic=inputs["statistic"],
        Period=whole(inputs["period"]),
        EvaluationPeriods=whole(inputs["evaluationPeriods"]),
        Threshold=inputs["threshold"],
        ComparisonOperator=inputs["comparisonOperator"],
        TreatMissingData=inputs["treatMissingData"],
        AlarmActions=inputs["alarmActions"],
        OKActions=inputs["okActions"],
    )
    return inputs["name"], {}


def _log_group(cloud: MotoCloud, name: str, inputs: Inputs) -> Made:
    cloud("logs").create_log_group(logGroupName=inputs["name"])
    days = whole(inputs["retentionInDays"])
    cloud("logs").put_retention_policy(logGroupName=inputs["name"], retentionInDays=days)
    return inputs["name"], {"arn": f"arn:aws:logs:{cloud.region}:{ACCOUNT}:log-group:{inputs['name']}"}


MAKERS = {
    "cloudwatch/logGroup:LogGroup": _log_group,
    "cloudwatch/metricAlarm:MetricAlarm": _alarm,
    "ecr/lifecyclePolicy:LifecyclePolicy": _repository_lifecycle,
    "ecr/repository:Repository": _repository,
    "elasticache/replicationGroup:ReplicationGroup": _replication_group,
    "elasticache/subnetGroup:SubnetGroup": _subnets,
    "elasticache/user:User": _user,
    "kms/key:Key": _key,
    "secretsmanager/secret:Secret": _secret,
    "secretsmanager/secretVersion:SecretVersion": _secret_version,
    "sns/topic:Topic": _topic,
    "sns/topicSubscription:TopicSubscription": _subscription,
    "sqs/queue:Queue": _queue,
    "sqs/redriveAllowPolicy:RedriveAllowPolicy": _redrive_allow,
}
