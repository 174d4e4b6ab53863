"""ISO 20022 camt.053 (statement), camt.054 (notification) and camt.052 (report): booked entries as payments.

An entry that details several transactions is that many payments. Payer and payee are the debtor and the creditor that
the entry names, else the account's owner on the side the entry says. Reversals count negative; what is only pending is
left out and told.
"""

from __future__ import annotations

import re

from certifier.documents.facts import Facts, Row
from certifier.documents.model import Document
from certifier.documents.registry import Format, register
from certifier.documents.source import Source
from certifier.documents.tree import Node, Tree, own_text, parse

_TAG = re.compile(r"\{urn:iso:std:iso:20022:tech:xsd:camt\.05[234]\.001\.[0-9]{2}\}Document\Z")
_STATEMENTS = ("BkToCstmrStmt/Stmt", "BkToCstmrDbtCdtNtfctn/Ntfctn", "BkToCstmrAcctRpt/Rpt")
_NUMBERS = ("Refs/AcctSvcrRef", "Refs/TxId", "Refs/InstrId", "Refs/EndToEndId")
_REFERENCES = ("RmtInf/Strd/RfrdDocInf/Nb", "RmtInf/Strd/CdtrRefInf/Ref", "RmtInf/Ustrd", "Refs/EndToEndId")


class _Statement:
    """One statement of one account, in the document's namespace."""

    def __init__(self, tree: Tree, node: Node, facts: Facts) -> None:
        self.tree = tree
        self.node = node
        self.facts = facts

    def first(self, node: Node, *paths: str) -> str | None:
        return next(
            (text for path in paths if (text := self.tree.text(node, path)) and text != "NOTPROVIDED"), None
        )

    def payments(self) -> list[Row]:
        """Every booked transaction."""
        found: list[Row] = []
        for entry in self.tree.all(self.node, "Ntry"):
            status = self.first(entry, "Sts/Cd", "Sts") or "BOOK"
            if status != "BOOK":
                self.facts.warn(
                    "PENDING_OMITTED", "entries that are not booked yet are no payments: left out"
                )
                continue
            found.extend(self._payment(entry, detail) for detail in self._details(entry))
        return found

    def _details(self, entry: Node) -> list[Node | None]:
        """An entry's transactions; where several share an amount that they do not split, the entry is the payment."""
        details = self.tree.all(entry, "NtryDtls/TxDtls")
        if len(details) > 1 and any(self._own_amount(detail) is None for detail in details):
            self.facts.warn(
                "BATCH_NOT_SPLIT",
                "an entry lists several transactions without their amounts: it is one payment, of their sum",
            )
            return [None]
        return list(details) or [None]

    def _payment(self, entry: Node, detail: Node | None) -> Row:
        own = detail if detail is not None else entry
        amount = self._amount(entry, detail)
        reversed_ = self.first(entry, "RvslInd") in ("true", "1")
        value = own_text(amount) if amount is not None else None
        row: dict[str, str | None] = {
            "number": self.first(own, *_NUMBERS) or self.first(entry, "AcctSvcrRef", "NtryRef"),
            "date": (self.first(entry, "BookgDt/Dt", "BookgDt/DtTm", "ValDt/Dt", "ValDt/DtTm") or "")[:10]
            or None,
            "currency": amount.get("Ccy") if amount is not None else None,
            "amount": f"-{value}" if reversed_ and value else value,
            "reference": self.first(own, *_REFERENCES),
        }
        credit = self.first(own, "CdtDbtInd") or self.first(entry, "CdtDbtInd")
        for role, side, owns in (("payer", "Dbtr", credit == "DBIT"), ("payee", "Cdtr", credit == "CRDT")):
            row |= self._party(role, own, side, owns != reversed_)
        return row

    def _amount(self, entry: Node, detail: Node | None) -> Node | None:
        found = None if detail is None else self._own_amount(detail)
        return found if found is not None else self.tree.first(entry, "Amt")

    def _own_amount(self, detail: Node) -> Node | None:
        paths = ("Amt", "AmtDtls/TxAmt/Amt", "AmtDtls/InstdAmt/Amt")
        return next((node for path in paths if (node := self.tree.first(detail, path)) is not None), None)

    def _party(self, role: str, own: Node, side: str, owner: bool) -> dict[str, str | None]:
        for path in (f"RltdPties/{side}/Pty", f"RltdPties/{side}"):
            node = self.tree.first(own, path)
            if node is not None and self.first(node, "Nm"):
                return {f"{role}_id": self._id(node), f"{role}_name": self.first(node, "Nm")}
        holder = self.tree.first(self.node, "Acct/Ownr") if owner else None
        if holder is None:
            return {f"{role}_id": None, f"{role}_name": None}
        return {f"{role}_id": self._id(holder), f"{role}_name": self.first(holder, "Nm")}

    def _id(self, node: Node) -> str | None:
        return self.first(node, "Id/OrgId/Othr/Id", "Id/OrgId/LEI", "Id/OrgId/AnyBIC", "Id/OrgId/BICOrBEI")


def read(source: Source) -> Document:
    """The payments of one document."""
    root = parse(source.data, "camt", source.limits)
    namespace = root.tag[1:].partition("}")[0]
    tree, facts = Tree(d=namespace), Facts("payment", "camt", namespace)
    rows = [
        row
        for path in _STATEMENTS
        for node in tree.all(root, path)
        for row in _Statement(tree, node, facts).payments()
    ]
    facts.put("payments", len(rows))
    facts.rows("payment", rows, [f"{row['date']} {row['number']}" for row in rows])
    return facts.document()


register(
    Format(
        "camt",
        "ISO 20022 camt.052, camt.053, camt.054",
        lambda source: _TAG.match(source.tag) is not None,
        read,
    )
)
