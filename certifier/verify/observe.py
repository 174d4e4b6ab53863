"""Read what the checks need: from the store the content, from the nodes everything about receipts at one pinned block.

Three round trips a node for any number of receipts: which registries stand, what the receipts name, then what their batches, signers and
liens name. Logs come from views that follow the chain and the pledge registries' succession, and wherever the contracts' state says the
same thing, the two must agree. A node that cannot be reached, contradicts itself or another node, ends up as a `Missing`, never as a value.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from certifier import content
from certifier.cid import codec_of
from certifier.errors import (
    BlockCorruptError,
    BlockMissingError,
    ContentRefusedError,
    StoreUnreachableError,
)
from certifier.receipt import Receipt
from certifier.store import ContentStore
from certifier.verify.report import AsOf, Cause
from certifier.verify.subject import ContentState, Ledgered, Missing, PublishedKey
from ledger.account import account_key_id
from ledger.chain import Block, Call
from ledger.connection import Ledger
from ledger.errors import ContradictedError, LedgerError, NodeUnreachableError, RpcError
from ledger.membership import Key, Organisation, Purpose
from ledger.pledges import Lien, PledgeRegistry
from ledger.replay import Claim, KeyRecord, MembershipView, OrganisationRecord, PledgeView
from ledger.types import ZERO32, hex32, keccak, organisation_id, parse_hex32

__all__ = ["Node", "Pinned", "content_of", "missing", "pin", "read_ledger"]

_Calls = dict[tuple[str, bytes, bytes], Call[Any]]
_Answers = Mapping[tuple[str, bytes, bytes], Any]
_NO_KEY = Key(ZERO32, 0, 0, Purpose.NONE)


class Node:
    """One node to read from, with the views that follow its chain."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.pledges = PledgeView(ledger)
        self.membership = MembershipView(ledger)


@dataclass(frozen=True)
class Pinned:
    """The one block all reads are made at, on every node given."""

    nodes: tuple[Node, ...]
    block: Block
    as_of: AsOf


def pin(nodes: Sequence[Node], at: Block | None = None) -> Pinned | Missing:
    """The newest final block that any node knows, if all of them have it: a node that lags would hide what is new.

    With `at`: that earlier block, if it is final and every node has it.
    """
    if not nodes:
        return Missing(Cause.UNREACHABLE, "no node of the ledger was given")
    try:
        blocks = [node.ledger.pin() for node in nodes]
        block = at if at is not None else max(blocks, key=lambda one: one.number)
        if block.number > max(one.number for one in blocks):
            return Missing(Cause.NOT_FINAL, f"block {block.number:,} is not final yet: try again in a moment")
        for node, own in zip(nodes, blocks, strict=True):
            if own != block and node.ledger.chain.block(block.number) != block:
                raise ContradictedError(f"the nodes differ about block {block.number:,}")
        return Pinned(tuple(nodes), block, _as_of(nodes[0].ledger, block))
    except LedgerError as error:
        return missing(error)


def _as_of(ledger: Ledger, block: Block) -> AsOf:
    descriptor = ledger.descriptor
    finality = f"{descriptor.confirmations} confirmations" if descriptor.confirmations else "immediate"
    try:
        time = datetime.fromtimestamp(block.timestamp, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError, OSError) as e:
        raise ContradictedError(f"block {block.number:,} has no time of this world") from e
    return AsOf(
        descriptor.chain_id, hex32(descriptor.genesis), block.number, hex32(block.hash), time, finality
    )


def missing(error: LedgerError) -> Missing:
    """Why the ledger could not be read: no answer, or one that cannot be true."""
    if isinstance(error, NodeUnreachableError | RpcError):
        return Missing(Cause.UNREACHABLE, f"the ledger cannot be read: {error}")
    return Missing(Cause.CONTRADICTED, f"the node's answers cannot be relied on: {error}")


def read_ledger(pinned: Pinned, receipts: Sequence[Receipt]) -> list[Ledgered | Missing]:
    """What each receipt's checks need, all at the pinned block; every node must say the same."""
    try:
        first, *others = [_read_node(node, pinned.block, receipts) for node in pinned.nodes]
    except LedgerError as error:
        return [missing(error)] * len(receipts)
    return [_same(told) for told in zip(first, *others, strict=True)]


