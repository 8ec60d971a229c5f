"""What lies between a process and the log's server: delays, losses before and after the effect, repetitions, cuts.

A request and its reply travel separately. Either may be late or lost, a request may arrive twice, and a late one after
a later one. A client that has no reply in time is told that the server is unavailable, and what it asked for may still
happen. A broken connection is noticed at once; then the client library asks twice more by itself, as redis-py does.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from journeyman.errors import JourneymanError, ServerRefusedError, ServerUnavailableError
from journeyman.log.api import Brought
from journeyman.log.connect import REPLY_TIMEOUT_S
from journeyman.log.redis_log import REPLICA_WAIT_MS
from simulation.kernel import SECOND, Process, Strand, kernel
from simulation.server import Server

#: How often a call is made whose connection broke.
TRIES = 3
#: What keeps a call from being sent twice by chance: it is no call of one reply.
_WRITES = frozenset({"append", "commit", "claim", "finish", "beat", "elect", "resign", "keep", "trim"})


@dataclass
class Weather:
    """How bad the network is: chances for each message, delays in microseconds."""

    lost_request: float = 0.0
    lost_reply: float = 0.0
    broken: float = 0.0
    twice: float = 0.0
    late: float = 0.0
    lost_ring: float = 0.0
    late_us: int = 2 * SECOND
    delay_us: int = 400


FAIR = Weather()


class Network:
    """Everybody's way to the server. cut: processes whose requests do not arrive; deaf: whose replies do not."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.weather = FAIR
        self.cut: dict[Process, int] = {}
        self.deaf: dict[Process, int] = {}
        self.faults: Counter[str] = Counter()
        self.calls = 0

    def delay(self) -> int:
        """Return how long a message takes."""
        one, weather = kernel().random, self.weather
        if weather.late and one.random() < weather.late:
            self.faults["late message"] += 1
            return one.randrange(weather.late_us)
        return 50 + one.randrange(weather.delay_us)

    def chance(self, of: float, what: str) -> bool:
        """Tell whether a fault of this kind befalls a message."""
        if of and kernel().random.random() < of:
            self.faults[what] += 1
            return True
        return False

    def is_cut(self, process: Process, which: dict[Process, int], what: str) -> bool:
        """Tell whether nothing of a process gets through one way."""
        until = which.get(process)
        if until is None:
            return False
        if kernel().now >= until:
            del which[process]
            return False
        self.faults[what] += 1
        return True


class _Call:
    """A request on its way, and its reply."""

    __slots__ = ("answer", "answered", "args", "broken", "error", "name", "named", "strand", "turn")

    def __init__(self, name: str, args: tuple[Any, ...], named: dict[str, Any], strand: Strand) -> None:
        self.name, self.args, self.named = name, args, named
        self.strand = strand
        self.answered = False
        self.broken = False
        self.answer: Any = None
        self.error: JourneymanError | None = None


