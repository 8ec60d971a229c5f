"""Runs the Pulumi programs of deploy/ as they are, with something else in the engine's and the cloud's place.

    land = Land("production", ImaginedCloud())
    land.run()                          every program in the order of deploy/README.md, each with what others gave out
    land.declared                       what was declared, everything
    land.outputs["network"]             what a project gave out

A cloud is asked to make each resource: it says its id, and what is known of it then. `ImaginedCloud` makes that up;
`support.pulumi_moto` has the thing made.
"""

from __future__ import annotations

import asyncio
import json
import runpy
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import pulumi
import yaml
from pulumi.runtime import mocks, rpc, set_all_config, settings
from pulumi.runtime.stack import Stack

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
ACCOUNT = "123456789012"
REGION = "eu-west-1"
#: In the order in which they are deployed.
PROJECTS = ("network", "redis", "observability", "ingest", "scheduler", "worker", "dashboard-api", "autoscaler")
PASSWORD = "x3nq8Zr1Vt7Kp2Lm9Wd4Sy6B"
USERS = ("ingest", "scheduler", "worker", "autoscaler", "dashboard", "operator")
#: What deploy/README.md has somebody set besides the files.
SECRETS = {
    "redis": [f"{user}Password" for user in USERS],
    "observability": ["grafanaPassword"],
}


@dataclass(frozen=True)
class Declared:
    """A resource as a program declared it, with the names that Pulumi's providers use."""

    project: str
    type: str
    name: str
    inputs: dict[str, Any]
    id: str
    #: Those of the inputs that Pulumi keeps encrypted in its state.
    hidden: frozenset[str]


class Cloud(Protocol):
    """What makes resources, and answers questions about what there is."""

    region: str

    def make(self, kind: str, name: str, inputs: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        """Make a resource; return its id and all that is known of it."""
        ...

    def answer(self, token: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """Answer a question: zones, account, the newest machine image."""
        ...


def _revealed(value: Any) -> Any:
    """Return a value with what is marked as secret in it as it is."""
    if isinstance(value, dict):
        if value.get(rpc._special_sig_key) == rpc._special_secret_sig:
            return _revealed(value["value"])
        return {key: _revealed(each) for key, each in value.items()}
    return [_revealed(each) for each in value] if isinstance(value, list) else value


class _Engine(mocks.Mocks):
    def __init__(self, land: Land, project: str) -> None:
        self._land, self._project = land, project

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        if args.typ == "pulumi:pulumi:StackReference":
            organization, project, stack = args.inputs["name"].split("/")
            assert (organization, stack) == ("acme", self._land.stack)
            return args.name, {**args.inputs, "outputs": self._land.outputs[project.removeprefix("journeyman-")]}
        if not args.custom:
            return args.name, dict(args.inputs)
        inputs = _revealed(args.inputs)
        hidden = frozenset(key for key, value in args.inputs.items() if value != inputs[key])
        made, state = self._land.cloud.make(args.typ, args.name, inputs)
        self._land.declared.append(Declared(self._project, args.typ, args.name, inputs, made, hidden))
        return made, state

    def call(self, args: mocks.MockCallArgs) -> Any:
        return self._land.cloud.answer(args.token, args.args)


@contextmanager
def _loops() -> Iterator[None]:
    """Give Pulumi the event loops that it would make and leave: one here, one in each thread that asks the cloud."""
    made = [asyncio.new_event_loop()]

    def another() -> None:
        made.append(asyncio.new_event_loop())
        asyncio.set_event_loop(made[-1])

    asyncio.set_event_loop(made[0])
    try:
        with ThreadPoolExecutor(8, initializer=another) as threads:
            made[0].set_default_executor(threads)
            try:
                yield
            finally:
                _give_up(made[0])
    finally:
        asyncio.set_event_loop(None)
        for loop in made:
            loop.close()


def _give_up(loop: asyncio.AbstractEventLoop) -> None:
    """End what a program that failed has left."""
    left = asyncio.all_tasks(loop)
    for task in left:
        task.cancel()
    loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))


