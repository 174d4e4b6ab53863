"""What the commitment's tests share: the published vectors, a JavaScript partner, and a whole receipt's parts."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent


class Peer:
    """The long-lived node process of tests/js/peer.mjs."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            ["node", "tests/js/peer.mjs"], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def ask(self, op: str, **request: Any) -> Any:
        """The partner's answer; a PeerError where its library refuses."""
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(json.dumps({"op": op} | request) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        if "error" in answer:
            raise PeerError(answer["error"])
        return answer["ok"]

    def close(self) -> None:
        assert self._process.stdin and self._process.stdout
        self._process.stdin.close()
        self._process.wait(10)
        self._process.stdout.close()


class PeerError(Exception):
    """The JavaScript library refused what it was given."""


@pytest.fixture(scope="session")
def peer() -> Iterator[Peer]:
    partner = Peer()
    yield partner
    partner.close()


@pytest.fixture(scope="session")
def peer_error() -> type[Exception]:
    return PeerError


@pytest.fixture(scope="session")
def vectors() -> Callable[[str], Any]:
    """A published file by name."""
    return lambda name: json.loads((ROOT / "docs" / "vectors" / f"{name}.json").read_bytes())
