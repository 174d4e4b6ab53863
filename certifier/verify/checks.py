"""Checks 1 to 10, one function each, over what was read before (DESIGN, Verification report).

Each step has its number here and in `CHECKS`:

    1 CONTENT       the bytes are those that were certified
    2 COMMITMENT    the fields hash to the asset id
    3 REGISTRATION  the id is in a batch of that issuer
    4 ISSUER        the registering account was the issuer's, and valid then
    5 SIGNERS       instrument, inspector and witness signatures
    6 STANDING      neither suspended nor revoked
    7 FINGERPRINT   recomputed from the disclosed identity; the seller is the issuer
    8 LIEN          shares are free, and nothing matches loosely
    9 FACTS         read again from the document, they equal the certified ones
    10 LINKS        predecessors are certified and consistent

No function here reads a node or a store: `certifier.verify.observe` has done so, and what it could not establish reaches a check
as a cause, never as a value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from certifier import fingerprint, signer
from certifier.canonical import ident, parse_base64url
from certifier.commitment import digest
from certifier.documents import Document
from certifier.errors import ProofRefusedError
from certifier.merkle import leaf_hash, process_proof
from certifier.schema import PLEDGEABLE, RELATIONS, problem
from certifier.verify.profiles import owed
from certifier.verify.report import Cause, Check, Code, Verdict
from certifier.verify.subject import Missing, Subject
from ledger.assets import Standing
from ledger.membership import Purpose
from ledger.replay import Claim, OrganisationRecord
from ledger.types import hex32, parse_hex32

__all__ = ["CHECKS", "CheckFunction", "run"]

CheckFunction = Callable[[Subject], Check]


def _valid(code: Code, message: str, /, **evidence: object) -> Check:
    return Check(code, Verdict.VALID, message, evidence=evidence)


def _invalid(code: Code, message: str, cause: Cause | None = None, /, **evidence: object) -> Check:
    return Check(code, Verdict.INVALID, message, cause, evidence)


def _unknown(code: Code, missing: Missing, /, **evidence: object) -> Check:
    return Check(code, Verdict.UNKNOWN, missing.message, missing.cause, evidence)


def _skipped(code: Code, message: str, cause: Cause | None = None) -> Check:
    return Check(code, Verdict.SKIPPED, message, cause)


def content(subject: Subject) -> Check:
    """1: the plain FILE has the certified hash, or the encrypted content in the store is whole and of the certified size."""
    code, state = Code.CONTENT, subject.content
    if isinstance(state, Missing):
        return _unknown(code, state, cid=subject.values["content.cid"])
    if state.size != int(subject.values["content.bytes"]):
        return _invalid(
            code,
            f"{state.size:,} bytes here, {int(subject.values['content.bytes']):,} were certified",
            bytes=state.size,
            certified=subject.values["content.bytes"],
        )
    if not state.plain:
        return _valid(
            code,
            "the encrypted content in the store is whole and matches its CID",
            cid=subject.values["content.cid"],
        )
    assert state.sha256 is not None
    if hex32(state.sha256) != subject.values["content.sha256"]:
        return _invalid(
            code,
            "the document differs from the certified one in at least one byte",
            sha256=hex32(state.sha256),
            certified=subject.values["content.sha256"],
        )
    return _valid(code, "the document is byte for byte the certified one", sha256=hex32(state.sha256))


def commitment(subject: Subject) -> Check:
    """2: every disclosed value is canonical, listed by its schema, and hashes to its digest; the digests make the asset id."""
    code, kind = Code.COMMITMENT, subject.kind
    for disclosed in subject.receipt.fields:
        if disclosed.value is None or disclosed.salt is None:
            continue
        if (fault := problem(kind, disclosed.path, disclosed.value)) is not None:
            return _invalid(
                code, f"the field {disclosed.path} is not as its schema says: {fault}", field=disclosed.path
            )
        if digest(disclosed.salt, disclosed.value) != disclosed.digest:
            return _invalid(
                code,
                f"the value shown for {disclosed.path} is not the one that was certified",
                field=disclosed.path,
            )
    if subject.values["asset.issuer"] != hex32(subject.receipt.org):
        return _invalid(
            code, "the receipt's organisation is not the issuer in its own fields", field="asset.issuer"
        )
    shown = len(subject.values)
    return _valid(
        code,
        f"{shown} of {len(subject.receipt.fields)} fields are shown, and all hash to the asset id",
        asset_id=hex32(subject.asset_id),
    )


def registration(subject: Subject) -> Check:
    """3: the asset id leads to the receipt's root, and the issuer has registered that root."""
    code, receipt = Code.REGISTRATION, subject.receipt
    if process_proof(leaf_hash(subject.asset_id), receipt.batch_proof) != receipt.root:
        return _invalid(
            code, "the asset is not in the batch that the receipt names", root=hex32(receipt.root)
        )
    state = subject.ledgered
    if isinstance(state, Missing):
        return _unknown(code, state)
    if state.batch.registered_at:
        return _valid(
            code,
            f"registered by its issuer in a batch of {state.batch.count:,}",
            root=hex32(receipt.root),
            registered_at=state.batch.registered_at,
        )
    if state.batch_at_head:
        return _unknown(
            code,
            Missing(Cause.NOT_FINAL, "registered, but not final yet: try again in a moment"),
            root=hex32(receipt.root),
        )
    return _invalid(code, "this issuer has registered no such batch on this ledger", root=hex32(receipt.root))


