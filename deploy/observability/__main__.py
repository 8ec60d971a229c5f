"""The machine with Prometheus, Tempo, Grafana and the collector, and the disk of what they keep."""

import pulumi
from pulumi_aws import ebs, ec2, lb, route53, s3

from journeyman_deploy import provisioned, rights, watching
from journeyman_deploy.alarms import Alarms
from journeyman_deploy.front_door import Behind
from journeyman_deploy.kept_secrets import keep
from journeyman_deploy.role import MachineRole
from journeyman_deploy.service import Surroundings, machine_image, object_rights
from journeyman_deploy.stack import Stack
from journeyman_deploy.storage_names import CONFIGURATION
from journeyman_deploy.walls import GRAFANA_PORT, SERVICE_PORT

NAME = "observability"
stack = Stack()
around = Surroundings(stack)
host = stack.text("host", "", pattern=r"[a-z0-9.-]+")
images = provisioned.images_in(watching.COMPOSE.read_text()) | stack.table("images")
bucket = around.network("bucket", "name")
secret = keep(stack, "grafana", stack.password("grafanaPassword"), "Journeyman: Grafana's admin")

files = provisioned.mounted(watching.files())
files[provisioned.PROMETHEUS] = provisioned.scraping(
    files[provisioned.PROMETHEUS], around.region, stack.environment, SERVICE_PORT
)
prefix = f"{CONFIGURATION}/{provisioned.digest(files)}"
uploaded = [
    s3.BucketObjectv2(
        path, bucket=bucket, key=f"{prefix}/{path}", content=files[path], content_type=kind, tags=stack.tags(NAME)
    )
    for path, kind in provisioned.kinds(sorted(files)).items()
]

role = MachineRole(
    stack,
    NAME,
    [
        rights.reached_by_session_manager(),
        rights.read_secret(secret),
        rights.find_targets(),
        *object_rights(around, rights.read_objects, CONFIGURATION),
    ],
)
run = watching.containers(
    images, stack.text("retention", "15d"), f"https://{host}" if host else f"http://localhost:{GRAFANA_PORT}"
)
machine = ec2.Instance(
    NAME,
    ami=machine_image(stack),
    instance_type=stack.text("instanceType", "t3.medium"),
    subnet_id=around.network("private_subnets").apply(lambda subnets: subnets[0]),
    vpc_security_group_ids=[around.network("security_groups", NAME)],
    associate_public_ip_address=False,
    iam_instance_profile=role.profile.name,
    key_name=stack.text("keyName", "") or None,
    metadata_options={"http_endpoint": "enabled", "http_tokens": "required", "http_put_response_hop_limit": 1},
    root_block_device={"encrypted": True, "volume_type": "gp3", "volume_size": 20},
    user_data=pulumi.Output.all(bucket, secret).apply(
        lambda found: watching.machine(around.region, found[0], prefix, found[1], run)
    ),
    user_data_replace_on_change=True,
    tags=stack.tags(NAME, service=NAME),
    # Its disk can be on one machine alone.
    opts=pulumi.ResourceOptions(delete_before_replace=True, depends_on=[*uploaded, role]),
)
disk = ebs.Volume(
    NAME,
    availability_zone=around.network("zones").apply(lambda zones: zones[0]),
    size=stack.number("diskGb", 50, least=10, most=16_384),
    type="gp3",
    encrypted=True,
    tags=stack.tags(NAME),
    opts=pulumi.ResourceOptions(protect=stack.flag("protect", default=True)),
)
ec2.VolumeAttachment(
    NAME,
    device_name=watching.DEVICE,
    volume_id=disk.id,
    instance_id=machine.id,
    stop_instance_before_detaching=True,
    opts=pulumi.ResourceOptions(delete_before_replace=True),
)
route53.Record(
    NAME,
    zone_id=around.network("zone", "id"),
    name=pulumi.Output.concat(f"{NAME}.", around.network("zone", "name")),
    type="A",
    ttl=30,
    records=[machine.private_ip],
)
if host:
    behind = Behind(
        stack,
        "grafana",
        host=host,
        port=GRAFANA_PORT,
        ready_path="/api/health",
        priority=30,
        listener_arn=around.network("listener_arn"),
        vpc_id=around.network("vpc_id"),
    )
    lb.TargetGroupAttachment("grafana", target_group_arn=behind.target_group.arn, target_id=machine.id)
Alarms(stack, around.network("alarms_topic")).above(
    "observability-down",
    "AWS/EC2/StatusCheckFailed",
    {"InstanceId": machine.id},
    0,
    "the machine of observability is not well",
)

pulumi.export("instance_id", machine.id)
pulumi.export("private_ip", machine.private_ip)
pulumi.export("grafana_secret_arn", secret)