class WireLog:
    """A process's log: every method is a call over the network. Safe to share between strands."""

    partition = 0
    client = None

    def __init__(self, network: Network, process: Process) -> None:
        self._network = network
        self._process = process

    def close(self) -> None:
        """Nothing to close."""

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(*args: Any, **named: Any) -> Any:
            return self._call(name, args, named)

        return call

    def doorbell(self, name: str) -> Bell:
        """Return a doorbell."""
        return Bell(self._network, self._process, name)

    def _call(self, name: str, args: tuple[Any, ...], named: dict[str, Any]) -> Any:
        for last in (False,) * (TRIES - 1) + (True,):
            call = self._sent(name, args, named)
            if call.answered and call.error is None:
                return call.answer
            if call.answered and (last or not isinstance(call.error, ServerUnavailableError)):
                assert call.error is not None
                raise call.error
            if not call.answered and (last or not call.broken):
                raise ServerUnavailableError("connection broke" if call.broken else "no reply in time")
            kernel().sleep(10_000 + kernel().random.randrange(200_000))
        raise AssertionError("unreachable")

    def _sent(self, name: str, args: tuple[Any, ...], named: dict[str, Any]) -> _Call:
        """Send a request, and wait for the reply."""
        one, network = kernel(), self._network
        strand = one.current
        assert strand is not None
        if not strand.process.alive:
            one.wait()
        call = _Call(name, args, named, strand)
        network.calls += 1
        weather = network.weather
        if network.chance(weather.broken, "connection broken before effect"):
            call.broken = True
        elif not network.is_cut(self._process, network.cut, "request into a cut") and not network.chance(
            weather.lost_request, "request lost"
        ):
            one.at(one.now + network.delay(), lambda: self._arrive(call))
            if name in _WRITES and network.chance(weather.twice, "request twice"):
                again = one.now + network.delay() + one.random.randrange(SECOND)
                one.at(again, lambda: self._carry_out(call, "again "))
        until = one.now + int(REPLY_TIMEOUT_S * SECOND)
        while not call.answered and not call.broken and one.now < until:
            one.wait(until)
        return call

    def _carry_out(self, call: _Call, word: str = "") -> tuple[Any, JourneymanError | None]:
        server, one = self._network.server, kernel()
        before = server.log.end()
        answer: Any = None
        error: JourneymanError | None = None
        try:
            answer = server.call(call.name, call.args, call.named)
        except JourneymanError as raised:
            error = raised
        end = server.log.end()
        words = type(error).__name__ if error else end.entry if end != before else ""
        if words or word or call.name in _WRITES:
            one.note(self._process.name, f"{word}{call.name} {described(call)} {words}")
        return answer, error

    def _arrive(self, call: _Call) -> None:
        one, network, server = kernel(), self._network, self._network.server
        call_answer, call_error = self._carry_out(call)
        wait_us = 0
        # Every append is a write, also one that is repeated: so `WAIT` waits behind it.
        if call.name == "append" and server.replicated and server.is_behind() and call_error is None:
            wait_us = REPLICA_WAIT_MS * 1_000
            call_error = ServerRefusedError("no replica acknowledged the commit in time")
        if call_error is None and network.chance(network.weather.broken, "connection broken after effect"):
            one.at(one.now + network.delay(), lambda: self._break(call))
            return
        if network.is_cut(self._process, network.deaf, "reply into a cut") or network.chance(
            network.weather.lost_reply, "reply lost after effect"
        ):
            return
        one.at(one.now + wait_us + network.delay(), lambda: self._answer(call, call_answer, call_error))

    def _answer(self, call: _Call, answer: Any, error: JourneymanError | None) -> None:
        if not call.answered and not call.broken:
            call.answered, call.answer, call.error = True, answer, error
            kernel().wake(call.strand)

    def _break(self, call: _Call) -> None:
        if not call.answered:
            call.broken = True
            kernel().wake(call.strand)


def described(call: _Call) -> str:
    """Return what a call is about, for the trace."""
    match call.name:
        case "append":
            names = [name for proposal in call.args[0] for name in _events(proposal.events)]
            return f"#{call.named['number']} {_counted(names)}"
        case "commit":
            names = [name for proposal in call.args[0] for name in _events(proposal.events)]
            return f"e{call.named['epoch']} #{call.named['number']} {_counted(names)}"
        case "claim":
            return f"{call.args[0]} #{call.args[1]} x{call.args[2]}"
        case "finish":
            return f"{call.args[0]} #{call.args[1]} {_counted(_events([one.event for one in call.args[2]]))}"
        case "beat" | "elect":
            return str(call.args[0])
        case _:
            return ""


def _events(events: Sequence[Any]) -> list[str]:
    return [f"{type(event).__name__}:{getattr(event, 'job_id', '')[-8:]}" for event in events]


def _counted(names: list[str]) -> str:
    return ",".join(names[:6]) + (f"+{len(names) - 6}" if len(names) > 6 else "")


class Bell:
    """A process's doorbell; see `journeyman.log.doorbell`."""

    def __init__(self, network: Network, process: Process, name: str) -> None:
        self._network = network
        self._process = process
        self._rang = self._woken = False
        self._strand: Strand | None = None
        self._brought: list[Brought] = []
        self._hang_up = network.server.listen(name, self._send)
        process.on_death.append(self._hang_up)

    def _send(self, brought: Brought | None) -> None:
        network, one = self._network, kernel()
        lost = network.is_cut(self._process, network.deaf, "ring into a cut")
        if not lost and not network.chance(network.weather.lost_ring, "ring lost"):
            one.at(one.now + network.delay(), lambda: self._arrive(brought))

    def _arrive(self, brought: Brought | None) -> None:
        if brought:
            self._brought.append(brought)
        else:
            self._rang = True
        if self._strand is not None:
            kernel().wake(self._strand)

    def wait(self, timeout_ms: float) -> bool:
        """Wait until it rings, something is brought, or somebody wakes the waiting strand; tell whether it rang."""
        one = kernel()
        self._strand = one.current
        until = one.now + max(int(timeout_ms * 1_000), 1)
        while not (self._rang or self._woken or self._brought) and one.now < until:
            one.wait(until)
        rang, self._rang, self._woken = self._rang, False, False
        return rang

    def brought(self) -> Sequence[Brought]:
        """Return what was brought since last asked."""
        found, self._brought = self._brought, []
        return found

    def wake(self) -> None:
        """End the present wait, or the next one."""
        self._woken = True
        if self._strand is not None:
            kernel().wake(self._strand)

    def close(self) -> None:
        """Hang up."""
        self._hang_up()
        self.wake()