def _same(told: Sequence[Ledgered]) -> Ledgered | Missing:
    """What all nodes say; what is not final yet, one of them may have heard before the others."""
    if any(other != told[0] for other in told[1:]):
        return Missing(Cause.CONTRADICTED, "two nodes give different answers for the same block")
    return next((one for one in told if one.batch_at_head), told[0])


def _read_node(node: Node, block: Block, receipts: Sequence[Receipt]) -> list[Ledgered]:
    opening = node.ledger.registries(block)[-1]
    named = _read(node.ledger, _named(node.ledger, opening, receipts), block)
    logs = _Logs(node, block)
    accounts = [account_key_id(named["batch", receipt.org, receipt.root].account) for receipt in receipts]
    told = [logs.about(receipt, account) for receipt, account in zip(receipts, accounts, strict=True)]
    logs.agree(_read(node.ledger, logs.stated(), block))
    ahead = _at_head(node.ledger, named)
    return [
        Ledgered(
            batch=named["batch", receipt.org, receipt.root],
            batch_at_head=(receipt.org, receipt.root) in ahead,
            account_key=logs.key(account),
            standing=named["standing", receipt.org, receipt.asset_id],
            record=logs.organisation(receipt.org),
            keys=one.keys,
            lien=named["lien", receipt.org, exact] if (exact := _exact(receipt)) is not None else Lien(0, 0),
            claims=one.claims,
            loose=one.loose,
        )
        for receipt, account, one in zip(receipts, accounts, told, strict=True)
    ]


def _read(ledger: Ledger, calls: _Calls, block: Block) -> _Answers:
    return dict(zip(calls, ledger.read(list(calls.values()), block), strict=True))


def _named(ledger: Ledger, opening: PledgeRegistry, receipts: Sequence[Receipt]) -> _Calls:
    """The contracts' state about what receipts name, each batch once."""
    calls: _Calls = {}
    for receipt in receipts:
        org, root, asset_id = receipt.org, receipt.root, receipt.asset_id
        if ("batch", org, root) not in calls:
            calls["batch", org, root] = ledger.assets.batch(org, root)
        calls["standing", org, asset_id] = ledger.assets.standing(org, asset_id)
        if (exact := _exact(receipt)) is not None:
            calls["lien", org, exact] = opening.lien(org, exact)
    return calls


def _at_head(ledger: Ledger, named: _Answers) -> set[tuple[bytes, bytes]]:
    """Of batches that no final block has, issuer and root of those that the newest block knows."""
    absent = [key for key, found in named.items() if key[0] == "batch" and not found.registered_at]
    if not absent or not ledger.descriptor.confirmations:
        return set()
    calls: _Calls = {key: ledger.assets.batch(*key[1:]) for key in absent}
    found = _read(ledger, calls, ledger.chain.block("latest"))
    return {(org, root) for (_, org, root), batch in found.items() if batch.registered_at}


@dataclass(frozen=True)
class _Told:
    """What the logs say about one receipt (see Ledgered)."""

    keys: Mapping[bytes, PublishedKey]
    claims: tuple[Claim, ...]
    loose: Mapping[str, tuple[Claim, ...]]


