"""The ledger of a home, whoever runs its node: the embedded one (`embedded`), or somebody else's that `HOME/node.json` names (`remote`)."""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol, Self

from ledger import embedded
from ledger.clock import Clock
from ledger.errors import DescriptorError
from ledger.jsontext import loads
from ledger.log import TransactionLog
from ledger.writer import Writer

__all__ = ["BusinessTime", "Host", "NodeSetting", "business_time", "open"]

SCHEMA = "assetcert/node/1"


class BusinessTime(Protocol):
    """The clock that acts are dated by (DESIGN: never the wall clock)."""

    def now(self) -> int:
        """Seconds since 1970, UTC."""


class Host(Protocol):
    """A home's open ledger. A context manager; safe for threads."""

    @property
    def url(self) -> str:
        """The node's JSON-RPC address."""

    @property
    def writer(self) -> Writer:
        """Sends acts, and answers when they are final."""

    @property
    def clock(self) -> BusinessTime:
        """The home's business time."""

    def ensure(self) -> str:
        """The node's address, once it answers."""

    def level(self) -> None:
        """Returns when nothing is on its way any more: only then may the absence of an act be believed."""

    def close(self) -> None:
        """Gives up what it holds."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...


@dataclass(frozen=True)
class NodeSetting:
    """Which node a home uses instead of an embedded one, and how many blocks on top make a block final there."""

    rpc: str
    confirmations: int

    @classmethod
    def load(cls, home: Path) -> NodeSetting | None:
        """None where the home runs its own. Raises DescriptorError for a file that says anything else."""
        path = home / "node.json"
        if not path.exists():
            return None
        try:
            members = loads(path.read_bytes())
            if members.pop("schema") != SCHEMA or set(members) != {"rpc", "confirmations"}:
                raise ValueError(f"expected schema {SCHEMA} with rpc and confirmations")
            if not isinstance(members["rpc"], str) or type(members["confirmations"]) is not int:
                raise ValueError("rpc must be an address, confirmations a whole number")
            return cls(**members)
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as e:
            raise DescriptorError(f"{path} names no node: {e}") from e

    def to_json(self) -> str:
        """The document that `load` takes."""
        return json.dumps({"schema": SCHEMA, **asdict(self)}, indent=2) + "\n"


def open(home: Path) -> Host:
    """The home's ledger: its node answers, or NodeUnreachableError, NoLedgerError, NodeStartError, LogDamagedError."""
    setting = NodeSetting.load(home)
    if setting is None:
        return embedded.open(home)
    from ledger.remote import Remote

    return Remote(home, setting.rpc, setting.confirmations)


def business_time(home: Path) -> int:
    """The home's business time in seconds; an embedded node is not started to tell it."""
    if NodeSetting.load(home) is None:
        with closing(TransactionLog(home / "ledger.db")) as log:
            return Clock(log).now()
    with open(home) as ledger:
        return ledger.clock.now()
