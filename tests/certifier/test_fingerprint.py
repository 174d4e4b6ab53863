"""Fingerprints: components, causes, what the service sees, and the check a stranger makes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from certifier import fingerprint, voprf
from certifier.errors import ProofRefusedError
from certifier.fingerprint import Prf
from ledger.types import hex32, keccak

ISSUER = keccak(b"CN-USCC:91500000MA5U0ABC12")
SELLER = "91500000MA5U0ABC12"
INVOICE = {
    "number": "INV-2026/42",
    "issue_date": "2026-07-12",
    "type_code": "380",
    "currency": "CNY",
    "seller_id": SELLER,
    "buyer_id": "9150-0000-0000-0011 5b",
    "order_number": "PO 4711",
    "total": "104208.6",
}
ORDER = {"number": "po-4711", "seller_id": SELLER, "buyer_id": "91500000000000115B", "total": "5"}
FOUR = [
    "fingerprint.exact",
    "fingerprint.loose.number",
    "fingerprint.loose.order",
    "fingerprint.loose.seller",
]


def assess(
    kind: str = "invoice", facts: dict[str, str] | None = None, **other: str
) -> fingerprint.Assessment:
    return fingerprint.assess(kind, ISSUER, [SELLER], (INVOICE if facts is None else facts) | other)


def without(*names: str) -> dict[str, str]:
    return {name: value for name, value in INVOICE.items() if name not in names}


def test_components_of_an_invoice() -> None:
    assert assess().inputs == {
        "fingerprint.exact": ("assetcert/1/exact", "invoice", hex32(ISSUER), "INV202642"),
        "fingerprint.loose.number": (
            "assetcert/1/loose.number",
            hex32(ISSUER),
            "2026-07-12",
            "CNY",
            "104208.6",
        ),
        "fingerprint.loose.order": (
            "assetcert/1/exact",
            "order",
            hex32(ISSUER),
            "91500000000000115B",
            "PO4711",
        ),
        "fingerprint.loose.seller": ("assetcert/1/loose.seller", "91500000000000115B", "INV202642"),
    }


def test_evidence_has_no_components() -> None:
    assert fingerprint.components("credit-note", ISSUER, INVOICE) == {}


def test_an_order_is_what_its_invoice_matches_loosely() -> None:
    order = assess("purchase-order", ORDER).inputs
    assert list(order) == ["fingerprint.exact"]
    assert order["fingerprint.exact"] == assess().inputs["fingerprint.loose.order"]


def test_the_encoding_cannot_be_shifted() -> None:
    assert fingerprint.encode(("ab", "c")) == b"\x00\x02ab\x00\x01c"
    assert fingerprint.encode(("ab", "c")) != fingerprint.encode(("a", "bc"))
    assert fingerprint.encode(("发票",)) == b"\x00\x06" + "发票".encode()


@pytest.mark.parametrize(
    ("made", "cause"),
    [
        (assess(), None),
        (assess(type_code="393"), None),
        (assess(type_code="381"), "NOT_PLEDGEABLE_TYPE"),
        (assess(type_code="389"), "NOT_PLEDGEABLE_TYPE"),
        (assess(facts=without("type_code")), "NOT_PLEDGEABLE_TYPE"),
        (assess(total="0"), "NOT_PLEDGEABLE_TYPE"),
        (assess(total="-5"), "NOT_PLEDGEABLE_TYPE"),
        (assess(facts=without("total")), "NOT_PLEDGEABLE_TYPE"),
        (assess(seller_id="91500000000000211L"), "SELLER_NOT_ISSUER"),
        (assess(facts=without("seller_id")), "NO_IDENTITY"),
        (assess(facts=without("number")), "NO_IDENTITY"),
        (assess(number="№ А-1"), "NO_IDENTITY"),
        (assess("purchase-order", {"number": "1", "seller_id": SELLER}), "NO_IDENTITY"),
        (assess("purchase-order", ORDER | {"seller_id": "X"}), "SELLER_NOT_ISSUER"),
        (assess("credit-note"), "KIND"),
        (assess("work-order", {}), "KIND"),
    ],
)
def test_causes(made: fingerprint.Assessment, cause: str | None) -> None:
    assert made.cause == cause
    assert bool(made.inputs) is (cause is None)


def test_an_e_fapiao_needs_no_type_code() -> None:
    facts = without("type_code")
    assert fingerprint.assess("invoice", ISSUER, [SELLER], facts, fingerprint.E_FAPIAO).cause is None
    assert fingerprint.assess("invoice", ISSUER, [SELLER], facts, "ubl").cause == "NOT_PLEDGEABLE_TYPE"


def test_an_alias_of_the_issuer_is_the_issuer() -> None:
    for number in ("de 123.456", "DE123456"):
        assert (
            fingerprint.assess("invoice", ISSUER, ["X", "DE123456"], INVOICE | {"seller_id": number}).cause
            is None
        )


@pytest.mark.parametrize(
    ("lacking", "left"),
    [
        ("order_number", {"exact", "loose.number", "loose.seller"}),
        ("buyer_id", {"exact", "loose.number"}),
        ("issue_date", {"exact", "loose.order", "loose.seller"}),
        ("currency", {"exact", "loose.order", "loose.seller"}),
    ],
)
def test_a_loose_one_with_a_missing_component_is_left_out(lacking: str, left: set[str]) -> None:
    assert set(assess(facts=without(lacking)).inputs) == {f"fingerprint.{name}" for name in left}


@pytest.mark.parametrize(
    ("edit", "same"),
    [
        ({"total": "104208.61"}, {"exact", "loose.order", "loose.seller"}),
        ({"issue_date": "2026-07-13"}, {"exact", "loose.order", "loose.seller"}),
        ({"number": "INV-2026/43"}, {"loose.number", "loose.order"}),
        ({"number": " inv２０２６42 "}, {"exact", "loose.number", "loose.order", "loose.seller"}),
        ({"buyer_name": "another spelling"}, {"exact", "loose.number", "loose.order", "loose.seller"}),
    ],
)
def test_what_an_edit_of_the_file_changes(edit: dict[str, str], same: set[str]) -> None:
    service = voprf.LocalEvaluation(bytes(32))
    one, other = (fingerprint.evaluate(service, ISSUER, assess(**changed).inputs) for changed in ({}, edit))
    assert {path for path in FOUR if one[path].value == other[path].value} == {
        f"fingerprint.{n}" for n in same
    }


class Watched:
    """A service that keeps what it saw, by the observer that a registrar's log uses."""

    def __init__(self) -> None:
        self.seen: list[bytes] = []
        self.service = voprf.LocalEvaluation(bytes(32), self._note)

    def _note(self, organisation: bytes, blinded: Sequence[bytes]) -> None:
        assert organisation == ISSUER
        self.seen += blinded


