"""From application to decision, and its replay (PRODUCT 2.2–2.10): submit, consent, decide, anchor, replay.

One pinned block, one batched read of the ledger; documents were read before, when the firm consented. A doubt refers. Each lender decides
for itself, by its own products; the applicant sees offers ranked across lenders, and no lender sees another's.
"""

from __future__ import annotations

import json
import secrets
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from hashlib import sha256
from importlib.metadata import version
from typing import Any

from sqlalchemy.exc import IntegrityError

from certifier import fingerprint
from certifier.documents import Reader
from certifier.evidence import Attribute, Paper, tokens
from certifier.evidence.assessment import Assessment, assess
from certifier.evidence.attributes import Extract
from certifier.evidence.paper import SHANGHAI
from certifier.evidence.policy import DEFAULT as EVIDENCE_POLICY
from certifier.verify import Node
from certifier.verify.observe import Pinned
from certifier.verify.subject import Missing
from gateway.credit.account import Account
from gateway.credit.decision import Inquiry, Loans, decide
from gateway.credit.documents import canonical, differences, digest
from gateway.credit.features import Debts
from gateway.credit.matching import Ask
from gateway.credit.money import NOTHING, total
from gateway.credit.pricing import Line
from gateway.credit.products import Product, default_rules, default_scorecard
from gateway.credit.record import Header, compose, summary
from gateway.credit.rules import RulePack
from gateway.credit.scorecard import Scorecard
from gateway.db import credit, repository
from gateway.errors import ConflictError, NotFoundError, UsageError
from gateway.installation import Installation, Organisation
from gateway.service import certifying, products, readings
from gateway.service.times import instant
from gateway.service.vetting import Shelf, Vetted, day_of, pin_at, pin_newest
from ledger import embedded
from ledger.access import scope_of
from ledger.types import hex32, keccak, parse_hex32

__all__ = ["CONSENT_DAYS", "CONSENT_FIELDS", "Lending", "Order", "Replay", "rank"]

DAY = 86_400
CONSENT_DAYS = 30
CONSENT_FIELDS = ("facts", "links", "signers", "trace")
MOST_DOCUMENTS = 5_000
BUDGET_SECONDS = 20.0


@dataclass(frozen=True)
class Order:
    """What an applicant asks for. `products`: ids or codes, None for all; `offered`: its own assets, None for everything it has.

    `key` is its own, so that sending it twice makes one application.
    """

    amount: Decimal
    days: int
    key: str = ""
    purpose: str = "working-capital"
    products: Sequence[str] | None = None
    offered: Sequence[str] | None = None
    declared_debt: Decimal = NOTHING
    payee_account: str | None = None
    asks_for_person: bool = False
    profile: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Replay:
    """What recomputing a decision gave: `identical`, or where the two records differ as (path, recorded, recomputed)."""

    decision_id: str
    block: int
    differences: tuple[tuple[str, Any, Any], ...]
    anchored: bool

    @property
    def identical(self) -> bool:
        """Whether every field is the same."""
        return not self.differences


