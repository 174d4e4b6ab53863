"""Read what the checks need: from the store the content, from the nodes everything about one receipt at one pinned block.

Two round trips a node: what the receipt names, then the account key that the batch names. Logs come from views that follow the chain.
A node that cannot be reached, contradicts itself or another node, ends up as a `Missing`, never as a value.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from certifier import content
from certifier.errors import BlockCorruptError, BlockMissingError, CertifierError, StoreUnreachableError
from certifier.receipt import Receipt
from certifier.store import ContentStore
from certifier.verify.report import AsOf, Cause
from certifier.verify.subject import ContentState, Ledgered, Missing, PublishedKey
from ledger.account import account_key_id
from ledger.assets import Batch
from ledger.chain import Block, Call
from ledger.connection import Ledger
from ledger.errors import ContradictedError, LedgerError, NodeUnreachableError
from ledger.membership import Key, Organisation
from ledger.replay import Claim, MembershipView, OrganisationRecord, PledgeView
from ledger.types import ZERO32, hex32, keccak, organisation_id, parse_hex32

__all__ = ["Node", "Pinned", "content_of", "pin", "read_ledger"]


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


def pin(nodes: Sequence[Node]) -> Pinned | Missing:
    """The newest final block of the first node, if every other has the same one."""
    try:
        block = nodes[0].ledger.pin()
        for other in nodes[1:]:
            if other.ledger.chain.block(block.number).hash != block.hash:
                return Missing(
                    Cause.CONTRADICTED,
                    f"the nodes differ at block {block.number:,}: one of them follows another chain",
                )
    except LedgerError as error:
        return missing(error)
    descriptor = nodes[0].ledger.descriptor
    finality = f"{descriptor.confirmations} confirmations" if descriptor.confirmations else "immediate"
    time = datetime.fromtimestamp(block.timestamp, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    as_of = AsOf(
        descriptor.chain_id, hex32(descriptor.genesis), block.number, hex32(block.hash), time, finality
    )
    return Pinned(tuple(nodes), block, as_of)


def missing(error: LedgerError) -> Missing:
    """Why the ledger could not be read: not reached, or caught in a contradiction."""
    if isinstance(error, NodeUnreachableError):
        return Missing(Cause.UNREACHABLE, f"the ledger's node cannot be reached: {error}")
    return Missing(Cause.CONTRADICTED, f"the node's answers cannot be relied on: {error}")


def read_ledger(pinned: Pinned, receipts: Sequence[Receipt]) -> list[Ledgered | Missing]:
    """What each receipt's checks need, all at the pinned block; every node must say the same."""
    try:
        first, *others = [_read_node(node, pinned.block, receipts) for node in pinned.nodes]
    except LedgerError as error:
        return [missing(error)] * len(receipts)
    differ = Missing(Cause.CONTRADICTED, "two nodes give different answers for the same block")
    return [differ if any(other[at] != mine for other in others) else mine for at, mine in enumerate(first)]


def _read_node(node: Node, block: Block, receipts: Sequence[Receipt]) -> list[Ledgered | Missing]:
    registry, membership, pledges = node.ledger.assets, node.ledger.membership, node.ledger.pledges
    calls: list[Call[Any]] = []
    for receipt in receipts:
        calls += [
            registry.batch(receipt.org, receipt.root),
            registry.standing(receipt.org, receipt.asset_id),
            membership.organisation(receipt.org),
            pledges.lien(receipt.org, _exact(receipt)),
        ]
    answers = node.ledger.read(calls, block)
    batches: list[Batch] = answers[0::4]
    published = [_published_keys(node, receipt, block) for receipt in receipts]
    key_ids = sorted({key_id for keys in published for key_id in keys})
    accounts = [account_key_id(batch.account) for batch in batches]
    stated = node.ledger.read([membership.key(key_id) for key_id in (*accounts, *key_ids)], block)
    _agree(published, dict(zip(key_ids, stated[len(accounts) :], strict=True)))
    ahead = _at_head(node.ledger, receipts, batches)
    return [
        Ledgered(
            batch=batches[at],
            batch_at_head=ahead[at],
            account_key=stated[at],
            standing=answers[4 * at + 1],
            record=_record(node, receipt.org, answers[4 * at + 2], block),
            keys=published[at],
            lien=answers[4 * at + 3],
            **_claims(node, receipt, block),
        )
        for at, receipt in enumerate(receipts)
    ]


