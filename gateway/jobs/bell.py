"""A bell that threads ring and others wait for: something was committed, look again. It carries nothing; a missed ring costs a second."""

from __future__ import annotations

import asyncio
import threading

__all__ = ["Bell"]


class Bell:
    """Safe for threads and event loops."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._count = 0
        self._waiting: dict[asyncio.Event, asyncio.AbstractEventLoop] = {}

    def ring(self) -> None:
        """Wake all who wait."""
        with self._changed:
            self._count += 1
            waiting, self._waiting = self._waiting, {}
            self._changed.notify_all()
        for event, loop in waiting.items():
            if not loop.is_closed():
                loop.call_soon_threadsafe(event.set)

    def wait(self, seconds: float, since: int | None = None) -> int:
        """In a thread: until it rings, or has rung since `since`, or the time is over. The count to give the next time."""
        with self._changed:
            before = self._count if since is None else since
            self._changed.wait_for(lambda: self._count != before, seconds)
            return self._count

    async def listen(self, seconds: float) -> None:
        """In an event loop: until it rings, or the time is over."""
        event = asyncio.Event()
        with self._changed:
            self._waiting[event] = asyncio.get_running_loop()
        try:
            await asyncio.wait_for(event.wait(), seconds)
        except TimeoutError:
            pass
        finally:
            with self._changed:
                self._waiting.pop(event, None)
