"""PledgeRegistry: liens on business identities. A debtor's signed offer plus the lender's transaction is a
pledge.

The offer is EIP-712 (domain `assetcert`, `1`); its digest is the pledge's id. CONTRACTS, IPledgeRegistry.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from ledger.account import recover
from ledger.chain import Call
from ledger.contract import Act, Contract
from ledger.typed import Domain, Members, TypedData
from ledger.types import parse_hex32

__all__ = ["WHOLE", "Claim", "Evidence", "Lien", "Offer", "Pledge", "PledgeRegistry", "Status"]

WHOLE = 10_000
"""Parts of a receivable; a claim of all of them is exclusive."""

_TYPES: dict[str, Members] = {
    "Offer": (
        ("debtor", "bytes32"),
        ("lender", "bytes32"),
        ("claims", "Claim[]"),
        ("acceptBy", "uint64"),
        ("expiresAt", "uint64"),
        ("terms", "bytes32"),
    ),
    "Claim": (("fingerprint", "bytes32"), ("share", "uint16")),
}


class Status(IntEnum):
    """Satisfied and Enforced burn the shares, Cancelled and Expired free them."""

    NONE = 0
    LIVE = 1
    SATISFIED = 2
    ENFORCED = 3
    CANCELLED = 4
    EXPIRED = 5

    @property
    def holds(self) -> bool:
        """Whether the pledge's shares are taken: live, or burned."""
        return self in (Status.LIVE, Status.SATISFIED, Status.ENFORCED)


@dataclass(frozen=True)
class Claim:
    """`share` in parts of 10,000 of the receivable whose `fingerprint.exact` this is."""

    fingerprint: bytes
    share: int


@dataclass(frozen=True)
class Offer:
    """Times are block times: acceptable up to and including `accept_by`; from `expires_at` anyone may expire
    it.
    """

    debtor: bytes
    lender: bytes
    claims: tuple[Claim, ...]
    accept_by: int
    expires_at: int
    terms: bytes

    @classmethod
    def parse(cls, message: Mapping[str, Any]) -> Offer:
        """From the message of its typed data's JSON."""
        claims = tuple(Claim(parse_hex32(one["fingerprint"]), int(one["share"])) for one in message["claims"])
        return cls(
            parse_hex32(message["debtor"]),
            parse_hex32(message["lender"]),
            claims,
            int(message["acceptBy"]),
            int(message["expiresAt"]),
            parse_hex32(message["terms"]),
        )

    def _abi(self) -> tuple[Any, ...]:
        claims = [(c.fingerprint, c.share) for c in self.claims]
        return self.debtor, self.lender, claims, self.accept_by, self.expires_at, self.terms


@dataclass(frozen=True)
class Evidence:
    """Proofs for one claim, from the receipt: field in asset (`salt`, `field_proof`), asset in batch."""

    root: bytes
    asset_id: bytes
    salt: bytes
    batch_proof: tuple[bytes, ...]
    field_proof: tuple[bytes, ...]
    loose: tuple[bytes, ...]

    def _abi(self) -> tuple[Any, ...]:
        return self.root, self.asset_id, self.salt, self.batch_proof, self.field_proof, self.loose


@dataclass(frozen=True)
class Pledge:
    """`opened_at` is a block time."""

    status: Status
    opened_at: int


@dataclass(frozen=True)
class Lien:
    """`taken` shares are live or burned; `count` liens were ever placed."""

    taken: int
    count: int


class PledgeRegistry(Contract):
    """The contract PledgeRegistry on one chain."""

    name = "PledgeRegistry"

    def __init__(self, address: str, chain_id: int) -> None:
        super().__init__(address)
        self.domain = Domain(chain_id, address)

    def lien(self, debtor: bytes, fingerprint: bytes) -> Call[Lien]:
        """What is taken of a fingerprint."""
        return self._call("lien", debtor, fingerprint, to=Lien)

    def pledge_of(self, pledge_id: bytes) -> Call[Pledge]:
        """A pledge by id."""
        return self._call("pledgeOf", pledge_id, to=lambda s, o: Pledge(Status(s), o))

    def typed(self, offer: Offer) -> TypedData:
        """The offer as its debtor signs it."""
        message = {
            "debtor": offer.debtor,
            "lender": offer.lender,
            "claims": [{"fingerprint": c.fingerprint, "share": c.share} for c in offer.claims],
            "acceptBy": offer.accept_by,
            "expiresAt": offer.expires_at,
            "terms": offer.terms,
        }
        return TypedData(self.domain, "Offer", _TYPES, message)

    def predecessor(self) -> Call[str]:
        """The registry before it, whose shares count here too; the zero address where there is none."""
        return self._call("predecessor", to=str)

    def pledge_id(self, offer: Offer) -> bytes:
        """The offer's digest, computed here; equals the contract's pledgeIdOf."""
        return self.typed(offer).digest

    def offer_signer(self, offer: Offer, signature: bytes) -> str | None:
        """The address that signed, None where the signature is none that the contract accepts."""
        return recover(self.pledge_id(offer), signature)

    def pledge(self, offer: Offer, signature: bytes, evidence: Sequence[Evidence]) -> Act:
        """Lender only: takes every claim or none."""
        return self._act("pledge", offer._abi(), signature, [e._abi() for e in evidence])

    def close(self, offer: Offer, status: Status) -> Act:
        """The lender at any time; anyone from `expires_at` with Expired."""
        return self._act("close", offer._abi(), int(status))
