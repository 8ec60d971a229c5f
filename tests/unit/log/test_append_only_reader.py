"""Which servers read their append-only file back whole whatever `default` may do; which users may do too little."""

from __future__ import annotations

import pytest

from journeyman.log.append_only_reader import is_restricted, mended


@pytest.mark.parametrize(
    ("info", "whole"),
    [
        ({"redis_version": "7.0.15"}, False),
        ({"redis_version": "8.4.0"}, False),
        ({"redis_version": "8.6.0"}, True),
        ({"redis_version": "7.2.4", "valkey_version": "8.1.4"}, False),
        ({"redis_version": "7.2.4", "valkey_version": "9.1.0-rc1"}, False),
        ({"redis_version": "7.2.4", "valkey_version": "9.1.2"}, True),
        ({"redis_version": "7.2.4", "valkey_version": "10.0.0"}, True),
    ],
)
def test_a_version_is_mended_or_not_known_to_be(info: dict[str, str], whole: bool) -> None:
    assert mended(info) is whole


@pytest.mark.parametrize(
    ("categories", "commands", "keys", "restricted"),
    [
        (["+@all"], [], ["~*"], False),
        (["+@all", "-@dangerous", "-@admin"], ["-flushall", "-config|set"], ["~*"], False),
        (["-@all"], ["+ping"], ["~*"], True),
        (["+@all"], [], ["~other:*"], True),
        (["+@all"], [], [], True),
        (["+@all", "-@write"], [], ["~*"], True),
        (["+@all"], ["-xadd"], ["~*"], True),
        ([], [], ["~*"], True),
    ],
)
def test_a_user_is_restricted_where_it_may_not_write_what_a_log_writes(
    categories: list[str], commands: list[str], keys: list[str], restricted: bool
) -> None:
    assert is_restricted(categories, commands, keys) is restricted
