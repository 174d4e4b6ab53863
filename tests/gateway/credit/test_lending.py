"""Applications in a home with a real ledger: consent, one block, a record that stands on the ledger, its replay; products by two people."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import cast

import pytest

from gateway.credit.decision import Loans
from gateway.credit.products import Product, default_rules, default_scorecard, defaults
from gateway.credit.review import Terms
from gateway.db import credit, listing
from gateway.errors import ConflictError, ForbiddenError, NotFoundError, UnreadableError, UsageError
from gateway.home import Home
from gateway.installation import Installation
from gateway.service import applying, indexing, loans, products, receiving, revoking
from gateway.service.applying import Order
from gateway.service.examining import Examiner
from gateway.service.lending import Lending
from gateway.service.own import own_asset
from gateway.service.recording import Case, anchor, record_of, row_of, stored
from gateway.service.reviewing import Opinion, review
from ledger import embedded
from ledger.access import grant_id
from ledger.account import recover
from ledger.host import Host
from ledger.types import hex32, parse_hex32
from tests.gateway.conftest import PASSPHRASE, World

ASK = Order(Decimal(600_000), 90, key="first")


@pytest.fixture(scope="module")
def home(made: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """A copy of the small world with the shipped products published; tests here share it."""
    place = tmp_path_factory.mktemp("credit") / "home"
    shutil.copytree(made.home, place)
    with embedded.open(place), Installation.open(Home(place), lambda: PASSPHRASE) as installation:
        products.publish_defaults(installation)
        yield installation


@pytest.fixture(scope="module")
def lending(home: Installation) -> Lending:
    found = Lending(home)
    assert found.prepare(home.book.find("M1")) == 5
    return found


@pytest.fixture(scope="module")
def answer(home: Installation, lending: Lending) -> dict[str, object]:
    return lending.apply(home.book.find("M1"), ASK, "m1-signatory")


def only(home: Installation, lender: str, answer: dict[str, object]) -> str:
    decisions = answer["decisions"]
    assert isinstance(decisions, list)
    return next(one["decision_id"] for one in decisions if one["lender"] == home.book.find(lender).hex)


def test_one_job_is_too_little_and_says_so(home: Installation, answer: dict[str, object]) -> None:
    assert answer["outcome"] == "decline" and answer["amount"] == "0" and answer["offers"] == []
    reasons = answer["reasons"]
    assert isinstance(reasons, list) and any("history" in one["en"] for one in reasons)
    decisions = answer["decisions"]
    assert isinstance(decisions, list) and len(decisions) == 2
    assert all(one["anchored_as"] for one in decisions)
    assert {one["lender"] for one in decisions} == {home.book.find("L1").hex, home.book.find("L2").hex}


def test_no_lender_reads_of_another(home: Installation, lending: Lending, answer: dict[str, object]) -> None:
    own, other = home.book.find("L1"), home.book.find("L2")
    record = json.loads(row_of(home, only(home, "L1", answer)).record)
    assert {one["code"] for one in record["products"]} == {"L1-AR", "L1-CR"}
    consent = record["off_chain"]["consent"]
    assert consent["grantees"] == sorted(
        (own.hex, other.hex)
    )  # whom the applicant asked is its own consent's to say
    del record["off_chain"]["consent"], record["application"]
    assert other.hex not in json.dumps(record) and other.name not in json.dumps(record, ensure_ascii=False)


def test_the_consent_is_signed_and_granted_on_the_ledger(
    home: Installation, lending: Lending, answer: dict[str, object]
) -> None:
    consent = json.loads(row_of(home, only(home, "L1", answer)).record)["off_chain"]["consent"]
    hashed = applying.statement(home.ledger, consent).digest
    assert recover(hashed, bytes.fromhex(consent["signature"][2:])) == consent["address"]
    assert consent["purpose"] == "decision on a loan of 600000 for 90 days" and consent["count"] == 5
    scope, until = (
        parse_hex32(consent["scope"]),
        int(datetime.fromisoformat(consent["expires_at"]).timestamp()),
    )
    owner, lenders = home.book.find("M1").id, map(parse_hex32, consent["grantees"])
    ids = {hex32(grant_id(owner, one, scope, hashed, until)) for one in lenders}
    indexing.sync(home)
    with home.database.session() as session:
        assert {one.subject for one in listing.accesses_on(session, ids)} == ids


def test_replay_is_identical_whatever_comes_later(
    home: Installation, lending: Lending, answer: dict[str, object]
) -> None:
    decision = only(home, "L1", answer)
    first = lending.replay(decision)
    assert first.identical and first.anchored
    revoked = json.loads(row_of(home, decision).record)["inputs"][0]["asset_id"]
    revoking.revoke(home, home.book.find("M1"), own_asset(home, home.book.find("M1"), revoked))
    again = Lending(home).replay(decision)
    assert again.identical and again.block == first.block
    later = lending.apply(home.book.find("M1"), Order(Decimal(600_000), 90), "m1-signatory", anchored=False)
    record = json.loads(row_of(home, only(home, "L1", later)).record)
    (standing,) = [one["checks"]["STANDING"] for one in record["inputs"] if one["asset_id"] == revoked]
    assert standing == "INVALID" and record["previous"] == decision


def test_a_changed_record_is_found(home: Installation, lending: Lending, answer: dict[str, object]) -> None:
    decision = only(home, "L2", answer)
    with home.database.session() as session:
        row = session.get(credit.CreditDecision, decision)
        assert row is not None
        kept, record = row.record, json.loads(row.record)
        record["score"] += 100
        row.record = json.dumps(record)
    found = lending.replay(decision)
    with home.database.session() as session:
        session.get(credit.CreditDecision, decision).record = kept  # type: ignore[union-attr]
    assert {path for path, _, _ in found.differences} == {"digest", "score"} and not found.anchored
    assert lending.replay(decision).identical


def test_the_same_key_is_the_same_application(
    home: Installation, lending: Lending, answer: dict[str, object]
) -> None:
    assert lending.apply(home.book.find("M1"), ASK, "m1-signatory") == answer
    with pytest.raises(ConflictError, match="asks for something else"):
        lending.apply(home.book.find("M1"), Order(Decimal(1), 90, key="first"), "m1-signatory")


def test_documents_that_nobody_has_read_refer(home: Installation) -> None:
    """M2's papers were never prepared: what cannot be checked is said, and nothing is approved."""
    answer = Lending(home).apply(
        home.book.find("M2"), Order(Decimal(100_000), 60), "m2-signatory", anchored=False
    )
    record = json.loads(row_of(home, only(home, "L1", answer)).record)
    assert any("CONTENT NOT_GRANTED" in one for one in record["off_chain"]["unknown"])
    assert "R03" in {hit["code"] for hit in record["hits"]} and answer["outcome"] != "approve"


