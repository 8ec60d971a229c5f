"""What looks like a secret is not kept."""

from __future__ import annotations

import pytest

from journeyman.redaction import passwords_in, redacted


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("cannot reach redis://user:pa55word@host:6379/0", "cannot reach redis://***@host:6379/0"),
        ("smtp://:hunter2@mail and https://bob@example.org/x", "smtp://***@mail and https://***@example.org/x"),
        ("https://example.org/a@b", "https://example.org/a@b"),
        ("password=hunter2, next", "password=***, next"),
        ('{"api_key": "abc def", "n": 1}', '{"api_key": ***, "n": 1}'),
        ("AWS_SECRET_ACCESS_KEY='x y'", "AWS_SECRET_ACCESS_KEY=***"),
        ("Authorization: Bearer abc.def", "Authorization: ***"),
        ("token: 123", "token: ***"),
        ("tokens are counted: 12 of them", "tokens are counted: 12 of them"),
        ("ValueError: no such file", "ValueError: no such file"),
    ],
)
def test_what_looks_like_a_secret_is_taken_out_and_the_rest_is_left(text: str, kept: str) -> None:
    assert redacted(text) == kept


def test_passwords_of_our_own_addresses_are_taken_out_wherever_they_stand() -> None:
    secrets = passwords_in(["redis://:s%40crets@host", "smtp://host", "redis://:abc@host"])
    assert secrets == ["s%40crets", "s@crets"]
    assert redacted("login s@crets failed, s%40crets too", secrets) == "login *** failed, *** too"
