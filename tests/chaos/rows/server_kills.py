"""`kill -9` of the server: what it has written to its file system is what it comes back with."""

from __future__ import annotations

from functools import partial

from chaos.frame import Outcome, Row, Stage

ROUNDS = 3
PER_S = 120.0


def _run(fsync: str, stage: Stage) -> Outcome:
    system = stage.system(server=stage.server(aof=fsync), durability="process-crash")
    client = stage.client(system)
    recovered = []
    with client.submitting(PER_S):
        for _ in range(ROUNDS):
            client.await_accepted(50)
            stage.pause(0.0, 1.0)
            system.kill("server")
            stage.pause(0.0, 1.5)
            since = stage.now()
            system.start("server")
            recovered.append(client.recovery(since))
    return stage.settle(system, client).outcome(faults=ROUNDS, recovery_s=max(recovered))


ROWS = [
    Row(
        f"kill-9-server-aof-{fsync}",
        f"kill -9 of the server, {ROUNDS} times; `appendfsync {fsync}`, durability `process-crash`",
        "0 acknowledged jobs lost",
        partial(_run, fsync),
        quick=fsync == "everysec",
    )
    for fsync in ("always", "everysec")
]
