"""The ledger descriptor, the verifier's trust anchor: which chain, which contracts with which code, when a
block is final.

It never comes from a receipt: on a zero-gas chain anybody deploys look-alikes. DESIGN, "Trust anchor". Schema
`assetcert/ledger/1`, unknown members refused.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ledger.errors import DescriptorError
from ledger.jsontext import loads
from ledger.types import hex32, parse_hex32

__all__ = ["CONTRACTS", "SCHEMA", "Descriptor", "refuse_test_rig"]

SCHEMA = "assetcert/ledger/1"
CONTRACTS = ("membership", "asset_registry", "pledge_registry", "access_log", "forwarder")
_ADDRESS = re.compile(r"0x[0-9a-f]{40}")
_MEMBERS = {"schema", "chain_id", "genesis", "contracts", "code_hashes", "confirmations", "fingerprint_key"}


def refuse_test_rig(chain_id: int) -> None:
    """Raises DescriptorError for the chain ids of everybody's test rigs: signatures for them are valid anywhere."""
    if chain_id in (1337, 31337):
        raise DescriptorError(
            f"chain id {chain_id} is that of every developer's test rig: choose one of your own"
        )


@dataclass(frozen=True)
class Descriptor:
    """`contracts` and `code_hashes` are keyed by CONTRACTS; a code hash is keccak-256 of the runtime code.

    `confirmations` is the number of blocks on top that make a block final, 0 where inclusion is final.
    `fingerprint_key` is the id of the consortium's evaluation key, None before it is set.
    """

    chain_id: int
    genesis: bytes
    contracts: dict[str, str]
    code_hashes: dict[str, bytes]
    confirmations: int
    fingerprint_key: bytes | None

    def __post_init__(self) -> None:
        refuse_test_rig(self.chain_id)

    def to_json(self) -> str:
        """Indented, keys in a fixed order, a newline at the end."""
        key = self.fingerprint_key
        document = {
            "schema": SCHEMA,
            "chain_id": self.chain_id,
            "genesis": hex32(self.genesis),
            "contracts": {name: self.contracts[name] for name in CONTRACTS},
            "code_hashes": {name: hex32(self.code_hashes[name]) for name in CONTRACTS},
            "confirmations": self.confirmations,
            "fingerprint_key": None if key is None else hex32(key),
        }
        return json.dumps(document, indent=2) + "\n"

    @classmethod
    def from_json(cls, text: str | bytes) -> Descriptor:
        """Raises DescriptorError for anything but a sound descriptor."""
        try:
            document = loads(text)
            return cls._from_members(document)
        except DescriptorError:
            raise
        except (ValueError, KeyError, TypeError, AttributeError) as e:
            raise DescriptorError(f"not a ledger descriptor: {e}") from e

    @classmethod
    def _from_members(cls, document: Any) -> Descriptor:
        if document["schema"] != SCHEMA:
            raise DescriptorError(f"schema is {document['schema']!r}, expected {SCHEMA!r}")
        if set(document) != _MEMBERS:
            raise DescriptorError(f"members missing or unknown: {sorted(set(document) ^ _MEMBERS)}")
        for member in ("contracts", "code_hashes"):
            if set(document[member]) != set(CONTRACTS):
                raise DescriptorError(f"{member} must name exactly {', '.join(CONTRACTS)}")
        key = document["fingerprint_key"]
        return cls(
            _count(document, "chain_id"),
            parse_hex32(document["genesis"]),
            {name: _address(text) for name, text in document["contracts"].items()},
            {name: parse_hex32(text) for name, text in document["code_hashes"].items()},
            _count(document, "confirmations"),
            None if key is None else parse_hex32(key),
        )

    @classmethod
    def load(cls, path: Path) -> Descriptor:
        """From a file. Raises DescriptorError, which names the file."""
        try:
            return cls.from_json(path.read_bytes())
        except OSError as e:
            raise DescriptorError(f"{path}: cannot be read ({e.strerror})") from e
        except DescriptorError as e:
            raise DescriptorError(f"{path}: {e}; name the consortium's ledger.json") from e

    def save(self, path: Path) -> None:
        """Whole or not at all: temporary file, fsync, rename."""
        temporary = path.with_name(path.name + ".part")
        with temporary.open("w", encoding="utf-8") as file:
            file.write(self.to_json())
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)


def _count(document: Any, member: str) -> int:
    value = document[member]
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise DescriptorError(f"{member} must be a whole number, 0 or more")
    return value


def _address(text: Any) -> str:
    if not isinstance(text, str) or not _ADDRESS.fullmatch(text):
        raise DescriptorError(f"not an address (0x and 40 lower-case digits): {str(text)[:60]!r}")
    return text
