"""Keeping secrets out of what is kept: the last lines that a process wrote, which may be anybody's. Pure.

Only what looks like a secret can be found: the password in an address, and what follows a word like `token` or
`password`. See docs/dead-letters.md for how to keep no lines at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import unquote, urlsplit

HIDDEN = "***"

_IN_ADDRESS = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*://)[^\s/@]+@")
_NAMED = re.compile(
    r"(?P<name>[\w-]*(?:passwor[dt]|passwd|secret|token|api[_-]?key|access[_-]?key|authorization|credential)[\w-]*"
    r"[\"']?\s*[:=]\s*)(?P<value>\"[^\"\n]*\"|'[^'\n]*'|(?:(?:bearer|basic)\s+)?[^\s,;&\"'}\]]+)",
    re.IGNORECASE,
)
#: A word as short as this would be hidden wherever it stands.
_SECRET_MIN = 4


def passwords_in(addresses: Iterable[str]) -> list[str]:
    """Return the passwords of addresses, as they stand there and as they are meant."""
    found = []
    for address in addresses:
        password = urlsplit(address).netloc.rpartition("@")[0].partition(":")[2]
        found += [password, unquote(password)]
    return [password for password in dict.fromkeys(found) if len(password) >= _SECRET_MIN]


def redacted(text: str, secrets: Iterable[str] = ()) -> str:
    """Return a text without what looks like a secret, and without `secrets`."""
    for secret in secrets:
        text = text.replace(secret, HIDDEN)
    text = _IN_ADDRESS.sub(rf"\g<scheme>{HIDDEN}@", text)
    return _NAMED.sub(rf"\g<name>{HIDDEN}", text)
