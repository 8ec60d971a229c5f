"""The autoscaler: one machine, never two at once, that says how many workers there are."""

from journeyman_deploy import rights
from journeyman_deploy.alarms import Alarms
from journeyman_deploy.fleet import Shape
from journeyman_deploy.service import Service, Surroundings
from journeyman_deploy.service_settings import CLOUDWATCH_NAMESPACE
from journeyman_deploy.stack import Stack

stack = Stack()
around = Surroundings(stack)
worker = stack.of("worker")
shape = Shape(
    instance_types=(stack.text("instanceType", "t3.small"),),
    minimum=1,
    maximum=1,
    alone=True,
)
own = [
    *rights.scale_group(worker.require_output("group_arn")),
    rights.publish_figures(CLOUDWATCH_NAMESPACE),
]
settings = {
    "JOURNEYMAN_AUTOSCALER_PROVIDER": "ec2",
    "JOURNEYMAN_AUTOSCALING_GROUP": worker.require_output("group"),
    "JOURNEYMAN_LIFECYCLE_HOOK": worker.require_output("drain_hook"),
    "JOURNEYMAN_CLOUDWATCH_NAMESPACE": CLOUDWATCH_NAMESPACE,
    "JOURNEYMAN_WORKERS_MIN": worker.require_output("min").apply(lambda number: str(int(number))),
    "JOURNEYMAN_WORKERS_MAX": worker.require_output("max").apply(lambda number: str(int(number))),
    "JOURNEYMAN_WAIT_GOAL_MS": str(stack.number("waitGoalMs", 5_000, least=1)),
}
Service(around, "autoscaler", shape, own, settings).finish()
Alarms(stack, around.network("alarms_topic")).above(
    "backlog",
    f"{CLOUDWATCH_NAMESPACE}/PendingJobs",
    {"QueueName": stack.text("watchedQueue", "default")},
    stack.number("backlogAlarm", 10_000, least=1),
    "jobs wait, and workers do not keep up",
    minutes=15,
    missing="breaching",
)
