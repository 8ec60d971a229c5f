"""The users of the log's server as ElastiCache takes them, out of `deploy/valkey/users.acl`.

That file, with the lists in `start.sh` beside it, is where rights are decided; this reads it, so there is no second
list to forget. ElastiCache keeps CONFIG from everybody and does without a user for health checks.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

NAMESPACE = "jm"
LISTS = ("connected", "functions", "reader", "listener")
#: Commands that ElastiCache has for nobody. The log asks for them and goes on without.
WITHHELD = frozenset({"+config|get"})
#: What a managed server keeps from `operator`, who may do everything else.
USERS = ("ingest", "scheduler", "worker", "autoscaler", "dashboard", "operator")


def lists_in(start: str) -> dict[str, str]:
    """Return the lists of commands that start.sh fills in, by name."""
    found: Mapping[str, str] = dict(re.findall(r'^(\w+)="([^"$]*)"', start.replace("\\\n", ""), re.MULTILINE))
    return {name: " ".join(found[name].split()) for name in LISTS}


def access_strings(acl: str, start: str, namespace: str = NAMESPACE) -> dict[str, str]:
    """Return each user's access string, for keys and channels of a namespace.

    Raises KeyError where a user or a list is missing: the deployment must not make up rights.
    """
    lists = lists_in(start)
    lines = dict(re.findall(r"^user (\w+) (.+)$", acl, re.MULTILINE))
    return {user: _access(lines[user], lists, namespace) for user in USERS}


def _access(line: str, lists: Mapping[str, str], namespace: str) -> str:
    for name, commands in lists.items():
        line = line.replace(f"@{name.upper()}@", commands)
    words = [word for word in line.split() if not word.startswith("#") and word not in WITHHELD]
    return " ".join(_moved(word, namespace) for word in words)


def _moved(word: str, namespace: str) -> str:
    return word.replace(f"{NAMESPACE}:", f"{namespace}:", 1) if word[0] in "~&" else word
