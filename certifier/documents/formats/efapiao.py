"""Chinese e-invoices as XML: the fully digital 数电票 (`EInvoice`), and the older VAT e-fapiao (`eInvoice`, 2019 schema).

Follows the State Taxation Administration's published samples (数电票 XML 0.3x) and GB/T 36609's element names for the
older one. A number is the 20-digit number, or code ‖ number; the currency is CNY. A red-letter invoice (红字: negative
total, or one that names the blue invoice it reverses) is a `credit-note`. Totals are recomputed from the lines. Order,
despatch and blue invoice numbers are those that the remark (备注) states under their label.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal

from certifier.canonical import FieldType
from certifier.documents import remarks
from certifier.documents.amounts import Amounts, Part, Subtotal, decimal
from certifier.documents.facts import Facts, Row
from certifier.documents.model import Document
from certifier.documents.registry import Format, register
from certifier.documents.source import Source
from certifier.documents.table import notation
from certifier.documents.tree import Node, Tree, parse
from certifier.documents.units import with_unit

FORMAT = "e-fapiao"
_OLD = "http://www.edrm.org.cn/schema/e-invoice/2019"
_BLUE = re.compile(
    r"(?:被红冲|被冲红|对应)蓝字[^0-9:：]{0,12}号码\s*[:：]?\s*(\d{20})|对应正数发票代码\s*[:：]?\s*(\d{10,12})\s*号码\s*[:：]?\s*(\d{8})"
)
_BLUE_NAMES = ("OriginalInvoiceNumber", "OriginalEIid", "BlueInvoiceNumber", "OriginalInvoiceNo")

_NEW = Tree()
_FP = Tree(d=_OLD)


def read(source: Source) -> Document:
    """The facts of one 数电票."""
    root = parse(source.data, FORMAT, source.limits)
    tree = Tree(d=root.tag[1:].partition("}")[0]) if root.tag.startswith("{") else _NEW
    facts = Facts("invoice", FORMAT, f"EInvoice {tree.text(root, 'Header/Version') or ''}".strip())
    facts.only(
        "number", tree.texts(root, "TaxSupervisionInfo/InvoiceNumber") or tree.texts(root, "Header/EIid")
    )
    issued = tree.text(root, "TaxSupervisionInfo/IssueTime", "EInvoiceData/BasicInformation/RequestTime")
    facts.put("issue_date", notation(FieldType.DATE, issued or ""))
    for role, group, prefix in (
        ("seller", "SellerInformation", "Seller"),
        ("buyer", "BuyerInformation", "Buyer"),
    ):
        facts.put(f"{role}_id", tree.text(root, f"EInvoiceData/{group}/{prefix}IdNum"))
        facts.put(f"{role}_name", tree.text(root, f"EInvoiceData/{group}/{prefix}Name"))
    basic = "EInvoiceData/BasicInformation"
    net, tax, total = (
        tree.text(root, f"{basic}/{name}")
        for name in ("TotalAmWithoutTax", "TotalTaxAm", "TotalTax-includedAmount")
    )
    lines = [
        _line(line, "ItemName", "Quantity", "MeaUnits", "UnPrice", "Amount", tree)
        for line in tree.all(root, "EInvoiceData/IssuItemInformation")
    ]
    rates = [
        (tree.text(line, "TaxRate"), tree.text(line, "ComTaxAm"))
        for line in tree.all(root, "EInvoiceData/IssuItemInformation")
    ]
    remark = tree.text(root, "EInvoiceData/AdditionalInformation/Remark")
    named = next(
        (n.text for name in _BLUE_NAMES for n in tree.below(root, name) if n.text and n.text.strip()), None
    )
    _remark(facts, remark)
    facts.account(tree.text(root, "EInvoiceData/SellerInformation/SellerBankAccNum"))
    _finish(facts, (net, tax, total), lines, rates, named or _blue(remark))
    facts.rows("line", lines)
    return facts.document()


def read_old(source: Source) -> Document:
    """The facts of one VAT e-fapiao of the 2019 schema."""
    root = parse(source.data, FORMAT, source.limits)
    facts = Facts("invoice", FORMAT, f"{_OLD} {root.get('Version') or ''}".strip())
    code, number = _FP.text(root, "InvoiceCode"), _FP.text(root, "InvoiceNo")
    facts.put("number", f"{code}{number}" if code and number else None)
    facts.put("issue_date", notation(FieldType.DATE, _FP.text(root, "IssueDate") or ""))
    for role, group in (("seller", "Seller"), ("buyer", "Buyer")):
        facts.put(f"{role}_id", _FP.text(root, f"{group}/{group}TaxID"))
        facts.put(f"{role}_name", _FP.text(root, f"{group}/{group}Name"))
    totals = tuple(
        _FP.text(root, n) for n in ("TaxExclusiveTotalAmount", "TaxTotalAmount", "TaxInclusiveTotalAmount")
    )
    nodes = _FP.all(root, "GoodsInfos/GoodsInfo")
    lines = [
        _line(node, "Item", "Quantity", "MeasurementDimension", "Price", "Amount", _FP) for node in nodes
    ]
    rates = [(_FP.text(node, "TaxScheme"), _FP.text(node, "TaxAmount")) for node in nodes]
    red, remark = _FP.text(root, "TypeCode") == "1", _FP.text(root, "Note")
    _remark(facts, remark)
    _finish(facts, totals, lines, rates, _blue(remark), red=red)
    facts.rows("line", lines, [_FP.text(node, "LineNo") or "" for node in nodes])
    return facts.document()


def _remark(facts: Facts, remark: str | None) -> None:
    """What the remark states under a label: the buyer's order, the despatch, the days of payment."""
    facts.references(remarks.orders(remark), remarks.despatches(remark))
    facts.terms(remark)