class Lending:
    """Credit in one process: what it has read stays warm. Safe to share among threads for reading; writes queue on the home's lock."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation
        self._shelf = Shelf(installation)
        self._node: Node | None = None
        self._assessed: dict[tuple[Any, ...], Assessment] = {}
        self._tokens: dict[bytes, tuple[Attribute, ...]] = {}
        self._locks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)

    # application and consent

    def prepare(self, applicant: Organisation, advance: Callable[[int], None] = lambda _: None) -> int:
        """Read what has not been read yet, of the applicant and of the lenders' extracts, and look at all of it once: before anybody
        waits for an answer. How many documents were read."""
        home = self._installation
        lenders = {one.lender for one in products.published(home)}
        for other in home.book.all():
            if other.id in lenders and "encryption" in home.keys.purposes(other.short):
                readings.prepare(home, other, advance)
        count = readings.prepare(home, applicant, advance)
        if asked := products.published(home):
            self._look(applicant, asked, pin_newest(self._nodes))
        return count

    def apply(
        self, applicant: Organisation, order: Order, signatory: str, *, anchor: bool = True
    ) -> dict[str, Any]:
        """Submit, consent and decide: the whole answer as `assetcert apply` prints it. The same key gives the same answer again."""
        row = self.submit(applicant, order, signatory)
        with self._locks[row.application_id]:  # asked twice at once, it is decided once
            with self._installation.database.session() as session:
                made = credit.decisions_of(session, row.application_id)
            made = made or self.decide(row)
        if anchor:
            for one in made:
                self.anchor(one.decision_id)
        return self.answer(row.application_id)

    def submit(self, applicant: Organisation, order: Order, signatory: str) -> credit.Application:
        """An application with its consent, signed by the applicant and granted on the ledger to each lender asked."""
        asked = self._asked(order)
        with self._installation.database.session() as session:
            key = order.key or secrets.token_hex(16)
            known = credit.application(session, applicant.hex, key)
            if known is not None:
                if known.content["order"] != _order_json(order):
                    raise ConflictError(
                        "KEY_REUSED", f"an application {key!r} asks for something else: take another key"
                    )
                return known
            self._supersede(session, applicant)
        application_id = "app-" + secrets.token_hex(12)
        consent = self._consent(applicant, application_id, asked, order, signatory)
        content = {
            "schema": "assetcert/application/1",
            "application_id": application_id,
            "applicant": applicant.hex,
            "amount": f"{order.amount:f}",
            "days": order.days,
            "purpose": order.purpose,
            "products": [one.id for one in asked],
            "order": _order_json(order),
        }
        row = credit.Application(
            application_id=application_id, applicant=applicant.hex, key=key, state="reserved", content=content, consent=consent,
            at=self._installation.now(),
        )  # fmt: skip
        try:
            with self._installation.database.session() as session:
                session.add(row)
        except IntegrityError as error:  # the same key, sent twice at the same moment
            raise ConflictError("KEY_REUSED", f"an application {key!r} is being made: ask again") from error
        return row

    def _asked(self, order: Order) -> tuple[Product, ...]:
        if order.amount <= 0 or order.days <= 0:
            raise UsageError("ORDER", "an amount and a number of days above nothing are due")
        offered = products.published(self._installation)
        if order.products is not None:
            offered = tuple(one for one in offered if one.id in order.products or one.code in order.products)
        if not offered:
            raise UsageError(
                "NO_PRODUCTS",
                "no loan product is published: a lender publishes one first (`assetcert product publish`)",
            )
        return offered

    def _supersede(self, session: Any, applicant: Organisation) -> None:
        """One application at a time: an older one that was not accepted is withdrawn, one that was stands in the way."""
        for row in session.query(credit.Application).filter_by(applicant=applicant.hex):
            if row.state in ("accepted", "contracted", "registered"):
                raise ConflictError(
                    "APPLICATION_OPEN",
                    f"application {row.application_id} is {row.state}: draw it or withdraw it first",
                )
            if row.state in ("submitted", "reserved", "decided", "offered"):
                row.state = "withdrawn"

    def _consent(
        self,
        applicant: Organisation,
        application_id: str,
        asked: Sequence[Product],
        order: Order,
        signatory: str,
    ) -> dict[str, Any]:
        """Who may use what for which purpose until when: signed, and one grant on the ledger for each lender, over all assets at once."""
        home = self._installation
        with home.database.session() as session:
            ids = [row.asset_id for row in credit.anchored(session, applicant.hex)]
        if len(ids) > MOST_DOCUMENTS:
            raise UsageError(
                "TOO_MANY", f"{len(ids):,} documents: name what is offered, up to {MOST_DOCUMENTS:,}"
            )
        expires = home.now() + CONSENT_DAYS * DAY
        said: dict[str, Any] = {
            "schema": "assetcert/consent/1",
            "application_id": application_id,
            "grantor": applicant.hex,
            "grantees": sorted({hex32(one.lender) for one in asked}),
            "fields": list(CONSENT_FIELDS),
            "purpose": f"decision on a loan of {order.amount:f} for {order.days} days",
            "expires_at": instant(expires),
            "assets": digest(ids),
            "count": len(ids),
            "signatory": signatory,
        }
        account, statement = home.account(applicant), b"assetcert/consent/1\n" + canonical(said)
        signed = said | {"address": account.address, "signature": "0x" + account.sign(statement).hex()}
        hashed = keccak(statement)
        scope = scope_of(hashed, [parse_hex32(one) for one in ids])
        for lender in signed["grantees"]:
            act = home.ledger.access.grant(parse_hex32(lender), scope, hashed, expires)
            home.writer.send(account, act)
        return signed

    # decision

    def decide(self, row: credit.Application) -> list[credit.CreditDecision]:
        """Each lender's decision, at one block. The records are committed; `anchor` puts their digests on the ledger."""
        begun = time.perf_counter()
        stages: dict[str, float] = {}
        home = self._installation
        applicant = home.book.find(row.applicant)
        asked = [one for one in products.published(home) if one.id in row.content["products"]]
        if not asked:
            raise ConflictError("NO_PRODUCTS", "what was asked for is offered no more: apply again")
        pinned = pin_newest(self._nodes)
        stages["pin"] = time.perf_counter()
        seen = self._look(applicant, asked, pinned)
        stages["verify"] = seen.verified
        stages["evidence"] = time.perf_counter()
        made = [self._decided(row, applicant, [one for one in asked if one.lender == lender], seen, begun) for lender in dict.fromkeys(one.lender for one in asked)]  # fmt: skip
        stages["decide"] = time.perf_counter()
        latency = _latency(begun, stages)
        with home.database.session() as session:
            for one in made:
                one.latency = latency
                session.add(one)
            stored = session.get(credit.Application, row.application_id)
            assert stored is not None
            stored.state = "offered" if any(one.outcome == "approve" for one in made) else "decided"
        return made

    def estimate(self, applicant: Organisation, days: int) -> list[dict[str, Any]]:
        """What each lender's products would say now to the largest amount that any lends: records that nobody keeps, for the firm alone."""
        asked = products.published(self._installation)
        if not asked:
            return []
        seen = self._look(applicant, asked, pin_newest(self._nodes))
        lenders = list(dict.fromkeys(one.lender for one in asked))
        most = max(one.max_amount for one in asked)
        content = {"applicant": applicant.hex, "amount": f"{most:f}", "days": days, "purpose": "working-capital", "order": _order_json(Order(most, days))}  # fmt: skip
        consent = {"grantees": [hex32(one) for one in lenders], "expires_at": str(seen.day)}
        card, rules = default_scorecard(), default_rules()
        made = []
        for lender in lenders:
            with self._installation.database.session() as session:
                loans = self._loans(session, applicant.hex, hex32(lender), seen.day)
            own = [one for one in asked if one.lender == lender]
            made.append(
                self._record(
                    "estimate", content, consent, own, card, rules, seen, loans, tuple(seen.transient), "estimate", None
                )
            )  # fmt: skip
        return made

    def _look(
        self,
        applicant: Organisation,
        asked: Sequence[Product],
        pinned: Pinned | Missing,
    ) -> _Seen:
        """Everything about the applicant at the block, judged once for all lenders."""
        home = self._installation
        with home.database.session() as session:
            assets = credit.anchored(session, applicant.hex)
        required = {code for one in asked for code in one.body["required_checks"]}
        vetted = self._shelf.vet(applicant, assets, pinned, required)
        verified = time.perf_counter()
        block = pinned.block if isinstance(pinned, Pinned) else None
        moment = block.timestamp if block is not None else home.now()
        day = datetime.fromtimestamp(moment, SHANGHAI).date()
        until = block.number if block is not None else 0
        found, others, extracts = self._assess(applicant, vetted, day, until)
        return _Seen(pinned, day, vetted, found, others, extracts, verified, _transient(home, pinned))

    def _assess(
        self, applicant: Organisation, vetted: Vetted, day: date, until: int
    ) -> tuple[Assessment, tuple[Paper, ...], tuple[Attribute, ...]]:
        """The papers together; the same papers on the same day are compared once in a process."""
        others, attributes = self._shelf.context(applicant, until), self._attributes(until)
        key = (
            applicant.id, day, frozenset(one.asset_id for one in vetted.papers), frozenset(one.asset_id for one in others),
            frozenset(attributes), vetted.standing.liened,
        )  # fmt: skip
        if key not in self._assessed:
            names = {one.id: one.numbers for one in self._installation.book.all()}
            self._assessed[key] = assess(
                [*vetted.papers, *others], firm=applicant.id, as_of=day, names=names, attributes=attributes, pledged=vetted.standing.liened
            )  # fmt: skip
        return self._assessed[key], others, attributes

    def _attributes(self, until: int) -> tuple[Attribute, ...]:
        """What lenders' extracts of the companies register tell of affiliates, as keyed tokens; values stay with their holder."""
        home, lenders = self._installation, {one.lender for one in products.published(self._installation)}
        found: list[Attribute] = []
        for other in home.book.all():
            if other.id not in lenders:
                continue
            with home.database.session() as session:
                rows = [
                    row for row in credit.anchored(session, other.hex, until=until) if row.kind == "other"
                ]
            kept = self._shelf.kept([row.asset_id for row in rows])
            for row in rows:
                one = kept.get(row.asset_id)
                if one is not None and isinstance(one.declared, Extract):
                    found += self._tokens_of(other, parse_hex32(row.asset_id), one.declared)
        return tuple(found)

    def _tokens_of(self, holder: Organisation, asset: bytes, extract: Extract) -> tuple[Attribute, ...]:
        if asset not in self._tokens:
            service = self._installation.evaluation()

            def keyed(message: bytes) -> bytes:
                return fingerprint.evaluate(service, holder.id, {"attribute": (message.decode(),)})[
                    "attribute"
                ].value

            self._tokens[asset] = tokens(extract, keyed, asset)
        return self._tokens[asset]

    def _decided(
        self,
        row: credit.Application,
        applicant: Organisation,
        own: Sequence[Product],
        seen: _Seen,
        begun: float,
    ) -> credit.CreditDecision:
        home, decision_id = self._installation, "dec-" + secrets.token_hex(12)
        card, rules = default_scorecard(), default_rules()
        transient = list(seen.transient)
        if time.perf_counter() - begun > BUDGET_SECONDS:
            transient.append(f"it took longer than {BUDGET_SECONDS:g} seconds")
        with home.database.session() as session:
            policies = [{"digest": one.digest, "content": dict(one.body)} for one in (card, rules)]
            repository.insert_new(session, credit.PolicyDocument, policies)
            if credit.approvals(session, hex32(own[0].lender), _midnight(seen.day)) >= rules.daily_automatic:
                transient.append("as many were approved today as are without a person")
            previous = credit.latest_decision(session, hex32(own[0].lender), applicant.hex)
            loans = self._loans(session, applicant.hex, hex32(own[0].lender), seen.day)
        record = self._record(
            row.application_id, row.content, row.consent, own, card, rules, seen, loans, tuple(transient), decision_id, previous
        )  # fmt: skip
        text = canonical(record).decode()
        return credit.CreditDecision(
            decision_id=decision_id, application_id=row.application_id, lender=record["lender"], applicant=applicant.hex,
            outcome=record["outcome"], record=text, digest="0x" + sha256(text.encode()).hexdigest(), asset_id=None, latency={}, at=home.now(),
        )  # fmt: skip

    def _record(
        self,
        application_id: str,
        content: Mapping[str, Any],
        consent: Mapping[str, Any],
        own: Sequence[Product],
        card: Scorecard,
        rules: RulePack,
        seen: _Seen,
        loans: Loans,
        transient: tuple[str, ...],
        decision_id: str,
        previous: str | None,
    ) -> dict[str, Any]:
        order, vetted = content["order"], seen.vetted
        offered = order["offered"]
        inquiry = Inquiry(
            ask=Ask(application_id, Decimal(content["amount"]), content["days"], seen.day, content["purpose"], order["profile"]),
            products=tuple(own),
            card=card,
            rules=rules,
            found=seen.found,
            standing=vetted.standing,
            offered=None if offered is None else tuple(parse_hex32(one) for one in offered),
            consent=hex32(own[0].lender) in consent["grantees"] and str(seen.day) <= consent["expires_at"][:10],
            suspended=vetted.suspended,
            asks_for_person=order["asks_for_person"],
            invalid=vetted.invalid,
            invalid_assets=vetted.invalid_assets,
            unknown=(*vetted.unknown, *transient),
            withdrawn=vetted.withdrawn,
            debts=Debts(declared=Decimal(order["declared_debt"])),
            loans=loans,
        )  # fmt: skip
        header = Header(
            decision_id=decision_id,
            application_id=application_id,
            application=content,
            lender=own[0].lender,
            applicant=parse_hex32(content["applicant"]),
            as_of=seen.as_of,
            contracts={name: str(address) for name, address in sorted(self._shelf.descriptor.contracts.items())},
            inputs=vetted.inputs,
            context=[digest(sorted(hex32(one.asset_id) for one in seen.others)), digest(sorted(f"{one.party}/{one.name}/{hex32(one.token)}" for one in seen.attributes))],
            consent=consent,
            evidence_policy=digest(EVIDENCE_POLICY.to_json()),
            engine=f"assetcert {version('assetcert')}",
            previous=previous,
        )  # fmt: skip
        return compose(header, inquiry, decide(inquiry)) | {"transient": list(transient)}

    def _loans(self, session: Any, applicant: str, lender: str, day: date) -> Loans:
        """What stands on this platform: this lender's own sums, and the worst days past due of all."""
        rows = [
            one for one in credit.loans_of(session, borrower=applicant) if one.state in ("drawn", "repaying")
        ]
        receipts = credit.receipts_of(session, [one.loan_id for one in rows])
        positions = {one.loan_id: account_of(one).position(flows(receipts[one.loan_id]), day) for one in rows}
        own = [one for one in rows if one.lender == lender]
        pool: dict[str, Decimal] = {}
        for one in credit.loans_of(session, lender=lender):
            if one.state in ("drawn", "repaying"):
                pool[one.product_id] = pool.get(one.product_id, NOTHING) + Decimal(one.content["amount"])
        return Loans(
            unpledged=total(positions[one.loan_id].principal for one in own if one.pledge_id is None),
            outstanding=total(positions[one.loan_id].principal for one in own),
            pool_used=pool,
            days_past_due=max((one.days_past_due for one in positions.values()), default=0),
        )

    def _nodes(self) -> Node:
        ledger = self._installation.ledger
        if self._node is None or self._node.ledger is not ledger:
            self._node = Node(ledger)
        return self._node

    # anchor, answer, replay

    def anchor(self, decision_id: str, reader: Reader | None = None) -> str:
        """Certify the record as its lender's document: its bytes' digest stands on the ledger then. The asset's id."""
        home, row = self._installation, self.row(decision_id)
        if row.asset_id is not None:
            return row.asset_id
        folder = home.home.root / "decisions"
        folder.mkdir(mode=0o700, exist_ok=True)
        path = folder / f"{decision_id}.json"
        path.write_bytes(row.record.encode())
        done = certifying.certify(home, home.book.find(row.lender), [path], reader=reader)
        if done.errors:
            raise ConflictError(done.errors[0].code, f"the record was not anchored: {done.errors[0].message}")
        with home.database.session() as session:
            stored = session.get(credit.CreditDecision, decision_id)
            assert stored is not None
            stored.asset_id = done.assets[0].asset_id
        return done.assets[0].asset_id

    def row(self, decision_id: str) -> credit.CreditDecision:
        """A decision. NotFoundError where there is none."""
        with self._installation.database.session() as session:
            row = session.get(credit.CreditDecision, decision_id)
        if row is None:
            raise NotFoundError("UNKNOWN_DECISION", f"this home has no decision {decision_id!r}")
        return row

    def answer(self, application_id: str) -> dict[str, Any]:
        """What the applicant is told: the best lender's decision in front, offers of all lenders in order of rank."""
        with self._installation.database.session() as session:
            rows = credit.decisions_of(session, application_id)
        told = [summary(json.loads(row.record)) for row in rows]
        order = {"approve": 0, "refer": 1, "decline": 2}
        offers = sorted(
            (one for each in told for one in each["offers"]), key=lambda one: rank(application_id, one)
        )
        codes = {one["product"]: at for at, one in enumerate(offers)}
        best = min(
            told,
            key=lambda one: (
                order[one["outcome"]],
                min((codes[o["product"]] for o in one["offers"]), default=0),
            ),
        )
        decisions = [
            {"decision_id": row.decision_id, "lender": row.lender, "outcome": row.outcome, "digest": row.digest, "anchored_as": row.asset_id, "latency_ms": row.latency}
            for row in rows
        ]  # fmt: skip
        return {"application_id": application_id, **best, "offers": offers, "decisions": decisions}

    def replay(self, decision_id: str) -> Replay:
        """Recompute a decision from the ledger at its block and from what was granted; later blocks change nothing."""
        row, home = self.row(decision_id), self._installation
        record = json.loads(row.record)
        at = record["as_of"]
        if at["number"] is None:
            raise ConflictError(
                "NOT_REPLAYABLE",
                "this decision was made without a block: the ledger could not be read then, and it was referred",
            )
        pinned = pin_at(Node(home.ledger), at["number"], at["hash"])
        applicant = home.book.find(record["applicant"])
        with home.database.session() as session:
            wanted = {one["asset_id"] for one in record["inputs"]}
            assets = [one for one in credit.anchored(session, applicant.hex) if one.asset_id in wanted]
            own = [
                Product.of(_required(session.get(credit.ProductVersion, one["id"]), one["id"]).content)
                for one in record["products"]
            ]
            card = Scorecard.of(
                _required(
                    session.get(credit.PolicyDocument, record["scorecard"]), record["scorecard"]
                ).content
            )
            rules = RulePack.of(
                _required(session.get(credit.PolicyDocument, record["rules"]), record["rules"]).content
            )
        required = {code for one in own for code in one.body["required_checks"]}
        vetted = self._shelf.vet(applicant, assets, pinned, required)
        day = day_of(pinned)
        found, others, attributes = self._assess(applicant, vetted, day, at["number"])
        seen = _Seen(pinned, day, vetted, found, others, attributes, 0.0, ())
        said = record["off_chain"]["loans"]
        loans = Loans(
            Decimal(said["unpledged"]), Decimal(said["outstanding"]), {name: Decimal(x) for name, x in said["pool_used"].items()}, said["days_past_due"]
        )  # fmt: skip
        again = self._record(
            record["application_id"], record["application"], record["off_chain"]["consent"], own, card, rules, seen, loans,
            tuple(record["transient"]), decision_id, record["previous"],
        )  # fmt: skip
        stated = [] if digest(record) == row.digest else [("digest", row.digest, digest(record))]
        return Replay(decision_id, at["number"], (*stated, *differences(record, again)), self._stands(row))

    def _stands(self, row: credit.CreditDecision) -> bool:
        """Whether the record's bytes are what its lender certified."""
        if row.asset_id is None:
            return False
        with self._installation.database.session() as session:
            assets = [one for one in credit.anchored(session, row.lender) if one.asset_id == row.asset_id]
        return (
            bool(assets)
            and (assets[0].fields or {}).get("content.sha256")
            == "0x" + sha256(row.record.encode()).hexdigest()
        )


