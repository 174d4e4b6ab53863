"""Fingerprints of the business fact behind a document: one lock whatever file states it (COMMITMENT 7).

Which components identify an invoice or an order, whether it is pledgeable at all, their evaluation through
the consortium's service, and the check of a receipt's `prf`. Not the PRF itself (see `certifier.voprf`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from certifier.canonical import base64url, ident, parse_base64url
from certifier.errors import ProofRefusedError
from certifier.schema import PLEDGEABLE
from ledger.types import hex32, keccak, parse_hex32

if TYPE_CHECKING:
    from certifier import voprf

__all__ = [
    "E_FAPIAO",
    "Assessment",
    "Fingerprint",
    "Prf",
    "assess",
    "check",
    "component_facts",
    "components",
    "encode",
    "evaluate",
    "evaluate_many",
    "key_id",
]

Inputs = Mapping[str, tuple[str, ...]]
"""Path of a fingerprint → its label and components."""

E_FAPIAO = "e-fapiao"
"""The word of `asset.format` whose invoices carry no UNTDID type code."""
_TYPE_CODES = frozenset({"380", "393"})


class Prf(NamedTuple):
    """What lets a stranger check one fingerprint: key id, blind, evaluated element, the asset's proof."""

    key_id: bytes
    blind: bytes
    evaluated: bytes
    proof: bytes

    def to_json(self) -> dict[str, str]:
        """Members as in a receipt (COMMITMENT 10)."""
        parts = {"blind": self.blind, "evaluated": self.evaluated, "proof": self.proof}
        return {"key": hex32(self.key_id)} | {name: base64url(data) for name, data in parts.items()}

    @classmethod
    def from_json(cls, member: object) -> Prf:
        """The inverse. Raises ValueError or NotCanonicalError for any other members, sizes or spelling."""
        if not isinstance(member, dict) or set(member) != {"key", *_PRF_SIZES}:
            raise ValueError("members key, blind, evaluated and proof are due, and no others")
        if not all(isinstance(text, str) for text in member.values()):
            raise ValueError("its members are strings")
        parts = {name: parse_base64url(member[name]) for name in _PRF_SIZES}
        if wrong := [name for name, size in _PRF_SIZES.items() if len(parts[name]) != size]:
            raise ValueError(f"{wrong[0]} has {_PRF_SIZES[wrong[0]]} bytes, not {len(parts[wrong[0]])}")
        return cls(parse_hex32(member["key"]), **parts)


_PRF_SIZES = {"blind": 32, "evaluated": 32, "proof": 64}


class Fingerprint(NamedTuple):
    """A fingerprint's 32 bytes and its evidence."""

    value: bytes
    prf: Prf


@dataclass(frozen=True)
class Assessment:
    """What identifies a document, or why it is evidence and never collateral.

    `cause` is None, or `KIND`, `NOT_PLEDGEABLE_TYPE`, `SELLER_NOT_ISSUER`, `NO_IDENTITY` with empty `inputs`.
    """

    inputs: Inputs
    cause: str | None


def assess(
    kind: str, issuer: bytes, seller_numbers: Collection[str], facts: Mapping[str, str], format: str = ""
) -> Assessment:
    """Whether a document with these facts (no `fact.` prefix) is pledgeable by `issuer`, and its PRF inputs.

    `seller_numbers`: the part after the colon of the issuer's identifier and of each alias.
    """
    inputs: Inputs = {}
    cause = _cause(kind, seller_numbers, facts, format)
    if cause is None:
        inputs = components(kind, issuer, facts)
        cause = None if "fingerprint.exact" in inputs else "NO_IDENTITY"
    return Assessment({} if cause else inputs, cause)


def _cause(kind: str, seller_numbers: Collection[str], facts: Mapping[str, str], format: str) -> str | None:
    if kind not in PLEDGEABLE:
        return "KIND"
    if kind == "invoice" and not _invoice_type_is_pledgeable(facts, format):
        return "NOT_PLEDGEABLE_TYPE"
    seller = ident(facts.get("seller_id", ""))
    if seller is None:
        return "NO_IDENTITY"
    return None if seller in {ident(number) for number in seller_numbers} else "SELLER_NOT_ISSUER"


def _invoice_type_is_pledgeable(facts: Mapping[str, str], format: str) -> bool:
    total = facts.get("total", "0")
    positive = total != "0" and not total.startswith("-")
    return positive and (format == E_FAPIAO or facts.get("type_code") in _TYPE_CODES)


