"""A function has had its effect, and its reply is lost with the connection: whoever called cannot know, and repeats."""

from __future__ import annotations

import re
from contextlib import closing
from functools import partial

from chaos import reading
from chaos.client import Client
from chaos.frame import Outcome, Row, Stage
from journeyman import events as e
from journeyman.log.functions import library
from support.tcp_proxy import TcpProxy
from support.transport import TRANSPORT
from support.waiting import wait_for

PER_S = 60.0
ROUNDS = 8
#: Rare calls are not waited for eight times.
RARE = {"append": 5, "elect": 3, "beat": 5, "note": 3, "keep": 2}
STRIKE_S = 30.0
#: Called where jobs go through SQS, and nowhere else.
THROUGH_SQS = {"ring"}
#: What only asks, and is asked again.
WITHOUT_EFFECT = {"refused"}
#: Of `keep`, which is called where a log is trimmed: of entries a minute old, in small pieces, every quarter of that.
TRIMMED = {"log_retention_ms": 60_000, "snapshot_events": 1_000}
TRIMMED_PER_S = 20.0
NODES = {"stream_node_max_entries": "4"}
OUTLIVING = {"delay_ms": 80_000}
KEEP_S = 100.0


def _run(function: str, stage: Stage) -> Outcome:
    server = stage.server()
    proxy = stage.proxy(server)
    system = stage.system(server=server, environ=lambda _: {"JOURNEYMAN_REDIS_URL": proxy.url})
    client = stage.client(system)
    with client.submitting(PER_S):
        for round_ in range(RARE.get(function, ROUNDS)):
            _strike(stage, proxy, function, round_ + 1, client)
        recovered = client.recovery(stage.now())
    return stage.settle(system, client).outcome(
        faults=proxy.lost[function], recovery_s=recovered, calls=proxy.passed[function]
    )


def _keep(stage: Stage) -> Outcome:
    """Let the scheduler trim, with jobs in the log that outlive their entries."""
    server = stage.server(**NODES)
    proxy = stage.proxy(server)
    system = stage.system(server=server, environ=lambda _: {"JOURNEYMAN_REDIS_URL": proxy.url}, **TRIMMED)
    client = stage.client(system)
    with closing(reading.Logs(system.settings)) as logs:
        logs.follow()
        with client.submitting(TRIMMED_PER_S):
            client.submit(30, **OUTLIVING)
            for count in range(RARE["keep"]):
                proxy.lose_reply("keep")
                wait_for(lambda count=count: proxy.lost["keep"] > count, "the log to be trimmed", timeout_s=KEEP_S)  # type: ignore[misc]
            recovered = client.recovery(stage.now())
        verdict = stage.settle(system, client, logs=logs)
        trimmed = [record.event for record in logs.records() if isinstance(record.event, e.LogTrimmed)]
    return verdict.outcome(
        faults=proxy.lost["keep"],
        recovery_s=recovered,
        entries_trimmed=sum(event.entries for event in trimmed),
        unless="" if trimmed else "nothing was trimmed",
    )


def _strike(stage: Stage, proxy: TcpProxy, function: str, count: int, client: Client) -> None:
    """Lose the reply to one of the next calls, and wait until it is lost."""
    proxy.lose_reply(function, nth=1 if function in RARE else stage.random.randint(1, 5))

    def struck() -> bool:
        if function == "append":
            # What comes while others submit travels with them; so until one did not.
            client.post(f"/queues/spare/{stage.random.choice(['pause', 'resume'])}", None)
        return proxy.lost[function] >= count

    wait_for(struck, f"a reply to {function} to be lost", timeout_s=STRIKE_S)


def functions() -> list[str]:
    """Return the names of all functions of the log."""
    return re.findall(r"^register\('(\w+)'", library().source, re.MULTILINE)


ROWS = [
    Row(
        f"lost-reply-{function}",
        f"the reply to `{function}` is lost after its effect, {RARE.get(function, ROUNDS)} times, with the connection",
        "no duplicate job, claim or outcome",
        _keep if function == "keep" else partial(_run, function),
        quick=function == "submit",
    )
    for function in functions()
    if (TRANSPORT == "sqs" or function not in THROUGH_SQS) and function not in WITHOUT_EFFECT
]