def issuer(subject: Subject) -> Check:
    """4: the account that registered the batch was a valid account key of the issuer at that block."""
    code, state = Code.ISSUER, subject.ledgered
    if isinstance(state, Missing):
        return _unknown(code, state)
    at, key = state.batch.registered_at, state.account_key
    if not at:
        return _invalid(code, "nobody registered this batch for the issuer", root=hex32(subject.receipt.root))
    evidence = {"account": state.batch.account, "registered_at": at}
    if key.org != subject.receipt.org or key.purpose is not Purpose.ACCOUNT:
        return _invalid(code, "the registering account is no account of the issuer", **evidence)
    if not key.valid_from <= at < key.valid_until:
        return _invalid(code, "the registering account was not valid at that block", **evidence)
    name = state.record.name if state.record else hex32(subject.receipt.org)
    return _valid(code, f"the account of {name} was valid when it registered", **evidence)


_SIGNER_PURPOSE = {
    "instrument": Purpose.INSTRUMENT,
    "inspector": Purpose.INSPECTOR,
    "witness": Purpose.WITNESS,
}
_SIGNER_ROLE = {"inspector": 4, "witness": 8}


def signers(subject: Subject) -> Check:
    """5: every signer's key is published, of the right organisation, valid at registration, and its signature holds."""
    code = Code.SIGNERS
    numbers = sorted(
        {field.path.split(".")[1] for field in subject.receipt.fields if field.path.startswith("signer.")}
    )
    if not numbers:
        return _skipped(code, "nobody signed this document besides its issuer")
    roles = []
    for number in numbers:
        parts = {
            name: subject.values.get(f"signer.{number}.{name}")
            for name in ("key", "role", "signed_at", "signature")
        }
        if missing := sorted(name for name, value in parts.items() if value is None):
            return _invalid(
                code,
                f"signer {number} does not show its {', '.join(missing)}",
                Cause.NOT_SUPPLIED,
                signer=number,
            )
        if isinstance(subject.ledgered, Missing):
            return _unknown(code, subject.ledgered)
        if (fault := _signer_fault(subject, {name: str(value) for name, value in parts.items()})) is not None:
            return _invalid(code, f"signer {number}: {fault}", signer=number, key=parts["key"])
        roles.append(str(parts["role"]))
    return _valid(
        code,
        f"signed by {', '.join(roles)}; every key was valid when the asset was registered",
        signers=len(numbers),
    )


def _signer_fault(subject: Subject, parts: Mapping[str, str]) -> str | None:
    assert not isinstance(subject.ledgered, Missing)
    published, role = subject.ledgered.keys.get(parse_hex32(parts["key"])), parts["role"]
    if published is None or published.key.purpose is not _SIGNER_PURPOSE[role]:
        return f"its key is not published as that of an {role}"
    at = subject.ledgered.batch.registered_at
    if not published.key.valid_from <= at < published.key.valid_until:
        return "its key was not valid when the asset was registered"
    own = published.key.org == subject.receipt.org
    if own != (role == "instrument"):
        return f"the key of an {role} belongs to {'the issuer itself' if own else 'another organisation'}"
    if role in _SIGNER_ROLE and not published.roles & _SIGNER_ROLE[role]:
        return f"its organisation is not admitted as {role}"
    statement = signer.message(
        role,
        parse_hex32(subject.values["asset.issuer"]),
        parse_hex32(subject.values["content.sha256"]),
        parts["signed_at"],
    )
    return (
        None
        if signer.verify(published.public_key, parse_base64url(parts["signature"]), statement)
        else "the signature is not that of its key over this document"
    )


def standing(subject: Subject) -> Check:
    """6: the issuer has neither suspended nor revoked the asset."""
    code, state = Code.STANDING, subject.ledgered
    if isinstance(state, Missing):
        return _unknown(code, state)
    if state.standing is Standing.GOOD:
        return _valid(code, "in good standing", standing="good")
    word = state.standing.name.lower()
    return _invalid(code, f"the issuer has {word} this asset", standing=word)


