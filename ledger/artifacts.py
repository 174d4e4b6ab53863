"""The compiled contracts beside the package: ABI, creation code, and where immutables stand in the runtime
code.

Not a compiler: `make setup` writes contracts/artifacts/<Name>.json. Reverts are decoded by every interface's
errors.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from ledger import refusals
from ledger.abi import Entry, Event, Type, decode
from ledger.errors import AbiError, ArtifactError
from ledger.refusals import OtherRevertError, PanicError, RevertError

__all__ = ["NAMES", "ROOT", "Artifact", "decode_revert", "load"]

NAMES = ("Membership", "AssetRegistry", "PledgeRegistry", "AccessLog", "ERC2771Forwarder")
ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Artifact:
    """One compiled contract."""

    name: str
    abi: list[dict[str, Any]]
    bytecode: bytes

    def _of(self, kind: str) -> list[dict[str, Any]]:
        return [e for e in self.abi if e["type"] == kind]

    @cached_property
    def functions(self) -> dict[str, Entry]:
        """By name; our interfaces overload nothing."""
        return {e["name"]: Entry.parse(e) for e in self._of("function")}

    @cached_property
    def events(self) -> dict[bytes, Event]:
        """By first topic."""
        parsed = [Event.parse(e) for e in self._of("event")]
        return {e.topic: e for e in parsed}

    @cached_property
    def errors(self) -> dict[bytes, Entry]:
        """By selector."""
        parsed = [Entry.parse(e) for e in self._of("error")]
        return {e.selector: e for e in parsed}

    @cached_property
    def constructor(self) -> Entry:
        """The constructor; one without arguments where the ABI names none."""
        found = self._of("constructor")
        return Entry.parse(found[0]) if found else Entry("", ())


@cache
def load(name: str) -> Artifact:
    """The artefact called `name`. Raises ArtifactError where it is missing or unreadable."""
    path = ROOT / "contracts" / "artifacts" / f"{name}.json"
    try:
        found = json.loads(path.read_bytes())
        code = bytes.fromhex(found["bytecode"].removeprefix("0x"))
        return Artifact(name, found["abi"], code)
    except FileNotFoundError as e:
        raise ArtifactError(f"{path} is missing: compile the contracts (make setup)") from e
    except (ValueError, KeyError, TypeError) as e:
        raise ArtifactError(f"{path} is not a compiled contract: compile again (make setup)") from e


_STRING, _PANIC = bytes.fromhex("08c379a0"), bytes.fromhex("4e487b71")


def decode_revert(data: bytes) -> RevertError:
    """The named error in revert data; OtherRevertError where no interface of ours knows it. Never raises."""
    try:
        return _decode_known(data) or OtherRevertError("0x" + data.hex() if data else "no reason given")
    except AbiError:
        return OtherRevertError("0x" + data.hex())


def _decode_known(data: bytes) -> RevertError | None:
    if data[:4] == _STRING:
        return OtherRevertError(_arguments("string", data)[0])
    if data[:4] == _PANIC:
        return PanicError(_arguments("uint256", data)[0])
    for name in NAMES:
        entry = load(name).errors.get(data[:4])
        if entry is not None:
            return _named(entry, data)
    return None


def _arguments(kind: str, data: bytes) -> tuple[Any, ...]:
    return decode([Type.parse(kind)], data[4:])


def _named(entry: Entry, data: bytes) -> RevertError:
    values = decode(entry.inputs, data[4:])
    known = getattr(refusals, entry.name + "Error", None)
    if isinstance(known, type) and issubclass(known, RevertError):
        return known(*values)
    shown = ", ".join("0x" + v.hex() if isinstance(v, bytes) else str(v) for v in values)
    return OtherRevertError(f"{entry.name}({shown})")
