"""From an application to each lender's decision (PRODUCT 2.2–2.10): one look at one block, then each by its own products.

Documents were read before, when the firm consented. A doubt refers. The applicant sees offers ranked across lenders, and no lender sees
another's.
"""

from __future__ import annotations

import json
import secrets
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from certifier.evidence.paper import SHANGHAI
from certifier.verify.subject import Missing
from gateway.credit.decision import Loans
from gateway.credit.discrimination import psi
from gateway.credit.matching import rank
from gateway.credit.money import NOTHING, total
from gateway.credit.products import Product, default_rules, default_scorecard
from gateway.credit.record import summary
from gateway.credit.rules import RulePack
from gateway.db import credit, repository
from gateway.errors import ConflictError
from gateway.installation import Installation, Organisation
from gateway.service import products, readings
from gateway.service.applying import Order, submit
from gateway.service.examining import Examined, Examiner
from gateway.service.loans import TAKEN, account_of, flows
from gateway.service.recording import Case, anchor, record_of, stored
from gateway.service.replaying import Replay, replay
from gateway.service.times import DAY
from ledger import embedded
from ledger.types import hex32

__all__ = ["Lending"]


class Lending:
    """Credit in one process, under one pack of rules (by default the one that ships): what it has read stays warm.

    Safe to share among threads for reading; writes queue on the home's lock.
    """

    def __init__(self, installation: Installation, rules: RulePack | None = None) -> None:
        self._installation = installation
        self._rules = default_rules() if rules is None else rules
        self._examiner = Examiner(installation)
        self._shifts: dict[tuple[str, date], Decimal] = {}
        self._locks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)

    def read(self, applicant: Organisation, advance: Callable[[int], None] = lambda _: None) -> int:
        """Read what has not been read yet, of the applicant and of the lenders' extracts. How many documents of the applicant there were."""
        home = self._installation
        lenders = {one.lender for one in products.published(home)}
        for other in home.book.all():
            if other.id in lenders and "encryption" in home.keys.purposes(other.short):
                readings.prepare(home, other, advance)
        return readings.prepare(home, applicant, advance)

    def prepare(self, applicant: Organisation, advance: Callable[[int], None] = lambda _: None) -> int:
        """The same, and look at all of it once: before anybody waits for an answer."""
        count = self.read(applicant, advance)
        if asked := products.published(self._installation):
            self._examiner.examine(applicant, asked)
        return count

    def apply(
        self, applicant: Organisation, order: Order, signatory: str, *, anchored: bool = True
    ) -> dict[str, Any]:
        """Submit, consent and decide: the whole answer as `assetcert apply` prints it. The same key gives the same answer again."""
        made = self.decided(submit(self._installation, applicant, order, signatory))
        if anchored:
            anchor(self._installation, [one.decision_id for one in made])
        return self.answer(made[0].application_id)

    def decided(self, row: credit.Application) -> list[credit.CreditDecision]:
        """Each lender's decision; asked twice at once, it is decided once."""
        with self._locks[row.application_id]:
            with self._installation.database.session() as session:
                made = credit.decisions_of(session, row.application_id)
            return made or self._decide(row)

    def _decide(self, row: credit.Application) -> list[credit.CreditDecision]:
        """At one block. The records are committed; anchoring puts their digests on the ledger."""
        begun, home = time.perf_counter(), self._installation
        asked = [one for one in products.published(home) if one.id in row.content["products"]]
        if not asked:
            raise ConflictError("NO_PRODUCTS", "what was asked for is offered no more: apply again")
        seen = self._examiner.examine(home.book.find(row.applicant), asked)
        lenders = dict.fromkeys(one.lender for one in asked)
        made = [self._of_lender(row, [one for one in asked if one.lender == lender], seen, begun) for lender in lenders]  # fmt: skip
        latency = _latency(begun, {**seen.stages, "decide": time.perf_counter()})
        with home.database.session() as session:
            for one in made:
                one.latency = latency
                session.add(one)
            known = session.get(credit.Application, row.application_id)
            if known is not None and known.state == "reserved":  # it may have been withdrawn meanwhile
                approved = any(one.outcome == "approve" for one in made)
                credit.moved(session, known, "offered" if approved else "decided")
        return made

    def _of_lender(
        self, row: credit.Application, own: Sequence[Product], seen: Examined, begun: float
    ) -> credit.CreditDecision:
        home, lender = self._installation, hex32(own[0].lender)
        card, rules = default_scorecard(), self._rules
        with home.database.session() as session:
            policies = [{"digest": one.digest, "content": dict(one.body)} for one in (card, rules)]
            repository.insert_new(session, credit.PolicyDocument, policies)
            today = credit.approvals(session, lender, _midnight(seen.day))
            previous = credit.latest_decision(session, lender, row.applicant)
            loans = _loans(session, row.applicant, lender, seen.day)
        transient = (*self._unseen(seen), *self._shifted(lender, seen.day), *_exceeded(rules, time.perf_counter() - begun, today))  # fmt: skip
        case = Case(
            "dec-" + secrets.token_hex(12), row.application_id, row.content, row.consent, tuple(own), card, rules, loans, transient, previous
        )  # fmt: skip
        return stored(record_of(case, seen, self._examiner.contracts), home.now())

    def _unseen(self, seen: Examined) -> tuple[str, ...]:
        """No block, or one too old on a chain that has a period."""
        home, pinned = self._installation, seen.pinned
        if isinstance(pinned, Missing):
            return (f"the ledger could not be read: {pinned.message}",)
        age = home.now() - pinned.block.timestamp
        if not isinstance(home.node, embedded.Embedded) and age > self._rules.block_age_seconds:
            return (f"the newest block is {age:,} seconds old",)
        return ()

    def _shifted(self, lender: str, day: date) -> Iterator[str]:
        """Where the firms that ask are others than those before: reckoned once a day, of the days before it."""
        rules, key = self._rules, (lender, day)
        if key not in self._shifts:
            end, span = _midnight(day), rules.shift_days * DAY
            with self._installation.database.session() as session:
                before, since = (credit.scores(session, lender, at - span, at) for at in (end - span, end))
            enough = min(len(before), len(since)) >= rules.shift_least
            self._shifts[key] = psi(before, since) if enough else NOTHING
        if self._shifts[key] > rules.shift_stop:
            yield f"the scores of the last {rules.shift_days} days have shifted"

    def estimate(self, applicant: Organisation, days: int) -> list[dict[str, Any]]:
        """What each lender's products would say now to the largest amount that any lends: records that nobody keeps, for the firm alone."""
        asked = products.published(self._installation)
        if not asked:
            return []
        seen = self._examiner.examine(applicant, asked)
        most = max(one.max_amount for one in asked)
        content = {"applicant": applicant.hex, "amount": f"{most:f}", "days": days, "purpose": "working-capital", "order": Order(most, days).to_json()}  # fmt: skip
        lenders = list(dict.fromkeys(one.lender for one in asked))
        consent = {"grantees": [hex32(one) for one in lenders], "expires_at": str(seen.day)}
        made = []
        for lender in lenders:
            with self._installation.database.session() as session:
                loans = _loans(session, applicant.hex, hex32(lender), seen.day)
            own = tuple(one for one in asked if one.lender == lender)
            case = Case(
                "estimate", "estimate", content, consent, own, default_scorecard(), self._rules, loans, self._unseen(seen), None
            )  # fmt: skip
            made.append(record_of(case, seen, self._examiner.contracts))
        return made

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
        """Recompute a decision, with what is warm here."""
        return replay(self._installation, self._examiner, decision_id)


