"""The scheduler: two machines, of which one leads by its lease and the other stands by."""

from journeyman_deploy import rights
from journeyman_deploy.fleet import Shape
from journeyman_deploy.queues import CLASSES, DEAD
from journeyman_deploy.service import Service, Surroundings, object_rights
from journeyman_deploy.stack import Stack
from journeyman_deploy.storage_names import ARCHIVE, BLOBS

stack = Stack()
around = Surroundings(stack)
machines = stack.number("machines", 2, least=1, most=10)
shape = Shape(
    instance_types=(stack.text("instanceType", "t3.small"),),
    minimum=machines,
    # Room for a new one beside them while they are replaced.
    maximum=machines + 1,
)
Service(
    around,
    "scheduler",
    shape,
    object_rights(around, rights.keep_objects, BLOBS, ARCHIVE),
    {},
    queue_rights=lambda arns: rights.send_jobs([arn for kind in CLASSES for arn in arns[kind]], arns[DEAD]),
).finish()