@dataclass(frozen=True)
class _Seen:
    """What one look at an applicant gave."""

    pinned: Pinned | Missing
    day: date
    vetted: Vetted
    found: Assessment
    others: tuple[Paper, ...]
    attributes: tuple[Attribute, ...]
    verified: float
    transient: tuple[str, ...]

    @property
    def as_of(self) -> dict[str, Any]:
        """The block, or why there is none."""
        if isinstance(self.pinned, Pinned):
            return self.pinned.as_of.to_json()
        return {"number": None, "hash": None, "time": str(self.day), "cause": self.pinned.cause.value}


def _midnight(day: date) -> int:
    """A business day's first second."""
    return int(datetime(day.year, day.month, day.day, tzinfo=SHANGHAI).timestamp())


def _transient(home: Installation, pinned: Pinned | Missing) -> tuple[str, ...]:
    """What a later look would not find: no block, or one too old on a chain that has a period."""
    if isinstance(pinned, Missing):
        return (f"the ledger could not be read: {pinned.message}",)
    age, most = home.now() - pinned.block.timestamp, default_rules().block_age_seconds
    if not isinstance(home.node, embedded.Embedded) and age > most:
        return (f"the newest block is {age:,} seconds old",)
    return ()


def rank(application_id: str, offer: Mapping[str, Any]) -> tuple[Decimal, Decimal, int, bytes]:
    """Where an offer stands among those of all lenders: the smaller, the better."""
    tie = sha256(f"{application_id}{offer['product_id']}".encode()).digest()
    return (
        Decimal(offer["eac"]).quantize(Decimal("0.0001")),
        -Decimal(offer["amount"]),
        offer["hours_to_cash"],
        tie,
    )


