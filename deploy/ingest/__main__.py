"""Ingest: at least two machines behind the front door, any number of them."""

from journeyman_deploy import rights
from journeyman_deploy.fleet import Shape
from journeyman_deploy.service import Service, Surroundings, object_rights
from journeyman_deploy.stack import Stack
from journeyman_deploy.storage_names import BLOBS

stack = Stack()
around = Surroundings(stack)
shape = Shape(
    instance_types=(stack.text("instanceType", "t3.small"),),
    minimum=stack.number("min", 2, least=1, most=100),
    maximum=stack.number("max", 4, least=1, most=100),
)
Service(around, "ingest", shape, object_rights(around, rights.write_objects, BLOBS), {}, priority=10).finish()
