"""Checks 7 and 8: is this the receivable of who certified it, and is it free (COMMITMENT 7; DESIGN, Verification report)."""

from __future__ import annotations

from collections.abc import Mapping

from certifier import fingerprint
from certifier.schema import PLEDGEABLE
from certifier.verify.profiles import owed
from certifier.verify.report import Cause, Check, Code, Verdict
from certifier.verify.say import invalid, not_supplied, skipped, unknown, valid
from certifier.verify.subject import Missing, Subject
from ledger.membership import Purpose
from ledger.pledges import WHOLE
from ledger.replay import Claim, OrganisationRecord
from ledger.types import hex32, parse_hex32

__all__ = ["identity", "lien"]


def identity(subject: Subject) -> Check:
    """7: the fingerprints follow from the disclosed identity under the ledger's key, and the seller is the issuer."""
    code, values = Code.FINGERPRINT, subject.values
    if subject.kind not in PLEDGEABLE:
        return skipped(
            code, f"a document of kind {subject.kind} is evidence and never collateral", Cause.NOT_PLEDGEABLE
        )
    paths = [field.path for field in subject.receipt.fields]
    if hidden := [path for path in owed(subject.profile, paths) if path not in values]:
        return not_supplied(code, hidden)
    if isinstance(subject.ledgered, Missing):
        return unknown(code, subject.ledgered)
    if (record := subject.ledgered.record) is None:
        return invalid(code, "the issuer was never admitted to this ledger", issuer=values["asset.issuer"])
    assessment = fingerprint.assess(
        subject.kind, subject.receipt.org, _legal_numbers(record), _facts(values), values["asset.format"]
    )
    claimed = {path: parse_hex32(value) for path, value in values.items() if path.startswith("fingerprint.")}
    if assessment.cause is not None and not claimed:
        return skipped(
            code,
            f"it carries no fingerprint ({assessment.cause}): evidence, never collateral",
            Cause.NOT_PLEDGEABLE,
        )
    if assessment.cause is not None:
        return invalid(
            code,
            f"it carries a fingerprint although it may not ({assessment.cause})",
            reason=assessment.cause,
        )
    if set(claimed) != set(assessment.inputs):
        lacking = sorted(set(assessment.inputs) ^ set(claimed))
        return invalid(
            code,
            f"the fingerprints are not those its identity calls for: {', '.join(lacking)}",
            Cause.NOT_SUPPLIED,
            fields=lacking,
        )
    return _fingerprint_proof(subject, assessment.inputs, claimed)


def _fingerprint_proof(
    subject: Subject, inputs: Mapping[str, tuple[str, ...]], claimed: Mapping[str, bytes]
) -> Check:
    code, prf = Code.FINGERPRINT, subject.receipt.prf
    assert not isinstance(subject.ledgered, Missing)
    if set(prf) != set(inputs):
        return invalid(code, "the proofs of its fingerprints are not in the receipt", Cause.NOT_SUPPLIED)
    key = subject.ledgered.keys.get(subject.fingerprint_key or b"")
    if key is None or key.key.purpose is not Purpose.FINGERPRINT:
        return unknown(
            code,
            Missing(Cause.CONTRADICTED, "this ledger publishes no fingerprint key as its descriptor says"),
        )
    if not fingerprint.check(inputs, claimed, prf, key.public_key):
        return invalid(code, "the fingerprints do not follow from the identity that is shown")
    return valid(
        code,
        f"{len(claimed)} fingerprint{'s' if len(claimed) > 1 else ''} follow from the identity shown, and the seller is the issuer",
        fingerprint=hex32(claimed["fingerprint.exact"]),
    )


def lien(subject: Subject) -> Check:
    """8: shares of the receivable are free, and no live or burned pledge matches it loosely; `as_org`'s own live claims aside."""
    code = Code.LIEN
    if subject.kind not in PLEDGEABLE:
        return skipped(code, f"a document of kind {subject.kind} cannot be pledged", Cause.NOT_PLEDGEABLE)
    fingerprints = [field for field in subject.receipt.fields if field.path.startswith("fingerprint.")]
    if hidden := [field.path for field in fingerprints if field.value is None]:
        return not_supplied(code, hidden)
    if "fingerprint.exact" not in subject.values:
        seventh = identity(subject)
        if seventh.verdict is Verdict.SKIPPED:
            told = "it carries no fingerprint, so nothing can be pledged on it"
            return skipped(code, told, Cause.NOT_PLEDGEABLE)
        told = "without its fingerprint nobody can say whether it is pledged"
        return Check(code, seventh.verdict, told, seventh.cause)
    if isinstance(subject.ledgered, Missing):
        return unknown(code, subject.ledgered)
    return _free_shares(subject)


def _free_shares(subject: Subject) -> Check:
    code, state = Code.LIEN, subject.ledgered
    assert not isinstance(state, Missing)
    encumbering = [claim for claim in state.claims if claim.encumbers]
    taken = sum(claim.share for claim in encumbering)
    if len(state.claims) != state.lien.count or taken != state.lien.taken:
        told = f"{state.lien.count} liens ({state.lien.taken} parts) in the contract, {len(state.claims)} ({taken}) in the logs"
        return unknown(
            code, Missing(Cause.CONTRADICTED, f"the node's logs and the contract's state differ: {told}")
        )
    foreign = [claim for claim in encumbering if not _own(claim, subject.as_org)]
    free = WHOLE - sum(claim.share for claim in foreign)
    evidence = {"free": free, "earlier": [_claim_evidence(claim) for claim in state.claims]}
    if free <= 0:
        return invalid(code, "already pledged in full: nothing is free", **evidence)
    loose = {
        path: rows
        for path, claims in state.loose.items()
        if (rows := [c for c in claims if c.encumbers and not _own(c, subject.as_org)])
    }
    if loose:
        matches = {path: [_claim_evidence(claim) for claim in rows] for path, rows in loose.items()}
        missing = Missing(
            Cause.LOOSE_MATCH,
            f"a pledge of something that looks alike stands ({', '.join(sorted(loose))}): compare the papers",
        )
        return unknown(code, missing, matches=matches, **evidence)
    part = "" if free == WHOLE else f", of which {WHOLE - free:,} parts of 10,000 are pledged"
    return valid(code, f"free to be pledged{part}", **evidence)


def _own(claim: Claim, as_org: bytes | None) -> bool:
    return as_org is not None and claim.live and claim.lender == as_org


def _claim_evidence(claim: Claim) -> dict[str, object]:
    """A lien without its lender's name: rivals are not shown to each other."""
    return {
        "pledge": hex32(claim.pledge_id),
        "share": claim.share,
        "rank": claim.rank,
        "status": claim.status.name.lower(),
    }


def _facts(values: Mapping[str, str]) -> dict[str, str]:
    return {path.removeprefix("fact."): value for path, value in values.items() if path.startswith("fact.")}


def _legal_numbers(record: OrganisationRecord) -> tuple[str, ...]:
    """The part of the identifier after its scheme, and the aliases."""
    return tuple(number.partition(":")[2] for number in (record.identifier, *record.aliases))
