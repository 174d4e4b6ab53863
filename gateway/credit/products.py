"""Loan products: versioned documents, their identity, and which version holds on a day (PRODUCT 2.1).

A product's id is the SHA-256 of its RFC 8785 JSON. Two versions of one product never hold on one day. Not the tables: see
`gateway.service.lending`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from importlib import resources
from typing import Any

from gateway.credit.documents import digest, parse
from gateway.credit.pricing import DAY_COUNTS, METHODS, Fee, Terms
from gateway.credit.rules import SCHEMA as RULES_SCHEMA
from gateway.credit.rules import RulePack
from gateway.credit.scorecard import SCHEMA as CARD_SCHEMA
from gateway.credit.scorecard import Scorecard
from gateway.errors import ConflictError, UnreadableError
from ledger.types import organisation_id

__all__ = [
    "ADVANCED",
    "CHOICES",
    "GOODS",
    "INVOICE",
    "MEMBERS",
    "ORDER",
    "SCHEMA",
    "UNKNOWN_EVIDENCE",
    "Product",
    "default_rules",
    "default_scorecard",
    "defaults",
    "of_file",
    "require_apart",
]

SCHEMA = "assetcert/loan-product/2"
CHOICES: Mapping[str, tuple[str, ...]] = {
    "legal_form": ("unsecured-data-credit", "receivables-pledge", "order-pledge", "factoring-recourse"),
    "currency": ("CNY",),
    "rate_type": ("fixed",),
    "benchmark": ("LPR-1Y", "LPR-5Y"),
    "day_count": DAY_COUNTS,
    "repayment_method": METHODS,
    "base_vat": ("gross", "net-of-VAT"),
}
"""Members that are one of a few words."""
INVOICE, UNKNOWN_EVIDENCE, GOODS, ORDER = ADVANCED = ("invoice", "invoice-unknown-evidence", "finished-goods-under-order", "order-not-produced")  # fmt: skip
"""Kinds of obligation that something may be lent on."""
_TEXTS = ("product_code", "lender", "name_zh", "name_en", "currency", "rate_type", "benchmark", "benchmark_fixing_date", "day_count", "repayment_method", "base_vat", "legal_form", "default_rate_multiplier", "valid_from", "valid_to")  # fmt: skip
_NUMBERS = ("version", "tenor_days_min", "tenor_days_max", "availability_days", "benchmark_bps", "evidence_discount_bps", "subsidy_bps", "min_history_days", "obligor_limit_bps", "past_due_cutoff_days", "max_payment_term_days", "cross_age_bps", "cross_age_days", "dilution_free_bps", "vat_bps", "expected_hours_to_cash")  # fmt: skip
_AMOUNTS = ("min_amount", "max_amount", "amount_step", "single_name_limit", "auto_approve_max", "four_eyes_above")  # fmt: skip
_OTHERS = ("schema", "spread_bps_by_grade", "fees", "advance_bps_by_kind", "required_checks", "evidence_max_age_days", "region", "industry", "enterprise_size", "need", "pool_cap", "purpose_codes")  # fmt: skip
_LISTS = ("required_checks", "region", "industry", "enterprise_size", "purpose_codes")
_TABLES = ("spread_bps_by_grade", "advance_bps_by_kind", "evidence_max_age_days", "need")
_NEED = ("margin_bps", "growth_bps", "dio_days", "dpo_days")
_AMOUNT = re.compile(r"[0-9]{1,13}(\.[0-9]{1,2})?")
_TIMES = re.compile(r"[1-3](\.[0-9]{1,4})?")
_AMONG: Mapping[str, frozenset[str]] = {
    "advance_bps_by_kind": frozenset(ADVANCED),
    "evidence_max_age_days": frozenset({"machine-data", "invoice"}),
    "required_checks": frozenset({"CONTENT", "COMMITMENT", "REGISTRATION", "ISSUER", "SIGNERS", "STANDING", "FINGERPRINT", "FACTS"}),
}  # fmt: skip
"""Names that a member may have: every one of them does something."""
MEMBERS = frozenset((*_TEXTS, *_NUMBERS, *_AMOUNTS, *_OTHERS))


@dataclass(frozen=True)
class Product:
    """A product as its document states it; `Product.of` has read every member once."""

    body: Mapping[str, Any]

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> Product:
        """UnreadableError names the member that is missing, not known or not as it should be."""
        if wrong := sorted(body.keys() ^ MEMBERS):
            raise UnreadableError(
                "PRODUCT", f"{', '.join(wrong)}: missing in this loan product, or not known"
            )
        found = cls(body)
        try:
            found._require_kinds()
            found._require_sense()
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise UnreadableError("PRODUCT", f"{error} (loan product {body['product_code']!r})") from error
        return found

    def _require_kinds(self) -> None:
        body = self.body
        for names, told, kind in ((_TEXTS, "a text", str), (_NUMBERS, "a whole number", int)):
            if bad := [one for one in names if type(body[one]) is not kind]:
                raise ValueError(f"{', '.join(bad)}: {told} is due")
        for name, inner in {**dict.fromkeys(_LISTS, str), "fees": dict}.items():
            if type(body[name]) is not list or any(type(one) is not inner for one in body[name]):
                raise ValueError(f"{name}: a list is due")
        for name in _TABLES:
            if type(body[name]) is not dict or any(type(one) is not int for one in body[name].values()):
                raise ValueError(f"{name}: whole numbers by name are due")
        for name in (*_AMOUNTS, *(["pool_cap"] if body["pool_cap"] is not None else [])):
            if type(body[name]) is not str or not _AMOUNT.fullmatch(body[name]):
                raise ValueError(f"{name}: an amount in yuan is due, as text")
        for name in ("valid_from", "valid_to", "benchmark_fixing_date"):
            try:
                date.fromisoformat(body[name])
            except ValueError as error:
                raise ValueError(f"{name}: a day is due, such as 2026-09-28") from error
        for name, allowed in CHOICES.items():
            if body[name] not in allowed:
                raise ValueError(f"{name}: one of {', '.join(allowed)} is due")

    def _require_sense(self) -> None:
        body = self.body
        if not 0 < self.min_amount <= self.max_amount or self.step <= 0:
            raise ValueError(
                "min_amount, max_amount, amount_step: above nothing, the least not above the largest"
            )
        if not 0 < self.tenor[0] <= self.tenor[1] or self.valid[0] > self.valid[1]:
            raise ValueError(
                "tenor, valid_from, valid_to: the shortest and the first come before the longest and the last"
            )
        if not all(
            0 <= part <= 10_000 for part in (*body["advance_bps_by_kind"].values(), self.obligor_limit_bps)
        ):
            raise ValueError("advance_bps_by_kind, obligor_limit_bps: parts of 10,000 are due")
        for name, among in _AMONG.items():
            if other := sorted(set(body[name]) - among):
                raise ValueError(f"{name}: {', '.join(other)} is none of {', '.join(sorted(among))}")
        if not _TIMES.fullmatch(body["default_rate_multiplier"]):
            raise ValueError("default_rate_multiplier: a number from 1 to below 4 is due")
        if not self.spreads or body["need"].keys() != set(_NEED):
            raise ValueError(f"spread_bps_by_grade, need: a grade is due, and {', '.join(_NEED)}")
        if not body["purpose_codes"]:
            raise ValueError("purpose_codes: a purpose is due")
        self.terms(next(iter(self.spreads)), None)

    @cached_property
    def id(self) -> str:
        """0x and the SHA-256 of the document's RFC 8785 JSON."""
        return digest(self.body)

    @property
    def code(self) -> str:
        """What people call it."""
        return str(self.body["product_code"])

    @property
    def version(self) -> int:
        """Of the same code, the later one is the larger."""
        return int(self.body["version"])

    @property
    def lender(self) -> bytes:
        """Organisation id of its lender."""
        return organisation_id(str(self.body["lender"]))

    @property
    def unsecured(self) -> bool:
        """Whether nothing is pledged, so that no base binds."""
        return bool(self.body["legal_form"] == "unsecured-data-credit")

    @property
    def min_amount(self) -> Decimal:
        """The least it lends."""
        return Decimal(self.body["min_amount"])

    @property
    def max_amount(self) -> Decimal:
        """The most it lends."""
        return Decimal(self.body["max_amount"])

    @property
    def step(self) -> Decimal:
        """Amounts are multiples of it."""
        return Decimal(self.body["amount_step"])

    @property
    def single_name_limit(self) -> Decimal:
        """The most its lender lends to one firm under it."""
        return Decimal(self.body["single_name_limit"])

    @property
    def pool_cap(self) -> Decimal | None:
        """The most it lends to all firms together; None where nothing caps it."""
        return None if self.body["pool_cap"] is None else Decimal(self.body["pool_cap"])

    @property
    def auto_approve_max(self) -> Decimal:
        """The most that is approved without a person."""
        return Decimal(self.body["auto_approve_max"])

    @property
    def four_eyes_above(self) -> Decimal:
        """Above it two people approve."""
        return Decimal(self.body["four_eyes_above"])

    @property
    def default_rate_multiplier(self) -> Decimal:
        """Times the rate that is due on principal that is overdue."""
        return Decimal(self.body["default_rate_multiplier"])

    @property
    def tenor(self) -> tuple[int, int]:
        """Shortest and longest, in days."""
        return int(self.body["tenor_days_min"]), int(self.body["tenor_days_max"])

    @property
    def valid(self) -> tuple[date, date]:
        """First and last day on which it is offered."""
        return date.fromisoformat(self.body["valid_from"]), date.fromisoformat(self.body["valid_to"])

    @property
    def spreads(self) -> Mapping[str, int]:
        """Grade → basis points above the benchmark; a grade that is not here gets no loan."""
        found: Mapping[str, int] = self.body["spread_bps_by_grade"]
        return found

    @property
    def need_days(self) -> Mapping[str, int]:
        """margin_bps, growth_bps, dio_days and dpo_days of the working-capital formula."""
        found: Mapping[str, int] = self.body["need"]
        return found

    @property
    def base_net_of_vat(self) -> bool:
        """Whether receivables count without their VAT."""
        return bool(self.body["base_vat"] == "net-of-VAT")

    def __getattr__(self, name: str) -> int:
        """Whole numbers of the document by their own name."""
        if name in _NUMBERS:
            return int(self.body[name])
        raise AttributeError(name)

    def advance_bps(self, kind: str) -> int:
        """Parts of 10,000 that are lent on a kind; machine data, inspections and work orders are evidence, not collateral."""
        return int(self.body["advance_bps_by_kind"].get(kind, 0))

    def max_age(self, kind: str) -> int:
        """Days after which evidence of a kind is too old."""
        return int(self.body["evidence_max_age_days"].get(kind, 36_525))

    def rate_bps(self, grade: str, independence: Decimal | None) -> int:
        """Benchmark and spread, less what independent evidence and a subsidy take off."""
        discount = (
            self.evidence_discount_bps if independence is not None and independence >= Decimal("0.6") else 0
        )
        return max(0, self.benchmark_bps + self.spreads[grade] - discount - self.subsidy_bps)

    def terms(self, grade: str, independence: Decimal | None) -> Terms:
        """What a loan costs a borrower of that grade."""
        fees = tuple(map(Fee.of, self.body["fees"]))
        return Terms(
            self.rate_bps(grade, independence), self.body["day_count"], self.body["repayment_method"], fees
        )


