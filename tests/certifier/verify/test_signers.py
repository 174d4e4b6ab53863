"""Check 5: whose key it is, what it is for, whether it was valid when the asset was registered, and what it signed."""

from __future__ import annotations

import pytest

from certifier.verify import Cause, Code, Verdict
from ledger.membership import FOREVER, Purpose, Role
from tests.certifier.verify.workshop import Workshop, alone, invoice
from tests.ledger.world import account

PURPOSES = {"inspector": Purpose.INSPECTOR, "witness": Purpose.WITNESS, "instrument": Purpose.INSTRUMENT}
OWNERS = {"inspector": Role.INSPECTOR, "witness": Role.WITNESS}


def owner_of(shop: Workshop, role: str) -> str:
    """Who may hold a key for a role: the issuer its instruments', everybody else his own."""
    return shop.member(OWNERS[role]) if role in OWNERS else "M1"


@pytest.mark.parametrize("curve", ["ed25519", "p-256", "secp256k1"])
@pytest.mark.parametrize("role", list(PURPOSES))
def test_every_role_and_curve(shop: Workshop, role: str, curve: str) -> None:
    data = invoice()
    good = shop.statement(data, owner_of(shop, role), role, curve, purpose=PURPOSES[role])
    alone(shop.verify(shop.certify(data, signers=[good])), Code.SIGNERS, Verdict.VALID)
    forged = shop.statement(data, owner_of(shop, role), role, curve, purpose=PURPOSES[role], about=b"another")
    for signers in ([forged], [good, forged], [forged, good]):
        alone(shop.verify(shop.certify(data, signers=signers)), Code.SIGNERS, Verdict.INVALID)


@pytest.mark.parametrize("role", list(PURPOSES))
def test_a_key_published_for_something_else(shop: Workshop, role: str) -> None:
    for purpose in (Purpose.ENCRYPTION, *(other for name, other in PURPOSES.items() if name != role)):
        data = invoice()
        statement = shop.statement(data, owner_of(shop, role), role, purpose=purpose)
        alone(shop.verify(shop.certify(data, signers=[statement])), Code.SIGNERS, Verdict.INVALID)


@pytest.mark.parametrize("role", list(PURPOSES))
def test_a_key_of_the_wrong_organisation(shop: Workshop, role: str) -> None:
    """An instrument of another firm; an inspector or a witness who is the issuer himself."""
    data, wrong = invoice(), "M2" if role == "instrument" else "M1"
    statement = shop.statement(data, wrong, role, purpose=PURPOSES[role])
    alone(shop.verify(shop.certify(data, signers=[statement])), Code.SIGNERS, Verdict.INVALID)


@pytest.mark.parametrize("role", list(OWNERS))
def test_an_organisation_not_admitted_in_that_role(shop: Workshop, role: str) -> None:
    data = invoice()
    for admitted in (Role.LENDER, Role.WITNESS if role == "inspector" else Role.INSPECTOR):
        statement = shop.statement(data, shop.member(admitted), role, purpose=PURPOSES[role])
        alone(shop.verify(shop.certify(data, signers=[statement])), Code.SIGNERS, Verdict.INVALID)


def test_a_key_revoked_before_and_after(shop: Workshop) -> None:
    data, owner = invoice(), shop.member(Role.INSPECTOR)
    statement = shop.statement(data, owner)
    before = shop.certify(data, signers=[statement])
    key_id = bytes.fromhex(before.values["signer.0001.key"][2:])
    shop.clock.advance(5)  # times are whole seconds: in the same one, the key would not have been valid
    shop.world.writer.send(account(owner), shop.ledger.membership.revoke_key(key_id))
    after = shop.certify(data, signers=[statement])
    alone(shop.verify(before), Code.SIGNERS, Verdict.VALID)
    alone(shop.verify(after), Code.SIGNERS, Verdict.INVALID)


def test_a_key_valid_from_later_on(shop: Workshop) -> None:
    data, owner = invoice(), shop.member(Role.INSPECTOR)
    statement = shop.statement(data, owner, publish=False)
    shop.key(statement.public_key, owner, Purpose.INSPECTOR, start=shop.world.pin().timestamp + 10**6)
    alone(shop.verify(shop.certify(data, signers=[statement])), Code.SIGNERS, Verdict.INVALID)
    shop.key(statement.public_key, owner, Purpose.INSPECTOR, start=1, end=FOREVER)
    alone(shop.verify(shop.certify(data, signers=[statement])), Code.SIGNERS, Verdict.VALID)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("signer.0001.role", "witness"),
        ("signer.0001.signed_at", "2026-07-14T00:00:01Z"),
        ("signer.0001.signature", "A" * 86),
        ("signer.0001.signature", "AA"),
        ("signer.0001.signature", None),
    ],
)
def test_an_altered_statement(shop: Workshop, path: str, value: str | None) -> None:
    """The issuer commits to something else than what was signed, or to a part of it."""
    data = invoice()
    statement = shop.statement(data, shop.member(Role.INSPECTOR | Role.WITNESS))
    paper = shop.certify(data, signers=[statement], change={path: value})
    cause = None if value else Cause.NOT_SUPPLIED
    alone(shop.verify(paper), Code.SIGNERS, Verdict.INVALID, cause)


def test_numbers_with_a_gap(shop: Workshop) -> None:
    data = invoice()
    one, other = (shop.statement(data, shop.member(Role.INSPECTOR)) for _ in range(2))
    moved = {f"signer.0007.{name}": value for name, value in other.fields().items()}
    alone(shop.verify(shop.certify(data, signers=[one], change=moved)), Code.SIGNERS, Verdict.VALID)
    moved["signer.0007.signature"] = one.fields()["signature"]
    report = shop.verify(shop.certify(data, signers=[one], change=moved))
    alone(report, Code.SIGNERS, Verdict.INVALID)
    assert report.check(Code.SIGNERS).evidence["signer"] == "0007"


def test_not_registered_no_key_was_valid(shop: Workshop) -> None:
    data = invoice()
    paper = shop.certify(data, signers=[shop.statement(data, shop.member(Role.INSPECTOR))], register=False)
    assert shop.verify(paper).check(Code.SIGNERS).verdict is Verdict.INVALID
