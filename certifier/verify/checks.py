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

from collections.abc import Callable, Iterator, Mapping, Sequence

from certifier import fingerprint, signer
from certifier.canonical import ident, parse_base64url
from certifier.commitment import digest
from certifier.documents import Document
from certifier.errors import ContentRefusedError
from certifier.merkle import leaf_hash, process_proof
from certifier.schema import PLEDGEABLE, RELATIONS
from certifier.verify.profiles import owed
from certifier.verify.report import Cause, Check, Code, Verdict
from certifier.verify.subject import Ledgered, Missing, Paper, Subject
from ledger.assets import Standing
from ledger.membership import Purpose, Role
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


def _not_supplied(code: Code, hidden: Sequence[str]) -> Check:
    told = f"the applicant owes these fields and does not show them: {', '.join(hidden)}"
    return _invalid(code, told, Cause.NOT_SUPPLIED, fields=hidden)


def _skipped(code: Code, message: str, cause: Cause | None = None) -> Check:
    return Check(code, Verdict.SKIPPED, message, cause)


def content(subject: Subject) -> Check:
    """1: the plain FILE has the certified hash, or the encrypted content in the store is whole and of the certified size."""
    code, state, values = Code.CONTENT, subject.content, subject.values
    if isinstance(state, Missing):
        return _unknown(code, state, cid=values["content.cid"])
    if isinstance(state, ContentRefusedError):
        return _invalid(
            code, f"what was certified is no content anybody can open: {state}", cid=values["content.cid"]
        )
    if str(state.size) != values["content.bytes"]:
        told = f"{state.size} bytes here, {values['content.bytes'][:80]} were certified"
        return _invalid(code, told, bytes=state.size, certified=values["content.bytes"])
    if not state.plain:
        whole = "the encrypted content in the store is whole and matches its CID"
        return _valid(code, whole, cid=values["content.cid"])
    found, certified = hex32(state.sha256 or b""), values["content.sha256"]
    if found != certified:
        told = "the document differs from the certified one in at least one byte"
        return _invalid(code, told, sha256=found, certified=certified)
    return _valid(code, "the document is byte for byte the certified one", sha256=found)


def commitment(subject: Subject) -> Check:
    """2: every value shown hashes to its digest, and the digests make the asset id. That values are canonical was seen before."""
    code, receipt = Code.COMMITMENT, subject.receipt
    for field in receipt.fields:
        if field.value is None or field.salt is None:
            continue
        if digest(field.salt, field.value) != field.digest:
            told = f"the value shown for {field.path} is not the one that was certified"
            return _invalid(code, told, field=field.path)
    if subject.values["asset.issuer"] != hex32(receipt.org):
        return _invalid(
            code, "the receipt's organisation is not the issuer in its own fields", field="asset.issuer"
        )
    told = f"{len(subject.values)} of {len(receipt.fields)} fields are shown, and all hash to the asset id"
    return _valid(code, told, asset_id=hex32(subject.asset_id))


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
    if (waiting := _not_final(state)) is not None:
        return _unknown(code, waiting, root=hex32(receipt.root))
    return _invalid(code, "this issuer has registered no such batch on this ledger", root=hex32(receipt.root))


def _not_final(state: Ledgered) -> Missing | None:
    """Why nothing can be said yet about a registration that no final block has."""
    if state.batch.registered_at or not state.batch_at_head:
        return None
    return Missing(Cause.NOT_FINAL, "registered, but not final yet: try again in a moment")


def issuer(subject: Subject) -> Check:
    """4: the account that registered the batch was a valid account key of the issuer at that block."""
    code, state = Code.ISSUER, subject.ledgered
    if isinstance(state, Missing):
        return _unknown(code, state)
    if (waiting := _not_final(state)) is not None:
        return _unknown(code, waiting)
    at, key = state.batch.registered_at, state.account_key
    if not at:
        return _invalid(code, "nobody registered this batch for the issuer", root=hex32(subject.receipt.root))
    evidence = {"account": state.batch.account, "registered_at": at}
    if key.org != subject.receipt.org or key.purpose is not Purpose.ACCOUNT:
        return _invalid(code, "the registering account is no account of the issuer", **evidence)
    if not key.valid_at(at):
        return _invalid(code, "the registering account was not valid at that block", **evidence)
    name = state.record.name if state.record else hex32(subject.receipt.org)
    return _valid(code, f"the account of {name} was valid when it registered", **evidence)


