"""How `support.pulumi_moto` makes machines: launch templates, groups, hooks, disks, roles."""

from __future__ import annotations

from typing import Any

from support.pulumi_moto import Inputs, Made, MotoCloud, pascal, tag_list, whole


def _launch_template(cloud: MotoCloud, name: str, inputs: Inputs) -> Made:
    kept = {"name", "tags", "tagSpecifications", "updateDefaultVersion", "vpcSecurityGroupIds"}
    data = pascal({key: value for key, value in inputs.items() if key not in kept})
    data["MetadataOptions"]["HttpPutResponseHopLimit"] = whole(data["MetadataOptions"]["HttpPutResponseHopLimit"])
    for mapping in data["BlockDeviceMappings"]:
        disk = mapping["Ebs"]
        disk |= {key: disk[key] == "true" for key in ("Encrypted", "DeleteOnTermination")}
        disk["VolumeSize"] = whole(disk["VolumeSize"])
    data["TagSpecifications"] = [
        {"ResourceType": each["resourceType"], "Tags": tag_list(each)} for each in inputs["tagSpecifications"]
    ]
    data["SecurityGroupIds"] = inputs["vpcSecurityGroupIds"]
    made = cloud("ec2").create_launch_template(LaunchTemplateName=inputs["name"], LaunchTemplateData=data)
    return made["LaunchTemplate"]["LaunchTemplateId"], {"latestVersion": 1}


def _template(specified: Inputs) -> dict[str, str]:
    made = specified.get("id") or specified["launchTemplateId"]
    return {"LaunchTemplateId": made, "Version": specified["version"]}


def _group(cloud: MotoCloud, name: str, inputs: Inputs) -> Made:
    own: dict[str, Any] = {}
    if mixed := inputs.get("mixedInstancesPolicy"):
        named = mixed["launchTemplate"]
        distribution = pascal(mixed["instancesDistribution"])
        for key in ("OnDemandBaseCapacity", "OnDemandPercentageAboveBaseCapacity"):
            distribution[key] = whole(distribution[key])
        own["MixedInstancesPolicy"] = {
            "LaunchTemplate": {
                "LaunchTemplateSpecification": _template(named["launchTemplateSpecification"]),
                "Overrides": pascal(named["overrides"]),
            },
            "InstancesDistribution": distribution,
        }
    else:
        own["LaunchTemplate"] = _template(inputs["launchTemplate"])
    client = cloud("autoscaling")
    client.create_auto_scaling_group(
        AutoScalingGroupName=inputs["name"],
        MinSize=whole(inputs["minSize"]),
        MaxSize=whole(inputs["maxSize"]),
        DesiredCapacity=whole(inputs["desiredCapacity"]),
        VPCZoneIdentifier=",".join(inputs["vpcZoneIdentifiers"]),
        TargetGroupARNs=inputs.get("targetGroupArns", []),
        HealthCheckType=inputs["healthCheckType"],
        HealthCheckGracePeriod=whole(inputs["healthCheckGracePeriod"]),
        TerminationPolicies=inputs["terminationPolicies"],
        Tags=[pascal(tag) for tag in inputs["tags"]],
        **own,
    )
    for hook in inputs["initialLifecycleHooks"]:
        _put_hook(cloud, inputs["name"], hook["name"], hook)
    client.enable_metrics_collection(
        AutoScalingGroupName=inputs["name"], Metrics=inputs["enabledMetrics"], Granularity="1Minute"
    )
    return inputs["name"], {}


def _put_hook(cloud: MotoCloud, group: str, name: str, inputs: Inputs) -> None:
    cloud("autoscaling").put_lifecycle_hook(
        AutoScalingGroupName=group,
        LifecycleHookName=name,
        LifecycleTransition=inputs["lifecycleTransition"],
        HeartbeatTimeout=whole(inputs["heartbeatTimeout"]),
        DefaultResult=inputs["defaultResult"],
    )


def _hook(cloud: MotoCloud, name: str, inputs: Inputs) -> Made:
    _put_hook(cloud, inputs["autoscalingGroupName"], inputs["name"], inputs)
    return inputs["name"], {}


def _instance(cloud: MotoCloud, name: str, inputs: Inputs) -> Made:
    disk = inputs["rootBlockDevice"]
    ebs = {"Encrypted": disk["encrypted"], "VolumeType": disk["volumeType"], "VolumeSize": whole(disk["volumeSize"])}
    options = pascal(inputs["metadataOptions"])
    (made,) = cloud("ec2").run_instances(
        ImageId=inputs["ami"],
        InstanceType=inputs["instanceType"],
        SubnetId=inputs["subnetId"],
        SecurityGroupIds=inputs["vpcSecurityGroupIds"],
        IamInstanceProfile={"Name": inputs["iamInstanceProfile"]},
        MetadataOptions=options | {"HttpPutResponseHopLimit": whole(options["HttpPutResponseHopLimit"])},
        BlockDeviceMappings=[{"DeviceName": "/dev/xvda", "Ebs": ebs}],
        UserData=inputs["userData"],
        MinCount=1,
        MaxCount=1,
        TagSpecifications=[{"ResourceType": "instance", "Tags": tag_list(inputs)}],
    )["Instances"]
    return made["InstanceId"], {"privateIp": made["PrivateIpAddress"]}


def _volume(cloud: MotoCloud, name: str, inputs: Inputs) -> Made:
    made = cloud("ec2").create_volume(
        AvailabilityZone=inputs["availabilityZone"],
        Size=whole(inputs["size"]),
        VolumeType=inputs["type"],
        Encrypted=inputs["encrypted"],
    )
    return made["VolumeId"], {}


def _attachment(cloud: MotoCloud, name: str, inputs: Inputs) -> Made:
    cloud("ec2").attach_volume(
        Device=inputs["deviceName"], VolumeId=inputs["volumeId"], InstanceId=inputs["instanceId"]
    )
    return f"{inputs['volumeId']}:{inputs['instanceId']}", {}


def _role(cloud: MotoCloud, name: str, inputs: Inputs) -> Made:
    made = cloud("iam").create_role(
        RoleName=inputs["name"], AssumeRolePolicyDocument=inputs["assumeRolePolicy"], Tags=tag_list(inputs)
    )
    return inputs["name"], {"arn": made["Role"]["Arn"]}


def _role_policy(cloud: MotoCloud, name: str, inputs: Inputs) -> Made:
    cloud("iam").put_role_policy(RoleName=inputs["role"], PolicyName=inputs["name"], PolicyDocument=inputs["policy"])
    return f"{inputs['role']}:{inputs['name']}", {}


def _profile(cloud: MotoCloud, name: str, inputs: Inputs) -> Made:
    made = cloud("iam").create_instance_profile(InstanceProfileName=inputs["name"])
    cloud("iam").add_role_to_instance_profile(InstanceProfileName=inputs["name"], RoleName=inputs["role"])
    return inputs["name"], {"arn": made["InstanceProfile"]["Arn"]}


MAKERS = {
    "autoscaling/group:Group": _group,
    "autoscaling/lifecycleHook:LifecycleHook": _hook,
    "ebs/volume:Volume": _volume,
    "ec2/instance:Instance": _instance,
    "ec2/launchTemplate:LaunchTemplate": _launch_template,
    "ec2/volumeAttachment:VolumeAttachment": _attachment,
    "iam/instanceProfile:InstanceProfile": _profile,
    "iam/role:Role": _role,
    "iam/rolePolicy:RolePolicy": _role_policy,
}
