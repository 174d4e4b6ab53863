"""The twelve checks, one function each, over what was read before (DESIGN, Verification report).

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
    11 PLAUSIBILITY time, quantity and machine time agree
    12 INDEPENDENCE how many unrelated organisations signed

No function here reads a node or a store: `certifier.verify.observe` has done so, and what it could not establish reaches a check
as a cause, never as a value.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping

from certifier import signer
from certifier.canonical import parse_base64url
from certifier.commitment import digest
from certifier.documents import Document
from certifier.errors import ContentRefusedError
from certifier.merkle import leaf_hash, process_proof
from certifier.verify.collateral import identity, lien
from certifier.verify.corroborate import independence, plausibility
from certifier.verify.links import links
from certifier.verify.report import Cause, Check, Code
from certifier.verify.say import invalid, not_supplied, skipped, unknown, valid
from certifier.verify.subject import Ledgered, Missing, Subject
from ledger.assets import Standing
from ledger.membership import Purpose, Role
from ledger.types import hex32, parse_hex32

__all__ = ["CHECKS", "CheckFunction", "run"]

CheckFunction = Callable[[Subject], Check]


def content(subject: Subject) -> Check:
    """1: the plain FILE has the certified hash, or the encrypted content in the store is whole and of the certified size."""
    code, state, values = Code.CONTENT, subject.content, subject.values
    if isinstance(state, Missing):
        return unknown(code, state, cid=values["content.cid"])
    if isinstance(state, ContentRefusedError):
        return invalid(
            code, f"what was certified is no content anybody can open: {state}", cid=values["content.cid"]
        )
    if str(state.size) != values["content.bytes"]:
        told = f"{state.size} bytes here, {values['content.bytes'][:80]} were certified"
        return invalid(code, told, bytes=state.size, certified=values["content.bytes"])
    if not state.plain:
        whole = "the encrypted content in the store is whole and matches its CID"
        return valid(code, whole, cid=values["content.cid"])
    found, certified = hex32(state.sha256 or b""), values["content.sha256"]
    if found != certified:
        told = "the document differs from the certified one in at least one byte"
        return invalid(code, told, sha256=found, certified=certified)
    return valid(code, "the document is byte for byte the certified one", sha256=found)


def commitment(subject: Subject) -> Check:
    """2: every value shown hashes to its digest, and the digests make the asset id. That values are canonical was seen before."""
    code, receipt = Code.COMMITMENT, subject.receipt
    for field in receipt.fields:
        if field.value is None or field.salt is None:
            continue
        if digest(field.salt, field.value) != field.digest:
            told = f"the value shown for {field.path} is not the one that was certified"
            return invalid(code, told, field=field.path)
    if subject.values["asset.issuer"] != hex32(receipt.org):
        return invalid(
            code, "the receipt's organisation is not the issuer in its own fields", field="asset.issuer"
        )
    told = f"{len(subject.values)} of {len(receipt.fields)} fields are shown, and all hash to the asset id"
    return valid(code, told, asset_id=hex32(subject.asset_id))


def registration(subject: Subject) -> Check:
    """3: the asset id leads to the receipt's root, and the issuer has registered that root."""
    code, receipt = Code.REGISTRATION, subject.receipt
    if process_proof(leaf_hash(subject.asset_id), receipt.batch_proof) != receipt.root:
        return invalid(code, "the asset is not in the batch that the receipt names", root=hex32(receipt.root))
    state = subject.ledgered
    if isinstance(state, Missing):
        return unknown(code, state)
    if state.batch.registered_at:
        told = f"registered by its issuer in a batch of {state.batch.count:,}"
        evidence: dict[str, object] = {
            "root": hex32(receipt.root),
            "registered_at": state.batch.registered_at,
        }
        if (hint := receipt.hint) is not None:  # where to look: the receipt's word, which no verdict rests on
            evidence["receipt_names"] = {"block": hint.block, "transaction": hex32(hint.transaction)}
        return valid(code, told, **evidence)
    if (waiting := _not_final(state)) is not None:
        return unknown(code, waiting, root=hex32(receipt.root))
    return invalid(code, "this issuer has registered no such batch on this ledger", root=hex32(receipt.root))


