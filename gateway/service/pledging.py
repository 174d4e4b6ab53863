"""Offer, pledge, close, and list liens: one offer to one lender, one transaction that takes every claim or none (CONTRACTS).

Refusing an offer is doing nothing. A lender's `pledge` verifies every receipt first, at the newest final block, and once more
after its own pledge is final: who disburses must have seen its LIEN valid then.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from certifier.receipt import Receipt, parse_document
from certifier.verify import Check, Code, Report, Verdict, Verifier
from certifier.verify.profiles import profile_of
from certifier.verify.report import worst
from gateway.db import repository, signing
from gateway.db.models import Offer as OfferRow
from gateway.errors import RefusedError, UnreadableError, UsageError
from gateway.installation import Installation, Organisation
from gateway.service.files import load_json
from gateway.service.times import DAY
from gateway.signing.signatory import SignatureNeededError
from ledger.account import account_key_id
from ledger.membership import Purpose
from ledger.pledges import WHOLE, Claim, Evidence, Offer, Status
from ledger.types import hex32, parse_hex32
from ledger.writer import Sent

__all__ = [
    "OFFER_SCHEMA",
    "OfferFile",
    "Pledged",
    "VerificationRefusedError",
    "close",
    "known_offer",
    "load_offer",
    "make_offer",
    "offer_file",
    "offered_under",
    "parse_offer",
    "pledge",
    "remember",
    "send",
]

OFFER_SCHEMA = "assetcert/offer/1"
_COLLATERAL = {Code.SIGNERS, Code.FINGERPRINT, Code.LIEN}


@dataclass(frozen=True)
class OfferFile:
    """An offer as it travels: signed by the debtor, with the receipts that show what must be disclosed."""

    offer: Offer
    signature: bytes
    receipts: tuple[Receipt, ...]
    pledge_id: bytes

    def to_json(self) -> dict[str, Any]:
        """The `ID.offer.json` document."""
        return {
            "schema": OFFER_SCHEMA,
            "pledge_id": hex32(self.pledge_id),
            "offer": _offer_json(self.offer),
            "signature": "0x" + self.signature.hex(),
            "receipts": [json.loads(receipt.to_json()) for receipt in self.receipts],
        }


@dataclass(frozen=True)
class Pledged:
    """A pledge that is final, the reports it rests on, what of them was not known and accepted, and what the lender saw once it stood."""

    pledge_id: bytes
    block: int
    transaction: bytes
    gas: int
    before: tuple[Report, ...]
    after: tuple[Report, ...]
    accepted: tuple[Check, ...]

    @property
    def lien(self) -> Verdict:
        """The worst of what LIEN says of the receivables now: only when it is VALID may anybody disburse."""
        return worst([report.check(Code.LIEN).verdict for report in self.after])


def make_offer(
    installation: Installation,
    debtor: Organisation,
    lender: bytes,
    receipts: Sequence[Receipt],
    *,
    share: int = WHOLE,
    accept_days: int = 3,
    days: int = 90,
    terms: bytes | None = None,
) -> OfferFile:
    """An offer of `share` parts of each receivable to one lender, open for `accept_days`, expiring after `days`."""
    _require_sense(installation, debtor, lender, receipts, accept_days, days)
    for receipt in receipts:
        if receipt.org != debtor.id:
            raise UsageError(
                "NOT_YOURS",
                f"asset {hex32(receipt.asset_id)} was certified by another organisation than {debtor.short}",
            )
        if "fingerprint.exact" not in receipt.values:
            raise RefusedError(
                "NOT_PLEDGEABLE",
                f"asset {hex32(receipt.asset_id)} carries no fingerprint: it is evidence, never collateral",
            )
    now = installation.now()
    claims = tuple(Claim(parse_hex32(receipt.values["fingerprint.exact"]), share) for receipt in receipts)
    offer = Offer(
        debtor.id, lender, claims, now + accept_days * DAY, now + days * DAY, terms or secrets.token_bytes(32)
    )
    registry = installation.ledger.pledges
    signature = installation.signatory(debtor).sign(registry.typed(offer))
    shown = tuple(receipt.redact("must-disclose") for receipt in receipts)
    made = OfferFile(offer, signature, shown, registry.pledge_id(offer))
    remember(installation, made.offer, made.signature)
    return made


def offered_under(
    installation: Installation, debtor: Organisation, terms: bytes, receipts: Sequence[Receipt]
) -> OfferFile | None:
    """The offer that stands already under these terms. SignatureNeededError where it waits to be signed."""
    said, now = hex32(terms), installation.now()
    with installation.database.session() as session:
        made = [row.content for row in repository.offers_under(session, debtor.hex, said)]
        asked = [row for row in signing.waiting(session, debtor.hex) if row.kind == "Offer"]
    for content in made:
        if content["accept_by"] >= now:
            shown = [receipt.redact("must-disclose") for receipt in receipts]
            return offer_file(installation, content, shown)
    for row in asked:
        if row.content["message"]["terms"] == said and int(row.content["message"]["acceptBy"]) >= now:
            raise SignatureNeededError(row.id)
    return None


def _require_sense(
    installation: Installation,
    debtor: Organisation,
    lender: bytes,
    receipts: Sequence[Receipt],
    accept_days: int,
    days: int,
) -> None:
    """UsageError for an offer that nobody could ever accept."""
    if not receipts:
        raise UsageError("NO_RECEIPTS", "an offer names at least one receipt")
    if len({receipt.asset_id for receipt in receipts}) < len(receipts):
        raise UsageError("TWICE", "an offer names each receipt once")
    if accept_days > days:
        raise UsageError("DAYS", f"open for {accept_days} days, but expiring after {days}: give more --days")
    if lender == debtor.id:
        raise UsageError("SELF", f"{debtor.short} cannot lend to itself: offer to another organisation")
    ledger = installation.ledger
    if not ledger.read_one(ledger.membership.organisation(lender), ledger.pin()).admitted_at:
        raise UsageError("UNKNOWN_ORG", f"the ledger knows no organisation {hex32(lender)}: nobody to lend")


def load_offer(installation: Installation, path: Path) -> OfferFile:
    """The offer in a file. UnreadableError for anything else; the id is computed, never read."""
    return parse_offer(installation, load_json(path, OFFER_SCHEMA), str(path))


def parse_offer(installation: Installation, document: Any, where: str) -> OfferFile:
    """The offer in a document that came from `where`. UnreadableError for anything else."""
    try:
        offer = _offer_from(document["offer"])
        signature = bytes.fromhex(str(document["signature"]).removeprefix("0x"))
        given = document["receipts"]
        if not isinstance(given, list) or len(given) != len(offer.claims):
            raise ValueError("one receipt is due for each claim")
        receipts = tuple(parse_document(member) for member in given)
    except (KeyError, TypeError, ValueError) as error:
        raise UnreadableError("OFFER", f"{where} is no sound offer: {error}") from error
    return OfferFile(offer, signature, receipts, installation.ledger.pledges.pledge_id(offer))


def pledge(
    installation: Installation,
    lender: Organisation,
    made: OfferFile,
    verifier: Verifier,
    accept: Collection[Code] = (),
) -> Pledged:
    """Verify every receipt of the offer as `lender`, then take it. RefusedError names the check that stands in the way.

    A required check that is UNKNOWN stands in the way too, unless the lender accepts its code.
    """
    if made.offer.lender != lender.id:
        raise RefusedError("NOT_PARTY", f"this offer is made to another lender than {lender.short}")
    _require_signed(installation, made)
    before = tuple(verifier.verify(receipt, as_org=lender.id) for receipt in made.receipts)
    accepted: list[Check] = []
    for receipt, claim, report in zip(made.receipts, made.offer.claims, before, strict=True):
        accepted += _insist(receipt, claim, report, accept)
    sent = send(installation, lender, made)
    after = tuple(verifier.verify(receipt, as_org=lender.id) for receipt in made.receipts)
    return Pledged(
        made.pledge_id, sent.block.number, sent.transaction, sent.gas_used, before, after, tuple(accepted)
    )


def _require_signed(installation: Installation, made: OfferFile) -> None:
    """RefusedError unless a valid account key of the debtor signed the offer."""
    ledger, pinned = installation.ledger, installation.ledger.pin()
    signer = ledger.pledges.offer_signer(made.offer, made.signature)
    if signer is not None:
        key = ledger.read_one(ledger.membership.key(account_key_id(signer)), pinned)
        if (key.org, key.purpose) == (made.offer.debtor, Purpose.ACCOUNT) and key.valid_at(pinned.timestamp):
            return
    raise RefusedError("OFFER_SIGNATURE", "the offer is not signed by the debtor: ask it for another one")


def send(installation: Installation, lender: Organisation, made: OfferFile) -> Sent:
    """The lender's transaction alone. The contract refuses what is encumbered, whoever looked before."""
    evidence = [_evidence(receipt) for receipt in made.receipts]
    act = installation.ledger.pledges.pledge(made.offer, made.signature, evidence)
    sent = installation.signatory(lender).send(act)
    remember(installation, made.offer, made.signature)
    return sent


