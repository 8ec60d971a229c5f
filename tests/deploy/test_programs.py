"""The programs themselves: how they are run, what they ask for, what they give out, and what they say of mistakes."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from journeyman_deploy.stack import ConfigError
from support.compose import ROOT
from support.machines import docker_run, environment, files
from support.pulumi_programs import DEPLOY, PROJECTS, ImaginedCloud, Land

README = (DEPLOY / "README.md").read_text()


def test_every_program_is_one_that_is_deployed_in_order() -> None:
    assert {path.parent.name for path in DEPLOY.glob("*/Pulumi.yaml")} == set(PROJECTS)


@pytest.mark.parametrize("folder", PROJECTS)
def test_a_program_is_run_by_itself_from_its_folder_with_what_is_tested_here(folder: str) -> None:
    project: dict[str, Any] = yaml.safe_load((DEPLOY / folder / "Pulumi.yaml").read_text())
    assert project["name"] == f"journeyman-{folder.removesuffix('-api')}"
    assert project["runtime"] == {"name": "python", "options": {"virtualenv": "../../.venv"}}
    assert (DEPLOY / folder / project["main"]).exists()
    for stack in ("production", "staging"):
        assert (DEPLOY / folder / f"Pulumi.{stack}.yaml").exists()


@pytest.mark.parametrize("folder", PROJECTS)
def test_a_file_of_configuration_has_nothing_secret_and_nothing_that_is_not_read(folder: str) -> None:
    sources = [DEPLOY / folder / "__main__.py", *DEPLOY.glob("components/src/journeyman_deploy/*.py")]
    text = "".join(path.read_text() for path in sources)
    for stack in ("production", "staging"):
        config: dict[str, Any] = yaml.safe_load((DEPLOY / folder / f"Pulumi.{stack}.yaml").read_text())["config"]
        keys = [key.partition(":")[2] for key in config if not key.startswith("aws:")]
        assert not [key for key in keys if re.search("password|secret|token", key, re.IGNORECASE)]
        unread = [key for key in keys if f'"{key}"' not in text and not key.endswith("Host")]
        assert unread == []


def test_the_readme_names_every_output_and_every_key_of_configuration(production: Land) -> None:
    outputs = {name for given in production.outputs.values() for name in given}
    assert [name for name in sorted(outputs) if f"`{name}`" not in README] == []
    read = re.compile(r'stack\.(?:text|texts|number|flag|choice|networks|table|password)\(\s*"(\w+)"')
    sources = [*DEPLOY.glob("*/__main__.py"), *DEPLOY.glob("components/src/journeyman_deploy/*.py")]
    keys = {key for path in sources for key in read.findall(path.read_text())}
    assert len(keys) > 35
    assert [key for key in sorted(keys) if f"`{key}`" not in README] == []


def test_environments_differ_in_names_alone_and_never_share_one(production: Land, staging: Land) -> None:
    def names(land: Land) -> set[str]:
        keys = ("name", "bucket", "replicationGroupId", "userId")
        kinds = ("bucket:Bucket", "Group", "Role", "Queue", "Topic", "Secret", "User", "Template", "LoadBalancer")
        found = [each for each in land.declared if each.type.endswith(kinds)]
        return {each.inputs[key] for each in found for key in keys if isinstance(each.inputs.get(key), str)}

    assert not names(production) & names(staging)


@pytest.mark.parametrize(
    ("project", "changes", "said"),
    [
        ("network", {"clients": None}, "journeyman-network:clients must be a list of texts: pulumi config set --path"),
        ("network", {"clients": ["anywhere"]}, "must be networks like 203.0.113.0/24, not 'anywhere'"),
        ("network", {"certificate": None}, "journeyman-network:certificate is missing: pulumi config set certificate"),
        ("network", {"endpoints": ["s4"]}, "no such endpoints: s4; there are autoscaling, ec2"),
        ("network", {"zones": ["eu-west-1a"]}, "journeyman-network:zones must be 3 zones of eu-west-1"),
        ("redis", {"nodes": "1"}, "journeyman-redis:nodes must be a number from 2 to 6, not '1'"),
        ("redis", {"transport": "carrier-pigeon"}, "journeyman-redis:transport must be redis or sqs"),
        (
            "redis",
            {"rotating": ["worker"]},
            "journeyman-redis:workerFormerPassword is missing: pulumi config set --secret",
        ),
        ("ingest", {"image": None}, "journeyman-ingest:image is missing: pulumi config set image the tag or digest"),
        ("ingest", {"image": "no image"}, "journeyman-ingest:image must be the tag or digest of a pushed image"),
        (
            "ingest",
            {"settings": {"JOURNEYMAN_REDIS_URL": "redis://x"}},
            "not for plain configuration: JOURNEYMAN_REDIS",
        ),
        ("ingest", {"settings": {"PATH": "/bin"}}, "settings: not for plain configuration: PATH"),
        ("worker", {"spotPercent": "most"}, "journeyman-worker:spotPercent must be a number from 0 to 100"),
    ],
)
def test_a_mistake_in_the_configuration_is_told_in_one_line(
    production: Land, project: str, changes: dict[str, Any], said: str
) -> None:
    land = Land("production", ImaginedCloud(), {project: changes}, production.outputs)
    with pytest.raises(ConfigError) as error:
        land.deploy(project)
    assert said in str(error.value)
    assert "\n" not in str(error.value)


def test_a_stack_has_a_name_that_names_in_aws_have_room_for() -> None:
    with pytest.raises(ConfigError, match="10 small letters at most"):
        Land("Production-2", ImaginedCloud()).deploy_named("network", "production")


def test_settings_of_ones_own_reach_the_service(production: Land) -> None:
    changes = {"worker": {"settings": {"JOURNEYMAN_WORKER_QUEUES": "images"}, "tasks": "shop"}}
    land = Land("production", ImaginedCloud(), changes, production.outputs).run(("worker",))
    told = environment(land, "worker")
    assert (told["JOURNEYMAN_WORKER_QUEUES"], told["JOURNEYMAN_WORKER_TASKS"]) == ("images", "shop")


def test_prometheus_finds_every_service_that_it_finds_in_compose(production: Land) -> None:
    uploaded = {each.name: each.inputs for each in production.all("s3/bucketObjectv2:BucketObjectv2")}
    here = yaml.safe_load(uploaded["prometheus/prometheus.yml"]["content"])
    there = yaml.safe_load((ROOT / "deploy/observability/prometheus/prometheus.yml").read_text())
    assert [job["job_name"] for job in here["scrape_configs"]] == [job["job_name"] for job in there["scrape_configs"]]
    assert here["rule_files"] == there["rule_files"]
    for job in here["scrape_configs"]:
        for found in job.get("ec2_sd_configs", []):
            assert found["port"] == 8080
            tags = {each["name"]: each["values"] for each in found["filters"]}
            service = job["job_name"].removeprefix("journeyman-")
            assert tags["tag:journeyman:service"] == [service]
            assert tags["tag:journeyman:environment"] == ["production"]
            assert production.one("autoscaling/group:Group", name=service)


def test_containers_of_observability_are_those_of_compose(production: Land) -> None:
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    written = files(production, "observability")
    uploaded = {each.name for each in production.all("s3/bucketObjectv2:BucketObjectv2")}
    renamed = {"otel-collector": "collector"}
    for name in ("prometheus", "tempo", "otel-collector", "grafana"):
        text = written[f"/etc/systemd/system/{renamed.get(name, name)}.service"]
        options, image, _ = docker_run(text)
        assert image == compose[name]["image"]
        mounted = [volume.split(":")[0] for volume in options["--volume"] if volume.endswith(":ro")]
        for path in [each.removeprefix("/etc/journeyman/observability/") for each in mounted]:
            assert [each for each in uploaded if each == path or each.startswith(f"{path}/")], path
