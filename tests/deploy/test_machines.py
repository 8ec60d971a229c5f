"""The machines that are declared: how many, how they come, how they go, and what runs on them."""

from __future__ import annotations

import re

import pytest

from journeyman.setting_table import documented
from journeyman.settings import load
from journeyman_deploy.cloud_init import USER_DATA_MAX
from journeyman_deploy.service_settings import PORTS
from support.compose import ROOT
from support.machines import config, docker_run, environment, files, group, unit, user_data
from support.pulumi_programs import ACCOUNT, PASSWORD, REGION, ImaginedCloud, Land

SERVICES = ("ingest", "scheduler", "worker", "autoscaler", "dashboard")
MACHINES = (*SERVICES, "observability")
#: That AWS and OpenTelemetry read themselves.
STANDARD = {"AWS_REGION", "OTEL_EXPORTER_OTLP_ENDPOINT"}


def test_there_are_so_many_machines(production: Land, staging: Land) -> None:
    def bounds(land: Land) -> dict[str, tuple[int, int, int]]:
        keys = ("minSize", "desiredCapacity", "maxSize")
        groups = land.all("autoscaling/group:Group")
        return {each.name: tuple(int(each.inputs[key]) for key in keys) for each in groups}  # type: ignore[misc]

    assert bounds(production) == {
        "ingest": (2, 2, 4),
        "scheduler": (2, 2, 3),
        "worker": (1, 1, 10),
        "autoscaler": (1, 1, 1),
        "dashboard": (2, 2, 3),
    }
    assert bounds(staging)["worker"] == (0, 0, 10)


@pytest.mark.parametrize("service", SERVICES)
def test_machines_stand_in_private_subnets_behind_their_own_walls(production: Land, service: str) -> None:
    template = production.one("ec2/launchTemplate:LaunchTemplate", name=service).inputs
    assert group(production, service).inputs["vpcZoneIdentifiers"] == production.outputs["network"]["private_subnets"]
    assert template["vpcSecurityGroupIds"] == [production.outputs["network"]["security_groups"][service]]
    assert "networkInterfaces" not in template
    assert "keyName" not in template
    assert template["iamInstanceProfile"]["arn"].endswith(f"journeyman-production-{service}")


@pytest.mark.parametrize("service", SERVICES)
def test_metadata_answers_the_machine_itself_alone_and_disks_are_encrypted(production: Land, service: str) -> None:
    template = production.one("ec2/launchTemplate:LaunchTemplate", name=service).inputs
    options = template["metadataOptions"]
    assert (options["httpTokens"], options["httpPutResponseHopLimit"]) == ("required", 1)
    assert [disk["ebs"]["encrypted"] for disk in template["blockDeviceMappings"]] == ["true"]
    tagged = {each["resourceType"]: each["tags"] for each in template["tagSpecifications"]}
    assert set(tagged) == {"instance", "volume"}
    assert tagged["instance"]["journeyman:service"] == service


def test_the_machine_of_observability_is_as_closed_as_the_others(production: Land) -> None:
    machine = production.one("ec2/instance:Instance").inputs
    assert machine["subnetId"] in production.outputs["network"]["private_subnets"]
    assert machine["associatePublicIpAddress"] is False
    assert machine["metadataOptions"]["httpTokens"] == "required"
    assert machine["metadataOptions"]["httpPutResponseHopLimit"] == 1
    assert machine["rootBlockDevice"]["encrypted"] is True
    assert production.one("ebs/volume:Volume").inputs["encrypted"] is True
    zones = {each.id: each.inputs["availabilityZone"] for each in production.all("ec2/subnet:Subnet")}
    assert production.one("ebs/volume:Volume").inputs["availabilityZone"] == zones[machine["subnetId"]]


