"""The Lua functions, joined into one library whose name carries a digest of its text.

Two versions of the product can thus run against one server at the same time, each calling its own functions.
"""

from __future__ import annotations

import hashlib
from functools import cache
from importlib import resources
from typing import NamedTuple

from journeyman.log.keys import FIXED

#: Every command that the functions call.
COMMANDS = (
    *("DEL", "EXISTS", "GET", "HDEL", "HEXISTS", "HGET", "HGETALL", "HMGET", "HSET", "HSETNX", "LINDEX", "LLEN"),
    *("LPOP", "LPOS", "LPUSH", "LREM", "PEXPIRE", "PTTL", "RPUSH", "SADD", "SET", "SISMEMBER", "SMEMBERS", "SPUBLISH"),
    *("SRANDMEMBER", "SREM", "TIME", "XADD", "XRANGE", "ZADD", "ZRANGE", "ZREM", "ZSCORE"),
)


class Library(NamedTuple):
    """The text to load, and the prefix of its functions' names."""

    source: str
    prefix: str

    def name(self, function: str) -> str:
        """Return the full name under which a function is registered."""
        return self.prefix + function


@cache
def library() -> Library:
    """Return the library of this version."""
    files = sorted(
        (path for path in resources.files(__name__).iterdir() if path.name.endswith(".lua")), key=lambda path: path.name
    )
    text = "\n".join(path.read_text(encoding="utf-8") for path in files)
    text = text.replace("@NAMES@", ", ".join(f"'{name}'" for name in FIXED))
    version = hashlib.sha256(text.encode()).hexdigest()[:8]
    return Library(f"#!lua name=journeyman_{version}\n" + text.replace("@VERSION@", version), f"jm_{version}_")