_SIGNER_KEYS = {
    "instrument": Purpose.INSTRUMENT,
    "inspector": Purpose.INSPECTOR,
    "witness": Purpose.WITNESS,
}
_SIGNER_ROLES = {"inspector": Role.INSPECTOR, "witness": Role.WITNESS}
_SIGNER_PARTS = ("key", "role", "signed_at", "signature")


def signers(subject: Subject) -> Check:
    """5: every signer's key is published, of the right organisation, valid at registration, and its signature holds."""
    code, state = Code.SIGNERS, subject.ledgered
    paths = [field.path for field in subject.receipt.fields if field.path.startswith("signer.")]
    if not paths:
        return _skipped(code, "nobody signed this document besides its issuer")
    numbers = sorted({path.split(".")[1] for path in paths})
    due = [f"signer.{number}.{part}" for number in numbers for part in _SIGNER_PARTS]
    if hidden := [path for path in due if path not in subject.values]:
        return _not_supplied(code, hidden)
    if isinstance(state, Missing):
        return _unknown(code, state)
    if (waiting := _not_final(state)) is not None:
        return _unknown(code, waiting)
    for number in numbers:
        parts = {part: subject.values[f"signer.{number}.{part}"] for part in _SIGNER_PARTS}
        if (fault := _signer_fault(subject, state, parts)) is not None:
            return _invalid(code, f"signer {number}: {fault}", signer=number, key=parts["key"])
    roles = ", ".join(subject.values[f"signer.{number}.role"] for number in numbers)
    told = f"signed by {roles}; every key was valid when the asset was registered"
    return _valid(code, told, signers=len(numbers))


def _signer_fault(subject: Subject, state: Ledgered, parts: Mapping[str, str]) -> str | None:
    published, role = state.keys.get(parse_hex32(parts["key"])), parts["role"]
    if published is None or published.key.purpose is not _SIGNER_KEYS[role]:
        return f"its key is not published for the role of {role}"
    if not published.key.valid_at(state.batch.registered_at):
        return "its key was not valid when the asset was registered"
    own = published.key.org == subject.receipt.org
    if own != (role == "instrument"):
        return f"its key is {'the issuer’s own' if own else 'of another organisation'}, which the role of {role} excludes"
    if role in _SIGNER_ROLES and not published.roles & _SIGNER_ROLES[role]:
        return f"its organisation is not admitted as {role}"
    sha256 = parse_hex32(subject.values["content.sha256"])
    statement = signer.message(role, subject.receipt.org, sha256, parts["signed_at"])
    if not signer.verify(published.public_key, parse_base64url(parts["signature"]), statement):
        return "the signature is not that of its key over this document"
    return None


def standing(subject: Subject) -> Check:
    """6: the issuer has neither suspended nor revoked the asset."""
    code, state = Code.STANDING, subject.ledgered
    if isinstance(state, Missing):
        return _unknown(code, state)
    if state.standing is Standing.GOOD:
        return _valid(code, "neither suspended nor revoked", standing="good")
    word = state.standing.name.lower()
    return _invalid(code, f"the issuer has {word} this asset", standing=word)


