"""What the four contract classes share: ready reads (`Call`) and ready acts (`Act`), built from the compiled
ABI.

Neither is sent here: calls go together through `Ledger.read`, acts through a `Writer`, a forwarder or a
registrars' vote.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from ledger import artifacts
from ledger.abi import decode
from ledger.chain import Call
from ledger.errors import AbiError

__all__ = ["Act", "Contract"]

T = TypeVar("T")


@dataclass(frozen=True)
class Act:
    """A transaction without sender: contract (None creates one) and call data."""

    to: str | None
    data: bytes


class Contract:
    """A contract at an address, with the interface compiled under `name`."""

    name: str

    def __init__(self, address: str) -> None:
        self.address = address
        self.interface = artifacts.load(self.name)

    def _call(self, function: str, *arguments: Any, to: Callable[..., T]) -> Call[T]:
        """A read; `to` makes a value of the outputs, a single struct's members spread."""
        entry = self.interface.functions[function]

        def value(data: bytes) -> T:
            outputs = decode(entry.outputs, data)
            if len(outputs) == 1 and isinstance(outputs[0], tuple):
                outputs = outputs[0]
            return to(*outputs)

        return Call(self.address, entry.encode(*arguments), value)

    def told(self, call: bytes) -> tuple[str, dict[str, Any]]:
        """The function that a call names, and its arguments by name. Raises AbiError where it is none of this contract's."""
        for entry in self.interface.functions.values():
            if entry.selector == call[:4]:
                return entry.name, dict(zip(entry.names, decode(entry.inputs, call[4:]), strict=True))
        raise AbiError(f"{self.name} has no function 0x{call[:4].hex()}")

    def _act(self, function: str, *arguments: Any) -> Act:
        return Act(self.address, self.interface.functions[function].encode(*arguments))
