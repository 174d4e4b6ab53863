"""Make a home that uses somebody else's node: a consortium's validator instead of the embedded ledger.

With a descriptor the home joins the ledger that it names, which the node must be of; without one, `up` founds a consortium there.
"""

from __future__ import annotations

from pathlib import Path

from gateway.errors import UsageError
from gateway.home import Home, write_private
from ledger.chain import Chain
from ledger.connection import Ledger
from ledger.descriptor import Descriptor, refuse_test_rig
from ledger.host import NodeSetting

__all__ = ["connect"]


def connect(home: Home, rpc: str, descriptor: Path | None, confirmations: int) -> int:
    """Write `HOME/node.json` (and `HOME/ledger.json` where a descriptor is given); the chain's id.

    Raises UsageError for a home that has a ledger already, NodeUnreachableError, ContradictedError, DescriptorError.
    """
    if home.exists or (home.root / "ledger.db").exists():
        raise UsageError(
            "HAS_LEDGER",
            f"{home.root} has a ledger already: name a new folder with --home, or restore into it",
        )
    trusted = Descriptor.load(descriptor) if descriptor is not None else None
    if trusted is None:
        chain_id = Chain(rpc).chain_id()
        refuse_test_rig(chain_id)
    else:
        Ledger.connect(trusted, rpc).close()
        chain_id, confirmations = trusted.chain_id, trusted.confirmations
    write_private(home.create().root / "node.json", NodeSetting(rpc, confirmations).to_json().encode())
    if trusted is not None:
        trusted.save(home.descriptor)
    return chain_id
