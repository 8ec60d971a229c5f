"""Secrets Manager: what a service must know and nobody else. Machines get the ARN, and fetch it as they start."""

from __future__ import annotations

import pulumi
from pulumi_aws import secretsmanager

from journeyman_deploy.stack import Stack

#: How long a deleted secret can be had back.
RECOVERY_DAYS = 7


def keep(stack: Stack, name: str, value: pulumi.Input[str], about: str) -> pulumi.Output[str]:
    """Keep a value under a name and return the secret's ARN."""
    secret = secretsmanager.Secret(
        name,
        name=f"{stack.prefix}/{name}",
        description=about,
        recovery_window_in_days=RECOVERY_DAYS,
        tags=stack.tags(name),
    )
    secretsmanager.SecretVersion(name, secret_id=secret.id, secret_string=pulumi.Output.secret(value))
    arn: pulumi.Output[str] = secret.arn
    return arn