def components(kind: str, issuer: bytes, facts: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """Label and components of each fingerprint whose components the facts all state, ascending by path."""
    buyer, number = (ident(facts.get(name, "")) for name in ("buyer_id", "number"))
    if kind == "purchase-order":
        return _complete({"fingerprint.exact": _order(issuer, buyer, number)})
    if kind != "invoice":
        return {}
    currency, total = facts.get("currency"), facts.get("total")
    order = ident(facts.get("order_number", ""))
    return _complete(
        {
            "fingerprint.exact": ("assetcert/1/exact", "invoice", hex32(issuer), number),
            "fingerprint.loose.number": (
                *("assetcert/1/loose.number", hex32(issuer)),
                *(facts.get("issue_date"), currency, total),
            ),
            "fingerprint.loose.order": _order(issuer, buyer, order),
            "fingerprint.loose.seller": ("assetcert/1/loose.seller", buyer, number),
        }
    )


def _order(issuer: bytes, buyer: str | None, number: str | None) -> tuple[str | None, ...]:
    return ("assetcert/1/exact", "order", hex32(issuer), buyer, number)


def _complete(found: Mapping[str, tuple[str | None, ...]]) -> dict[str, tuple[str, ...]]:
    return {
        path: tuple(part for part in parts if part is not None)
        for path, parts in found.items()
        if None not in parts
    }


def component_facts(kind: str, paths: Collection[str]) -> set[str]:
    """The facts that the fingerprints at `paths` are made of; the issuer, disclosed always, is not among them."""
    exact = {"invoice": ("number",), "purchase-order": ("buyer_id", "number")}.get(kind, ())
    made_of = {
        "fingerprint.exact": exact,
        "fingerprint.loose.number": ("issue_date", "currency", "total"),
        "fingerprint.loose.order": ("buyer_id", "order_number"),
        "fingerprint.loose.seller": ("buyer_id", "number"),
    }
    return {name for path in paths for name in made_of[path]}


def encode(parts: Iterable[str]) -> bytes:
    """The PRF input: each component as two bytes of length, big-endian, and UTF-8."""
    raw = [part.encode() for part in parts]
    return b"".join(len(part).to_bytes(2, "big") + part for part in raw)


def key_id(public_key: bytes) -> bytes:
    """The id under which Membership knows the fingerprint key."""
    return keccak(public_key)


def evaluate(service: voprf.EvaluationService, organisation: bytes, inputs: Inputs) -> dict[str, Fingerprint]:
    """The fingerprints of one asset, ascending by path, under one batched proof."""
    return evaluate_many(service, organisation, [inputs])[0]


def evaluate_many(
    service: voprf.EvaluationService, organisation: bytes, batch: Sequence[Inputs]
) -> list[dict[str, Fingerprint]]:
    """The fingerprints of each asset of a batch, by one request; an asset without inputs gets none.

    Raises ProofRefusedError where the service's answer does not hold.
    """
    messages = [[encode(inputs[path]) for path in sorted(inputs)] for inputs in batch if inputs]
    if not messages:
        return [{} for _ in batch]
    asked = [_blinded(each) for each in messages]
    answers = service.evaluate(organisation, [elements for _, elements in asked])
    if len(answers) != len(asked):
        raise ProofRefusedError("the service answered another number of requests")
    public_key = service.public_key()
    done = (_finished(public_key, *each) for each in zip(messages, asked, answers, strict=True))
    return [dict(zip(sorted(inputs), next(done), strict=True)) if inputs else {} for inputs in batch]


_Asked = tuple[list[bytes], list[bytes]]


def _blinded(messages: Sequence[bytes]) -> _Asked:
    """Blinds, and blinded elements."""
    from certifier import voprf  # loading libsodium takes a tenth of a second, and most verbs need none

    pairs = [voprf.blind(message) for message in messages]
    return [scalar for scalar, _ in pairs], [element for _, element in pairs]


def _finished(
    public_key: bytes, messages: Sequence[bytes], asked: _Asked, answer: voprf.Evaluation
) -> list[Fingerprint]:
    from certifier import voprf

    (blinds, blinded), (evaluated, proof) = asked, answer
    voprf.verify_proof(public_key, blinded, evaluated, proof)
    outputs = voprf.finalize(messages, blinds, evaluated)
    key = key_id(public_key)
    return [
        Fingerprint(keccak(output), Prf(key, scalar, element, proof))
        for output, scalar, element in zip(outputs, blinds, evaluated, strict=True)
    ]


def check(inputs: Inputs, values: Mapping[str, bytes], prf: Mapping[str, Prf], public_key: bytes) -> bool:
    """Whether `prf` proves that `values` are the fingerprints of `inputs` under this key.

    All three must name the same paths: the proof covers an asset's fingerprints together. The blinded
    elements are computed again from the inputs, since a proof over others would prove nothing of these.
    """
    paths = sorted(inputs)
    if not paths or sorted(values) != paths or sorted(prf) != paths:
        return False
    evidence = tuple(prf[path] for path in paths)
    key, proof = key_id(public_key), evidence[0].proof
    if any(item.key_id != key or item.proof != proof for item in evidence):
        return False
    outputs = _outputs(tuple(encode(inputs[path]) for path in paths), evidence, public_key)
    return outputs == tuple(values[path] for path in paths)


@lru_cache(maxsize=4096)
def _outputs(messages: tuple[bytes, ...], evidence: tuple[Prf, ...], public_key: bytes) -> tuple[bytes, ...]:
    """What the evidence proves, nothing where it proves none. It follows from its arguments alone: the same receipt is reckoned once."""
    try:
        return tuple(map(keccak, _recomputed(messages, evidence, public_key)))
    except ProofRefusedError:
        return ()


def _recomputed(messages: Sequence[bytes], evidence: Sequence[Prf], public_key: bytes) -> list[bytes]:
    from certifier import voprf

    blinds, evaluated = [item.blind for item in evidence], [item.evaluated for item in evidence]
    blinded = [voprf.blind(message, scalar)[1] for message, scalar in zip(messages, blinds, strict=True)]
    voprf.verify_proof(public_key, blinded, evaluated, evidence[0].proof)
    return voprf.finalize(messages, blinds, evaluated)