def test_the_service_sees_no_input_and_no_repeat() -> None:
    watched = Watched()
    inputs = assess().inputs
    first = fingerprint.evaluate(watched.service, ISSUER, inputs)
    again = fingerprint.evaluate_many(watched.service, ISSUER, [inputs] * 9)
    assert len(watched.seen) == 4 * 10 == len(set(watched.seen))
    unblinded = {voprf.hash_to_group(fingerprint.encode(parts)) for parts in inputs.values()}
    assert not unblinded & set(watched.seen)
    told = b"".join(watched.seen)
    for parts in inputs.values():
        assert all(part.encode() not in told for part in parts)
    for other in again:
        assert {path: found.value for path, found in other.items()} == {
            path: found.value for path, found in first.items()
        }


def test_a_batch_keeps_its_places() -> None:
    service = voprf.LocalEvaluation(bytes(32))
    inputs = [assess(number=f"N{number}").inputs if number % 3 else {} for number in range(13)]
    found = fingerprint.evaluate_many(service, ISSUER, inputs)
    for one, prints in zip(inputs, found, strict=True):
        assert sorted(one) == list(prints)
        assert not one or valid(one, prints, service.public_key())
    assert fingerprint.evaluate_many(service, ISSUER, []) == []


def valid(inputs: Any, prints: Any, public_key: bytes) -> bool:
    values = {path: found.value for path, found in prints.items()}
    return fingerprint.check(inputs, values, {path: found.prf for path, found in prints.items()}, public_key)


