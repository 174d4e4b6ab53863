"""What pages of credit are made of: the waterfall with the papers behind each line, offers, reasons in the page's language.

Nothing here decides anything: it arranges a decision record's own members.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from gateway.web.credit_words import LINES

__all__ = ["Behind", "Line", "waterfall"]

_INVOICES = ("invoice", "invoice-unknown-evidence")


@dataclass(frozen=True)
class Behind:
    """A receivable behind a line: its number, its amount there, its papers."""

    identity: str
    amount: str
    assets: Sequence[str]


@dataclass(frozen=True)
class Line:
    """One line of the waterfall; `total` marks those that sum up."""

    code: str
    label: str
    amount: str
    total: bool
    behind: Sequence[Behind]


def waterfall(base: Mapping[str, Any] | None) -> list[Line]:
    """From receivables to what is available, each line with what it came from."""
    if base is None:
        return []
    items: Sequence[Mapping[str, Any]] = base.get("items", ())
    return [
        Line(
            one["code"],
            LINES.get(one["code"], one["text"]),
            one["amount"],
            one["code"] in ("NET", "ELIGIBLE"),
            list(_behind(one["code"], items)),
        )
        for one in base["lines"]
    ]


def _behind(code: str, items: Sequence[Mapping[str, Any]]) -> Sequence[Behind]:
    amount: Callable[[Mapping[str, Any]], str]
    if code == "NET":
        chosen, amount = [one for one in items if one["kind"] in _INVOICES], lambda one: one["net"]
    elif code == "ELIGIBLE":
        chosen = [one for one in items if one["kind"] in _INVOICES and Decimal(one["eligible"]) > 0]
        amount = lambda one: one["eligible"]  # noqa: E731
    elif code[0] == "B":
        chosen = [one for one in items if any(part["code"] == code for part in one["ineligible"])]
        amount = lambda one: next(part["amount"] for part in one["ineligible"] if part["code"] == code)  # noqa: E731
    else:
        chosen = [one for one in items if one["kind"] == code and Decimal(one["eligible"]) > 0]
        amount = lambda one: one["eligible"]  # noqa: E731
    return [Behind(one["identity"].rpartition("/")[2], amount(one), one["asset_ids"]) for one in chosen]
