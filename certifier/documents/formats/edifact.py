"""UN/EDIFACT INVOIC, directories D96A and D14B (ISO 9735 syntax 3 and 4; EN 16931-3-4's binding of D16B/D14B).

Separators come from UNA, the alphabet from UNB (UNOA, UNOB: ASCII; UNOC: ISO 8859-1; UNOW: UTF-8); a fact with letters
outside of it is left out. One INVOIC message a file. Amounts by qualifier of MOA (UNTDED 5025): 79 lines, 389 or 125 net, 176 or 124 tax, 388 or 77 total, 9 due.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from certifier.documents.amounts import CREDIT_CODES, Amounts, Part, Subtotal, decimal, total_of
from certifier.documents.facts import Facts
from certifier.documents.model import Document
from certifier.documents.registry import Format, register
from certifier.documents.source import Source
from certifier.errors import MalformedDocumentError

_START = re.compile(rb"\A(?:\xef\xbb\xbf)?\s*(?:UNA(.{6})\s*)?UNB.UNO([A-Z])", re.DOTALL)
_ALPHABETS = {
    "A": "ascii",
    "B": "ascii",
    "C": "iso8859-1",
    "D": "iso8859-2",
    "E": "iso8859-5",
    "F": "iso8859-7",
    "W": "utf-8",
    "Y": "utf-8",
}
_PARTIES = {"seller": ("SE", "SU"), "buyer": ("BY",)}
_REFERENCES = {
    "ON": "order_number",
    "AAK": "despatch_number",
    "DQ": "despatch_number",
    "IV": "corrects_number",
    "OI": "corrects_number",
}

Segment = list[list[str]]
"""Data elements of a segment, each a list of its components; the first is the tag."""


def read(source: Source) -> Document:
    """The facts of one INVOIC message."""
    syntax, text = _opened(source)
    segments = list(syntax.segments(text))
    heads = [s for s in segments if s[0][0] == "UNH"]
    if len(heads) != 1:
        raise MalformedDocumentError(
            "SEVERAL_DOCUMENTS",
            f"EDIFACT: {len(heads)} messages in one interchange: save each invoice as its own file",
        )
    if segments[-1][0][0] != "UNZ":
        raise MalformedDocumentError(
            "EDIFACT",
            f"EDIFACT, segment {len(segments)}: the interchange does not end with UNZ; it is cut off",
        )
    version = ":".join(heads[0][2][:4]) if len(heads[0]) > 2 else ""
    without = _says_nothing(segments)
    if without or not version.startswith("INVOIC:"):
        facts = Facts("other", "edifact", version, "application/edifact")
        what = f"{version.partition(':')[0]} {without}".strip()
        facts.warn("NO_FACTS", f"EDIFACT {what} states none of our facts: certified by its bytes")
        return facts.document()
    return _Invoice(
        segments, Facts("invoice", "edifact", version, "application/edifact"), syntax.decimal_mark
    ).document()


def _says_nothing(segments: list[Segment]) -> str:
    """Why a message states nothing whatever it holds (UNB 0035, BGM 1225); blank where it does."""
    if any(s[0][0] == "UNB" and _at(s, 11) not in ("", "0") for s in segments):
        return "of a test interchange"
    cancels = any(s[0][0] == "BGM" and _at(s, 3) == "1" for s in segments)
    return "that cancels an earlier one" if cancels else ""


class _Syntax:
    """The service characters of one interchange (ISO 9735, UNA)."""

    def __init__(self, una: bytes | None) -> None:
        component, element, self.decimal_mark, escape, _, end = tuple((una or b":+.? '").decode("latin-1"))
        self._escape = "" if escape == " " else escape
        self._ends = (end, element, component)

    def segments(self, text: str) -> Iterator[Segment]:
        """Segments, elements, components; a release character protects the character after it."""
        end, element, component = self._ends
        for segment in self._split(text, end):
            if segment.strip():
                elements = self._split(segment.strip("\r\n \t"), element)
                yield [[self._plain(c) for c in self._split(e, component)] for e in elements]

    def _split(self, text: str, separator: str) -> list[str]:
        if not self._escape or self._escape not in text:
            return text.split(separator)
        escape = re.escape(self._escape)
        parts = re.findall(
            rf"((?:{escape}.|[^{re.escape(separator)}{escape}])*)(?:{re.escape(separator)}|\Z)",
            text,
            re.DOTALL,
        )
        return parts[:-1] if text.endswith(separator) or not parts[-1] else parts

    def _plain(self, text: str) -> str:
        return (
            re.sub(rf"{re.escape(self._escape)}(.)", r"\1", text, flags=re.DOTALL).strip()
            if self._escape
            else text.strip()
        )


def _opened(source: Source) -> tuple[_Syntax, str]:
    """The syntax and the text after UNA."""
    match = _START.match(source.data)
    assert match is not None
    alphabet = _ALPHABETS.get(match[2].decode("ascii"), "utf-8")
    text = source.data.decode(alphabet, "replace").lstrip("\ufeff \r\n\t")
    return _Syntax(match[1]), text[9:] if match[1] else text


class _Invoice:
    """The message, segment by segment: header, lines after LIN, summary after UNS."""

    def __init__(self, segments: list[Segment], facts: Facts, decimal_mark: str) -> None:
        self._facts = facts
        self._mark = decimal_mark
        self._amounts = Amounts()
        self._lines: list[dict[str, str | None]] = []
        self._keys: list[str] = []
        self._taxes: list[dict[str, str]] = []
        self._totals: dict[str, str] = {}
        self._parties: dict[str, list[dict[str, str]]] = {}
        self._charge: str | None = None
        self._named: dict[str, list[str]] = {name: [] for name in _REFERENCES.values()}
        self._part = "header"
        self._described = False
        self._party: dict[str, str] | None = None
        handlers = {
            "BGM": self._bgm, "DTM": self._dtm, "RFF": self._rff, "NAD": self._nad, "CUX": self._cux, "LIN": self._lin,
            "PAT": self._pat, "IMD": self._imd, "QTY": self._qty, "PRI": self._pri, "UNS": self._uns, "TAX": self._tax, "MOA": self._moa, "ALC": self._alc,
        }  # fmt: skip
        for segment in segments:
            if (handler := handlers.get(segment[0][0])) is not None:
                handler(segment)

    def _bgm(self, segment: Segment) -> None:
        code = _at(segment, 1)
        self._facts.put("type_code", code)
        self._facts.put("number", _at(segment, 2))
        if code in CREDIT_CODES:
            self._facts.kind = "credit-note"

    def _dtm(self, segment: Segment) -> None:
        name = {"137": "issue_date", "13": "due_date"}.get(_at(segment, 1))
        if self._part == "header" and name and self._facts.get(name) is None:
            self._facts.put(name, _date(_at(segment, 1, 1), _at(segment, 1, 2)))

    def _rff(self, segment: Segment) -> None:
        qualifier, number = _at(segment, 1), _at(segment, 1, 1)
        if self._part != "header":
            return
        if self._party is not None and qualifier in ("VA", "GN", "XA"):
            self._party.setdefault(qualifier, number)
        elif self._party is None and (name := _REFERENCES.get(qualifier)):
            self._named[name].append(number)

    def _pat(self, segment: Segment) -> None:
        """Payment terms: so many days (UNTDED 2151 D, CD) from the reference that they name."""
        if self._part == "header" and _at(segment, 3, 2) in ("D", "CD"):
            self._facts.terms(days=[_at(segment, 3, 3)])

    def _nad(self, segment: Segment) -> None:
        name = " ".join(part for part in (segment[4] if len(segment) > 4 else []) if part) or _at(segment, 3)
        self._party = {"id": _at(segment, 2), "name": name}
        self._parties.setdefault(_at(segment, 1), []).append(self._party)

    def _cux(self, segment: Segment) -> None:
        if _at(segment, 1) in ("2", "") and self._part == "header":
            self._facts.put("currency", _at(segment, 1, 1))

    def _lin(self, segment: Segment) -> None:
        self._part, self._party, self._described = "line", None, False
        self._lines.append({"item": _at(segment, 3), "quantity": None, "price": None, "net": None})
        self._keys.append(_at(segment, 1))
        self._taxes.append({})

    def _imd(self, segment: Segment) -> None:
        """A line's item is its description; the number in LIN where it has none."""
        described = " ".join(part for part in (segment[3][3:] if len(segment) > 3 else []) if part)
        if self._part == "line" and described and not self._described:
            self._lines[-1]["item"], self._described = described, True

    def _qty(self, segment: Segment) -> None:
        if self._part == "line" and _at(segment, 1) == "47":
            unit = {"PCE": "H87"}.get(_at(segment, 1, 2), _at(segment, 1, 2))
            self._lines[-1]["quantity"] = f"{self._number(_at(segment, 1, 1))} {unit or '-'}"

    def _pri(self, segment: Segment) -> None:
        if self._part == "line" and _at(segment, 1) == "AAA":
            self._lines[-1]["price"] = self._number(_at(segment, 1, 1))

    def _uns(self, _: Segment) -> None:
        self._part = "summary"

    def _tax(self, segment: Segment) -> None:
        stated = {"rate": self._number(_at(segment, 5, 3)), "category": _at(segment, 6)}
        if self._part == "line":
            self._taxes[-1].update(stated)
        elif self._part == "summary":
            self._part = "breakdown"
            self._taxes.append(stated)
        elif self._part == "breakdown":
            self._taxes.append(stated)
        elif parts := self._charged():
            parts[-1] = Part(parts[-1].amount, stated["category"] or None, decimal(stated["rate"]))

    def _alc(self, segment: Segment) -> None:
        """An allowance (A) or a charge (C) on the whole document: its amount follows, then its VAT category."""
        code = _at(segment, 1)
        self._charge = code if self._part == "header" and code in ("A", "C") else None

    def _charged(self) -> list[Part]:
        """Where the allowance or charge that is being read belongs."""
        lists = {"A": self._amounts.allowances, "C": self._amounts.charges}
        return lists.get(self._charge or "", [])

    def _moa(self, segment: Segment) -> None:
        qualifier, amount = _at(segment, 1), self._number(_at(segment, 1, 1))
        if self._part == "header" and self._charge is not None and qualifier in ("8", "23", "204"):
            self._charged().append(Part(decimal(amount)))
        if self._part == "line" and qualifier == "203":
            self._lines[-1]["net"] = amount
        elif self._part == "summary":
            self._totals.setdefault(qualifier, amount)
        elif self._part == "breakdown":
            self._taxes[-1].setdefault(qualifier, amount)

    def _number(self, text: str) -> str:
        return text.replace(self._mark, ".") if self._mark != "." else text.replace(",", ".")

    def document(self) -> Document:
        """Everything put together."""
        for role, qualifiers in _PARTIES.items():
            parties = next((self._parties[q] for q in qualifiers if q in self._parties), [])
            ids = [
                next((party[k] for k in ("VA", "GN", "XA", "id") if party.get(k)), "") for party in parties
            ]
            self._facts.only(f"{role}_id", ids)
            self._facts.only(f"{role}_name", [party["name"] for party in parties])
        self._facts.only("corrects_number", self._named["corrects_number"])
        self._facts.references(self._named["order_number"], self._named["despatch_number"])
        totals = {name: self._total(*codes) for name, codes in _TOTALS.items()}
        for name, value in totals.items():
            self._facts.put(name, value)
        self._facts.put("lines", len(self._lines))
        self._check(totals)
        self._facts.rows("line", self._lines, self._keys)
        return self._facts.document()

    def _total(self, *codes: str) -> str | None:
        return next((self._totals[code] for code in codes if code in self._totals), None)

    def _check(self, totals: dict[str, str | None]) -> None:
        amounts = self._amounts
        amounts.lines_total, amounts.allowances_total, amounts.charges_total = (
            decimal(self._totals.get(c)) for c in ("79", "260", "259")
        )
        amounts.net, amounts.tax, amounts.total, amounts.payable = (
            decimal(totals[n]) for n in ("net", "tax", "total", "payable")
        )
        if amounts.allowances_total is None:
            amounts.allowances_total = total_of(amounts.allowances)
        if amounts.charges_total is None:
            amounts.charges_total = total_of(amounts.charges)
        amounts.prepaid, amounts.rounding = decimal(self._totals.get("113")), decimal(self._totals.get("366"))
        count = len(self._lines)
        for line, tax in zip(self._lines, self._taxes[:count], strict=True):
            amounts.lines.append(
                Part(decimal(line["net"]), tax.get("category") or None, decimal(tax.get("rate")))
            )
        for row in self._taxes[count:]:
            taxable = decimal(row.get("125"))
            amounts.breakdown.append(
                Subtotal(
                    taxable, decimal(row.get("124")), row.get("category") or None, decimal(row.get("rate"))
                )
            )
        for notice in amounts.deviations():
            self._facts.warn(notice.code, notice.message)


_TOTALS = {"net": ("389", "125"), "tax": ("176", "124"), "total": ("388", "77"), "payable": ("9",)}


def _at(segment: Segment, element: int, component: int = 0) -> str:
    """A component, blank where it is not there."""
    return segment[element][component] if len(segment) > element and len(segment[element]) > component else ""


def _date(text: str, format_: str) -> str:
    """Formats 102 (CCYYMMDD) and 203 (with a time) as a date; another one stays, to be told."""
    return (
        f"{text[:4]}-{text[4:6]}-{text[6:8]}" if format_ in ("102", "203", "204") and len(text) >= 8 else text
    )


register(
    Format(
        "edifact",
        "UN/EDIFACT INVOIC D96A, D14B (ISO 9735)",
        lambda source: _START.match(source.head) is not None,
        read,
    )
)