def _insist(receipt: Receipt, claim: Claim, report: Report, accept: Collection[Code]) -> list[Check]:
    """Refuses what the kind's profile does not let pass, or answers the checks that are not known and accepted.

    FACTS is left to the lender: it needs the plain document, which an offer does not carry.
    """
    if receipt.values.get("fingerprint.exact") != hex32(claim.fingerprint):
        raise RefusedError(
            "OFFER_MISMATCH", f"the offer claims another receivable than asset {hex32(receipt.asset_id)} is"
        )
    required = (profile_of(receipt.values["asset.kind"]).required | _COLLATERAL) - {Code.FACTS}
    accepted = []
    for check in report.checks:
        unsigned = check.code is Code.SIGNERS and check.verdict is Verdict.SKIPPED
        stands = check.code in required and check.verdict is not Verdict.VALID and not unsigned
        if stands and check.verdict is Verdict.UNKNOWN and check.code in accept:
            accepted.append(check)
        elif stands or check.verdict is Verdict.INVALID:
            raise VerificationRefusedError(
                report,
                f"not pledged: {check.code.name} is {check.verdict.value}: {check.message}",
                check.code.name,
            )
    return accepted


class VerificationRefusedError(RefusedError):
    """A check stands in the way of a pledge; `report` is the whole verification."""

    def __init__(self, report: Report, message: str, code: str) -> None:
        super().__init__(code, message)
        self.report = report