def _line(node: Node, item: str, number: str, unit: str, price: str, net: str, tree: Tree = _NEW) -> Row:
    return {
        "item": tree.text(node, item),
        "quantity": with_unit(tree.text(node, number), tree.text(node, unit)),
        "price": tree.text(node, price),
        "net": tree.text(node, net),
    }


def _finish(
    facts: Facts,
    totals: Iterable[str | None],
    lines: list[Row],
    rates: list[tuple[str | None, str | None]],
    blue: str | None,
    *,
    red: bool = False,
) -> None:
    """What both generations share: kind, totals and their arithmetic."""
    net, tax, total = totals
    if red or blue or (total or "").startswith("-"):
        facts.kind = "credit-note"
        facts.put("corrects_number", blue)
    facts.put("currency", "CNY")
    for name, value in (("net", net), ("tax", tax), ("total", total), ("lines", len(lines))):
        facts.put(name, value)
    amounts = Amounts(lines_total=decimal(net), net=decimal(net), tax=decimal(tax), total=decimal(total))
    amounts.lines = [Part(decimal(line["net"])) for line in lines]
    amounts.breakdown = [
        Subtotal(decimal(line["net"]), decimal(due), None, _percent(rate))
        for line, (rate, due) in zip(lines, rates, strict=True)
        if due
    ]
    for notice in amounts.deviations():
        facts.warn(notice.code, notice.message)


def _percent(rate: str | None) -> Decimal | None:
    """`13%` and `0.13` are both thirteen; words (免税, 不征税) are no rate."""
    if not rate:
        return None
    value = decimal(rate.rstrip("%"))
    return value if value is None or rate.endswith("%") else value * 100


def _blue(remark: str | None) -> str | None:
    """The number of the blue invoice that a remark says is reversed."""
    match = _BLUE.search(remark or "")
    return None if match is None else match[1] or f"{match[2]}{match[3]}"


def _claims(source: Source) -> bool:
    root = source.root
    return root is not None and root.name == "EInvoice"


def _claims_old(source: Source) -> bool:
    root = source.root
    return root is not None and root.name == "eInvoice" and _OLD in root.namespaces.values()


register(
    Format(FORMAT, "State Taxation Administration 数电票 XML (EInvoice 0.3x)", _claims, read),
    Format(FORMAT, "VAT e-fapiao XML, schema e-invoice/2019 (original_invoice.xml)", _claims_old, read_old),
)
