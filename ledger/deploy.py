"""Founding a ledger: five contracts, one step each, and the descriptor that names them. Idempotent.

Step n is the deployer's n-th transaction, so each contract's address is known beforehand and a deployment
that was interrupted goes on where it stopped. The deployer has no rights afterwards. DESIGN, "Trust anchor".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ledger import artifacts
from ledger.abi import encode
from ledger.account import Account, create_address
from ledger.chain import Chain
from ledger.contract import Act
from ledger.descriptor import CONTRACTS, Descriptor, refuse_test_rig
from ledger.errors import ContradictedError
from ledger.types import ZERO_ADDRESS, keccak
from ledger.writer import Writer

__all__ = ["deploy"]


def deploy(
    writer: Writer,
    chain: Chain,
    deployer: Account,
    registrars: Sequence[tuple[str, str]],
    quorum: int,
    *,
    confirmations: int = 0,
    fingerprint_key: bytes | None = None,
) -> Descriptor:
    """Deploys what is missing; `registrars` are (identifier, account address). `deployer` is an account of
    this alone.

    Raises DescriptorError for a test rig's chain id, ContradictedError where the deployer's account was used for something else.
    """
    refuse_test_rig(chain.chain_id())
    steps = _steps(deployer, registrars, quorum)
    for nonce, (name, act) in enumerate(steps):
        if chain.codes([create_address(deployer.address, nonce)], chain.block("latest"))[0]:
            continue
        sent = writer.send(deployer, act)
        if sent.created != create_address(deployer.address, nonce):
            raise ContradictedError(
                f"{name} landed at {sent.created}: use a deployer account that sent nothing else"
            )
    return _describe(chain, deployer, [name for name, _ in steps], confirmations, fingerprint_key)


def _steps(deployer: Account, registrars: Sequence[tuple[str, str]], quorum: int) -> list[tuple[str, Act]]:
    forwarder, membership, assets = (create_address(deployer.address, nonce) for nonce in range(3))
    identifiers, accounts = [r[0] for r in registrars], [r[1] for r in registrars]
    return [
        ("forwarder", _create("ERC2771Forwarder", "assetcert")),
        ("membership", _create("Membership", identifiers, accounts, quorum)),
        ("asset_registry", _create("AssetRegistry", membership, forwarder)),
        ("pledge_registry", _create("PledgeRegistry", membership, assets, ZERO_ADDRESS, forwarder)),
        ("access_log", _create("AccessLog", membership, forwarder)),
    ]


def _create(name: str, *arguments: Any) -> Act:
    artifact = artifacts.load(name)
    return Act(None, artifact.bytecode + encode(artifact.constructor.inputs, arguments))


def _describe(
    chain: Chain, deployer: Account, names: Sequence[str], confirmations: int, fingerprint_key: bytes | None
) -> Descriptor:
    addresses = {name: create_address(deployer.address, nonce) for nonce, name in enumerate(names)}
    codes = chain.codes([addresses[name] for name in CONTRACTS], chain.block("latest"))
    if not all(codes):
        raise ContradictedError("a contract that was deployed has no code")
    hashes = {name: keccak(code) for name, code in zip(CONTRACTS, codes, strict=True)}
    return Descriptor(
        chain.chain_id(), chain.block(0).hash, addresses, hashes, confirmations, fingerprint_key
    )