def test_check_refuses_every_altered_part() -> None:
    service = voprf.LocalEvaluation(bytes(32))
    inputs, key = dict(assess().inputs), service.public_key()
    prints = fingerprint.evaluate(service, ISSUER, inputs)
    assert valid(inputs, prints, key)
    assert len({found.prf.proof for found in prints.values()}) == 1
    stranger = fingerprint.evaluate(
        service, ISSUER, assess(number="X1", buyer_id="B", order_number="O").inputs
    )
    for path in FOUR:
        altered = prints[path].prf
        for prf in (
            altered._replace(key_id=bytes(32)),
            altered._replace(blind=altered.evaluated),
            altered._replace(evaluated=altered.blind),
            altered._replace(proof=stranger[path].prf.proof),
            stranger[path].prf,
        ):
            assert not valid(inputs, prints | {path: prints[path]._replace(prf=prf)}, key), prf
        assert not valid(inputs, prints | {path: prints[path]._replace(value=bytes(32))}, key)
        assert not valid(inputs | {path: (*inputs[path], "more")}, prints, key)
        assert not valid(inputs, {p: found for p, found in prints.items() if p != path}, key)
    assert not valid(inputs, prints, voprf.LocalEvaluation(b"\x01" * 32).public_key())
    assert not valid({}, {}, key)


def test_a_blinded_element_that_is_claimed_proves_nothing() -> None:
    """The trap: an honest evaluation of one invoice, with the blind bent so that the element stays, passed for another."""
    service = voprf.LocalEvaluation(bytes(32))
    honest = assess().inputs
    prints = fingerprint.evaluate(service, ISSUER, honest)
    other = assess(number="FORGED").inputs
    outputs = {
        path: voprf.finalize([fingerprint.encode(other[path])], [found.prf.blind], [found.prf.evaluated])[0]
        for path, found in prints.items()
    }
    forged = {path: prints[path]._replace(value=keccak(output)) for path, output in outputs.items()}
    assert not valid(other, forged, service.public_key())


class Lying:
    """A service that evaluates under another key than it publishes, or answers too little."""

    def __init__(self, *, short: bool) -> None:
        self._inner, self._short = voprf.LocalEvaluation(b"\x02" * 32), short

    def public_key(self) -> bytes:
        return voprf.LocalEvaluation(bytes(32)).public_key()

    def evaluate(
        self, organisation: bytes, batches: Sequence[Sequence[bytes]]
    ) -> tuple[voprf.Evaluation, ...]:
        answers = self._inner.evaluate(organisation, batches)
        return answers[:-1] if self._short else answers


@pytest.mark.parametrize("short", [True, False])
def test_a_lying_service_is_found_out(short: bool) -> None:
    with pytest.raises(ProofRefusedError):
        fingerprint.evaluate_many(Lying(short=short), ISSUER, [assess().inputs] * 2)


def test_published_vectors(vectors: Any) -> None:
    file = vectors("fingerprints")
    key = bytes.fromhex(file["key"]["public_key"])
    for asset in file["assets"]:
        inputs = fingerprint.components(asset["kind"], bytes.fromhex(file["issuer"][2:]), asset["facts"])
        expected = {one["path"]: one for one in asset["fingerprints"]}
        assert {path: list(parts) for path, parts in inputs.items()} == {
            path: one["components"] for path, one in expected.items()
        }
        prf = {
            path: Prf(
                fingerprint.key_id(key),
                bytes.fromhex(one["blind"]),
                bytes.fromhex(one["evaluated"]),
                bytes.fromhex(asset["proof"]),
            )
            for path, one in expected.items()
        }
        values = {path: bytes.fromhex(one["fingerprint"][2:]) for path, one in expected.items()}
        assert fingerprint.check(inputs, values, prf, key)


def test_prf_has_one_spelling() -> None:
    service = voprf.LocalEvaluation(bytes(32))
    prf = fingerprint.evaluate(service, ISSUER, assess().inputs)["fingerprint.exact"].prf
    member = prf.to_json()
    assert Prf.from_json(member) == prf
    for altered in (
        member | {"blind": member["blind"] + "="},
        member | {"proof": member["blind"]},
        member | {"key": member["key"].upper()},
        member | {"more": ""},
        {name: value for name, value in member.items() if name != "key"},
        member | {"key": 5},
        [],
    ):
        with pytest.raises(Exception, match=r".") as refusal:
            Prf.from_json(altered)
        assert isinstance(refusal.value, ValueError) or type(refusal.value).__name__ == "NotCanonicalError"


def test_component_facts_are_those_of_the_components() -> None:
    facts = fingerprint.component_facts("invoice", FOUR)
    assert facts == set(INVOICE) - {"seller_id", "type_code"}
    for name in facts:
        assert assess(facts=without(name)).inputs.keys() != assess().inputs.keys()
