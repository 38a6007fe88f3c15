"""What `lecture admin storage` sets in a bucket: encryption, lifecycle, no public access."""

from __future__ import annotations

from typing import Any

from data.bucket import Bucket

RULE = "lecture-highlights"
"""Name of our lifecycle rule."""


def set_up(bucket: Bucket, *, noncurrent_days: int, parts_days: int) -> list[str]:
    """Set encryption, lifecycle and no public access; return in words what holds now."""
    name = {"Bucket": bucket.config.bucket}
    by = {"SSEAlgorithm": "aws:kms" if bucket.config.kms_key else "AES256"}
    if bucket.config.kms_key:
        by["KMSMasterKeyID"] = bucket.config.kms_key
    seal = {"Rules": [{"ApplyServerSideEncryptionByDefault": by, "BucketKeyEnabled": True}]}
    rules = [*_foreign_rules(bucket), _rule(bucket, noncurrent_days, parts_days)]
    blocked = dict.fromkeys(
        ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"),
        True,
    )
    client = bucket.client
    for act in (
        lambda: client.put_bucket_encryption(**name, ServerSideEncryptionConfiguration=seal),
        lambda: client.put_bucket_lifecycle_configuration(
            **name, LifecycleConfiguration={"Rules": rules}
        ),
        lambda: client.put_public_access_block(**name, PublicAccessBlockConfiguration=blocked),
    ):
        bucket.attempt("", act)
    return [
        f"encryption: {by['SSEAlgorithm']}",
        f"unfinished parts go after {parts_days} days, old versions after {noncurrent_days}",
        "public access: none",
    ]


def _rule(bucket: Bucket, noncurrent_days: int, parts_days: int) -> dict[str, Any]:
    return {
        "ID": RULE,
        "Status": "Enabled",
        "Filter": {"Prefix": bucket.config.prefix},
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": parts_days},
        "NoncurrentVersionExpiration": {"NoncurrentDays": noncurrent_days},
    }


def _foreign_rules(bucket: Bucket) -> list[dict[str, Any]]:
    """Return the lifecycle rules that somebody else has set; they stay."""
    from botocore.exceptions import ClientError

    def ask() -> list[dict[str, Any]]:
        try:
            given = {"Bucket": bucket.config.bucket}
            found = bucket.client.get_bucket_lifecycle_configuration(**given)["Rules"]
        except ClientError as error:
            if error.response["Error"]["Code"] == "NoSuchLifecycleConfiguration":
                return []
            raise
        return [rule for rule in found if rule.get("ID") != RULE]

    return bucket.attempt("", ask)
