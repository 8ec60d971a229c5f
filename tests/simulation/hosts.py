"""Keeps the processes of a simulation alive: what was killed, or ended as its server was away, is started again."""

from __future__ import annotations

import traceback
from typing import Any

from journeyman.errors import JourneymanError
from simulation.kernel import SECOND, kernel
from simulation.services import ServiceProcess, Surroundings


class Host:
    """Keeps one process of a kind alive. down_us: about how long it takes until what ended is there again."""

    def __init__(self, name: str, make: type[ServiceProcess], around: Surroundings, *, down_us: int = SECOND) -> None:
        self.name = name
        self.make = make
        self.around = around
        self.down_us = down_us
        self.starts = 0
        self.wall_us = 0
        self.process: Any = None

    def start(self) -> None:
        """Start the process."""
        if self.process is not None and self.process.alive:
            return
        self.starts += 1
        process = self.make(f"{self.name}.{self.starts}", self.around)
        process.wall_us = self.wall_us
        self.process = process
        process.on_death.append(self._ended)
        kernel().note(process.name, "starts")
        kernel().spawn(process, "main", lambda: self._main(process))

    def _main(self, process: ServiceProcess) -> None:
        why = "done"
        try:
            process.main()
        except JourneymanError as error:
            why = f"{type(error).__name__}: {error}"
        except Exception as error:  # noqa: BLE001 - whatever it is, somebody has to look at it
            why = f"{type(error).__name__}: {error}"
            self.around.unforeseen.append(f"{process.name} ended: {traceback.format_exc()}")
        kernel().at(kernel().now, lambda: process.crash(why))

    def _ended(self) -> None:
        if self.around.restarts:
            one = kernel()
            one.at(one.now + self.down_us // 4 + one.random.randrange(self.down_us), self.start)
