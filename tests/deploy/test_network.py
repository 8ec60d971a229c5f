"""The network that is declared: where things stand, and who reaches whom."""

from __future__ import annotations

from collections import Counter
from ipaddress import IPv4Network

import pytest

from journeyman_deploy.walls import ANYWHERE, GROUPS, MACHINES, SERVICES
from support.pulumi_programs import ImaginedCloud, Land

Rule = tuple[str, str, int]


def rules(land: Land, direction: str) -> set[Rule]:
    """Return (the other side, the group, port) of each rule, groups by their names."""
    names = {each.id: each.name for each in land.all("ec2/securityGroup:SecurityGroup")}
    found = set()
    for rule in land.all(f"vpc/securityGroup{direction}Rule:SecurityGroup{direction}Rule"):
        told = rule.inputs
        other = told.get("referencedSecurityGroupId")
        side = names[other] if other else told.get("cidrIpv4") or told["prefixListId"]
        assert told["ipProtocol"] == "tcp"
        assert told["fromPort"] == told["toPort"]
        found.add((side, names[told["securityGroupId"]], int(told["fromPort"])))
    return found


def test_there_are_three_public_and_three_private_subnets_in_three_zones_that_do_not_overlap(production: Land) -> None:
    assert production.one("ec2/vpc:Vpc").inputs["cidrBlock"] == "10.0.0.0/16"
    subnets = production.all("ec2/subnet:Subnet")
    kinds = Counter((each.inputs["tags"]["journeyman:subnet"], each.inputs["availabilityZone"]) for each in subnets)
    assert kinds == {(kind, f"eu-west-1{zone}"): 1 for kind in ("public", "private") for zone in "abc"}
    assert not [each for each in subnets if each.inputs["mapPublicIpOnLaunch"]]
    networks = [IPv4Network(each.inputs["cidrBlock"]) for each in subnets]
    assert all(network.subnet_of(IPv4Network("10.0.0.0/16")) for network in networks)
    assert not [1 for one in networks for other in networks if one is not other and one.overlaps(other)]


def test_private_subnets_go_out_through_the_nat_gateway_of_their_own_zone(production: Land) -> None:
    nats = {each.id: each.inputs["subnetId"] for each in production.all("ec2/natGateway:NatGateway")}
    routes = {each.inputs["routeTableId"]: each.inputs for each in production.all("ec2/route:Route")}
    zone_of = {each.id: each.inputs["availabilityZone"] for each in production.all("ec2/subnet:Subnet")}
    private = set(production.outputs["network"]["private_subnets"])
    for each in production.all("ec2/routeTableAssociation:RouteTableAssociation"):
        subnet, route = each.inputs["subnetId"], routes[each.inputs["routeTableId"]]
        assert ("natGatewayId" in route) == (subnet in private)
        if subnet in private:
            assert zone_of[nats[route["natGatewayId"]]] == zone_of[subnet]


def test_one_nat_gateway_may_serve_all_zones(staging: Land) -> None:
    nat = staging.one("ec2/natGateway:NatGateway")
    outwards = [each.inputs.get("natGatewayId") for each in staging.all("ec2/route:Route")]
    assert outwards == [None, nat.id]
    assert len(staging.all("ec2/routeTableAssociation:RouteTableAssociation")) == 6


def test_amazons_own_services_are_reached_privately(production: Land) -> None:
    declared = [each.inputs for each in production.all("ec2/vpcEndpoint:VpcEndpoint")]
    endpoints = {each["serviceName"].removeprefix("com.amazonaws.eu-west-1."): each for each in declared}
    gateway = endpoints.pop("s3")
    assert gateway["vpcEndpointType"] == "Gateway"
    assert len(gateway["routeTableIds"]) == 3
    assert {"sqs", "ssm", "ssmmessages", "ec2messages", "monitoring", "logs", "ecr.api", "ecr.dkr"} <= set(endpoints)
    assert {"secretsmanager", "autoscaling", "ec2"} <= set(endpoints)
    for endpoint in endpoints.values():
        assert endpoint["vpcEndpointType"] == "Interface"
        assert endpoint["privateDnsEnabled"]
        assert endpoint["securityGroupIds"] == ["securityGroup-endpoints"]
        assert len(endpoint["subnetIds"]) == 3


def test_nobody_is_reached_from_anywhere_but_the_load_balancer_from_its_clients(production: Land) -> None:
    ways = rules(production, "Ingress")
    assert {way for way in ways if way[0] not in GROUPS} == {("203.0.113.0/24", "door", port) for port in (80, 443)}


