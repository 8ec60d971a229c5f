"""The primary is lost, by its death or behind a partition, and sentinels make another: what was accepted then?

Redis and Valkey replicate after they have answered. So with every durability but `replica` the last moments before the
loss of a primary may be lost with it, and everything that a client on the wrong side of a partition was told. Here the
replicas are 20 ms away, as in another zone; what is lost is counted.
"""

from __future__ import annotations

from contextlib import closing
from functools import partial

from chaos.client import Client
from chaos.frame import Outcome, Row, Stage
from chaos.reading import Logs
from journeyman import events as e
from support.system import System
from support.waiting import wait_for

PER_S = 150.0
AWAY_MS = 20.0
FAILOVER_S = 60.0
LOST_REPLIES = 5
DURABILITIES = ("memory", "process-crash", "power-loss", "replica")
#: Lost by the nature of these settings, and why.
BY_NATURE = "accepted by a primary that was lost before a replica had it; durability `replica` waits for one"


def _killed(durability: str, stage: Stage) -> Outcome:
    watched = stage.watched(aof=_fsync(durability))
    system = stage.system(server=watched, durability=durability)
    client = stage.client(system)
    watched.put_away(AWAY_MS)
    with client.submitting(PER_S):
        client.await_accepted(100)
        stage.pause(0.0, 1.0)
        since = stage.now()
        watched.kill()
        recovered = client.recovery(since, FAILOVER_S)
        watched.restart()
    return _settled(stage, system, client, durability, recovered)


def _parted(durability: str, stage: Stage) -> Outcome:
    """Leave ingest and its client with the first primary, on the side without a majority."""
    watched = stage.watched(aof=_fsync(durability))
    system = stage.system(
        server=watched,
        durability=durability,
        environ=lambda name: {"JOURNEYMAN_REDIS_URL": watched.minority_url} if name == "ingest" else {},
    )
    client = stage.client(system)
    with client.submitting(PER_S):
        client.await_accepted(100)
        watched.part()
        wait_for(lambda: watched.primary() is not watched.first(), "another primary", timeout_s=FAILOVER_S)
        stage.pause(1.0, 3.0)
        since = stage.now()
        watched.heal()
        # Until then some of us may still talk to the first one.
        wait_for(watched.is_whole, "the first primary to follow the other", timeout_s=FAILOVER_S)
        recovered = client.recovery(since, FAILOVER_S)
    return _settled(stage, system, client, durability, recovered)


def _unheard(stage: Stage) -> Outcome:
    """Let the replicas hear nothing for a while, and lose replies; the second time the primary dies meanwhile."""
    watched = stage.watched()
    system = stage.system(server=watched, durability="replica")
    client = stage.client(system)
    with client.submitting(PER_S):
        client.await_accepted(50)
        watched.part_replicas()
        stage.pause(2.0, 4.0)
        watched.heal()
        client.await_accepted(50)
        watched.part_replicas()
        watched.proxies[0].lose_reply("submit", times=LOST_REPLIES)
        wait_for(lambda: watched.proxies[0].lost["submit"] >= LOST_REPLIES, "replies to be lost", timeout_s=FAILOVER_S)
        stage.pause(0.5, 1.0)
        since = stage.now()
        watched.kill()
        recovered = client.recovery(since, FAILOVER_S)
        watched.heal()
        watched.restart()
    return _settled(stage, system, client, "replica", recovered, faults=2 + LOST_REPLIES)


def _settled(
    stage: Stage, system: System, client: Client, durability: str, recovered: float, *, faults: int = 1
) -> Outcome:
    with closing(Logs(system.settings)) as logs:
        epochs = [record.event.epoch for record in logs.records() if isinstance(record.event, e.SchedulerElected)]
    # Claims and outcomes wait for no replica: they may be lost with the primary, and the job is run again.
    verdict = stage.settle(system, client, may_lose=durability != "replica", may_forget=True)
    return verdict.outcome(
        faults=faults,
        recovery_s=recovered,
        epochs=len(epochs),
        why=BY_NATURE if verdict.found.lost else "",
        unless="" if len(epochs) > 1 and epochs == sorted(set(epochs)) else f"epochs were {epochs}",
    )


def _fsync(durability: str) -> str:
    return "always" if durability == "power-loss" else "everysec"


ROWS = [
    *(
        Row(
            f"failover-{durability}",
            f"the primary's machine is lost, sentinels make another; durability `{durability}`",
            "services go on at the new primary by themselves; epochs rise; "
            + ("0 acknowledged lost" if durability == "replica" else "the loss is reported"),
            partial(_killed, durability),
            needs=("linux",),
        )
        for durability in DURABILITIES
    ),
    *(
        Row(
            f"failover-parted-{durability}",
            f"the primary, ingest and its client are parted from the rest, which makes another primary; "
            f"durability `{durability}`",
            "as above; after the healing ingest goes on at the new primary; "
            + ("0 acknowledged lost" if durability == "replica" else "the loss is reported"),
            partial(_parted, durability),
            needs=("linux",),
        )
        for durability in DURABILITIES
    ),
    Row(
        "replicas-unheard",
        "the replicas hear nothing for some seconds; then again, with replies lost, and the primary dies; "
        "durability `replica`",
        "nothing is acknowledged meanwhile, and nothing that will run is refused; 0 acknowledged lost",
        _unheard,
        needs=("linux",),
    ),
]