def identity(subject: Subject) -> Check:
    """7: the fingerprints follow from the disclosed identity under the ledger's key, and the seller is the issuer."""
    code, values = Code.FINGERPRINT, subject.values
    if subject.kind not in PLEDGEABLE:
        return _skipped(
            code, f"a document of kind {subject.kind} is evidence and never collateral", Cause.NOT_PLEDGEABLE
        )
    paths = [field.path for field in subject.receipt.fields]
    if hidden := [path for path in owed(subject.profile, paths) if path not in values]:
        return _not_supplied(code, hidden)
    if isinstance(subject.ledgered, Missing):
        return _unknown(code, subject.ledgered)
    if (record := subject.ledgered.record) is None:
        return _invalid(code, "the issuer was never admitted to this ledger", issuer=values["asset.issuer"])
    assessment = fingerprint.assess(
        subject.kind, subject.receipt.org, _legal_numbers(record), _facts(values), values["asset.format"]
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
    if not fingerprint.check(inputs, claimed, prf, key.public_key):
        return _invalid(code, "the fingerprints do not follow from the identity that is shown")
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
    shown = {name: value for name, value in committed.items() if value is not None}
    wrong = committed.keys() ^ document.facts.keys()
    wrong |= {name for name, value in shown.items() if document.facts.get(name) != value}
    if wrong:
        told = f"what the document says differs from what was certified: {', '.join(sorted(wrong)[:5])}"
        return _invalid(code, told, fields=sorted(wrong))
    if committed and not shown:
        return _unknown(code, Missing(Cause.NOT_GRANTED, "none of the certified facts is shown"))
    told = f"the document says the same: {len(shown)} of {len(committed)} certified facts compared"
    return _valid(code, told, compared=len(shown))


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
    if hidden := [path for path in paths if path not in subject.values]:
        return _not_supplied(code, hidden)
    waiting: list[Missing] = []
    for path in paths:
        earlier = subject.dossier.get(parse_hex32(subject.values[path]))
        evidence = {"field": path, "asset_id": subject.values[path]}
        if earlier is None or (fault := _link_fault(subject, path, earlier)) is not None:
            fault = fault if earlier is not None else "the paper it points to is not in the dossier"
            return _invalid(code, f"{path}: {fault}", None, **evidence)
        waiting += _uncertified(path, earlier)
    if waiting:
        return _unknown(code, waiting[0])
    papers = "paper" if len(paths) == 1 else "papers"
    return _valid(code, f"{len(paths)} earlier {papers} certified and consistent", links=len(paths))


# The facts that state an earlier paper's number, by relation: what a path must start and end with.
_STATED = {
    "orders": ("fact.order.", ".buyer_order_number"),
    "bills": ("fact.order_number", ""),
    "ships": ("fact.order_number", ""),
    "fulfils": ("fact.despatch_number", ""),
    "corrects": ("fact.corrects_number", ""),
}


def _link_fault(subject: Subject, path: str, earlier: Paper) -> str | None:
    relation, kind = path.split(".")[1], earlier.receipt.values["asset.kind"]
    if kind != RELATIONS[subject.kind, relation]:
        return f"a {subject.kind} cannot point with {relation} to a {kind}"
    report = earlier.report
    if report is None or any(
        # a lien takes nothing from what the paper says
        check.verdict is Verdict.INVALID and check.code is not Code.LIEN
        for check in report.checks
    ):
        return "the paper it points to is not valid itself"
    if relation not in _STATED:
        return None
    start, end = _STATED[relation]
    stated = [
        field for field in subject.receipt.fields if field.path.startswith(start) and field.path.endswith(end)
    ]
    number = next((field for field in earlier.receipt.fields if field.path == "fact.number"), None)
    if not stated or number is None:
        return None
    if number.value is None or any(field.value is None for field in stated):
        return "the numbers of the two papers are not shown"
    if _number(number.value) not in {_number(str(field.value)) for field in stated}:
        return f"it states number {stated[0].value}, the paper it points to has {number.value}"
    return None


def _number(value: str) -> str:
    return ident(value) or value


_CERTIFIED = (Code.COMMITMENT, Code.REGISTRATION, Code.ISSUER, Code.STANDING)


def _uncertified(path: str, earlier: Paper) -> list[Missing]:
    """Why it is not established that an earlier paper is certified: what its own report could not establish."""
    assert earlier.report is not None
    checks = [earlier.report.check(code) for code in _CERTIFIED]
    return [
        Missing(check.cause or Cause.UNSUPPORTED, f"{path}: {check.message}")
        for check in checks
        if check.verdict is not Verdict.VALID
    ]


def _facts(values: Mapping[str, str]) -> dict[str, str]:
    return {path.removeprefix("fact."): value for path, value in values.items() if path.startswith("fact.")}


def _legal_numbers(record: OrganisationRecord) -> tuple[str, ...]:
    """The part of the identifier after its scheme, and the aliases."""
    return tuple(number.partition(":")[2] for number in (record.identifier, *record.aliases))


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
