"""How `support.pulumi_moto` makes the bucket, and what is set on it and put into it."""

from __future__ import annotations

from typing import Any

from support.pulumi_moto import Inputs, Made, MotoCloud, pascal, whole


def _bucket(cloud: MotoCloud, name: str, inputs: Inputs) -> Made:
    bucket = inputs["bucket"]
    cloud("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": cloud.region})
    return bucket, {"arn": f"arn:aws:s3:::{bucket}"}


def _public_access(cloud: MotoCloud, name: str, inputs: Inputs) -> Made:
    blocked = pascal({key: value for key, value in inputs.items() if key != "bucket"})
    cloud("s3").put_public_access_block(Bucket=inputs["bucket"], PublicAccessBlockConfiguration=blocked)
    return inputs["bucket"], {}


def _encryption(cloud: MotoCloud, name: str, inputs: Inputs) -> Made:
    algorithm = inputs["rules"][0]["applyServerSideEncryptionByDefault"]["sseAlgorithm"]
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": algorithm}}
    cloud("s3").put_bucket_encryption(Bucket=inputs["bucket"], ServerSideEncryptionConfiguration={"Rules": [rule]})
    return inputs["bucket"], {}


def _versioning(cloud: MotoCloud, name: str, inputs: Inputs) -> Made:
    status = pascal(inputs["versioningConfiguration"])
    cloud("s3").put_bucket_versioning(Bucket=inputs["bucket"], VersioningConfiguration=status)
    return inputs["bucket"], {}


def _lifecycle(cloud: MotoCloud, name: str, inputs: Inputs) -> Made:
    rules = [_lifecycle_rule(rule) for rule in inputs["rules"]]
    cloud("s3").put_bucket_lifecycle_configuration(Bucket=inputs["bucket"], LifecycleConfiguration={"Rules": rules})
    return inputs["bucket"], {}


def _lifecycle_rule(rule: Inputs) -> dict[str, Any]:
    found: dict[str, Any] = {"ID": rule["id"], "Status": rule["status"], "Filter": pascal(rule["filter"])}
    if unfinished := rule.get("abortIncompleteMultipartUpload"):
        days = whole(unfinished["daysAfterInitiation"])
        found["AbortIncompleteMultipartUpload"] = {"DaysAfterInitiation": days}
    if replaced := rule.get("noncurrentVersionExpiration"):
        found["NoncurrentVersionExpiration"] = {"NoncurrentDays": whole(replaced["noncurrentDays"])}
    if cold := rule.get("transitions"):
        found["Transitions"] = [{"Days": whole(it["days"]), "StorageClass": it["storageClass"]} for it in cold]
    if old := rule.get("expiration"):
        found["Expiration"] = {"Days": whole(old["days"])}
    return found


def _policy(cloud: MotoCloud, name: str, inputs: Inputs) -> Made:
    # moto does not look at conditions: with this policy, which refuses whoever comes without TLS, it refuses everybody.
    cloud.later(lambda: cloud("s3").put_bucket_policy(Bucket=inputs["bucket"], Policy=inputs["policy"]))
    return inputs["bucket"], {}


def _object(cloud: MotoCloud, name: str, inputs: Inputs) -> Made:
    cloud("s3").put_object(
        Bucket=inputs["bucket"],
        Key=inputs["key"],
        Body=inputs["content"].encode(),
        ContentType=inputs["contentType"],
    )
    return inputs["key"], {}


MAKERS = {
    "s3/bucket:Bucket": _bucket,
    "s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": _lifecycle,
    "s3/bucketObjectv2:BucketObjectv2": _object,
    "s3/bucketPolicy:BucketPolicy": _policy,
    "s3/bucketPublicAccessBlock:BucketPublicAccessBlock": _public_access,
    "s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": _encryption,
    "s3/bucketVersioning:BucketVersioning": _versioning,
}
