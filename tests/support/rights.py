"""The users of `deploy/valkey/users.acl`, each with what it may do, for a server under test.

What a service does in a rare moment (a worker that gives its jobs back, a scheduler that begins its log again) asks for
commands that an ordinary day does not; where breaking things brings those moments, the services run as these users.
"""

from __future__ import annotations

import json
import re
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import redis

VALKEY = Path(__file__).parents[2] / "deploy/valkey"
PASSWORD = "of-a-test"
#: An autoscaler of this machine starts workers, which have their address from it.
STARTS_WORKERS = {"autoscaler": "worker"}


def lines() -> list[str]:
    """Return the lines of users.acl as start.sh completes them, everybody with the same password."""
    acl = (VALKEY / "users.acl").read_text()
    start = (VALKEY / "start.sh").read_text().replace("\\\n", "")
    for name, commands in re.findall(r'^(\w+)="([^"$]*)"', start, re.MULTILINE):
        acl = acl.replace(f"@{name.upper()}@", commands)
    return re.sub(r"@\w+_PASSWORD@", sha256(PASSWORD.encode()).hexdigest(), acl).splitlines()


def commands_of(user: str) -> set[str]:
    """Return which commands a user may call, in lower case."""
    (line,) = [line for line in lines() if line.startswith(f"user {user} ")]
    return {word[1:].lower() for word in line.split() if word.startswith("+")}


def write_users(path: Path) -> Path:
    """Write a file for the server's `aclfile`: those users, and a `default` that is free to do all, for the test."""
    of_services = [line for line in lines() if not line.startswith("user default ")]
    path.write_text("\n".join([*of_services, "user default on nopass ~* &* +@all", ""]))
    return path


def as_service(url: str, process: str) -> str:
    """Return a URL of such a server for a process, by its name (`worker-1`)."""
    service = process.split("-", maxsplit=1)[0]
    scheme, address, path, *_ = urlsplit(url)
    return f"{scheme}://{STARTS_WORKERS.get(service, service)}:{PASSWORD}@{address}{path}"


def refusals(url: str) -> list[str]:
    """Return what services were not allowed on a server since it started."""
    with redis.Redis.from_url(url, protocol=3, decode_responses=True) as client:
        found: list[Any] = client.execute_command("ACL LOG")
    return [json.dumps({name: entry[name] for name in ("username", "reason", "context", "object")}) for entry in found]
