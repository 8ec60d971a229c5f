"""Whether the user that we are on the server may do all that the functions do.

A function runs as its caller, and one that is refused a command in its midst stops there: what it wrote stays, what was
to follow is missing. So this is asked before anything is written.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote, urlsplit

import msgspec

from journeyman.errors import UnsuitableServerError
from journeyman.log.functions import COMMANDS, library
from journeyman.log.keys import Keys


def check_caller_rights(client: Any, keys: Keys, url: str) -> None:
    """Raise UnsuitableServerError where the user of `url` may not call what functions call. They must be loaded."""
    asked = msgspec.msgpack.encode(COMMANDS)
    refused = client.execute_command("FCALL", library().name("refused"), len(keys.fixed), *keys.fixed, asked)
    if not refused:
        return
    user = unquote(urlsplit(url).username or "default")
    names = [name.decode() for name in refused]
    raise UnsuitableServerError(
        f"the server's user {user} may not call {', '.join(names)}, and functions would stop half-way for want of it; "
        f"use ACL SETUSER {user} {' '.join('+' + name.lower() for name in names)} ~{keys.prefix}* &{keys.prefix}*"
    )
