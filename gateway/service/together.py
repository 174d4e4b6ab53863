"""Reports for many who ask at once, made in a process of their own: what comes while one round is verified is verified together in the next.

A round costs the ledger a handful of calls however many receipts are in it, so that under load the cost of each falls. Whoever asks alone
waits for nobody. What was read of the ledger's history stays read, and nothing else is kept from one round to the next.
"""

from __future__ import annotations

import asyncio
import logging
import pickle
import socket
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from multiprocessing.connection import Connection

from certifier.verify import Verifier
from gateway.beside import beside
from gateway.errors import GatewayError, UnavailableError
from gateway.home import Home
from gateway.service.reports import Asked, answers
from gateway.service.verifying import verifier_at
from ledger.errors import LedgerError

__all__ = ["Together"]

_ROUND = 2**19
"""Bytes after which a round takes in no more: some sixty receipts."""
_Made = Sequence[bytes | GatewayError]
_Answer = asyncio.Future[bytes]
_log = logging.getLogger(__name__)


class Together:
    """For one event loop, which never waits for the process. `node` gives the address of the node to read."""

    def __init__(self, home: Home, node: Callable[[], str]) -> None:
        self._home = home
        self._node = node
        self._starting = asyncio.Lock()
        self._writer: asyncio.StreamWriter | None = None
        self._reading: asyncio.Task[None] | None = None
        self._waiting: deque[_Answer] = deque()

    async def answer(self, asked: Asked) -> bytes:
        """The document that `gateway.service.reports` answers, or what it refuses. A process that dies is asked once more: it may have been killed."""
        said = pickle.dumps((self._node(), asked))
        for _ in range(2):
            with suppress(OSError, EOFError):
                return await self._ask(said)
            _log.warning("the process that verifies has died, or cannot be started")
        raise UnavailableError("VERIFIER", "no report could be made of this")

    async def close(self) -> None:
        """End the process; who waits still is told that it is gone."""
        if self._writer is not None:
            self._writer.close()
        if self._reading is not None:
            await self._reading

    async def _ask(self, said: bytes) -> bytes:
        async with self._starting:
            writer = self._writer or await self._started()
        answer: _Answer = asyncio.get_running_loop().create_future()
        self._waiting.append(answer)
        writer.write(len(said).to_bytes(4, "big") + said)
        return await answer

    async def _started(self) -> asyncio.StreamWriter:
        """The other end of its pipe, read and written by the loop. Messages are framed as `multiprocessing` frames them: four bytes of length."""
        process = ExitStack()
        link = await asyncio.to_thread(process.enter_context, beside(_verify, self._home))
        ours = socket.fromfd(link.fileno(), socket.AF_UNIX, socket.SOCK_STREAM)
        link.close()
        reader, self._writer = await asyncio.open_unix_connection(sock=ours)
        self._reading = asyncio.create_task(self._read(reader, self._writer, process))
        return self._writer

    async def _read(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, process: ExitStack
    ) -> None:
        """Tell each what was made, in the order in which they asked, until the process is gone."""
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                size = int.from_bytes(await reader.readexactly(4), "big")
                made: _Made = pickle.loads(await reader.readexactly(size))  # noqa: S301 - a process of our own
                for one in made:
                    _tell(self._waiting.popleft(), one)
        self._writer = None
        writer.close()
        while self._waiting:
            _tell(self._waiting.popleft(), ConnectionResetError())
        await asyncio.to_thread(process.close)


def _tell(answer: _Answer, made: bytes | Exception) -> None:
    if answer.done():  # who asked has gone away
        return
    if isinstance(made, Exception):
        answer.set_exception(made)
    else:
        answer.set_result(made)


def _verify(link: Connection, home: Home) -> None:
    """The process: rounds of all that has come, until nobody is there to ask."""
    verifiers: dict[str, Verifier] = {}
    with suppress(EOFError, ConnectionError):
        while True:
            url, asked = link.recv()
            round_, size = [asked], len(asked.body)
            while size < _ROUND and link.poll():
                url, asked = link.recv()
                round_.append(asked)
                size += len(asked.body)
            link.send(_made(verifiers, home, url, round_))


def _made(verifiers: dict[str, Verifier], home: Home, url: str, asked: Sequence[Asked]) -> _Made:
    """What to tell each; after an error of ours each is answered alone. `verifiers` has the one of the node that was read last."""
    try:
        if url not in verifiers:
            verifiers.clear()
            verifiers[url] = verifier_at(home, url)
        return answers(verifiers[url], asked)
    except LedgerError as error:
        return [UnavailableError("LEDGER", str(error))] * len(asked)
    except Exception:  # noqa: BLE001 - told to whoever asked for it, and said
        if len(asked) > 1:
            return [made for one in asked for made in _made(verifiers, home, url, [one])]
        _log.exception("a report failed")
        return [GatewayError("INTERNAL", "no report could be made: try it again")]
