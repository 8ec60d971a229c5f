"""How `support.pulumi_moto` makes what is of the network: EC2, load balancer, names."""

from __future__ import annotations

from typing import Any

from support.pulumi_moto import Inputs, Made, MotoCloud, pascal, tag_list, whole


def _tagged(kind: str, inputs: Inputs) -> list[dict[str, Any]]:
    return [{"ResourceType": kind, "Tags": tag_list(inputs)}]


def _vpc(cloud: MotoCloud, name: str, inputs: Inputs) -> Made:
    made = cloud("ec2").create_vpc(CidrBlock=inputs["cidrBlock"], TagSpecifications=_tagged("vpc", inputs))["Vpc"]
    for attribute in ("EnableDnsSupport", "EnableDnsHostnames"):
        cloud("ec2").modify_vpc_attribute(VpcId=made["VpcId"], **{attribute: {"Value": True}})
    return made["VpcId"], {}


def _default_group(cloud: MotoCloud, name: str, inputs: Inputs) -> Made:
    """Take every rule from it, as the provider does."""
    filters = [{"Name": "vpc-id", "Values": [inputs["vpcId"]]}, {"Name": "group-name", "Values": ["default"]}]
    (group,) = cloud("ec2").describe_security_groups(Filters=filters)["SecurityGroups"]
    ways = {"revoke_security_group_ingress": "IpPermissions", "revoke_security_group_egress": "IpPermissionsEgress"}
    for revoke, rules in ways.items():
        if group[rules]:
            getattr(cloud("ec2"), revoke)(GroupId=group["GroupId"], IpPermissions=group[rules])
    return group["GroupId"], {}


def _group(cloud: MotoCloud, name: str, inputs: Inputs) -> Made:
    ec2 = cloud("ec2")
    made = ec2.create_security_group(
        GroupName=inputs["name"],
        Description=inputs["description"],
        VpcId=inputs["vpcId"],
        TagSpecifications=_tagged("security-group", inputs),
    )["GroupId"]
    # AWS lets a new group out to everywhere; the provider takes that away.
    everywhere = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
    ec2.revoke_security_group_egress(GroupId=made, IpPermissions=everywhere)
    return made, {}


def _rule(cloud: MotoCloud, inputs: Inputs, authorize: str) -> Made:
    rule: dict[str, Any] = {
        "IpProtocol": inputs["ipProtocol"],
        "FromPort": whole(inputs["fromPort"]),
        "ToPort": whole(inputs["toPort"]),
    }
    if group := inputs.get("referencedSecurityGroupId"):
        rule["UserIdGroupPairs"] = [{"GroupId": group}]
    if network := inputs.get("cidrIpv4"):
        rule["IpRanges"] = [{"CidrIp": network}]
    if prefixes := inputs.get("prefixListId"):
        rule["PrefixListIds"] = [{"PrefixListId": prefixes}]
    said = getattr(cloud("ec2"), authorize)(GroupId=inputs["securityGroupId"], IpPermissions=[rule])
    return said["SecurityGroupRules"][0]["SecurityGroupRuleId"], {}


def _ingress(cloud: MotoCloud, name: str, inputs: Inputs) -> Made:
    return _rule(cloud, inputs, "authorize_security_group_ingress")


def _egress(cloud: MotoCloud, name: str, inputs: Inputs) -> Made:
    return _rule(cloud, inputs, "authorize_security_group_egress")


def _internet(cloud: MotoCloud, name: str, inputs: Inputs) -> Made:
    made = cloud("ec2").create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    cloud("ec2").attach_internet_gateway(InternetGatewayId=made, VpcId=inputs["vpcId"])
    return made, {}


def _subnet(cloud: MotoCloud, name: str, inputs: Inputs) -> Made:
    made = cloud("ec2").create_subnet(
        VpcId=inputs["vpcId"],
        CidrBlock=inputs["cidrBlock"],
        AvailabilityZone=inputs["availabilityZone"],
        TagSpecifications=_tagged("subnet", inputs),
    )
    return made["Subnet"]["SubnetId"], {}


def _address(cloud: MotoCloud, name: str, inputs: Inputs) -> Made:
    return cloud("ec2").allocate_address(Domain=inputs["domain"])["AllocationId"], {}


def _nat(cloud: MotoCloud, name: str, inputs: Inputs) -> Made:
    made = cloud("ec2").create_nat_gateway(SubnetId=inputs["subnetId"], AllocationId=inputs["allocationId"])
    return made["NatGateway"]["NatGatewayId"], {}


def _table(cloud: MotoCloud, name: str, inputs: Inputs) -> Made:
    return cloud("ec2").create_route_table(VpcId=inputs["vpcId"])["RouteTable"]["RouteTableId"], {}


def _route(cloud: MotoCloud, name: str, inputs: Inputs) -> Made:
    cloud("ec2").create_route(**pascal(inputs))
    return f"{inputs['routeTableId']}-{inputs['destinationCidrBlock']}", {}


def _association(cloud: MotoCloud, name: str, inputs: Inputs) -> Made:
    return cloud("ec2").associate_route_table(**pascal(inputs))["AssociationId"], {}


def _endpoint(cloud: MotoCloud, name: str, inputs: Inputs) -> Made:
    asked = pascal({key: value for key, value in inputs.items() if key != "tags"})
    made = cloud("ec2").create_vpc_endpoint(**asked, TagSpecifications=_tagged("vpc-endpoint", inputs))
    lists = cloud("ec2").describe_managed_prefix_lists()["PrefixLists"]
    known = {each["PrefixListName"]: each["PrefixListId"] for each in lists}
    return made["VpcEndpoint"]["VpcEndpointId"], {"prefixListId": known.get(inputs["serviceName"], "")}