def close(installation: Installation, closer: Organisation, made: Offer, status: Status) -> int:
    """Close a pledge: the lender at any time, anybody as Expired from its end. Answers the block."""
    registry = installation.ledger.registry_of(made, installation.ledger.pin())
    return installation.signatory(closer).send(registry.close(made, status)).block.number


def known_offer(installation: Installation, pledge_id: str) -> Offer:
    """The offer behind a pledge this home made or accepted."""
    with installation.database.session() as session:
        row = session.get(OfferRow, pledge_id)
    if row is None:
        raise UsageError("UNKNOWN_PLEDGE", f"this home knows no offer {pledge_id}: give the offer's file")
    return _offer_from(row.content)


def offer_file(installation: Installation, content: dict[str, Any], receipts: Sequence[Receipt]) -> OfferFile:
    """The offer that this home remembers, with receipts that its debtor lets the lender see."""
    offer = _offer_from(content)
    signature = bytes.fromhex(str(content.get("signature", "")).removeprefix("0x"))
    return OfferFile(offer, signature, tuple(receipts), installation.ledger.pledges.pledge_id(offer))


def _evidence(receipt: Receipt) -> Evidence:
    loose = tuple(
        parse_hex32(value)
        for path, value in sorted(receipt.values.items())
        if path.startswith("fingerprint.loose.")
    )
    salt = receipt.field("fingerprint.exact").salt
    assert salt is not None
    return Evidence(
        receipt.root, receipt.asset_id, salt, receipt.batch_proof, receipt.proof("fingerprint.exact"), loose
    )


def _offer_json(offer: Offer) -> dict[str, Any]:
    return {
        "debtor": hex32(offer.debtor),
        "lender": hex32(offer.lender),
        "claims": [{"fingerprint": hex32(claim.fingerprint), "share": claim.share} for claim in offer.claims],
        "accept_by": offer.accept_by,
        "expires_at": offer.expires_at,
        "terms": hex32(offer.terms),
    }


def _offer_from(document: Any) -> Offer:
    claims = tuple(
        Claim(parse_hex32(member["fingerprint"]), _count(member["share"])) for member in document["claims"]
    )
    return Offer(
        parse_hex32(document["debtor"]),
        parse_hex32(document["lender"]),
        claims,
        _count(document["accept_by"]),
        _count(document["expires_at"]),
        parse_hex32(document["terms"]),
    )


def _count(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**64:
        raise ValueError(f"a whole number below 2^64 is expected, not {value!r}")
    return value


def remember(installation: Installation, offer: Offer, signature: bytes) -> None:
    """Keep a signed offer: from now on both its parties see it."""
    pledge_id = hex32(installation.ledger.pledges.pledge_id(offer))
    with installation.database.session() as session:
        content = {**_offer_json(offer), "signature": "0x" + signature.hex()}
        session.merge(OfferRow(pledge_id=pledge_id, content=content))
