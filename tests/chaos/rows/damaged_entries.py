"""Somebody writes into the log what no reader of this version can read.

Between the entries of a system at work: bytes that are no msgpack, other shapes, entries cut short, events of unknown
kinds and versions, alone and among good ones. Each is reported in the log with its offset (`log.quarantined`), by
the read model as well, and everything goes on; good events in the same entry count.
"""

from __future__ import annotations

import random
from contextlib import closing

import httpx
import msgspec

from chaos.frame import Outcome, Row, Stage
from chaos.reading import Logs
from journeyman import codec
from journeyman import events as e
from journeyman.log.keys import Keys
from support.system import System
from support.waiting import wait_for

REPORTED_S = 60.0
ROUNDS = 3

_pack = msgspec.msgpack.encode


def _good() -> bytes:
    return codec.encode_commit([e.QueuePaused("nobody"), e.QueueResumed("nobody")])


def damaged(chance: random.Random) -> list[dict[str, bytes]]:
    """Return the fields of entries that cannot be read, or not all of them."""
    whole = _good()
    known = msgspec.msgpack.decode(whole)
    cut = chance.randrange(1, len(whole))
    return [
        {"c": b""},
        {"c": chance.randbytes(40)},
        {"c": b"\xff" * chance.randrange(1, 9)},
        {"c": whole[:cut]},
        {"c": _pack({"job.submitted": 1})},
        {"c": _pack("job.submitted")},
        {"c": _pack(None)},
        {"c": _pack([[]])},
        {"c": _pack([["job.teleported", "somewhere", 7]])},
        {"c": _pack([["job.succeeded.9", 1, 2, 3]])},
        {"c": _pack([["job.started", "no number", "one", 3]])},
        {"c": _pack([["job.submitted.2"]])},
        {"c": _pack([known[0], ["job.teleported"], known[1]])},
        {"c": b"\x91" * 2_000 + b"\xc0"},
        {"other": b"fields"},
    ]


def _run(stage: Stage) -> Outcome:
    system = stage.system(workers=2)
    client = stage.client(system)
    key = Keys(system.settings.namespace, 0).log
    written: list[str] = []
    since = stage.now()
    with client.submitting(per_s=60), system.server.client() as server:
        for _ in range(ROUNDS):
            client.await_accepted(30)
            for fields in damaged(stage.random):
                written.append(server.xadd(key, fields).decode())
        recovered = client.recovery(since)
        system.kill("scheduler")
        system.start("scheduler")
        client.await_accepted(30)
    with closing(Logs(system.settings)) as logs:
        wait_for(
            lambda: set(written) <= set(_reported(logs)), "every damaged entry to be reported", timeout_s=REPORTED_S
        )
        reported = _reported(logs)
    verdict = stage.settle(system, client)
    shown = _shown_by_the_read_model(system)
    wrong = []
    if len(reported) != len(set(reported)) or set(reported) != set(written):
        wrong.append(f"{len(reported)} reports of {len(set(reported))} entries; {len(written)} were damaged")
    if shown < len(written):
        wrong.append(f"the read model has put aside {shown} of {len(written)}")
    return verdict.outcome(
        faults=len(written), recovery_s=recovered, unless="; ".join(wrong), reported=len(written), put_aside=shown
    )


def _reported(logs: Logs) -> list[str]:
    """Return the entries that the scheduler says it could not read, one for each time it says so of an offset."""
    told = [record.event.offset for record in logs.records() if isinstance(record.event, e.LogQuarantined)]
    return [offset.partition("/")[0] for offset in told]


def _shown_by_the_read_model(system: System) -> int:
    answer = httpx.get(f"{system.dashboard_url}/stats", timeout=10.0, trust_env=False).raise_for_status()
    return int(answer.json()["quarantined"])


ROWS = [
    Row(
        "damaged-entries",
        "malformed, unknown and truncated entries are written into the log",
        "each is quarantined with its offset, the partition goes on",
        _run,
        quick=True,
    )
]