def test_whoever_may_come_from_anywhere_comes_to_80_and_443_of_the_load_balancer_alone() -> None:
    changed = {"network": {"clients": [ANYWHERE], "bastions": ["198.51.100.0/28"]}}
    ways = rules(Land("production", ImaginedCloud(), changed).run(("network",)), "Ingress")
    assert {way for way in ways if way[0] == ANYWHERE} == {(ANYWHERE, "door", 80), (ANYWHERE, "door", 443)}
    assert {way for way in ways if way[2] == 22} == {("198.51.100.0/28", name, 22) for name in MACHINES}


def test_every_way_in_is_somebodys_way_out_and_there_is_no_other(production: Land) -> None:
    ways = rules(production, "Ingress")
    inside = {way for way in ways if way[0] in GROUPS}
    assert inside == {
        *(("door", name, 8080) for name in ("ingest", "dashboard")),
        ("door", "observability", 3000),
        *(("observability", name, 8080) for name in SERVICES),
        *((name, "observability", 4318) for name in SERVICES),
        *((name, "valkey", 6379) for name in SERVICES),
        *((name, "endpoints", 443) for name in MACHINES),
    }
    out = rules(production, "Egress")
    mirrored = {(source, target, port) for target, source, port in out if target in GROUPS}
    assert mirrored == inside
    assert {way for way in out if way[0] not in GROUPS} == {
        *(("pl-s3", name, 443) for name in MACHINES),
        *((ANYWHERE, name, port) for name in ("worker", "observability") for port in (80, 443)),
    }


def test_where_an_endpoint_is_left_out_every_machine_may_go_through_nat(staging: Land) -> None:
    out = rules(staging, "Egress")
    assert {way[1] for way in out if way[0] == ANYWHERE and way[2] == 443} == set(MACHINES)
    assert [each.name for each in staging.all("ec2/vpcEndpoint:VpcEndpoint")] == ["s3"]


def test_the_group_that_things_get_by_default_reaches_nobody(production: Land) -> None:
    group = production.one("ec2/defaultSecurityGroup:DefaultSecurityGroup")
    assert not {"ingress", "egress"} & set(group.inputs)


def test_the_front_door_speaks_https_and_says_so_at_port_80(production: Land) -> None:
    door = production.one("lb/loadBalancer:LoadBalancer").inputs
    assert door["securityGroups"] == ["securityGroup-door"]
    assert door["subnets"] == production.outputs["network"]["public_subnets"]
    assert not door["internal"]
    assert door["dropInvalidHeaderFields"]
    listeners = {int(each.inputs["port"]): each.inputs for each in production.all("lb/listener:Listener")}
    assert set(listeners) == {80, 443}
    (redirect,) = listeners[80]["defaultActions"]
    assert redirect == {"type": "redirect", "redirect": {"port": "443", "protocol": "HTTPS", "statusCode": "HTTP_301"}}
    assert listeners[443]["certificateArn"].startswith("arn:aws:acm:")
    assert listeners[443]["sslPolicy"].startswith("ELBSecurityPolicy-TLS13")
    assert listeners[443]["defaultActions"][0]["fixedResponse"]["statusCode"] == "404"


def test_an_internal_front_door_stands_in_private_subnets() -> None:
    land = Land("production", ImaginedCloud(), {"network": {"internal": "true"}}).run(("network",))
    door = land.one("lb/loadBalancer:LoadBalancer").inputs
    assert door["internal"]
    assert door["subnets"] == land.outputs["network"]["private_subnets"]


@pytest.mark.parametrize(("service", "host"), [("ingest", "ingest.example.com"), ("dashboard", "jobs.example.com")])
def test_a_host_name_leads_to_a_service_that_is_asked_whether_it_is_ready(
    production: Land, service: str, host: str
) -> None:
    group = production.one("lb/targetGroup:TargetGroup", name=service)
    assert group.inputs["healthCheck"]["path"] == "/health/ready"
    assert group.inputs["port"] == 8080
    rule = production.one("lb/listenerRule:ListenerRule", name=service).inputs
    assert rule["conditions"] == [{"hostHeader": {"values": [host]}}]
    assert rule["listenerArn"] == production.outputs["network"]["listener_arn"]
    assert production.one("autoscaling/group:Group", name=service).inputs["healthCheckType"] == "ELB"
