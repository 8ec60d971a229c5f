"""Lifecycle rules of a bucket: only by age what may go, only below our prefixes, and nobody else's are touched."""

from __future__ import annotations

from journeyman.s3_lifecycle import Rule, dangers, merged, wanted
from journeyman.storage_places import S3Place

BLOBS, ARCHIVE = S3Place("bucket", "jm"), S3Place("bucket", "archive")
THEIRS: Rule = {"ID": "theirs", "Prefix": "logs/", "Status": "Enabled", "Expiration": {"Days": 3}}


def prefixes(rules: list[Rule], what: str) -> dict[str, object]:
    return {rule["Filter"]["Prefix"]: rule[what] for rule in rules if what in rule}


def test_results_go_by_age_and_payloads_as_much_later_as_a_job_may_be_put_off() -> None:
    (rules,) = wanted(BLOBS, ARCHIVE, 30).values()

    assert prefixes(rules, "Expiration") == {"jm/results/": {"Days": 30}, "jm/payloads/": {"Days": 396}}


def test_without_a_retention_nothing_goes_but_what_was_broken_off() -> None:
    rules = wanted(BLOBS, S3Place("other", "archive"), 0)

    assert set(rules) == {"bucket", "other"}
    assert prefixes(rules["bucket"], "AbortIncompleteMultipartUpload") == {"jm/": {"DaysAfterInitiation": 2}}
    assert not any("Expiration" in rule for bucket in rules.values() for rule in bucket)


def test_what_others_made_stays_and_what_we_made_is_exchanged() -> None:
    neighbours = wanted(S3Place("bucket", "jm/other"), None, 50)["bucket"]
    before = [THEIRS, *wanted(BLOBS, None, 90)["bucket"], *neighbours]
    ours = wanted(BLOBS, None, 30)["bucket"]

    assert merged(before, ours, [BLOBS]) == [THEIRS, *neighbours, *ours]
    assert merged(merged(before, ours, [BLOBS]), ours, [BLOBS]) == [THEIRS, *neighbours, *ours]


def test_a_retention_that_is_taken_back_takes_its_rules_along() -> None:
    before = wanted(BLOBS, None, 90)["bucket"]

    assert merged(before, wanted(BLOBS, None, 0)["bucket"], [BLOBS]) == wanted(BLOBS, None, 0)["bucket"]


def test_a_rule_of_others_that_reaches_into_a_place_is_called_a_danger() -> None:
    whole: Rule = {"ID": "all", "Filter": {"Prefix": ""}, "Status": "Enabled", "Expiration": {"Days": 30}}
    within: Rule = {"ID": "in", "Filter": {"And": {"Prefix": "archive/jm/"}}, "Status": "Enabled", "Expiration": {}}
    off: Rule = {**whole, "Status": "Disabled"}
    moved: Rule = {"ID": "cold", "Filter": {}, "Status": "Enabled", "Transitions": []}

    assert [len(dangers([rule], ARCHIVE)) for rule in (whole, within, off, moved, THEIRS)] == [1, 1, 0, 0, 0]
    assert dangers(wanted(BLOBS, ARCHIVE, 30)["bucket"], BLOBS) == []
