"""Workers: as many as the autoscaler says, on demand or mostly spot, each drained before its machine goes."""

import pulumi

from journeyman_deploy import rights
from journeyman_deploy.fleet import Shape
from journeyman_deploy.queues import CLASSES
from journeyman_deploy.service import Service, Surroundings, object_rights
from journeyman_deploy.stack import Stack
from journeyman_deploy.storage_names import BLOBS

stack = Stack()
around = Surroundings(stack)
drain_s = stack.number("drainSeconds", 30, least=5, most=3600)
shape = Shape(
    instance_types=tuple(stack.texts("instanceTypes", ["t3.medium", "t3a.medium"])),
    minimum=stack.number("min", 1, most=1000),
    maximum=stack.number("max", 10, least=1, most=1000),
    disk_gb=stack.number("diskGb", 30, least=20, most=16_384),
    spot_percent=stack.number("spotPercent", 0, most=100),
    scaled=True,
    drain_s=drain_s,
)
group = stack.name("worker")
own = [*object_rights(around, rights.write_objects, BLOBS), rights.leave_group(around.group_arn(group))]
settings = {
    "JOURNEYMAN_AUTOSCALING_GROUP": group,
    "JOURNEYMAN_LIFECYCLE_HOOK": stack.name("worker-drain"),
    # Which instance it is, and whether that is to be taken away: the worker asks the instance itself.
    "JOURNEYMAN_INSTANCE_METADATA": "imds",
    "JOURNEYMAN_DRAIN_TIMEOUT_MS": str(drain_s * 1000),
    "JOURNEYMAN_WORKER_TASKS": stack.text("tasks", "journeyman_worker.samples"),
    "JOURNEYMAN_WORKER_PROCESSES": str(stack.number("processes", 2, least=1, most=256)),
    "JOURNEYMAN_WORKER_THREADS": str(stack.number("threads", 8, least=1, most=1024)),
}
Service(
    around,
    "worker",
    shape,
    own,
    settings,
    queue_rights=lambda arns: [rights.receive_jobs([arn for kind in CLASSES for arn in arns[kind]])],
    drain_s=drain_s,
).finish()
pulumi.export("min", shape.minimum)
pulumi.export("max", shape.maximum)
