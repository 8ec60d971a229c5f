"""A TCP proxy that misbehaves when told to: late, slow, silent, cut, half-closed, closed, or with a reply missing.

It listens on a port of its own before a server of this machine, and works in a thread of its own. Every fault is a
method, holds for connections of now and later, and ends with `heal`. Bytes that are held back are not lost: as in a
real network, where they are sent again, they arrive when the partition heals.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import threading
from collections import Counter
from collections.abc import Callable

from support.resp import Replies, Requests
from support.servers import free_port

PIECE = 64 * 1024
START_S = 30.0
#: How long what goes through at once takes, where there is a limit.
SLICE_S = 0.02
#: Lingering for no time at all, which makes of a close a reset.
_RESET = struct.pack("ii", 1, 0)
#: What the replies to are no longer one for one.
_ONE_WAY = {"subscribe", "ssubscribe", "psubscribe", "monitor", "psync", "sync"}


class TcpProxy:
    """A proxy before `port` on the loopback interface. `url` is its address as a server of the log."""

    def __init__(self, port: int, host: str = "127.0.0.1") -> None:
        self.target = (host, port)
        self._delays: dict[str | None, float] = {}
        #: Bytes a second in each direction of each connection; 0 for no limit.
        self.bytes_per_s = 0
        #: The requests whose reply was dropped, by name.
        self.lost: Counter[str] = Counter()
        #: The requests that went through, by name.
        self.passed: Counter[str] = Counter()
        self._to_lose: list[_Loss] = []
        self._held: dict[str, str | None] = {}
        self._links: set[_Link] = set()
        self._refusing = False
        self._loop = asyncio.new_event_loop()
        self._released: asyncio.Event = asyncio.Event()
        self._released.set()
        self._started = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", free_port()), backlog=256)
        self.port: int = self._listener.getsockname()[1]
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._server: asyncio.Server | None = None
        self._thread = threading.Thread(target=self._run, name=f"proxy of {port}", daemon=True)
        self._thread.start()
        if not self._started.wait(START_S):
            raise RuntimeError("the proxy did not start")

    # --- faults ----------------------------------------------------------------------------------------

    def delay(self, ms: float, *, source: str | None = None) -> None:
        """Let every byte take so much longer, in each direction. `source`: only to and from clients of this address."""
        self._do(lambda: self._delays.update({source: ms}))

    def throttle(self, bytes_per_s: int) -> None:
        """Let no more through, in each direction of each connection; 0 for no limit."""
        self.bytes_per_s = bytes_per_s

    def cut(self) -> None:
        """Reset every connection, on both sides (RST). New ones are taken."""
        self._do(lambda: self._each(_Link.reset))

    def black_hole(self, *, to_server: bool = True, to_client: bool = True, source: str | None = None) -> None:
        """Hold back every byte in these directions; nobody is told. `source`: only of clients from this address."""
        wanted = {name: source for name, on in (("to_server", to_server), ("to_client", to_client)) if on}
        self._do(lambda: self._hold(wanted))

    def half_close(self) -> None:
        """Tell every client that the server has said its last; what clients say still arrives."""
        self._do(lambda: self._each(_Link.half_close))

    def refuse(self) -> None:
        """Take no more connections; those that are there stay."""
        self._do(self._stop_listening)

    def lose_reply(self, name: str, *, nth: int = 1, times: int = 1, silently: bool = False) -> None:
        """Drop the reply to requests of this name, from the `nth` from now on, so many `times`.

        The request arrives and has its effect. Then the connection is reset, or, `silently`, stays without an answer.
        `name`: of a function of the log without its version (`append`), or a command in lower case (`xread`).
        """
        self._do(lambda: self._to_lose.append(_Loss(name, nth, times, silently)))

    def heal(self) -> None:
        """End every fault; what was held back goes through."""
        self._do(self._heal)

    def close(self) -> None:
        """Cut every connection and end."""
        if not self._thread.is_alive():
            return
        self._do(self._stop_listening)
        self.cut()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(START_S)

    def connections(self) -> int:
        """Return how many connections go through it."""
        return len(self._links)

    # --- in the thread ---------------------------------------------------------------------------------

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._listen())
            self._started.set()
            self._loop.run_forever()
            pending = asyncio.all_tasks(self._loop)
            for task in pending:
                task.cancel()
            self._loop.run_until_complete(asyncio.gather(*pending, return_exceptions=True))
        finally:
            self._loop.close()

    def _do(self, what: Callable[[], object]) -> None:
        """Do something in the loop's thread, and wait until it is done."""
        done = threading.Event()

        def act() -> None:
            try:
                what()
            finally:
                done.set()

        self._loop.call_soon_threadsafe(act)
        if not done.wait(START_S):
            raise RuntimeError("the proxy does not answer")

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._serve, sock=self._listener, limit=PIECE)

    def _each(self, act: Callable[[_Link], None]) -> None:
        for link in [*self._links]:
            act(link)

    def _stop_listening(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        self._refusing = True

    def _hold(self, wanted: dict[str, str | None]) -> None:
        self._held |= wanted
        self._released.clear()

    def _heal(self) -> None:
        self.bytes_per_s = 0
        self._delays.clear()
        self._held.clear()
        self._to_lose.clear()
        self._released.set()
        if self._refusing:
            self._refusing = False
            self._listener = socket.create_server(("127.0.0.1", self.port), backlog=256)
            self._loop.create_task(self._listen())

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        link = _Link(self, reader, writer)
        self._links.add(link)
        try:
            await link.run()
        except (OSError, ValueError, asyncio.CancelledError):
            link.reset()
        finally:
            self._links.discard(link)

    async def gate(self, direction: str, source: str) -> None:
        """Wait until bytes of a client of `source` may pass in this direction."""
        while direction in self._held and self._held[direction] in (None, source):
            await self._released.wait()
            await asyncio.sleep(0)

    def due(self, source: str) -> float:
        """Return when what comes now for a client of `source` is to go on, by the loop's clock; 0 for at once."""
        delay_ms = self._delays.get(source, self._delays.get(None, 0.0))
        return self._loop.time() + delay_ms / 1000 if delay_ms else 0.0

    def slices(self, piece: bytes) -> list[bytes]:
        """Cut a piece into what goes through at once."""
        size = max(1, int(self.bytes_per_s * SLICE_S)) if self.bytes_per_s else len(piece)
        return [piece[at : at + size] for at in range(0, len(piece), size or 1)]

    async def let_pass(self, piece: bytes) -> None:
        """Take the time that this many bytes take."""
        if self.bytes_per_s:
            await asyncio.sleep(len(piece) / self.bytes_per_s)

    def is_to_be_lost(self, name: str) -> _Loss | None:
        """Tell whether the reply to this request is one to drop, and note it."""
        for loss in self._to_lose:
            if loss.name == name and loss.strikes():
                self.lost[name] += 1
                return loss
        return None


class _Loss:
    """An order to lose replies."""

    def __init__(self, name: str, nth: int, times: int, silently: bool) -> None:
        self.name = name
        self.silently = silently
        self._before = nth - 1
        self._times = times

    def strikes(self) -> bool:
        if self._before > 0:
            self._before -= 1
            return False
        self._times -= 1
        return self._times >= 0


class _Link:
    """One connection through the proxy."""

    def __init__(self, proxy: TcpProxy, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._proxy = proxy
        self._client = (reader, writer)
        self._server: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self._source = str(writer.get_extra_info("peername")[0])
        self._requests = Requests()
        self._replies = Replies()
        #: The requests whose replies are still to come. None: this is no talk of request and reply (any more).
        self._asked: list[str] | None = []
        self._mute = False

    async def run(self) -> None:
        """Pass bytes on until both sides have said their last."""
        await self._proxy.gate("to_server", self._source)
        self._server = await asyncio.open_connection(*self._proxy.target, limit=PIECE)
        await asyncio.gather(
            self._pump("to_server", self._client[0], self._server[1], self._note),
            self._pump("to_client", self._server[0], self._client[1], self._sift),
        )
        for _, writer in (self._client, self._server):
            writer.close()

    def reset(self) -> None:
        """End it on both sides as a crash of the network would."""
        for _, writer in filter(None, (self._client, self._server)):
            raw = writer.get_extra_info("socket")
            with contextlib.suppress(OSError):
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            writer.transport.abort()

    def half_close(self) -> None:
        """Say to the client that there will be no more."""
        with contextlib.suppress(OSError, RuntimeError):
            self._client[1].write_eof()

    async def _pump(
        self,
        direction: str,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        look: Callable[[bytes], bytes | None],
    ) -> None:
        """Pass on what comes in one direction. `look` may keep parts back; None: the connection is to be reset."""
        pieces: asyncio.Queue[tuple[float, bytes | None]] = asyncio.Queue(maxsize=256)
        sending = asyncio.ensure_future(self._send(direction, pieces, writer))
        try:
            while piece := await reader.read(PIECE):
                passed = look(piece)
                if passed is None:
                    self.reset()
                    return
                await pieces.put((self._proxy.due(self._source), passed))
            await pieces.put((self._proxy.due(self._source), None))
            await sending
        finally:
            sending.cancel()

    async def _send(
        self, direction: str, pieces: asyncio.Queue[tuple[float, bytes | None]], writer: asyncio.StreamWriter
    ) -> None:
        while True:
            due, piece = await pieces.get()
            if due:
                await asyncio.sleep(due - asyncio.get_running_loop().time())
            await self._proxy.gate(direction, self._source)
            # A side that is gone, or was told that there will be no more, hears nothing.
            with contextlib.suppress(OSError, RuntimeError):
                if piece is None:
                    writer.write_eof()
                    return
                for slice_ in self._proxy.slices(piece):
                    if writer.transport.is_closing():
                        break
                    await self._proxy.let_pass(slice_)
                    writer.write(slice_)
                    await writer.drain()
            if piece is None:
                return

    def _note(self, piece: bytes) -> bytes:
        """Look at what a client asks, and pass all of it on."""
        if self._asked is None:
            return piece
        try:
            names = self._requests.feed(piece)
        except ValueError:
            self._asked = None
            return piece
        for name in names:
            self._proxy.passed[name] += 1
            self._asked.append(name)
        if _ONE_WAY.intersection(names):
            self._asked = None
        return piece

    def _sift(self, piece: bytes) -> bytes | None:
        """Look at the replies; keep back those that are to be lost. None: the connection ends here."""
        if self._asked is None:
            return self._replies.rest() + piece
        passed = b""
        for reply in self._replies.feed(piece):
            loss = self._proxy.is_to_be_lost(self._asked.pop(0)) if self._asked else None
            if loss is not None and not loss.silently:
                return None
            # Were a later reply to get through, it would be taken for the lost one.
            self._mute = self._mute or loss is not None
            passed += b"" if self._mute else reply
        return passed