def _loans(session: Session, applicant: str, lender: str, day: date) -> Loans:
    """What stands on this platform: this lender's own sums, and the worst days past due of all."""
    rows = [one for one in credit.loans_of(session, borrower=applicant) if one.state in ("drawn", "repaying")]
    receipts = credit.receipts_of(session, [one.loan_id for one in rows])
    positions = {one.loan_id: account_of(one).position(flows(receipts[one.loan_id]), day) for one in rows}
    own = [one for one in rows if one.lender == lender]
    pool: dict[str, Decimal] = {}
    for one in credit.loans_of(session, lender=lender):
        if one.state in TAKEN and one.state != "closed":
            pool[one.product_id] = pool.get(one.product_id, NOTHING) + Decimal(one.content["amount"])
    return Loans(
        unpledged=total(positions[one.loan_id].principal for one in own if one.pledge_id is None),
        outstanding=total(positions[one.loan_id].principal for one in own),
        pool_used=pool,
        days_past_due=max((one.days_past_due for one in positions.values()), default=0),
    )


def _exceeded(rules: RulePack, seconds: float, today: Sequence[Decimal]) -> Iterator[str]:
    """The time that a decision may take, and what a day may approve without a person."""
    if seconds > rules.decision_seconds:
        yield f"it took longer than {rules.decision_seconds} seconds"
    if len(today) >= rules.daily_automatic:
        yield "as many were approved today as are without a person"
    if total(today) >= rules.daily_automatic_amount:
        yield "as much was approved today as is without a person"


def _midnight(day: date) -> int:
    """A business day's first second."""
    return int(datetime(day.year, day.month, day.day, tzinfo=SHANGHAI).timestamp())


def _latency(begun: float, stages: Mapping[str, float]) -> dict[str, int]:
    """Milliseconds of each stage, and in all."""
    found, last = {}, begun
    for name, at in stages.items():
        found[name], last = round((at - last) * 1000), at
    return found | {"total": round((last - begun) * 1000)}
