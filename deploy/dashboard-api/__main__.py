"""The dashboard: its API and pages, at least two machines behind the front door, each with a read model of its own."""

from journeyman_deploy import rights
from journeyman_deploy.fleet import Shape
from journeyman_deploy.service import Service, Surroundings, object_rights
from journeyman_deploy.stack import Stack
from journeyman_deploy.storage_names import ARCHIVE, BLOBS

stack = Stack()
around = Surroundings(stack)
shape = Shape(
    instance_types=(stack.text("instanceType", "t3.small"),),
    minimum=stack.number("min", 2, least=1, most=100),
    maximum=stack.number("max", 3, least=1, most=100),
    # Room for the read model.
    disk_gb=stack.number("diskGb", 50, least=20, most=16_384),
)
Service(
    around, "dashboard", shape, object_rights(around, rights.read_objects, BLOBS, ARCHIVE), {}, priority=20
).finish()