def require_apart(product: Product, others: Iterable[Product]) -> None:
    """ConflictError where another version of the product holds on a day of this one's, or has its number."""
    for other in others:
        if (other.lender, other.code) != (product.lender, product.code) or other.id == product.id:
            continue
        if other.version == product.version:
            raise ConflictError("VERSION_EXISTS", f"{product.code} has a version {product.version} already: give it the next number")  # fmt: skip
        if product.valid[0] <= other.valid[1] and other.valid[0] <= product.valid[1]:
            raise ConflictError(
                "VERSIONS_OVERLAP",
                f"{product.code} version {other.version} holds from {other.valid[0]} to {other.valid[1]}: "
                f"let version {product.version} begin after that, or end the other first",
            )


def of_file(data: bytes, where: str) -> Product:
    """The product in a file's bytes."""
    return Product.of(parse(data, SCHEMA, where))


def defaults() -> tuple[Product, ...]:
    """The three products that the world Two Rivers has: L1-AR, L1-CR, L2-FA."""
    return tuple(of_file(_shipped(f"{code}.json"), code) for code in ("L1-AR", "L1-CR", "L2-FA"))


def default_scorecard() -> Scorecard:
    """The judgemental card that ships."""
    return Scorecard.of(parse(_shipped("scorecard.json"), CARD_SCHEMA, "scorecard.json"))


def default_rules() -> RulePack:
    """The rule pack that ships."""
    return RulePack.of(parse(_shipped("rules.json"), RULES_SCHEMA, "rules.json"))


def _shipped(name: str) -> bytes:
    return (resources.files("gateway.credit") / "policy" / name).read_bytes()