def test_what_no_product_asks_for_may_be_unknown(home: Installation) -> None:
    strict = defaults()[0]
    lenient = Product.of(
        {**strict.body, "required_checks": ["COMMITMENT", "REGISTRATION", "ISSUER", "STANDING"]}
    )
    seen = [Examiner(home).examine(home.book.find("M2"), (one,)).vetted for one in (strict, lenient)]
    assert seen[0].unknown and not seen[0].papers
    assert not seen[1].unknown and seen[1].papers


@pytest.mark.parametrize(
    ("order", "match"),
    [
        (
            Order(Decimal(600_000), 90, products=["L9-XX"]),
            "L9-XX: no such loan product is offered; there are",
        ),
        (Order(Decimal(600_000), 90, products=["L1-AR", "L9-XX"]), "L9-XX"),
        (Order(Decimal(600_000), 90, products=[]), "an empty list"),
        (Order(Decimal(600_000), 90, offered=["0x" + "ab" * 32]), "certified no such paper"),
        (Order(Decimal(0), 90), "above nothing"),
    ],
)
def test_what_does_not_exist_is_not_asked_for(home: Installation, order: Order, match: str) -> None:
    with pytest.raises(UsageError, match=match):
        applying.submit(home, home.book.find("M1"), order, "m1-signatory")


def test_a_consent_that_has_ended_or_names_another_lender_declines(
    home: Installation, answer: dict[str, object]
) -> None:
    record, own, examiner = json.loads(row_of(home, only(home, "L1", answer)).record), defaults()[:2], Examiner(home)  # fmt: skip
    consent, seen = record["off_chain"]["consent"], examiner.examine(home.book.find("M1"), own)
    for change, declines in (
        ({}, False),
        ({"expires_at": "2026-01-01T00:00:00Z"}, True),
        ({"grantees": [home.book.find("L2").hex]}, True),
    ):
        case = Case("dec", "app", record["application"], consent | change, own, default_scorecard(), default_rules(), Loans(), (), None)  # fmt: skip
        made = record_of(case, seen, examiner.contracts)
        assert ("K09" in {hit["code"] for hit in made["hits"]}) is declines