@pytest.mark.parametrize("service", SERVICES)
def test_a_new_machine_is_in_service_when_it_says_so_and_an_update_goes_back_where_none_does(
    production: Land, service: str
) -> None:
    inputs = group(production, service).inputs
    (hook,) = inputs["initialLifecycleHooks"]
    assert hook["lifecycleTransition"] == "autoscaling:EC2_INSTANCE_LAUNCHING"
    assert hook["defaultResult"] == "ABANDON"
    refresh = inputs["instanceRefresh"]
    assert refresh["strategy"] == "Rolling"
    preferences = refresh["preferences"]
    assert preferences["autoRollback"]
    bounds = (preferences["minHealthyPercentage"], preferences["maxHealthyPercentage"])
    # Two autoscalers would each scale: the old one goes first.
    assert bounds == ((0, 100) if service == "autoscaler" else (100, 150))
    said = files(production, service)["/opt/journeyman/say-ready"]
    assert f"--lifecycle-hook-name {hook['name']} " in said
    assert f"--auto-scaling-group-name {inputs['name']} " in said
    assert f"127.0.0.1:{PORTS[service]}/health/ready" in said


def test_a_worker_drains_before_its_machine_goes(production: Land) -> None:
    hook = production.one("autoscaling/lifecycleHook:LifecycleHook").inputs
    assert hook["autoscalingGroupName"] == "journeyman-production-worker"
    assert hook["lifecycleTransition"] == "autoscaling:EC2_INSTANCE_TERMINATING"
    assert hook["defaultResult"] == "CONTINUE"
    settings = environment(production, "worker")
    assert int(hook["heartbeatTimeout"]) * 1000 > int(settings["JOURNEYMAN_DRAIN_TIMEOUT_MS"])
    for service in ("worker", "autoscaler"):
        told = environment(production, service)
        assert told["JOURNEYMAN_LIFECYCLE_HOOK"] == hook["name"]
        assert told["JOURNEYMAN_AUTOSCALING_GROUP"] == hook["autoscalingGroupName"]


def test_workers_are_spot_instances_for_the_most_part_where_that_is_wanted(production: Land, staging: Land) -> None:
    workers = group(production, "worker").inputs
    mixed = workers["mixedInstancesPolicy"]
    assert "launchTemplate" not in workers
    assert workers["capacityRebalance"]
    assert mixed["instancesDistribution"] == {
        "onDemandBaseCapacity": 1,
        "onDemandPercentageAboveBaseCapacity": 30,
        "spotAllocationStrategy": "price-capacity-optimized",
    }
    types = [each["instanceType"] for each in mixed["launchTemplate"]["overrides"]]
    assert types == ["c7i.large", "c6i.large", "m7i.large"]
    assert "mixedInstancesPolicy" not in group(staging, "worker").inputs


@pytest.mark.parametrize("service", SERVICES)
def test_a_unit_runs_the_services_image_as_locked_in_as_compose_does(production: Land, service: str) -> None:
    text = files(production, service)[f"/etc/systemd/system/journeyman-{service}.service"]
    options, image, command = docker_run(text)
    assert image == f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/journeyman-production/{service}:0.1.0"
    assert command == []
    assert options["--cap-drop"] == ["ALL"]
    assert options["--security-opt"] == ["no-new-privileges"]
    assert "--read-only" in options
    assert options["--tmpfs"] == ["/tmp:mode=1777,size=256m"]
    assert options["--network"] == ["host"]
    assert options["--env-file"] == ["/etc/journeyman/service.env", f"/run/journeyman-{service}/secrets.env"]
    assert options["--log-driver"] == ["awslogs"]
    assert f"awslogs-group={production.outputs[service]['log_group']}" in options["--log-opt"]


@pytest.mark.parametrize("service", SERVICES)
def test_stopping_a_unit_drains_its_service(production: Land, service: str) -> None:
    parsed = unit(files(production, service)[f"/etc/systemd/system/journeyman-{service}.service"])["Service"]
    (stop,) = parsed["ExecStop"]
    found = re.fullmatch(rf"/usr/bin/docker stop -t (\d+) journeyman-{service}", stop)
    assert found
    drains_s = int(environment(production, service).get("JOURNEYMAN_DRAIN_TIMEOUT_MS", "30000")) // 1000
    assert int(parsed["TimeoutStopSec"][0]) > int(found[1]) > drains_s
    # What has drained stays away; what has crashed comes back.
    assert parsed["Restart"] == ["on-failure"]


