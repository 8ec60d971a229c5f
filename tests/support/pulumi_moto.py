"""Makes what Pulumi programs declare in moto, with boto3's calls: what a provider of Pulumi would ask AWS for.

    land = Land("production", cloud := MotoCloud(aws)).run()
    cloud.settle()
    aws.client("ec2").describe_subnets(…)               what came into being

Kinds that moto has nothing for are in `UNSUPPORTED`, and get a made-up id.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from support.aws import REGION, MotoServer
from support.pulumi_programs import ImaginedCloud, answers

Made = tuple[str, dict[str, Any]]
Inputs = dict[str, Any]
#: What moto's ElastiCache does not have.
UNSUPPORTED = {"elasticache/parameterGroup:ParameterGroup", "elasticache/userGroup:UserGroup"}


def pascal(value: Any) -> Any:
    """Return inputs with the names that boto3 has: `imageId` is `ImageId`. Left out is what is None."""
    if isinstance(value, dict):
        return {key[:1].upper() + key[1:]: pascal(each) for key, each in value.items() if each is not None}
    return [pascal(each) for each in value] if isinstance(value, list) else value


def tag_list(inputs: Inputs) -> list[dict[str, str]]:
    """Return tags as most services take them."""
    return [{"Key": key, "Value": value} for key, value in inputs.get("tags", {}).items()]


def whole(number: Any) -> int:
    """Return a number of Pulumi's, all of which are floats."""
    return int(number)


class MotoCloud:
    """An account in moto."""

    region = REGION

    def __init__(self, aws: MotoServer) -> None:
        from support import pulumi_moto_bucket, pulumi_moto_machines, pulumi_moto_network, pulumi_moto_services

        self._clients: dict[str, Any] = {}
        self._aws = aws
        self._later: list[Callable[[], object]] = []
        self._imagined = ImaginedCloud()
        self._makers: dict[str, Callable[[MotoCloud, str, Inputs], Made]] = {
            **pulumi_moto_bucket.MAKERS,
            **pulumi_moto_machines.MAKERS,
            **pulumi_moto_network.MAKERS,
            **pulumi_moto_services.MAKERS,
        }
        self.image: str = self("ec2").describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
        #: Certificates are asked for by people, and named in the configuration.
        self.certificate: str = self("acm").request_certificate(DomainName="*.example.com")["CertificateArn"]

    def __call__(self, service: str) -> Any:
        """Return a boto3 client."""
        if service not in self._clients:
            self._clients[service] = self._aws.client(service)
        return self._clients[service]

    def later(self, make: Callable[[], object]) -> None:
        """Make something at the end."""
        self._later.append(make)

    def settle(self) -> None:
        """Make what was to be made at the end."""
        for make in self._later:
            make()

    def make(self, kind: str, name: str, inputs: Inputs) -> Made:
        """Make a resource. Raises KeyError for a kind that nobody knows how to make."""
        kind = kind.removeprefix("aws:")
        if kind in UNSUPPORTED:
            return self._imagined.make(f"aws:{kind}", name, inputs)
        made, known = self._makers[kind](self, name, inputs)
        return made, {**inputs, **known}

    def answer(self, token: str, arguments: Inputs) -> Inputs:
        """Answer a question of a program."""
        if token == "aws:ssm/getParameter:getParameter":
            return {"value": self.image, "name": arguments["name"], "type": "String"}
        return answers(token, REGION)
