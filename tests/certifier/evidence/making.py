"""Small papers for tests of single measures: one firm, one buyer, one carrier, each paper as little as its kind allows."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from certifier.documents.trace import ACTIVE, IDLE, Interval, Measured, Trace
from certifier.evidence import Assessment, Declaration, Paper, Signer, assess
from certifier.evidence.machines import midnight
from certifier.evidence.paper import SHANGHAI, day_of
from certifier.evidence.routing import Part, Routing, Step

FIRM, CARRIER, BODY, OTHER = (hashlib.sha256(name.encode()).digest() for name in ("firm", "carrier", "body", "other"))  # fmt: skip
NAMES = {FIRM: ["CN-USCC:FIRM1"], CARRIER: ["CN-USCC:CARRIER1"], BODY: ["CN-USCC:BODY1"], OTHER: ["CN-USCC:OTHER1"]}  # fmt: skip
MONDAY = date(2026, 8, 3)
AS_OF = date(2026, 9, 28)
_fresh = itertools.count()


def made(
    kind: str,
    facts: dict[str, str],
    *,
    links: Iterable[tuple[str, Paper]] = (),
    signer: tuple[str, bytes] | None = None,
    issuer: bytes = FIRM,
    form: str = "test",
    trace: Trace | None = None,
    sha256: bytes | None = None,
    certified: datetime | None = None,
    sealed: bool = False,
    declared: Declaration | None = None,
) -> Paper:
    """A paper, certified at the end of the day after the one it speaks of unless told."""
    asset_id = hashlib.sha256(f"paper {next(_fresh)}".encode()).digest()
    day = day_of(kind, facts) or MONDAY - timedelta(days=30)
    at = certified or datetime.combine(day + timedelta(days=2), datetime.min.time(), SHANGHAI)
    return Paper(
        asset_id, issuer, kind, form, facts, tuple((relation, to.asset_id) for relation, to in links),
        (Signer(*signer),) if signer else (), sha256 or asset_id, int(at.timestamp()), day, trace, sealed, declared,
    )  # fmt: skip


def lines(rows: Sequence[dict[str, Any]]) -> dict[str, str]:
    """Rows as facts of `line`."""
    return {f"line.{at:04}.{name}": str(value) for at, row in enumerate(rows, 1) for name, value in row.items()}  # fmt: skip


def order(number: str = "PO-1", day: date = MONDAY, **given: Any) -> Paper:
    rows = given.pop("rows", [{"item": "P101", "quantity": "100 H87", "price": "10", "promised_date": day + timedelta(days=20)}])  # fmt: skip
    facts = {
        "number": number,
        "issue_date": str(day),
        "seller_id": "FIRM1",
        "buyer_id": given.pop("buyer", "BUYER1"),
    }
    return made("purchase-order", facts | lines(rows), **given)


def lot(number: str, first: date, last: date, produced: int = 100, **given: Any) -> Paper:
    row = {
        "number": number, "product": given.pop("product", "P101"), "produced": f"{produced} H87",
        "start": f"{first}T00:00:00Z", "end": f"{last}T08:00:00Z",
    }  # fmt: skip
    if (bought := given.pop("order", None)) is not None:
        row["buyer_order_number"] = bought
    return made("work-order", {f"order.0001.{name}": value for name, value in row.items()}, **given)


def inspection(number: str, day: date, failed: int = 0, parts: int = 200, **given: Any) -> Paper:
    values = given.pop("values", ())
    facts = {
        "number": number, "product": "P101", "lot": given.pop("lot", number), "inspected_at": f"{day}T06:00:00Z",
        "parts": str(parts), "parts_failed": str(failed),
    }  # fmt: skip
    trace = Trace(measured=tuple(Measured("d", str(at), value) for at, value in enumerate(values)))
    return made("inspection-report", facts, trace=trace, **given)


def despatch(number: str, day: date, pieces: int = 100, *, carried: bool = True, **given: Any) -> Paper:
    facts = {"number": number, "issue_date": str(day), "buyer_id": "BUYER1"}
    facts |= {"order_number": bought} if (bought := given.pop("order", "PO-1")) else {}
    signer = ("witness", CARRIER) if carried else None
    return made("despatch-advice", facts | lines([{"item": "P101", "quantity": f"{pieces} H87"}]), signer=signer, **given)  # fmt: skip


def invoice(number: str, day: date, total: str = "1000", **given: Any) -> Paper:
    rows = given.pop("rows", [{"item": "P101", "quantity": "100 H87", "price": "10"}])
    facts = {
        "number": number, "issue_date": str(day), "seller_id": given.pop("seller", "FIRM1"),
        "buyer_id": given.pop("buyer", "BUYER1"), "total": total, "net": total,
    }  # fmt: skip
    for name in ("order_number", "despatch_number", "corrects_number", "due_date", "type_code"):
        if name in given:
            facts[name] = str(given.pop(name))
    return made(given.pop("kind", "invoice"), facts | lines(rows), **given)


def payment(reference: str, day: date, money: str = "1000", **given: Any) -> Paper:
    row = {
        "number": f"B{next(_fresh)}", "date": str(day), "amount": money, "payer_id": given.pop("payer", "BUYER1"),
        "payee_id": given.pop("payee", "FIRM1"), "reference": reference,
    }  # fmt: skip
    facts = {f"payment.0001.{name}": value for name, value in row.items()}
    return made("payment", facts, form=given.pop("form", "camt"), **given)


ROUTING = Routing(
    "FIRM1", ((480, 960),), frozenset({1, 2, 3, 4, 5}), frozenset(), frozenset(),
    {"L": ("L01",)}, {"L01": ("L01",)}, {"P101": Part((Step("L", Decimal(100)),), None, None)},
)  # fmt: skip
"""One machine, eight hours from Monday to Friday, a hundred seconds a piece."""


def routing() -> Paper:
    return made("other", {}, declared=ROUTING)


def log(day: date, cuts: Sequence[int], device: str = "L01", **given: Any) -> Paper:
    """A day's log from 08:00 to 16:00: cuts of so many milliseconds, a second between, idle for the rest."""
    at, end = midnight(day) + 8 * 3_600_000, midnight(day) + 16 * 3_600_000
    found = []
    for length in cuts:
        found += [Interval(device, ACTIVE, at, at + length), Interval(device, IDLE, at + length, at + length + 1000)]  # fmt: skip
        at += length + 1000
    found.append(Interval(device, IDLE, at, end))
    facts = {"start": f"{day}T00:00:00Z", "end": f"{day}T08:00:00Z"}
    signer = ("instrument", given.get("issuer", FIRM))
    return made("machine-data", facts, trace=Trace(intervals=tuple(found)), signer=signer, **given)


def judged(papers: Iterable[Paper], **given: Any) -> Assessment:
    """The firm's assessment of these papers."""
    return assess(papers, **({"firm": FIRM, "as_of": AS_OF, "names": NAMES} | given))


def told(assessment: Assessment) -> list[tuple[str, str]]:
    """(code, severity) of every finding."""
    return [(one.code.value, one.severity.value) for one in assessment.findings]