def _balancer(cloud: MotoCloud, name: str, inputs: Inputs) -> Made:
    (made,) = cloud("elbv2").create_load_balancer(
        Name=inputs["name"],
        Subnets=inputs["subnets"],
        SecurityGroups=inputs["securityGroups"],
        Scheme="internal" if inputs["internal"] else "internet-facing",
        Type=inputs["loadBalancerType"],
        Tags=tag_list(inputs),
    )["LoadBalancers"]
    arn = made["LoadBalancerArn"]
    known = {"arn": arn, "arnSuffix": arn.partition("loadbalancer/")[2], "zoneId": made["CanonicalHostedZoneId"]}
    return arn, {**known, "dnsName": made["DNSName"]}


def _actions(inputs: Inputs, key: str) -> list[dict[str, Any]]:
    found = []
    for action in inputs[key]:
        asked = pascal({name: value for name, value in action.items() if name not in ("redirect", "fixedResponse")})
        if "redirect" in action:
            asked["RedirectConfig"] = pascal(action["redirect"])
        if "fixedResponse" in action:
            asked["FixedResponseConfig"] = pascal(action["fixedResponse"])
        found.append(asked)
    return found


def _listener(cloud: MotoCloud, name: str, inputs: Inputs) -> Made:
    asked: dict[str, Any] = {
        "LoadBalancerArn": inputs["loadBalancerArn"],
        "Port": whole(inputs["port"]),
        "Protocol": inputs["protocol"],
        "DefaultActions": _actions(inputs, "defaultActions"),
    }
    if certificate := inputs.get("certificateArn"):
        asked |= {"Certificates": [{"CertificateArn": certificate}], "SslPolicy": inputs["sslPolicy"]}
    arn = cloud("elbv2").create_listener(**asked)["Listeners"][0]["ListenerArn"]
    return arn, {"arn": arn}


def _target_group(cloud: MotoCloud, name: str, inputs: Inputs) -> Made:
    health = inputs["healthCheck"]
    (made,) = cloud("elbv2").create_target_group(
        Name=inputs["name"],
        Port=whole(inputs["port"]),
        Protocol=inputs["protocol"],
        VpcId=inputs["vpcId"],
        TargetType=inputs["targetType"],
        HealthCheckPath=health["path"],
        HealthCheckProtocol=health["protocol"],
        HealthCheckIntervalSeconds=whole(health["interval"]),
        HealthCheckTimeoutSeconds=whole(health["timeout"]),
        Matcher={"HttpCode": health["matcher"]},
    )["TargetGroups"]
    arn = made["TargetGroupArn"]
    return arn, {"arn": arn, "arnSuffix": arn.rpartition(":")[2]}


def _listener_rule(cloud: MotoCloud, name: str, inputs: Inputs) -> Made:
    hosts = [{"Field": "host-header", "HostHeaderConfig": pascal(each["hostHeader"])} for each in inputs["conditions"]]
    made = cloud("elbv2").create_rule(
        ListenerArn=inputs["listenerArn"],
        Priority=whole(inputs["priority"]),
        Conditions=hosts,
        Actions=_actions(inputs, "actions"),
    )
    return made["Rules"][0]["RuleArn"], {}


def _attachment(cloud: MotoCloud, name: str, inputs: Inputs) -> Made:
    target = [{"Id": inputs["targetId"]}]
    cloud("elbv2").register_targets(TargetGroupArn=inputs["targetGroupArn"], Targets=target)
    return name, {}


def _zone(cloud: MotoCloud, name: str, inputs: Inputs) -> Made:
    made = cloud("route53").create_hosted_zone(
        Name=inputs["name"],
        CallerReference=inputs["vpcs"][0]["vpcId"],
        HostedZoneConfig={"PrivateZone": True, "Comment": ""},
        VPC={"VPCRegion": cloud.region, "VPCId": inputs["vpcs"][0]["vpcId"]},
    )
    number = made["HostedZone"]["Id"].rpartition("/")[2]
    return number, {"zoneId": number}


def _record(cloud: MotoCloud, name: str, inputs: Inputs) -> Made:
    record = {
        "Name": inputs["name"],
        "Type": inputs["type"],
        "TTL": whole(inputs["ttl"]),
        "ResourceRecords": [{"Value": value} for value in inputs["records"]],
    }
    cloud("route53").change_resource_record_sets(
        HostedZoneId=inputs["zoneId"],
        ChangeBatch={"Changes": [{"Action": "UPSERT", "ResourceRecordSet": record}]},
    )
    return inputs["name"], {}


MAKERS = {
    "ec2/defaultSecurityGroup:DefaultSecurityGroup": _default_group,
    "ec2/eip:Eip": _address,
    "ec2/internetGateway:InternetGateway": _internet,
    "ec2/natGateway:NatGateway": _nat,
    "ec2/route:Route": _route,
    "ec2/routeTable:RouteTable": _table,
    "ec2/routeTableAssociation:RouteTableAssociation": _association,
    "ec2/securityGroup:SecurityGroup": _group,
    "ec2/subnet:Subnet": _subnet,
    "ec2/vpc:Vpc": _vpc,
    "ec2/vpcEndpoint:VpcEndpoint": _endpoint,
    "lb/listener:Listener": _listener,
    "lb/listenerRule:ListenerRule": _listener_rule,
    "lb/loadBalancer:LoadBalancer": _balancer,
    "lb/targetGroup:TargetGroup": _target_group,
    "lb/targetGroupAttachment:TargetGroupAttachment": _attachment,
    "route53/record:Record": _record,
    "route53/zone:Zone": _zone,
    "vpc/securityGroupEgressRule:SecurityGroupEgressRule": _egress,
    "vpc/securityGroupIngressRule:SecurityGroupIngressRule": _ingress,
}