def test_products_take_two_people(home: Installation) -> None:
    lender, body = home.book.find("L1"), defaults()[0].body
    next_year = Product.of({**body, "version": 2, "valid_from": "2027-01-01", "valid_to": "2027-12-31"})
    products.propose(home, lender, next_year, "l1-risk")
    with pytest.raises(ForbiddenError, match="somebody else"):
        products.publish(home, lender, next_year.id, "l1-risk")
    assert next_year.id not in {one.id for one in products.published(home)}
    with pytest.raises(NotFoundError):
        products.publish(home, home.book.find("L2"), next_year.id, "l2-approver")
    assert products.publish(home, lender, next_year.id, "l1-approver").id == next_year.id
    with pytest.raises(ConflictError, match="holds from"):
        products.propose(home, lender, Product.of({**body, "version": 3}), "l1-risk")
    with pytest.raises(UsageError, match="not of L2"):
        products.propose(home, home.book.find("L2"), next_year, "l2-risk")
    assert products.publish_defaults(home) == ()


def test_what_was_refused_or_withdrawn_is_never_published(home: Installation) -> None:
    lender, body = home.book.find("L1"), defaults()[0].body
    draft, stood = (
        Product.of({**body, "product_code": code, "valid_from": "2027-01-01", "valid_to": "2027-12-31"})
        for code in ("L1-NO", "L1-OVER")
    )
    for one in (draft, stood):
        products.propose(home, lender, one, "l1-risk")
    products.refuse(home, lender, draft.id, "l1-approver")
    products.publish(home, lender, stood.id, "l1-approver")
    products.withdraw(home, lender, stood.id, "l1-risk")
    for one in (draft, stood):
        with pytest.raises(ConflictError, match="decided on already"):
            products.publish(home, lender, one.id, "l1-approver")
    assert not {draft.id, stood.id} & {one.id for one in products.published(home)}


def test_a_simulation_decides_nothing(home: Installation, answer: dict[str, object]) -> None:
    found = products.simulate(home, home.book.find("L1"), defaults()[0])
    assert (
        found["decisions"] >= 1
        and found["passed"] == 0
        and sum(found["reasons"].values()) == found["decisions"]
    )


def test_a_persons_word_is_a_record_of_its_own(
    home: Installation, lending: Lending, answer: dict[str, object]
) -> None:
    decision, lender = only(home, "L1", answer), home.book.find("L1")

    def say(org: str, opinion: Opinion, of: str = decision) -> credit.CreditDecision:
        return review(home, home.book.find(org), of, opinion, f"{org.lower()}-officer", "officer")

    with pytest.raises(UsageError, match="say why"):
        say("L1", Opinion("decline", "D1", " "))
    with pytest.raises(UsageError, match="one of its codes"):
        say("L1", Opinion("decline", "A1", "seen"))
    with pytest.raises(NotFoundError):
        say("L2", Opinion("decline", "D1", "seen"))
    with pytest.raises(ConflictError, match="no product"):
        say("L1", Opinion("approve", "A1", "known for years"))
    secured = next(one.id for one in products.published(home, lender) if not one.unsecured)
    with pytest.raises(UsageError, match="rate for these points"):
        say("L1", Opinion("counter", "C1", "less", Terms(secured, Decimal(50_000), 90)))
    made = say("L1", Opinion("decline", "D1", "too little"))
    record = json.loads(made.record)
    assert made.outcome == "decline" and made.reviews == decision and not record["automated"]
    assert [(one["who"], one["code"], one["text"]) for one in record["human"]] == [
        ("l1-officer", "D1", "too little")
    ]
    assert record["reviews"] == {"decision_id": decision, "digest": row_of(home, decision).digest}
    anchor(home, [made.decision_id])
    found = lending.replay(made.decision_id)
    assert found.identical and found.anchored
    with pytest.raises(ConflictError, match="open the case again"):
        say("L1", Opinion("refer", "E2", "papers first"))
    handed_on = say("L1", Opinion("refer", "E2", "papers first"), made.decision_id)
    assert handed_on.outcome == "refer" and [
        one["outcome"] for one in json.loads(handed_on.record)["human"]
    ] == ["decline", "refer"]
    with home.database.session() as session:
        stand = credit.decisions_of(session, made.application_id)
    assert {one.decision_id for one in stand} == {handed_on.decision_id, only(home, "L2", answer)}


class Meanwhile:
    """A home's node on whose clock somebody else acts, once, between what an act reads and what it writes."""

    def __init__(self, node: Host, act: Callable[[], object]) -> None:
        self._node, self._acts = node, [act]
        self.url, self.writer, self.clock = node.url, node.writer, self

    def now(self) -> int:
        """Business time."""
        if self._acts:
            self._acts.pop()()
        return self._node.clock.now()


def meanwhile(home: Installation, act: Callable[[], object]) -> Installation:
    """The home in which somebody is quicker."""
    return Installation(home.home, cast(Host, Meanwhile(home.node, act)), home.keys)