class Land:
    """An environment: its projects, deployed one after the other."""

    def __init__(
        self,
        stack: str,
        cloud: Cloud,
        changes: dict[str, dict[str, Any]] | None = None,
        outputs: dict[str, dict[str, Any]] | None = None,
    ) -> None:
        self.stack, self.cloud = stack, cloud
        self._configured = stack
        self.declared: list[Declared] = []
        #: By name, as others refer to it: the folder dashboard-api has the project journeyman-dashboard.
        self.outputs = dict(outputs or {})
        self._changes = changes or {}

    def run(self, projects: tuple[str, ...] = PROJECTS) -> Land:
        """Run programs, all of them by default."""
        for folder in projects:
            self.deploy(folder)
        return self

    def deploy(self, folder: str) -> None:
        """Run one program."""
        project: str = yaml.safe_load((DEPLOY / folder / "Pulumi.yaml").read_text())["name"]
        config = self.config_of(folder, project)
        secret = [f"{project}:{key}" for key in SECRETS.get(folder, [])]
        exported: dict[str, Any] = {}

        def program() -> pulumi.Output[None]:
            root = settings.get_root_resource()
            assert isinstance(root, Stack)
            root.outputs.clear()
            runpy.run_path(str(DEPLOY / folder / "__main__.py"), run_name="__main__")
            return pulumi.Output.from_input(root.outputs).apply(exported.update)

        with _loops(), warnings.catch_warnings():
            # pulumi_aws warns of its own deprecated modules whenever one beside them is imported.
            warnings.filterwarnings("ignore", category=DeprecationWarning, module="pulumi_aws")
            settings.set_root_resource(None)  # type: ignore[arg-type]
            mocks.set_mocks(
                _Engine(self, folder), project=project, stack=self.stack, preview=False, organization="acme"
            )
            set_all_config(dict.fromkeys(secret, PASSWORD) | config, secret)
            mocks.test(program)()  # type: ignore[no-untyped-call]
        self.outputs[project.removeprefix("journeyman-")] = exported

    def deploy_named(self, folder: str, stack: str) -> None:
        """Run one program under this land's name with the configuration of another's."""
        self._configured = stack
        self.deploy(folder)

    def config_of(self, folder: str, project: str) -> dict[str, str]:
        """Return the configuration of the stack's own file, with this land's changes."""
        text = (DEPLOY / folder / f"Pulumi.{self._configured}.yaml").read_text()
        values: dict[str, Any] = yaml.safe_load(text)["config"]
        values |= {f"{project}:{key}": value for key, value in self._changes.get(folder, {}).items()}
        values = {key: value for key, value in values.items() if value is not None}
        return {key: value if isinstance(value, str) else json.dumps(value) for key, value in values.items()}

    def all(self, kind: str, project: str | None = None) -> list[Declared]:
        """Return what was declared of a kind (`ec2/subnet:Subnet`), by all projects or one."""
        wanted = f"aws:{kind}"
        return [each for each in self.declared if each.type == wanted and project in (None, each.project)]

    def one(self, kind: str, project: str | None = None, name: str | None = None) -> Declared:
        """Return the only one of a kind, or the only one with this name."""
        (found,) = [each for each in self.all(kind, project) if name in (None, each.name)]
        return found


class ImaginedCloud:
    """Makes up ids, ARNs and addresses, each from the resource's kind and name."""

    region = REGION

    def make(self, kind: str, name: str, inputs: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        """Return what such a resource would have."""
        service, _, short = kind.removeprefix("aws:").partition("/")
        own = str(inputs.get("name", name))
        made = inputs.get("bucket", own) if short.endswith(":Bucket") else f"{short.partition(':')[0]}-{name}"
        known = {
            "arn": f"arn:aws:{service}:{REGION}:{ACCOUNT}:{own}",
            "arnSuffix": f"app/{own}/0123456789abcdef",
            "name": own,
            "url": f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{own}",
            "repositoryUrl": f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/{own}",
            "dnsName": "door-123.elb.amazonaws.com",
            "primaryEndpointAddress": "master.log.cache.amazonaws.com",
            "configurationEndpointAddress": "clustercfg.log.cache.amazonaws.com",
            "prefixListId": "pl-s3",
            "latestVersion": 1,
            "privateIp": "10.0.16.10",
            "zoneId": f"Z-{name}",
        }
        return str(made), {**known, **inputs}

    def answer(self, token: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """Answer as an account in Ireland would."""
        return answers(token, REGION)


def answers(token: str, region: str) -> dict[str, Any]:
    """Return what programs ask for before they declare anything."""
    known: dict[str, dict[str, Any]] = {
        "aws:index/getCallerIdentity:getCallerIdentity": {"accountId": ACCOUNT, "arn": "", "id": "", "userId": ""},
        "aws:index/getRegion:getRegion": {"region": region, "id": region, "name": region, "description": ""},
        "aws:index/getAvailabilityZones:getAvailabilityZones": {
            "names": [f"{region}{letter}" for letter in "abc"],
            "zoneIds": [],
            "groupNames": [],
            "id": region,
        },
        "aws:ssm/getParameter:getParameter": {"value": "ami-0a1b2c3d4e5f60718", "name": "", "type": "String"},
    }
    return known[token]