def _order_json(order: Order) -> dict[str, Any]:
    return {
        "amount": f"{order.amount:f}",
        "days": order.days,
        "purpose": order.purpose,
        "products": None if order.products is None else sorted(order.products),
        "offered": None if order.offered is None else sorted(order.offered),
        "declared_debt": f"{order.declared_debt:f}",
        "payee_account": None
        if order.payee_account is None
        else "0x" + keccak(order.payee_account.encode()).hex(),
        "asks_for_person": order.asks_for_person,
        "profile": dict(order.profile),
    }


def _latency(begun: float, stages: Mapping[str, float]) -> dict[str, int]:
    """Milliseconds of each stage, and in all."""
    found, last = {}, begun
    for name, at in stages.items():
        found[name], last = round((at - last) * 1000), at
    return found | {"total": round((last - begun) * 1000)}


def _required(row: Any, name: str) -> Any:
    if row is None:
        raise NotFoundError(
            "POLICY", f"this home has no policy {name} any more: the decision cannot be recomputed"
        )
    return row


def account_of(loan: credit.Loan) -> Account:
    """The account of a drawn loan."""
    said = loan.content
    lines = [
        Line(date.fromisoformat(one["due"]), Decimal(one["principal"]), Decimal(one["interest"]), NOTHING)
        for one in said["schedule"]
    ]
    return Account(
        Decimal(said["amount"]),
        date.fromisoformat(said["drawn_on"]),
        said["rate_bps"],
        said["day_count"],
        lines,
    )


def flows(rows: Sequence[credit.LoanReceipt]) -> list[tuple[date, Decimal]]:
    """Receipts as (day, amount)."""
    return [(date.fromisoformat(one.day), Decimal(one.amount)) for one in rows]
