"""More than a gateway can do: whoever is one too many is told so at once; nothing hangs, what was accepted is done, memory stays what it was."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from ..conftest import World
from ..jobs.test_kills import token_of, up

PATIENCE = 20.0


@dataclass
class Seen:
    """What clients saw."""

    statuses: Counter[int] = field(default_factory=Counter)
    slowest: float = 0.0
    hasty: int = 0
    """Refusals that do not say when to come back."""


@contextmanager
def serving(home: Path, **settings: Any) -> Iterator[tuple[str, int]]:
    """`assetcert up` with these settings; its address and process."""
    (home / "gateway.json").write_text(json.dumps(settings))
    process, url = up(home)
    try:
        yield url, process.pid
    finally:
        os.kill(process.pid, signal.SIGTERM)
        process.wait()


def certifying(token: str, host: str) -> Callable[[int], bytes]:
    """The request that certifies the n-th document."""

    def request(number: int) -> bytes:
        document = f"document {number} ".encode() * 300
        head = b'--x\r\ncontent-disposition: form-data; name="files"; filename="a.txt"\r\n\r\n'
        body = head + document + b"\r\n--x--\r\n"
        line = f"POST /api/v1/assets HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {token}\r\n"
        kind = f"content-type: multipart/form-data; boundary=x\r\ncontent-length: {len(body)}\r\n\r\n"
        return (line + kind).encode() + body

    return request


async def flood(url: str, request: Callable[[int], bytes], numbers: range, clients: int) -> Seen:
    """So many clients that each send their next request once the last one is answered."""
    seen, left = Seen(), iter(numbers)

    async def client() -> None:
        parts = urlsplit(url)
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
        for number in left:
            begun = time.monotonic()
            writer.write(request(number))
            head = (await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), PATIENCE)).decode().lower()
            length = int(head.partition("content-length: ")[2].partition("\r\n")[0])
            await asyncio.wait_for(reader.readexactly(length), PATIENCE)
            status = int(head.split(" ", 2)[1])
            seen.statuses[status] += 1
            seen.slowest = max(seen.slowest, time.monotonic() - begun)
            seen.hasty += status == 429 and "\r\nretry-after: " not in head
        writer.close()
        await writer.wait_closed()

    await asyncio.gather(*(client() for _ in range(clients)))
    return seen


def test_whoever_is_one_too_many_is_told_when_to_come_back_and_nothing_hangs(cold: World) -> None:
    token = token_of(cold.home)
    with serving(cold.home, at_once=4) as (url, _):
        request = certifying(token, urlsplit(url).netloc)
        seen = asyncio.run(flood(url, request, range(400), 32))
        assert set(seen.statuses) == {202, 429}, seen
        assert seen.statuses.total() == 400 and not seen.hasty
        headers = {"Authorization": f"Bearer {token}"}
        with httpx.Client(base_url=url, headers=headers, timeout=PATIENCE) as http:
            answer = http.post("/api/v1/assets", files=[("files", ("last.txt", b"the last one"))])
            assert answer.status_code == 202
            assert http.get(answer.headers["location"]).status_code == 200


def resident(pid: int) -> int:
    """Bytes of a process in memory."""
    fields = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    return int(fields["VmRSS"].split()[0]) * 1024


@pytest.mark.long
@pytest.mark.timeout(5400)
def test_memory_stays_what_it_was_over_a_hundred_thousand_requests(cold: World) -> None:
    token = token_of(cold.home)
    with serving(cold.home, organisation_limit="100000/second") as (url, pid):
        request = certifying(token, urlsplit(url).netloc)
        sizes = []
        for start in range(0, 100_000, 20_000):
            seen = asyncio.run(flood(url, request, range(start, start + 20_000), 16))
            assert set(seen.statuses) <= {202, 429} and not seen.hasty, seen
            sizes.append(resident(pid))
    assert sizes[-1] < sizes[0] * 1.1 + 2**24, sizes
