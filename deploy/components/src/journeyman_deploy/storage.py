"""The bucket for large payloads, results and the archive of the log, and a repository of images for each service."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pulumi
from pulumi_aws import ecr, s3

from journeyman_deploy.stack import Stack
from journeyman_deploy.storage_names import ARCHIVE, BLOBS

#: What an upload left unfinished, and what was replaced or deleted, is kept so long.
UNFINISHED_DAYS = 7
REPLACED_DAYS = 30
#: From this age on the archive is read once in a blue moon; a reader still gets it at once.
ARCHIVE_COLD_DAYS = 90
#: Payloads outlive results by this, as `journeyman blobs lifecycle` has it: jobs may wait for a year.
PAYLOADS_LONGER_DAYS = 366
IMAGES_KEPT = 30


class Bucket(pulumi.ComponentResource):
    """A private bucket: encrypted, versioned, reached by TLS alone. `blob_days` 0 keeps blobs for good."""

    def __init__(self, stack: Stack, account: str, blob_days: int) -> None:
        super().__init__("journeyman:network:Bucket", stack.name("bucket"))
        inside = pulumi.ResourceOptions(parent=self)
        name = stack.name(f"store-{account}")
        self.bucket = s3.Bucket(
            "store", bucket=name, tags=stack.tags("store"), opts=pulumi.ResourceOptions(parent=self, protect=True)
        )
        s3.BucketPublicAccessBlock(
            "store",
            bucket=self.bucket.id,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
            opts=inside,
        )
        s3.BucketServerSideEncryptionConfiguration(
            "store",
            bucket=self.bucket.id,
            rules=[{"apply_server_side_encryption_by_default": {"sse_algorithm": "AES256"}}],
            opts=inside,
        )
        # Whatever a mistake overwrites or deletes can be had back for some time.
        s3.BucketVersioning("store", bucket=self.bucket.id, versioning_configuration={"status": "Enabled"}, opts=inside)
        s3.BucketLifecycleConfiguration("store", bucket=self.bucket.id, rules=lifecycle(blob_days), opts=inside)
        s3.BucketPolicy("store", bucket=self.bucket.id, policy=self.bucket.arn.apply(tls_alone), opts=inside)


def lifecycle(blob_days: int) -> list[s3.BucketLifecycleConfigurationRuleArgsDict]:
    """Return what becomes of objects with age."""
    ages = {"results": blob_days, "payloads": blob_days + PAYLOADS_LONGER_DAYS} if blob_days else {}
    rules: list[s3.BucketLifecycleConfigurationRuleArgsDict] = [
        {
            "id": "leftovers",
            "status": "Enabled",
            "filter": {"prefix": ""},
            "abort_incomplete_multipart_upload": {"days_after_initiation": UNFINISHED_DAYS},
            "noncurrent_version_expiration": {"noncurrent_days": REPLACED_DAYS},
        },
        {
            "id": "cold-archive",
            "status": "Enabled",
            "filter": {"prefix": f"{ARCHIVE}/"},
            "transitions": [{"days": ARCHIVE_COLD_DAYS, "storage_class": "GLACIER_IR"}],
        },
    ]
    for kind, days in ages.items():
        rules.append(
            {
                "id": f"old-{kind}",
                "status": "Enabled",
                "filter": {"prefix": f"{BLOBS}/{kind}/"},
                "expiration": {"days": days},
            }
        )
    return rules


def tls_alone(bucket_arn: str) -> str:
    """Return the policy that refuses whoever comes without TLS."""
    return json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Sid": "TlsAlone",
                    "Effect": "Deny",
                    "Principal": "*",
                    "Action": "s3:*",
                    "Resource": [bucket_arn, f"{bucket_arn}/*"],
                    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
                }
            ],
        }
    )


class Repositories(pulumi.ComponentResource):
    """A repository of images for each service: a tag once pushed is never another image."""

    def __init__(self, stack: Stack, services: Sequence[str]) -> None:
        super().__init__("journeyman:network:Repositories", stack.name("repositories"))
        inside = pulumi.ResourceOptions(parent=self)
        self.repositories: dict[str, ecr.Repository] = {}
        for service in services:
            repository = ecr.Repository(
                service,
                name=f"{stack.prefix}/{service}",
                image_tag_mutability="IMMUTABLE",
                image_scanning_configuration={"scan_on_push": True},
                encryption_configurations=[{"encryption_type": "AES256"}],
                tags=stack.tags(service, service=service),
                opts=inside,
            )
            ecr.LifecyclePolicy(service, repository=repository.name, policy=keep_newest(IMAGES_KEPT), opts=inside)
            self.repositories[service] = repository


def keep_newest(images: int) -> str:
    """Return the rule that removes all but the newest images."""
    selection = {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": images}
    return json.dumps({"rules": [{"rulePriority": 1, "selection": selection, "action": {"type": "expire"}}]})