def _not_final(state: Ledgered) -> Missing | None:
    """Why nothing can be said yet about a registration that no final block has."""
    if state.batch.registered_at or not state.batch_at_head:
        return None
    return Missing(Cause.NOT_FINAL, "registered, but not final yet: try again in a moment")


def issuer(subject: Subject) -> Check:
    """4: the account that registered the batch was a valid account key of the issuer then."""
    code, state = Code.ISSUER, subject.ledgered
    if isinstance(state, Missing):
        return unknown(code, state)
    if (waiting := _not_final(state)) is not None:
        return unknown(code, waiting)
    at, key = state.batch.registered_at, state.account_key
    if not at:
        return invalid(code, "nobody registered this batch for the issuer", root=hex32(subject.receipt.root))
    evidence = {"account": state.batch.account, "registered_at": at}
    if key is None or (key.key.org, key.key.purpose) != (subject.receipt.org, Purpose.ACCOUNT):
        return invalid(code, "the registering account is no account of the issuer", **evidence)
    if not key.acted(at):
        return invalid(code, "the registering account was not valid at that block", **evidence)
    name = state.record.name if state.record else hex32(subject.receipt.org)
    return valid(code, f"the account of {name} was valid when it registered", **evidence)


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
        return skipped(code, "nobody signed this document besides its issuer")
    numbers = sorted({path.split(".")[1] for path in paths})
    due = [f"signer.{number}.{part}" for number in numbers for part in _SIGNER_PARTS]
    if hidden := [path for path in due if path not in subject.values]:
        return not_supplied(code, hidden)
    if isinstance(state, Missing):
        return unknown(code, state)
    if (waiting := _not_final(state)) is not None:
        return unknown(code, waiting)
    for number in numbers:
        parts = {part: subject.values[f"signer.{number}.{part}"] for part in _SIGNER_PARTS}
        if (fault := _signer_fault(subject, state, parts)) is not None:
            return invalid(code, f"signer {number}: {fault}", signer=number, key=parts["key"])
    roles = ", ".join(subject.values[f"signer.{number}.role"] for number in numbers)
    told = f"signed by {roles}; every key was valid when the asset was registered"
    return valid(code, told, signers=len(numbers))


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
        return unknown(code, state)
    if state.standing is Standing.GOOD:
        return valid(code, "neither suspended nor revoked", standing="good")
    word = state.standing.name.lower()
    return invalid(code, f"the issuer has {word} this asset", standing=word)


_TABLES = ("csv", "xlsx")


def facts(subject: Subject) -> Check:
    """9: the facts read again from FILE equal the certified ones, as far as these are shown."""
    code, document = Code.FACTS, subject.document
    if subject.kind == "other":
        return skipped(code, "certified by its bytes: no facts were read from it")
    if isinstance(document, Missing):
        return unknown(code, document)
    if not isinstance(document, Document):
        return invalid(code, f"the document cannot be read: {document}", error=document.code)
    if document.kind == "other" and subject.values["asset.format"] in _TABLES:
        told = (
            "a table of the issuer's own that no declared profile here reads: give the profile it was read by"
        )
        return unknown(code, Missing(Cause.UNSUPPORTED, told))
    if (document.kind, document.format) != (subject.kind, subject.values["asset.format"]):
        return invalid(
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
        return invalid(code, told, fields=sorted(wrong))
    if committed and not shown:
        return unknown(code, Missing(Cause.NOT_GRANTED, "none of the certified facts is shown"))
    told = f"the document says the same: {len(shown)} of {len(committed)} certified facts compared"
    return valid(code, told, compared=len(shown))


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
    Code.PLAUSIBILITY: plausibility,
    Code.INDEPENDENCE: independence,
}


def run(subject: Subject, codes: Collection[Code] = CHECKS.keys()) -> Iterator[Check]:
    """All twelve checks in order, or those of `codes`, one at a time."""
    for code, function in CHECKS.items():
        if code in codes:
            yield function(subject)
