"""The server of the log, who may use it, and, where released jobs travel by SQS, its queues."""

import pulumi

from journeyman_deploy.alarms import Alarms
from journeyman_deploy.kept_secrets import keep
from journeyman_deploy.queues import CLASSES, DEAD, Queues, stem
from journeyman_deploy.stack import Stack
from journeyman_deploy.valkey import Users, Valkey
from journeyman_deploy.valkey_rights import USERS

stack = Stack()
network = stack.of("network")
groups = network.require_output("security_groups")
topic = network.require_output("alarms_topic")
namespace = stack.text("namespace", "jm", pattern=r"[A-Za-z0-9._-]{1,32}")
prefix = stack.text("sqsPrefix", stack.prefix, pattern=r"[A-Za-z0-9_-]{1,32}")
visibility_s = stack.number("sqsVisibilitySeconds", 60, least=10, most=43_200)
receives_max = stack.number("sqsReceivesMax", 5, least=1, most=1000)
passwords = {user: stack.password(f"{user}Password") for user in USERS}
# Besides the new password the former one is good for as long as it stands here: nobody is locked out meanwhile.
former = {user: [stack.password(f"{user}FormerPassword")] for user in stack.texts("rotating", [])}

users = Users(stack, namespace, {user: [password, *former.get(user, [])] for user, password in passwords.items()})
valkey = Valkey(
    stack,
    subnets=network.require_output("private_subnets"),
    group=groups.apply(lambda ids: ids["valkey"]),
    users=users,
    topic=topic,
    node_type=stack.text("nodeType", "cache.t4g.small", pattern=r"cache\.\S+"),
    nodes=stack.number("nodes", 2, least=2, most=6),
    durable=stack.flag("durable"),
)
secrets = {
    user: keep(stack, f"{user}-log", valkey.url(user, password), f"Journeyman: the log, for {user}")
    for user, password in passwords.items()
}

alarms = Alarms(stack, topic)
for node in valkey.nodes:
    of = {"CacheClusterId": node}
    alarms.above(f"{node}-memory", "AWS/ElastiCache/DatabaseMemoryUsagePercentage", of, 80, "the log's memory fills up")
    alarms.above(f"{node}-cpu", "AWS/ElastiCache/EngineCPUUtilization", of, 80, "the log's server is busy")
    alarms.above(f"{node}-lag", "AWS/ElastiCache/ReplicationLag", of, 5, "a replica of the log is behind")

transport = stack.choice("transport", ("redis", "sqs"))
partitions = stack.number("partitions", 1, least=1, most=1024)
queue_arns: dict[str, list[pulumi.Output[str]]] = {}
for partition in range(partitions if transport == "sqs" else 0):
    names = stem(prefix, namespace, partition)
    queues = Queues(stack, names, visibility_s=visibility_s, receives_max=receives_max)
    for kind in CLASSES:
        queue_arns.setdefault(kind, []).append(queues.by_class[kind].arn)
    queue_arns.setdefault(DEAD, []).append(queues.dead.arn)
    stuck = {"QueueName": queues.dead.name}
    alarms.above(f"{names}-dead", "AWS/SQS/ApproximateNumberOfMessagesVisible", stuck, 0, "nobody could take a message")

pulumi.export("server_id", valkey.server.id)
pulumi.export("host", valkey.host)
pulumi.export("namespace", namespace)
pulumi.export("partitions", partitions)
pulumi.export("secrets", secrets)
pulumi.export("transport", transport)
pulumi.export("sqs_prefix", prefix)
pulumi.export("sqs_visibility_ms", visibility_s * 1000)
pulumi.export("sqs_receives_max", receives_max)
pulumi.export("queues", queue_arns)
