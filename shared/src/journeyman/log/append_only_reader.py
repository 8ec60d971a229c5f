"""Whether the server will read its append-only file back whole, as far as its users matter.

Many versions check, when they read the file at their start, whether the user `default` may do what stands in a
transaction, and silently leave out those that it may not. What a function does is a transaction, so that of a log next
to nothing would come back (valkey#3983, redis#14541). Nobody has to be able to come in as `default`: it may be off, as
long as it keeps all rights.
"""

from __future__ import annotations

import logging
from collections.abc import Collection
from typing import Any

import redis
from redis import exceptions as x

from journeyman.errors import UnsuitableServerError

_log = logging.getLogger(__name__)

#: The oldest versions that are known to read the file whatever the user may do.
MENDED_VALKEY = (9, 1, 2)
MENDED_REDIS = (8, 6, 0)

#: What of our functions and of the scheduler's rebuild stands in the file.
WRITTEN = frozenset({"del", "hdel", "hset", "hsetnx", "lpop", "lpush", "lrem", "pexpire", "pexpireat", "rename"}) | {
    *("rpush", "sadd", "set", "spublish", "srem", "unlink", "xadd", "xdel", "xgroup", "xtrim", "zadd", "zrem"),
}
#: Categories that may be taken away: nothing of that is among them, or it is not asked for.
NEEDLESS = frozenset({"@admin", "@bitmap", "@blocking", "@connection", "@dangerous", "@geo", "@hyperloglog"}) | {
    "@scripting",
    "@transaction",
}


def mended(info: dict[str, Any]) -> bool:
    """Tell whether a server that says this of itself (INFO server) is known to read the file back whole."""
    if "valkey_version" in info:
        return _numbers(info["valkey_version"]) >= MENDED_VALKEY
    return _numbers(info["redis_version"]) >= MENDED_REDIS


def _numbers(version: object) -> tuple[int, ...]:
    return tuple(int(part) for part in str(version).split("-")[0].split(".")[:3] if part.isdigit())


def is_restricted(categories: Collection[str], commands: Collection[str], keys: Collection[str]) -> bool:
    """Tell whether a user is kept from anything that a log writes. The rules are those of ACL GETUSER."""
    taken = {rule[1:].partition("|")[0] for rule in (*categories, *commands) if rule.startswith("-")}
    if "+@all" not in categories or "~*" not in keys:
        return True
    return any(rule not in NEEDLESS if rule.startswith("@") else rule in WRITTEN for rule in taken)


def check_append_only_reader(client: redis.Redis, info: dict[str, Any]) -> None:
    """Raise UnsuitableServerError where the server would lose the log at its next start. `info`: INFO server.

    Where the server does not say what `default` may do, a line in the log says what to see to.
    """
    if mended(info) or not int(client.info("persistence").get("aof_enabled", 0)):
        return
    try:
        user: Any = client.acl_getuser("default")
    except x.ResponseError as error:
        _log.warning(
            "cannot see whether the server's user default has all rights (%s): if it has not, this version loses most "
            "of the log when it is started again; allow +acl|getuser to have it checked",
            str(error).split("\n", 1)[0],
        )
        return
    if is_restricted(user["categories"], user["commands"], user["keys"]):
        raise UnsuitableServerError(
            "the server's user default is restricted, and this version leaves out of its append-only file what that "
            "user may not do: it would lose most of the log when it is started again; "
            "use ACL SETUSER default off resetpass ~* &* +@all"
        )
