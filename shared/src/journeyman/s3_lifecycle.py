"""The lifecycle rules that a bucket needs for Journeyman, beside those that it has. Pure.

By age, results are dropped, and payloads 366 days later: a job may be due that long after it was submitted. Snapshots
and archives never are. What is left of uploads that were broken off is, below our prefixes alone.
Ours are known by their ids, so that they are exchanged when a setting changes, and others are left as they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from journeyman.storage_places import DROPPED_BY_AGE, S3Place

#: The longest that a job may be put off, in days.
DELAY_DAYS = 366
#: Uploads in parts end within minutes.
BROKEN_OFF_DAYS = 2
#: Where a bucket keeps versions, what was dropped or renewed goes for good after so many.
FORMER_DAYS = 7

Rule = dict[str, Any]


def wanted(blobs: S3Place | None, archive: S3Place | None, retention_days: int) -> dict[str, list[Rule]]:
    """Return the rules that buckets should have for us, by bucket. retention_days 0: nothing is dropped by age."""
    rules: dict[str, list[Rule]] = {}
    for place in dict.fromkeys(place for place in (blobs, archive) if place is not None):
        rules.setdefault(place.bucket, []).append(_broken_off(place))
    if blobs is not None and retention_days:
        later = {"payloads": DELAY_DAYS}
        rules[blobs.bucket] += [
            _by_age(blobs.below(kind), retention_days + later.get(kind, 0)) for kind in DROPPED_BY_AGE
        ]
    return rules


def _broken_off(place: S3Place) -> Rule:
    return {
        **_of("uploads", place),
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": BROKEN_OFF_DAYS},
    }


def _by_age(place: S3Place, days: int) -> Rule:
    return {
        **_of("age", place),
        "Expiration": {"Days": days},
        "NoncurrentVersionExpiration": {"NoncurrentDays": FORMER_DAYS},
    }


def _of(what: str, place: S3Place) -> Rule:
    return {"ID": _id(what, place), "Filter": {"Prefix": f"{place.prefix}/"}, "Status": "Enabled"}


def merged(there: Sequence[Rule], ours: Sequence[Rule], places: Iterable[S3Place]) -> list[Rule]:
    """Return a bucket's rules with ours in the place of those that we made before for the same places."""
    made = {_id(what, each) for place in places for what, each in _ruled(place)}
    return [*[rule for rule in there if rule.get("ID") not in made], *ours]


def _ruled(place: S3Place) -> list[tuple[str, S3Place]]:
    """Return what there may ever be a rule of ours about."""
    return [("uploads", place), *(("age", place.below(kind)) for kind in DROPPED_BY_AGE)]


def _id(what: str, place: S3Place) -> str:
    return f"journeyman-{what}:{place.prefix}/"


def dangers(rules: Iterable[Rule], place: S3Place) -> list[str]:
    """Return, in words, which rules of others drop by age what is kept in a place for as long as it is needed."""
    return [
        f"the rule {rule.get('ID') or '(without a name)'} of the bucket {place.bucket} drops by age what is below "
        f"{_prefix(rule) or 'any prefix'}"
        for rule in rules
        if rule.get("Status") == "Enabled"
        and "Expiration" in rule
        and not str(rule.get("ID", "")).startswith("journeyman-age:")
        and _overlap(_prefix(rule), f"{place.prefix}/")
    ]


def _overlap(one: str, other: str) -> bool:
    return one.startswith(other) or other.startswith(one)


def _prefix(rule: Rule) -> str:
    chosen = rule.get("Filter") or {}
    return str(chosen.get("Prefix") or chosen.get("And", {}).get("Prefix") or rule.get("Prefix") or "")
