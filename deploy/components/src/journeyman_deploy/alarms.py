"""Where alarms go, and the alarms: few, each of them something a person has to look at."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pulumi
from pulumi_aws import cloudwatch, kms, sns

from journeyman_deploy.stack import Stack

PERIOD_S = 60


class Topic(pulumi.ComponentResource):
    """An encrypted topic, with a key of its own: CloudWatch may not write where AWS's own key is used."""

    def __init__(self, stack: Stack, account: str, email: str) -> None:
        super().__init__("journeyman:network:Topic", stack.name("alarms"))
        inside = pulumi.ResourceOptions(parent=self)
        self.key = kms.Key(
            "alarms",
            description=f"{stack.prefix}: the topic of alarms",
            enable_key_rotation=True,
            policy=json.dumps(key_policy(account)),
            tags=stack.tags("alarms"),
            opts=inside,
        )
        self.topic = sns.Topic(
            "alarms",
            name=stack.name("alarms"),
            kms_master_key_id=self.key.arn,
            tags=stack.tags("alarms"),
            opts=inside,
        )
        if email:
            sns.TopicSubscription("email", topic=self.topic.arn, protocol="email", endpoint=email, opts=inside)


def key_policy(account: str) -> dict[str, Any]:
    """Return who may use the key: whom the account's administrators let, and the services that publish."""
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "Administrators",
                "Effect": "Allow",
                "Principal": {"AWS": f"arn:aws:iam::{account}:root"},
                "Action": "kms:*",
                "Resource": "*",
            },
            {
                "Sid": "Publishers",
                "Effect": "Allow",
                "Principal": {"Service": ["cloudwatch.amazonaws.com", "elasticache.amazonaws.com"]},
                "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
                "Resource": "*",
                "Condition": {"StringEquals": {"aws:SourceAccount": account}},
            },
        ],
    }


class Alarms:
    """Makes alarms of a project that go to the topic, and say there as well when they are over."""

    def __init__(self, stack: Stack, topic: pulumi.Input[str]) -> None:
        self._stack, self._topic = stack, topic

    def above(
        self,
        name: str,
        metric: str,
        dimensions: Mapping[str, pulumi.Input[str]],
        threshold: float,
        about: str,
        *,
        minutes: int = 5,
        statistic: str = "Maximum",
        missing: str = "notBreaching",
    ) -> None:
        """Raise an alarm where `metric` (`Namespace/Name`) stays above a threshold."""
        self._raise(name, metric, dimensions, threshold, about, "GreaterThanThreshold", minutes, statistic, missing)

    def below(
        self, name: str, metric: str, dimensions: Mapping[str, pulumi.Input[str]], threshold: float, about: str
    ) -> None:
        """Raise an alarm where `metric` stays below a threshold, or is not heard of."""
        self._raise(name, metric, dimensions, threshold, about, "LessThanThreshold", 5, "Minimum", "breaching")

    def _raise(
        self,
        name: str,
        metric: str,
        dimensions: Mapping[str, pulumi.Input[str]],
        threshold: float,
        about: str,
        comparison: str,
        minutes: int,
        statistic: str,
        missing: str,
    ) -> None:
        namespace, _, metric_name = metric.rpartition("/")
        cloudwatch.MetricAlarm(
            name,
            name=self._stack.name(name),
            alarm_description=about,
            namespace=namespace,
            metric_name=metric_name,
            dimensions=dict(dimensions),
            statistic=statistic,
            period=PERIOD_S,
            evaluation_periods=minutes,
            threshold=threshold,
            comparison_operator=comparison,
            treat_missing_data=missing,
            alarm_actions=[self._topic],
            ok_actions=[self._topic],
            tags=self._stack.tags(name),
        )
