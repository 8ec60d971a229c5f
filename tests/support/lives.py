"""Whole lives of jobs from one seed: a good log of everything that can happen, as the real core wrote it."""

from __future__ import annotations

import random
from typing import NamedTuple

from journeyman import events as e
from journeyman.codec import decode_commit
from support.simulated_clients import Order, SimulatedClient
from support.simulated_workers import KINDS, SimulatedWorker
from support.simulation import HEARTBEAT_TIMEOUT_MS, LEASE_MS, SimulatedScheduler, World

QUEUES, TYPES = ("mail", "images"), ("a", "b")


class Raw(NamedTuple):
    """An entry as it stands in a log."""

    offset: e.Offset
    data: bytes
    epoch: int | None
    cursor: str | None

    def read(self) -> e.Entry:
        return decode_commit(self.data, self.offset, epoch=self.epoch, cursor=self.cursor)


class Lives:
    """A world in which things happen at random. `entries`: its log."""

    def __init__(self, seed: int, steps: int = 200) -> None:
        self.draw = random.Random(seed)
        self.world = World()
        self.client = SimulatedClient(self.world)
        self.schedulers = [SimulatedScheduler(f"s{number}", self.world) for number in range(2)]
        self.schedulers[0].turn()
        self.workers = [self._worker(number) for number in range(2)]
        for _ in range(steps):
            self._step()
        self.world.look()
        assert self.world.verifier.report().violations == []

    @property
    def entries(self) -> list[Raw]:
        return [Raw(*entry) for entry in self.world.log._entries]

    def _worker(self, number: int) -> SimulatedWorker:
        return SimulatedWorker(self.world, f"w{number}", QUEUES, TYPES)

    def _step(self) -> None:
        draw = self.draw
        self.world.now_ms += draw.choice((1, 5, 40, 200))
        match draw.choice("sssswwwwwwwwwwwwwwccddddddddddddddgtlk"):
            case "s":
                self.client.submit([self._order() for _ in range(draw.randint(1, 3))], keyed=draw.random() < 0.3)
            case "w":
                self._work()
            case "c" if self.client.ids:
                what = draw.choice(("cancel", "reprioritise", "redrive"))
                self.client.change(what, draw.randrange(64), draw.choice((0, 15, 20)))
            case "g":
                self.client.gate(draw.choice(QUEUES), is_open=draw.random() < 0.8)
            case "t":
                self._pass_time(draw.choice((50, LEASE_MS + 1, HEARTBEAT_TIMEOUT_MS)))
            case "l":
                self._turn_over()
            case "k":
                self.schedulers.reverse()
                self.world.log.lose_lease()
            case _:
                for _ in range(3):
                    self.schedulers[0].turn()

    def _order(self) -> Order:
        draw = self.draw
        parents = [draw.randrange(64) for _ in range(draw.choice((0, 0, 1, 2)))]
        return Order(
            draw.choice(QUEUES),
            draw.choice(TYPES),
            draw.choice((0, 10, 20)),
            draw.choice(("cancel", "run")),
            draw.randint(1, 3),
            draw.choice((0, 0, 0, 300)),
            parents,
            draw.random() < 0.05,
        )

    def _work(self) -> None:
        draw = self.draw
        for worker in self.workers:
            if worker.lost or worker.silent:
                continue
            worker.claim(draw.randint(1, 3))
            some = sorted(worker.holding)[: draw.randint(0, 3)]
            worker.say([(job_id, draw.choice((*KINDS, "succeed", "succeed"))) for job_id in some])

    def _pass_time(self, delay_ms: int) -> None:
        self.world.now_ms += delay_ms
        for worker in self.workers:
            if not worker.silent and not worker.lost:
                worker.beat()

    def _turn_over(self) -> None:
        worker = self.draw.choice(self.workers)
        if worker.silent or worker.lost:
            self.workers[self.workers.index(worker)] = self._worker(100 + self.world.next_number())
        elif self.draw.random() < 0.5:
            worker.silent = True
        else:
            worker.leave()
