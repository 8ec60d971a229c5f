"""`journeyman blobs`: what a bucket for blobs and archive needs, and whether it has it."""

from __future__ import annotations

import json
import os
from typing import Annotated, Any

from cyclopts import Parameter

from journeyman.aws import Calls
from journeyman.cli.__main__ import DONE, FAILED
from journeyman.cli.output import print_json, say
from journeyman.errors import CloudRefusedError
from journeyman.s3_lifecycle import Rule, dangers, merged, wanted
from journeyman.settings import PREFIX, load
from journeyman.storage_places import S3Place, place_of


def lifecycle(*, apply: Annotated[bool, Parameter(negative="")] = False) -> int:
    """Show the lifecycle rules that the buckets of blobs and archive should have; with --apply, make them.

    Rules that others have made stay as they are. Exit code 1: they are not as they should be (without --apply), or one
    of the others drops what must stay.

    :param apply: Write the rules. Needs s3:GetLifecycleConfiguration and s3:PutLifecycleConfiguration.
    """
    settings = load(os.environ)
    places = [place_of(url, f"{PREFIX}BLOB_URL") if url else None for url in (settings.blob_url, settings.archive_url)]
    blobs, archive = (place if isinstance(place, S3Place) else None for place in places)
    rules = wanted(blobs, archive, settings.blob_retention_days)
    if not rules:
        say("Neither blobs nor archive are in a bucket.")
        return DONE
    s3 = Calls("s3")
    ours = [place for place in (blobs, archive) if place is not None]
    done = [_see_to(s3, bucket, rules[bucket], [p for p in ours if p.bucket == bucket], apply) for bucket in rules]
    return DONE if all(done) else FAILED


def _see_to(s3: Calls, bucket: str, rules: list[Rule], places: list[S3Place], apply: bool) -> bool:
    """Bring the rules of a bucket about, or say what they should be; tell whether all is well."""
    found = _rules_of(s3, bucket)
    there: list[Rule] = found.get("Rules", [])
    should = merged(there, rules, places)
    warnings = list(dict.fromkeys(line for place in places for line in dangers(should, place)))
    for line in warnings:
        say(f"Danger: {line}")
    print_json(json.dumps({"Rules": rules}).encode())
    if _sorted(there) == _sorted(should):
        say(f"{bucket}: the rules are there.")
        return not warnings
    if not apply:
        say(f"{bucket}: the rules are not there; make them with --apply.")
        return False
    kept = {key: found[key] for key in ("TransitionDefaultMinimumObjectSize",) if key in found}
    s3("put_bucket_lifecycle_configuration", Bucket=bucket, LifecycleConfiguration={"Rules": should}, **kept)
    say(f"{bucket}: the rules were made, beside {len(should) - len(rules)} others.")
    return not warnings


def _rules_of(s3: Calls, bucket: str) -> dict[str, Any]:
    try:
        found: dict[str, Any] = s3("get_bucket_lifecycle_configuration", Bucket=bucket)
    except CloudRefusedError as error:
        if error.code != "NoSuchLifecycleConfiguration":
            raise
        return {}
    return found


def _sorted(rules: list[Rule]) -> list[str]:
    return sorted(json.dumps(rule, sort_keys=True, default=str) for rule in rules)