class _Logs:
    """What the logs say about what receipts name: organisations, keys and pledges, each looked up once."""

    def __init__(self, node: Node, block: Block) -> None:
        self._node = node
        self._block = block
        self._organisations: dict[bytes, OrganisationRecord | None] = {}
        self._keys: dict[bytes, KeyRecord | None] = {}
        self._pledges: dict[bytes, Claim] = {}

    def about(self, receipt: Receipt, account: bytes) -> _Told:
        """Looks up what this receipt needs, and the account that registered it."""
        self.organisation(receipt.org)
        self.key(account)
        wanted = {
            parse_hex32(value)
            for path, value in receipt.values.items()
            if path.startswith("signer.") and path.endswith(".key")
        }
        if (fingerprint_key := self._node.ledger.descriptor.fingerprint_key) is not None:
            wanted.add(fingerprint_key)
        keys = {key_id: found for key_id in wanted if (found := self._published(key_id)) is not None}
        claims, loose = _claims(self._node.pledges, receipt, self._block)
        for claim in (*claims, *(one for found in loose.values() for one in found)):
            self._pledges[claim.pledge_id] = claim
        return _Told(keys, claims, loose)

    def organisation(self, org: bytes) -> OrganisationRecord | None:
        """An organisation's record, None where it was never admitted."""
        if org not in self._organisations:
            self._organisations[org] = self._node.membership.organisation(org, self._block)
        return self._organisations[org]

    def key(self, key_id: bytes) -> KeyRecord | None:
        """A key's record, None where it was never set."""
        if key_id not in self._keys:
            self._keys[key_id] = self._node.membership.key(key_id, self._block)
        return self._keys[key_id]

    def _published(self, key_id: bytes) -> PublishedKey | None:
        """A key with its public key and its organisation's roles."""
        if (record := self.key(key_id)) is None:
            return None
        owner = self.organisation(record.key.org)
        return PublishedKey(record.key, record.public_key, int(owner.roles) if owner is not None else 0)

    def stated(self) -> _Calls:
        """The contracts' state about all that was looked up."""
        ledger = self._node.ledger
        registries = {one.address: one for one in ledger.registries(self._block)}
        calls: _Calls = {
            ("organisation", org, b""): ledger.membership.organisation(org) for org in self._organisations
        }
        calls |= {("key", key_id, b""): ledger.membership.key(key_id) for key_id in self._keys}
        return calls | {
            ("pledge", one, b""): registries[claim.registry].pledge_of(one)
            for one, claim in self._pledges.items()
        }

    def agree(self, stated: _Answers) -> None:
        """Raises ContradictedError where logs and state differ, or a public key is not the one of its id."""
        for org, found in self._organisations.items():
            _require(_same_organisation(org, found, stated["organisation", org, b""]), "organisation", org)
        for key_id, record in self._keys.items():
            key = record.key if record is not None else _NO_KEY
            _require(key == stated["key", key_id, b""], "key", key_id)
            # an account's key has no public key
            if record is not None and record.key.purpose is not Purpose.ACCOUNT:
                _require(keccak(record.public_key) == key_id, "the public key of", key_id)
        for pledge, claim in self._pledges.items():
            _require(claim.status is stated["pledge", pledge, b""].status, "pledge", pledge)


def _require(agreed: bool, what: str, name: bytes) -> None:
    if not agreed:
        raise ContradictedError(f"the node's logs and the contracts' state differ about {what} {hex32(name)}")


def _same_organisation(org: bytes, record: OrganisationRecord | None, stated: Organisation) -> bool:
    if record is None:
        return not stated.admitted_at
    return organisation_id(record.identifier) == org and (record.roles, record.suspended) == (
        stated.roles,
        stated.suspended,
    )


def _exact(receipt: Receipt) -> bytes | None:
    """The exact fingerprint; where the receipt shows none, no lien can be on it."""
    shown = receipt.values.get("fingerprint.exact")
    return parse_hex32(shown) if shown is not None else None


def _claims(
    pledges: PledgeView, receipt: Receipt, block: Block
) -> tuple[tuple[Claim, ...], dict[str, tuple[Claim, ...]]]:
    """Claims on the exact fingerprint, and those that match loosely (COMMITMENT 7): by path of the loose value."""
    exact = _exact(receipt)
    if exact is None:
        return (), {}
    loose: dict[str, tuple[Claim, ...]] = {}
    for path in ("fingerprint.loose.number", "fingerprint.loose.seller"):
        if path in receipt.values:
            carrying = pledges.carrying(parse_hex32(receipt.values[path]), block)
            loose[path] = tuple(claim for claim in carrying if claim.fingerprint != exact)
    if (order := receipt.values.get("fingerprint.loose.order")) is not None:
        loose["fingerprint.loose.order"] = pledges.on_fingerprint(parse_hex32(order), block)
    if receipt.values["asset.kind"] == "purchase-order":
        loose["fingerprint.exact"] = pledges.carrying(exact, block)
    return pledges.claims(receipt.org, exact, block), loose


def content_of(store: ContentStore | None, cid: str) -> ContentState | ContentRefusedError | Missing:
    """The encrypted content in the store: whole; of no shape of ours under this CID; or why neither could be established."""
    if store is None:
        return Missing(Cause.UNREACHABLE, "neither the document nor a store that holds its content was given")
    try:
        codec_of(cid)
    except BlockCorruptError as error:
        return ContentRefusedError(str(error))
    try:
        return ContentState(plain=False, sha256=None, size=content.check(store.get, cid))
    except ContentRefusedError as error:
        return error
    except BlockCorruptError as error:
        return Missing(Cause.CONTRADICTED, f"the store gave other bytes than the CID names: {error}")
    except (BlockMissingError, StoreUnreachableError) as error:
        return Missing(Cause.UNREACHABLE, f"the content cannot be had: {error}")
