"""UBL RemittanceAdvice (UBL 2.x, 2.1 clause 3.2.46) as payments: one per line, which names the invoice it settles."""

from __future__ import annotations

from certifier.documents.amounts import decimal
from certifier.documents.facts import Facts, Row
from certifier.documents.model import Document
from certifier.documents.registry import Format, register
from certifier.documents.source import Source
from certifier.documents.tree import Node, own_text
from certifier.documents.ubl import UBL, claims, opened, party

_PARTY = {
    "payer": ("cac:AccountingCustomerParty/cac:Party",),
    "payee": ("cac:PayeeParty", "cac:AccountingSupplierParty/cac:Party"),
}


def read(source: Source) -> Document:
    """The payments that one advice announces."""
    root, facts = opened(source, "payment")
    lines = UBL.all(root, "cac:RemittanceAdviceLine")
    rows = [_payment(root, line) for line in lines] or [_payment(root, None)]
    facts.put("payments", len(rows))
    facts.rows("payment", rows, [UBL.text(line, "cbc:ID") or "" for line in lines] or ["1"])
    return facts.document()


def _payment(root: Node, line: Node | None) -> Row:
    amount = _amount(root, line)
    row: dict[str, str | None] = {
        "number": UBL.text(root, "cbc:ID"),
        "date": UBL.text(root, "cac:PaymentMeans/cbc:PaymentDueDate", "cbc:IssueDate"),
        "currency": amount.get("currencyID") if amount is not None else None,
        "amount": own_text(amount) if amount is not None else None,
        "reference": UBL.text(line, "cac:BillingReference/cac:InvoiceDocumentReference/cbc:ID")
        if line is not None
        else None,
    }
    for role, paths in _PARTY.items():
        node = next((n for path in paths if (n := UBL.first(root, path)) is not None), None)
        row |= _names(role, node)
    return row


def _amount(root: Node, line: Node | None) -> Node | None:
    """What is paid: of a line that fills in both columns, debit and credit, the one that is not zero."""
    if line is None:
        return UBL.first(root, "cbc:TotalPaymentAmount")
    paths = ("cbc:PaidAmount", "cbc:DebitLineAmount", "cbc:CreditLineAmount", "cbc:BalanceAmount")
    stated = [node for path in paths if (node := UBL.first(line, path)) is not None]
    return next((node for node in stated if decimal(own_text(node))), stated[0] if stated else None)


def _names(role: str, node: Node | None) -> dict[str, str | None]:
    """A party's id and name, by the rules of all UBL documents."""
    facts = Facts("invoice", "ubl")
    party(facts, "seller", node)
    return {f"{role}_id": facts.get("seller_id"), f"{role}_name": facts.get("seller_name")}


register(
    Format("ubl", "OASIS UBL 2.x RemittanceAdvice", lambda source: claims(source, "RemittanceAdvice"), read)
)
