"""A loan product as a form: every term with its unit and what it does, read into the next version's document, and compared with another.

Whether the document makes sense is `gateway.credit.products` to say; here is only how people write it: percent, not basis points.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from gateway.credit.pricing import FEE_BASES, FEE_KINDS, FEE_PAYERS
from gateway.credit.products import CHOICES
from gateway.errors import UsageError
from gateway.web.words import N_

__all__ = ["FEE_CHOICES", "FIELDS", "SECTIONS", "Field", "changed", "document_of", "fee_rows", "shown"]

_BPS = Decimal(100)
_FEE = ("kind", "basis", "value", "payer", "financed")
MOST_FEES = 20
FEE_CHOICES = {"kind": FEE_KINDS, "basis": FEE_BASES, "payer": FEE_PAYERS}


@dataclass(frozen=True)
class Field:
    """One term: where it stands in the document, what it is called, its unit (`percent`, `days`, `hours`, `yuan`, `times`, `date`, `choice`,
    `list`, `text`, `fees`) and what it does. `optional`: may be left empty."""

    path: str
    label: str
    unit: str
    help: str = ""
    optional: bool = False

    @property
    def choices(self) -> Sequence[str]:
        """The words that it may be, where it is a choice."""
        return CHOICES[self.path]

    @property
    def name(self) -> str:
        """Of its input."""
        return self.path.replace(".", "__").replace("-", "_")


_GRADE = N_("Above the benchmark, for this grade. Empty: the grade gets no loan.")
_ADVANCE = N_("Part of the receivable that is lent.")
SECTIONS: Sequence[tuple[str, Sequence[Field]]] = (
    (N_("Name and form"), (
        Field("name_zh", N_("Name in Chinese"), "text"),
        Field("name_en", N_("Name in English"), "text"),
        Field("legal_form", N_("Legal form"), "choice"),
        Field("valid_from", N_("Offered from"), "date", N_("Two versions never hold on one day: end the one before first.")),
        Field("valid_to", N_("Offered until"), "date"),
        Field("purpose_codes", N_("For which purposes"), "list"),
    )),
    (N_("Amount and days"), (
        Field("min_amount", N_("Least amount"), "yuan"),
        Field("max_amount", N_("Largest amount"), "yuan"),
        Field("amount_step", N_("In steps of"), "yuan"),
        Field("tenor_days_min", N_("Shortest"), "days"),
        Field("tenor_days_max", N_("Longest"), "days"),
        Field("availability_days", N_("An offer stands for"), "days", N_("After that it cannot be accepted.")),
        Field("expected_hours_to_cash", N_("Until the money is there"), "hours", N_("Ranks offers of equal cost.")),
    )),
    (N_("Price"), (
        Field("benchmark", N_("Benchmark"), "choice"),
        Field("benchmark_bps", N_("Benchmark rate"), "percent", N_("LPR on its fixing day.")),
        Field("benchmark_fixing_date", N_("Fixed on"), "date"),
        Field("spread_bps_by_grade.A", N_("Spread, grade A"), "percent", _GRADE, optional=True),
        Field("spread_bps_by_grade.B", N_("Spread, grade B"), "percent", _GRADE, optional=True),
        Field("evidence_discount_bps", N_("Discount for independent evidence"), "percent", N_("Where six tenths of what is claimed are attested by others.")),
        Field("subsidy_bps", N_("Subsidy"), "percent"),
        Field("default_rate_multiplier", N_("Rate on what is overdue"), "times", N_("A multiple of the rate.")),
        Field("day_count", N_("Days of a year"), "choice"),
        Field("repayment_method", N_("Repayment"), "choice"),
        Field("fees", N_("Fees"), "fees", N_("In yuan where it is one sum, else in percent. A line without a value is left out.")),
    )),
    (N_("What is lent on"), (
        Field("advance_bps_by_kind.invoice", N_("Invoices that agree with order, work and delivery"), "percent", _ADVANCE),
        Field("advance_bps_by_kind.invoice-unknown-evidence", N_("Invoices with weak evidence"), "percent", _ADVANCE),
        Field("advance_bps_by_kind.finished-goods-under-order", N_("Finished goods under order"), "percent", _ADVANCE),
        Field("advance_bps_by_kind.order-not-produced", N_("Orders not produced"), "percent", _ADVANCE),
        Field("base_vat", N_("Receivables count"), "choice"),
        Field("vat_bps", N_("Rate of VAT"), "percent"),
        Field("evidence_max_age_days.invoice", N_("Invoices at most"), "days", N_("Days since their issue. Empty: any age."), optional=True),
        Field("evidence_max_age_days.machine-data", N_("Newest machine data at most"), "days", N_("Days before the decision. Empty: any age."), optional=True),
        Field("obligor_limit_bps", N_("Limit for one buyer"), "percent", N_("Of everything that is eligible.")),
        Field("dilution_free_bps", N_("Corrections in red that are borne"), "percent", N_("What is above is held back.")),
        Field("past_due_cutoff_days", N_("Overdue at most"), "days"),
        Field("max_payment_term_days", N_("Payment term at most"), "days"),
        Field("cross_age_bps", N_("Late part of one buyer at most"), "percent", N_("Above it nothing of that buyer counts.")),
        Field("cross_age_days", N_("Late means later than"), "days"),
    )),
    (N_("Who gets it"), (
        Field("min_history_days", N_("History at least"), "days"),
        Field("required_checks", N_("Checks that must be valid"), "list"),
        Field("region", N_("Regions (GB/T 2260)"), "list", N_("Empty: everywhere."), optional=True),
        Field("industry", N_("Industries (GB/T 4754)"), "list", N_("Empty: all."), optional=True),
        Field("enterprise_size", N_("Sizes of enterprise"), "list", N_("Empty: all."), optional=True),
    )),
    (N_("Limits and people"), (
        Field("single_name_limit", N_("Limit for one firm"), "yuan"),
        Field("pool_cap", N_("Cap of the whole product"), "yuan", N_("Empty: none."), optional=True),
        Field("auto_approve_max", N_("Approved without a person up to"), "yuan"),
        Field("four_eyes_above", N_("Two people above"), "yuan"),
    )),
    (N_("Need for working capital"), (
        Field("need.margin_bps", N_("Margin"), "percent", N_("Assumed where no paper states it.")),
        Field("need.growth_bps", N_("Growth"), "percent"),
        Field("need.dio_days", N_("Days of stock"), "days"),
        Field("need.dpo_days", N_("Days of payables"), "days"),
    )),
)  # fmt: skip
"""Headings with their fields, in the order in which a risk officer thinks of them."""
FIELDS = tuple(field for _, fields in SECTIONS for field in fields)


def _at(content: Mapping[str, Any], path: str) -> Any:
    found: Any = content
    for part in path.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


def shown(content: Mapping[str, Any], field: Field) -> str:
    """A term as its input has it."""
    value = _at(content, field.path)
    if value is None:
        return ""
    if field.unit == "fees":
        return "; ".join(" ".join(_said(fee)) for fee in value)
    if field.unit == "percent":
        return f"{(Decimal(value) / _BPS).normalize():f}"
    if field.unit == "list":
        return ", ".join(map(str, value))
    return str(value)


def fee_rows(content: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The fees as their inputs have them, and lines for two more."""
    found = [{**fee, "value": _worth(fee)} for fee in content["fees"]]
    more = {
        "kind": FEE_KINDS[0],
        "basis": FEE_BASES[1],
        "value": "",
        "payer": FEE_PAYERS[0],
        "financed": False,
    }
    return [*found, *(dict(more) for _ in range(2))]