@pytest.mark.parametrize("service", SERVICES)
def test_settings_are_ones_that_there_are_and_services_start_with_them(
    production: Land, staging: Land, service: str
) -> None:
    known = {row.variable for row in documented()}
    for land in (production, staging):
        told = environment(land, service)
        assert set(told) - known - STANDARD == set()
        secret = {"JOURNEYMAN_REDIS_URL": f"rediss://{service}:{PASSWORD}@log:6379/0"}
        settings = load({name: value for name, value in told.items() if name not in STANDARD} | secret)
        assert settings.environment == "production"
        assert settings.durability == "replica"
        assert settings.blob_url == f"s3://{land.outputs['network']['bucket']['name']}/blobs"


def test_settings_of_one_project_agree_with_those_of_another(production: Land, staging: Land) -> None:
    autoscaler = load(
        {key: value for key, value in environment(staging, "autoscaler").items() if key.startswith("JOURNEYMAN_")}
    )
    assert (autoscaler.workers_min, autoscaler.workers_max) == (0, 10)
    assert autoscaler.autoscaler_provider == "ec2"
    assert environment(staging, "worker")["JOURNEYMAN_SQS_PREFIX"] == "journeyman-staging"
    assert "JOURNEYMAN_SQS_PREFIX" not in environment(production, "worker")
    told = environment(production, "ingest")
    assert told["OTEL_EXPORTER_OTLP_ENDPOINT"] == "http://observability.production.journeyman.internal:4318"
    assert production.one("route53/record:Record").inputs["name"] == "observability.production.journeyman.internal"


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_listens_to_its_own_machine_and_the_door_leads_there(production: Land, service: str) -> None:
    told = environment(production, service)
    hosts = {name: value for name, value in told.items() if name.endswith("_HOST")}
    assert set(hosts.values()) == {"127.0.0.1"}
    written = files(production, service)
    socket = unit(written["/etc/systemd/system/journeyman-door.socket"])
    assert socket["Socket"]["ListenStream"] == ["0.0.0.0:8080"]
    door = unit(written["/etc/systemd/system/journeyman-door.service"])["Service"]
    assert door["ExecStart"][0].endswith(f" 127.0.0.1:{PORTS[service]}")
    assert str(PORTS[service]) in [value for name, value in told.items() if name.endswith("_PORT")]
    dockerfile = ROOT / "services" / {"dashboard": "dashboard-api"}.get(service, service) / "Dockerfile"
    assert f"\nEXPOSE {PORTS[service]}\n" in dockerfile.read_text()


@pytest.mark.parametrize("service", MACHINES)
def test_no_secret_is_on_its_way_to_a_machine_and_its_arn_is(production: Land, service: str) -> None:
    text = user_data(production, service)
    assert PASSWORD not in text
    assert len(text.encode()) < USER_DATA_MAX
    fetch = files(production, service)["/opt/journeyman/fetch-secret"]
    arns = re.findall(r"arn:aws:secretsmanager:\S+(?=')", fetch)
    secrets = production.outputs["redis"]["secrets"]
    assert arns == [secrets.get(service, production.outputs["observability"]["grafana_secret_arn"])]
    # Into memory, for root alone.
    assert "umask 077" in fetch
    assert "> /run/" in fetch


@pytest.mark.parametrize("service", MACHINES)
def test_cloud_init_starts_every_unit_it_writes(production: Land, service: str) -> None:
    parsed = config(production, service)
    assert parsed["packages"] == ["docker"]
    assert {file["owner"] for file in parsed["write_files"]} == {"root:root"}
    started = {word for command in parsed["runcmd"] if command[:2] == ["systemctl", "enable"] for word in command[3:]}
    written = {path.rpartition("/")[2] for path in files(production, service) if path.startswith("/etc/systemd/")}
    # The socket starts its service.
    assert started - {"docker.service"} == written - {"journeyman-door.service"}
    scripts = {path for path in files(production, service) if path.startswith("/opt/")}
    used = user_data(production, service)
    assert {file["permissions"] for file in parsed["write_files"] if file["path"] in scripts} == {"0755"}
    assert all(used.count(path) > 1 for path in scripts)


def test_an_image_may_be_named_by_its_digest(production: Land) -> None:
    digest = "sha256:" + "0123456789abcdef" * 4
    land = Land("production", ImaginedCloud(), {"ingest": {"image": digest}}, production.outputs).run(("ingest",))
    text = files(land, "ingest")["/etc/systemd/system/journeyman-ingest.service"]
    assert docker_run(text)[1].endswith(f"/journeyman-production/ingest@{digest}")
