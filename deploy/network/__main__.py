"""The ground everything stands on: network, walls, front door, bucket, repositories of images, where alarms go."""

import pulumi
import pulumi_aws as aws
from pulumi_aws import route53

from journeyman_deploy.alarms import Topic
from journeyman_deploy.endpoints import INTERFACES, Endpoints, chosen
from journeyman_deploy.front_door import FrontDoor
from journeyman_deploy.network import ZONES, Network
from journeyman_deploy.stack import ConfigError, Stack
from journeyman_deploy.storage import Bucket, Repositories
from journeyman_deploy.walls import SERVICES, Walls

stack = Stack()
account = aws.get_caller_identity().account_id
region = aws.get_region().region
zones = stack.texts("zones", []) or aws.get_availability_zones(state="available").names[:ZONES]
if len(zones) != ZONES:
    raise ConfigError(f"{stack.project}:zones must be {ZONES} zones of {region}, not {zones}")
certificate = stack.text("certificate", pattern=r"arn:aws:acm:\S+", words="the ARN of a certificate for both hosts")
hosts = {service: stack.text(f"{service}Host", pattern=r"[a-z0-9.-]+") for service in ("ingest", "dashboard")}
interfaces = chosen(stack.texts("endpoints", INTERFACES))

network = Network(stack, zones, 3 if stack.flag("natInEachZone") else 1)
endpoints = Endpoints(stack, network, region)
walls = Walls(
    stack,
    network.vpc.id,
    endpoints.s3.prefix_list_id,
    clients=stack.networks("clients"),
    bastions=stack.networks("bastions", []),
    all_reach_the_web=len(interfaces) < len(INTERFACES),
)
endpoints.open(interfaces, stack.number("endpointZones", ZONES, least=1, most=ZONES), walls.ids["endpoints"])
internal = stack.flag("internal")
door = FrontDoor(
    stack,
    [each.id for each in (network.private if internal else network.public)],
    walls.ids["door"],
    certificate,
    internal=internal,
)
bucket = Bucket(stack, account, stack.number("blobDays", 0, most=3650)).bucket
repositories = Repositories(stack, SERVICES).repositories
topic = Topic(stack, account, stack.text("alarmEmail", "")).topic
zone = route53.Zone(
    "inside",
    name=f"{stack.environment}.journeyman.internal",
    vpcs=[{"vpc_id": network.vpc.id}],
    tags=stack.tags("inside"),
)

pulumi.export("vpc_id", network.vpc.id)
pulumi.export("public_subnets", [each.id for each in network.public])
pulumi.export("private_subnets", [each.id for each in network.private])
pulumi.export("zones", zones)
pulumi.export("security_groups", walls.ids)
pulumi.export("door_dns_name", door.balancer.dns_name)
pulumi.export("door_zone_id", door.balancer.zone_id)
pulumi.export("door_suffix", door.balancer.arn_suffix)
pulumi.export("listener_arn", door.https.arn)
for service, host in hosts.items():
    pulumi.export(f"{service}_host", host)
    pulumi.export(f"{service}_url", f"https://{host}")
pulumi.export("bucket", {"name": bucket.id, "arn": bucket.arn})
pulumi.export("repositories", {name: {"url": it.repository_url, "arn": it.arn} for name, it in repositories.items()})
pulumi.export("alarms_topic", topic.arn)
pulumi.export("zone", {"id": zone.zone_id, "name": zone.name})