def _worth(fee: Mapping[str, Any]) -> str:
    """A fee's value as people write it: yuan where flat, else percent."""
    value = Decimal(fee["value"])
    return f"{value:f}" if fee["basis"] == "flat" else f"{(value / _BPS).normalize():f}"


def _said(fee: Mapping[str, Any]) -> tuple[str, ...]:
    return fee["kind"], _worth(fee), fee["basis"], fee["payer"], *(("financed",) if fee["financed"] else ())


def _fees(given: Mapping[str, str]) -> list[dict[str, Any]]:
    """The lines that have a value, in order."""
    found = []
    for at in range(MOST_FEES):
        row = {name: given.get(f"fees__{at}__{name}", "").strip() for name in _FEE}
        if not row["value"]:
            continue
        unit = "yuan" if row["basis"] == "flat" else "percent"
        value = _read(Field(f"fees {at + 1}", "", unit), row["value"])
        found.append({**row, "value": str(value), "financed": row["financed"] == "yes"})
    return found


def changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Field]:
    """The terms in which two versions differ."""
    return [field for field in FIELDS if _at(before, field.path) != _at(after, field.path)]


def document_of(before: Mapping[str, Any], given: Mapping[str, str], version: int) -> dict[str, Any]:
    """The document of a version with what was written into the form. UsageError names the field that is not as it should be."""
    body = copy.deepcopy(dict(before)) | {"version": version}
    for field in FIELDS:
        *outer, last = field.path.split(".")
        place = body
        for part in outer:
            place = place[part]
        value = _fees(given) if field.unit == "fees" else _read(field, given.get(field.name, "").strip())
        if value is None and outer:
            place.pop(last, None)
        else:
            place[last] = value
    return body


def _read(field: Field, text: str) -> Any:
    if field.unit == "list":
        return [part.strip() for part in text.replace("，", ",").split(",") if part.strip()]
    if not text:
        if field.optional:
            return None
        raise UsageError("PRODUCT", f"{field.path}: something is due")
    if field.unit in ("text", "choice", "date"):
        return text
    try:
        number = Decimal(text.replace(",", ""))
        if field.unit in ("yuan", "times"):
            return f"{number:f}"
        whole = number * _BPS if field.unit == "percent" else number
        if whole != int(whole):
            raise ValueError("too many decimals")
        return int(whole)
    except (InvalidOperation, ValueError, OverflowError) as error:
        raise UsageError("PRODUCT", f"{field.path}: {text!r} is no number that fits here") from error