def identity(subject: Subject) -> Check:
    """7: the fingerprints follow from the disclosed identity under the ledger's key, and the seller is the issuer."""
    code, values = Code.FINGERPRINT, subject.values
    if subject.kind not in PLEDGEABLE:
        return _skipped(
            code, f"a document of kind {subject.kind} is evidence and never collateral", Cause.NOT_PLEDGEABLE
        )
    paths = {field.path for field in subject.receipt.fields}
    if hidden := [path for path in owed(subject.profile, paths) if path not in values]:
        return _invalid(
            code,
            f"the applicant owes these fields and does not show them: {', '.join(hidden)}",
            Cause.NOT_SUPPLIED,
            fields=hidden,
        )
    if isinstance(subject.ledgered, Missing):
        return _unknown(code, subject.ledgered)
    if subject.ledgered.record is None:
        return _unknown(
            code, Missing(Cause.CONTRADICTED, "the node shows no record of the issuer's admission")
        )
    numbers = _legal_numbers(subject.ledgered.record)
    assessment = fingerprint.assess(
        subject.kind, subject.receipt.org, numbers, _facts(values), values["asset.format"]
    )
    claimed = {path: parse_hex32(value) for path, value in values.items() if path.startswith("fingerprint.")}
    if assessment.cause is not None and not claimed:
        return _skipped(
            code,
            f"it carries no fingerprint ({assessment.cause}): evidence, never collateral",
            Cause.NOT_PLEDGEABLE,
        )
    if assessment.cause is not None:
        return _invalid(
            code,
            f"it carries a fingerprint although it may not ({assessment.cause})",
            reason=assessment.cause,
        )
    if set(claimed) != set(assessment.inputs):
        lacking = sorted(set(assessment.inputs) ^ set(claimed))
        return _invalid(
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
        return _invalid(code, "the proofs of its fingerprints are not in the receipt", Cause.NOT_SUPPLIED)
    key = subject.ledgered.keys.get(subject.fingerprint_key or b"")
    if key is None or key.key.purpose is not Purpose.FINGERPRINT:
        return _unknown(
            code,
            Missing(Cause.CONTRADICTED, "this ledger publishes no fingerprint key as its descriptor says"),
        )
    try:
        fingerprint.check(inputs, claimed, prf, key.public_key)
    except ProofRefusedError as error:
        return _invalid(code, f"the fingerprints do not follow from the identity that is shown: {error}")
    return _valid(
        code,
        f"{len(claimed)} fingerprint{'s' if len(claimed) > 1 else ''} follow from the identity shown, and the seller is the issuer",
        fingerprint=hex32(claimed["fingerprint.exact"]),
    )


def lien(subject: Subject) -> Check:
    """8: shares of the receivable are free, and no live or burned pledge matches it loosely; `as_org`'s own live claims aside."""
    code = Code.LIEN
    exact = subject.values.get("fingerprint.exact")
    if subject.kind not in PLEDGEABLE:
        return _skipped(code, f"a document of kind {subject.kind} cannot be pledged", Cause.NOT_PLEDGEABLE)
    if exact is None:
        seventh = identity(subject)
        if seventh.verdict is Verdict.SKIPPED:
            return _skipped(
                code, "it carries no fingerprint, so nothing can be pledged on it", Cause.NOT_PLEDGEABLE
            )
        return Check(
            code,
            seventh.verdict,
            "without its fingerprint nobody can say whether it is pledged",
            seventh.cause,
        )
    if isinstance(subject.ledgered, Missing):
        return _unknown(code, subject.ledgered)
    return _free_shares(subject)


def _free_shares(subject: Subject) -> Check:
    code, state = Code.LIEN, subject.ledgered
    assert not isinstance(state, Missing)
    encumbering = [claim for claim in state.claims if claim.encumbers]
    taken = sum(claim.share for claim in encumbering)
    if len(state.claims) != state.lien.count or taken != state.lien.taken:
        told = f"{state.lien.count} liens ({state.lien.taken} parts) in the contract, {len(state.claims)} ({taken}) in the logs"
        return _unknown(
            code, Missing(Cause.CONTRADICTED, f"the node's logs and the contract's state differ: {told}")
        )
    foreign = [claim for claim in encumbering if not _own(claim, subject.as_org)]
    free = 10_000 - sum(claim.share for claim in foreign)
    evidence = {"free": free, "earlier": [_claim_evidence(claim) for claim in state.claims]}
    if free <= 0:
        return _invalid(code, "already pledged in full: nothing is free", **evidence)
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
        return _unknown(code, missing, matches=matches, **evidence)
    part = "" if free == 10_000 else f", of which {10_000 - free:,} parts of 10,000 are pledged"
    return _valid(code, f"free to be pledged{part}", **evidence)


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


def facts(subject: Subject) -> Check:
    """9: the facts read again from FILE equal the certified ones, as far as these are shown."""
    code, document = Code.FACTS, subject.document
    if subject.kind == "other":
        return _skipped(code, "certified by its bytes: no facts were read from it")
    if isinstance(document, Missing):
        return _unknown(code, document)
    if not isinstance(document, Document):
        return _invalid(code, f"the document cannot be read: {document}", error=document.code)
    if (document.kind, document.format) != (subject.kind, subject.values["asset.format"]):
        return _invalid(
            code,
            f"the document reads as {document.kind} ({document.format}), certified was {subject.kind} ({subject.values['asset.format']})",
        )
    committed = {
        field.path.removeprefix("fact."): field.value
        for field in subject.receipt.fields
        if field.path.startswith("fact.")
    }
    wrong = sorted(
        name
        for name in committed.keys() | document.facts.keys()
        if name not in committed
        or name not in document.facts
        or (committed[name] is not None and committed[name] != document.facts[name])
    )
    if wrong:
        return _invalid(
            code,
            f"what the document says differs from what was certified: {', '.join(wrong[:5])}",
            fields=wrong,
        )
    shown = sum(value is not None for value in committed.values())
    return _valid(
        code,
        f"the document says the same: {shown} of {len(committed)} certified facts compared",
        compared=shown,
    )


def links(subject: Subject) -> Check:
    """10: every linked paper is in the dossier, sound, of the right kind, and its number is the one this paper states."""
    code = Code.LINKS
    paths = [field.path for field in subject.receipt.fields if field.path.startswith("link.")]
    if not paths:
        return _skipped(code, "it points to no earlier paper")
    if subject.dossier is None:
        return _unknown(
            code,
            Missing(Cause.NOT_GRANTED, "it points to earlier papers that are not here: verify the dossier"),
            links=len(paths),
        )
    for path in paths:
        target = subject.values.get(path)
        if target is None:
            return _invalid(code, f"{path} is not shown", Cause.NOT_SUPPLIED, field=path)
        if (fault := _link_fault(subject, path, parse_hex32(target))) is not None:
            return _invalid(code, f"{path}: {fault}", None, field=path, asset_id=target)
    return _valid(
        code,
        f"{len(paths)} earlier paper{'s' if len(paths) > 1 else ''} certified and consistent",
        links=len(paths),
    )


# The fact that states an earlier paper's number, by relation.
_STATES = {
    "bills": "fact.order_number",
    "ships": "fact.order_number",
    "fulfils": "fact.despatch_number",
    "corrects": "fact.corrects_number",
}


def _link_fault(subject: Subject, path: str, target: bytes) -> str | None:
    assert subject.dossier is not None
    relation = path.split(".")[1]
    earlier = subject.dossier.get(target)
    if earlier is None:
        return "the paper it points to is not in the dossier"
    if target in subject.dossier_faults:
        return "the paper it points to is not valid itself"
    if earlier.get("asset.kind") != RELATIONS.get((subject.kind, relation)):
        return f"a {subject.kind} cannot {relation} a {earlier.get('asset.kind')}"
    stated, number = subject.values.get(_STATES.get(relation, "")), earlier.get("fact.number")
    if stated is not None and number is not None and ident(stated) != ident(number):
        return f"it states number {stated}, the paper it points to has {number}"
    return None


def _facts(values: Mapping[str, str]) -> dict[str, str]:
    return {path.removeprefix("fact."): value for path, value in values.items() if path.startswith("fact.")}


def _legal_numbers(record: OrganisationRecord) -> tuple[str, ...]:
    """The part of the identifier after its scheme, and the aliases."""
    return tuple(number.rpartition(":")[2] for number in (record.identifier, *record.aliases))


CHECKS: dict[Code, CheckFunction] = {
    Code.CONTENT: content,
    Code.COMMITMENT: commitment,
    Code.REGISTRATION: registration,
    Code.ISSUER: issuer,
    Code.SIGNERS: signers,
    Code.STANDING: standing,
    Code.FINGERPRINT: identity,
    Code.LIEN: lien,
    Code.FACTS: facts,
    Code.LINKS: links,
}


def run(subject: Subject) -> Iterator[Check]:
    """All twelve checks in order, one at a time; 11 and 12 say that they are not built."""
    for function in CHECKS.values():
        yield function(subject)
    for code, what in (
        (Code.PLAUSIBILITY, "whether time, quantity and machine time agree"),
        (Code.INDEPENDENCE, "how many unrelated organisations signed"),
    ):
        yield _unknown(code, Missing(Cause.UNSUPPORTED, f"not judged by this version: {what}"))