@pytest.fixture(scope="module")
def approved(home: Installation) -> str:
    """An application of M2 with two unsecured offers, of L1 and of L2; fees of 250 are added to the loan."""
    ours = next(one for one in products.published(home) if one.unsecured)
    theirs = Product.of({**ours.body, "lender": home.book.find("L2").identifier, "product_code": "L2-CR"})
    products.propose(home, home.book.find("L2"), theirs, "l2-risk")
    line = {"due": "2026-12-01", "principal": "50250.00", "interest": "502.50"}
    said = {"amount": "50000", "rate_bps": 600, "days": 60, "schedule": [line]}
    records = [
        {"decision_id": f"dec-{one.code}", "application_id": "app-once", "lender": hex32(one.lender), "applicant": home.book.find("M2").hex,
         "outcome": "approve", "amount": "50000", "score": 700, "offers": [{"product": one.code, "product_id": one.id, **said}]}
        for one in (ours, theirs)
    ]  # fmt: skip
    application = credit.Application(
        application_id="app-once", applicant=home.book.find("M2").hex, key="once", state="offered", content={}, consent={}, at=home.now(),
    )  # fmt: skip
    with home.database.session() as session:
        session.add_all([application, *(stored(one, home.now()) for one in records)])
    return "app-once"


def test_two_accept_at_once_and_one_loan_is_made(home: Installation, approved: str) -> None:
    firm = home.book.find("M2")

    def accept(place: Installation, product: str) -> credit.Loan:
        return loans.accept(place, firm, approved, product, "m2-signatory")

    with pytest.raises(ConflictError, match="offered no more"):
        accept(meanwhile(home, lambda: accept(home, "L2-CR")), "L1-CR")
    with home.database.session() as session:
        made = credit.loans_of(session, application_id=approved)
    assert [one.content["product"] for one in made] == ["L2-CR"]


def test_two_draw_at_once_and_money_is_paid_out_once(home: Installation, approved: str) -> None:
    lender = home.book.find("L2")
    with home.database.session() as session:
        (made,) = credit.loans_of(session, application_id=approved)
    loans.contract(home, lender, made.loan_id, "l2-officer")

    def draw(place: Installation, reference: str) -> credit.Loan:
        return loans.draw(place, lender, made.loan_id, reference, "l2-operations")

    with pytest.raises(ConflictError, match="contracted no more"):
        draw(meanwhile(home, lambda: draw(home, "first")), "second")
    assert loans.loan(home, lender, made.loan_id).content["bank_reference"] == "first"
    with home.database.session() as session:
        drawn = [one.text for one in credit.acts_on(session, made.loan_id) if one.code == "DRAW"]
    assert drawn == ["first"]


def test_what_is_added_to_a_loan_is_owed_from_the_day_it_is_drawn(home: Installation, approved: str) -> None:
    with home.database.session() as session:
        (made,) = credit.loans_of(session, application_id=approved)
    (line,) = made.content["schedule"]
    day = loans.today(home)
    assert (line["due"], line["principal"], line["interest"]) == (str(day + timedelta(days=60)), "50250.00", "502.50")  # fmt: skip
    assert loans.position(home, made, day).payoff == Decimal("50250.00")
    late = loans.position(home, made, day + timedelta(days=70))
    assert late.interest == Decimal("502.50") + Decimal("125.63") and late.days_past_due == 10


@pytest.mark.parametrize("days", [-1, 1])
def test_money_comes_neither_before_the_loan_nor_tomorrow(
    home: Installation, approved: str, days: int
) -> None:
    with home.database.session() as session:
        (made,) = credit.loans_of(session, application_id=approved)
    day = loans.today(home)
    one = receiving.Receipt(made.loan_id, f"R{days}", day + timedelta(days=days), Decimal(100))
    with pytest.raises(UsageError, match="was drawn on"):
        receiving.receive(home, home.book.find("L2"), [one], "l2-operations")
    assert loans.position(home, made, day).payoff == Decimal("50250.00")


def test_receipts_in_a_file_are_read_strictly() -> None:
    good = "loan_id,reference,date,amount\nloan-1,R1,2026-10-01,100.00\n"
    assert receiving.receipts_in(good.encode(), "a.csv")[0].amount == 100
    for bad in (
        "loan_id,reference,date\nl,r,2026-10-01\n",
        good + "loan-1,,2026-10-01,5\n",
        good + "loan-1,R2,1 Oct,5\n",
        good + "loan-1,R2,2026-10-01,-5\n",
    ):
        with pytest.raises(UnreadableError, match="line"):
            receiving.receipts_in(bad.encode(), "a.csv")