def _record(node: Node, org: bytes, stated: Organisation, block: Block) -> OrganisationRecord | None:
    """The organisation's record from the logs, held against its id and against the contract's state."""
    record = node.membership.organisation(org, block)
    if record is None and not stated.admitted_at:
        return None
    if (
        record is None
        or organisation_id(record.identifier) != org
        or (record.roles, record.suspended) != (stated.roles, stated.suspended)
    ):
        raise ContradictedError(
            f"the node's logs and the contract's state differ about organisation {hex32(org)}"
        )
    return record


def _published_keys(node: Node, receipt: Receipt, block: Block) -> dict[bytes, PublishedKey]:
    """The ledger's fingerprint key and the receipt's signers' keys, as far as they are published."""
    wanted = {
        parse_hex32(value)
        for path, value in receipt.values.items()
        if path.startswith("signer.") and path.endswith(".key")
    }
    if node.ledger.descriptor.fingerprint_key is not None:
        wanted.add(node.ledger.descriptor.fingerprint_key)
    found: dict[bytes, PublishedKey] = {}
    for key_id in wanted:
        if (record := node.membership.key(key_id, block)) is None:
            continue
        if keccak(record.public_key) != key_id:
            raise ContradictedError(
                f"the node's logs give key {hex32(key_id)} another public key than its id says"
            )
        owner = node.membership.organisation(record.key.org, block)
        found[key_id] = PublishedKey(
            record.key, record.public_key, int(owner.roles) if owner is not None else 0
        )
    return found


def _agree(published: Sequence[Mapping[bytes, PublishedKey]], stated: Mapping[bytes, Key]) -> None:
    for keys in published:
        for key_id, found in keys.items():
            if found.key != stated[key_id]:
                raise ContradictedError(
                    f"the node's logs and the contract's state differ about key {hex32(key_id)}"
                )


def _at_head(ledger: Ledger, receipts: Sequence[Receipt], batches: Sequence[Batch]) -> list[bool]:
    """For batches not yet final: whether the newest block knows them."""
    absent = [at for at, batch in enumerate(batches) if not batch.registered_at]
    ahead = [False] * len(batches)
    if absent and ledger.descriptor.confirmations:
        head = ledger.chain.block("latest")
        found = ledger.read([ledger.assets.batch(receipts[at].org, receipts[at].root) for at in absent], head)
        for at, batch in zip(absent, found, strict=True):
            ahead[at] = bool(batch.registered_at)
    return ahead


def _exact(receipt: Receipt) -> bytes:
    """The exact fingerprint, zero where the receipt shows none (then no lien can be on it)."""
    shown = receipt.values.get("fingerprint.exact")
    return parse_hex32(shown) if shown is not None else ZERO32


def _claims(node: Node, receipt: Receipt, block: Block) -> dict[str, Any]:
    """Claims on the exact fingerprint, and those that match loosely (COMMITMENT 7): by path of the loose value."""
    values = {
        path: parse_hex32(value) for path, value in receipt.values.items() if path.startswith("fingerprint.")
    }
    exact = values.pop("fingerprint.exact", None)
    if exact is None:
        return {"claims": (), "loose": {}}
    loose: dict[str, tuple[Claim, ...]] = {}
    for path, value in values.items():
        if path == "fingerprint.loose.order":
            loose[path] = node.pledges.on_fingerprint(value, block)
        else:
            loose[path] = tuple(
                claim for claim in node.pledges.carrying(value, block) if claim.fingerprint != exact
            )
    if receipt.values.get("asset.kind") == "purchase-order":
        loose["fingerprint.exact"] = node.pledges.carrying(exact, block)
    return {"claims": node.pledges.claims(receipt.org, exact, block), "loose": loose}


def content_of(store: ContentStore | None, cid: str) -> ContentState | Missing:
    """The encrypted content in the store: whole, or why that could not be established."""
    if store is None:
        return Missing(Cause.UNREACHABLE, "neither the document nor a store that holds its content was given")
    try:
        return ContentState(plain=False, sha256=None, size=content.check(store.get, cid))
    except BlockCorruptError as error:
        return Missing(Cause.CONTRADICTED, f"the store gave other bytes than the CID names: {error}")
    except (BlockMissingError, StoreUnreachableError) as error:
        return Missing(Cause.UNREACHABLE, f"the content cannot be had: {error}")
    except CertifierError as error:
        return Missing(Cause.CONTRADICTED, f"the content's CID leads to something else: {error}")
