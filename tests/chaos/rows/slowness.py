"""The server is far away, or does not answer for a while: slower is all that it may become."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from contextlib import closing
from functools import partial

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from chaos.frame import Outcome, Row, Stage
from chaos.reading import Logs
from journeyman import events as e
from journeyman.settings import Settings
from support.servers import TestServer
from support.waiting import wait_for

PER_S = 100.0
BUSY_S = 5.0
ACCEPTED = 60
#: After five seconds the server begins to answer everybody that it is busy, and can be told to end a script.
SCRIPT_S = 7.0
ENDLESS = "while true do end"


def _slow(delay_ms: int, stage: Stage) -> Outcome:
    server = stage.server()
    proxy = stage.proxy(server)
    system = stage.system(server=server, environ=lambda _: {"JOURNEYMAN_REDIS_URL": proxy.url})
    client = stage.client(system)
    with client.submitting(PER_S):
        client.await_accepted(20)
        # A round trip takes this much longer.
        proxy.delay(delay_ms / 2)
        client.await_accepted(1)
        began, accepted = time.monotonic(), client.accepted()
        client.await_accepted(ACCEPTED)
        per_s = (client.accepted() - accepted) / (time.monotonic() - began)
        recovered = client.recovery(stage.now())
    return stage.settle(system, client).outcome(
        faults=1,
        recovery_s=recovered,
        accepted_per_s=f"{per_s:.0f}",
        unless=_false_loss(system.settings),
        why="recovery is the time two dependent jobs take while the delay lasts",
    )


def _busy(how: str, stage: Stage) -> Outcome:
    system = stage.system(server=stage.server())
    client = stage.client(system)
    recovered = []
    with client.submitting(PER_S):
        for _ in range(2):
            client.await_accepted(50)
            stage.pause(0.0, 1.0)
            _keep_busy(system.server) if how == "script" else _hold_still(system.server)
            recovered.append(client.recovery(stage.now()))
    return stage.settle(system, client).outcome(
        faults=2, recovery_s=max(recovered), unless=_false_loss(system.settings)
    )


def _hold_still(server: TestServer) -> None:
    os.kill(server.process.pid, signal.SIGSTOP)
    # This is the fault: time in which the server does nothing.
    time.sleep(BUSY_S)
    os.kill(server.process.pid, signal.SIGCONT)


def _keep_busy(server: TestServer) -> None:
    """Have a script run, which answers nobody and then answers that it is busy."""
    with _only_once(server) as first, _only_once(server) as second:
        running = threading.Thread(target=_until_killed, args=(first,), daemon=True)
        running.start()
        time.sleep(SCRIPT_S)

        def ended() -> bool:
            with contextlib.suppress(redis.RedisError):
                second.script_kill()
            return not running.is_alive()

        wait_for(ended, "the script to end", timeout_s=30)


def _only_once(server: TestServer) -> redis.Redis:
    return redis.Redis(port=server.port, socket_timeout=120, retry=Retry(NoBackoff(), 0))


def _until_killed(client: redis.Redis) -> None:
    with contextlib.suppress(redis.RedisError):
        client.eval(ENDLESS, 0)


def _false_loss(settings: Settings) -> str:
    """Return what was declared lost, in words: nothing has died here."""
    with closing(Logs(settings)) as logs:
        lost = [record.event for record in logs.records() if isinstance(record.event, (e.WorkerLost, e.JobLost))]
    return f"{len(lost)} false losses: {lost[:2]}" if lost else ""


ROWS = [
    *(
        Row(
            f"slow-server-{delay_ms}-ms",
            f"every round trip to the server takes {delay_ms} ms longer",
            "no false loss; rates degrade, nothing breaks",
            partial(_slow, delay_ms),
        )
        for delay_ms in (5, 50, 500)
    ),
    Row(
        "busy-server",
        f"the server runs a script for {SCRIPT_S:g} s (longer than the heartbeat timeout), twice",
        "no false loss; nothing breaks",
        partial(_busy, "script"),
    ),
    Row(
        "stopped-server",
        f"the server is stopped for {BUSY_S:g} s (longer than the heartbeat timeout), twice",
        "no false loss; nothing breaks",
        partial(_busy, "stop"),
        quick=True,
    ),
]
