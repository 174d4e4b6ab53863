"""Check 10: the earlier papers that an asset points to, as far as the dossier holds them and their own reports go."""

from __future__ import annotations

from decimal import Decimal

from certifier.canonical import ident
from certifier.schema import RELATIONS
from certifier.verify.report import Cause, Check, Code, Verdict
from certifier.verify.say import invalid, not_supplied, skipped, unknown, valid
from certifier.verify.subject import Missing, Paper, Subject
from ledger.types import parse_hex32

__all__ = ["links"]


def links(subject: Subject) -> Check:
    """10: every linked paper is in the dossier, sound, of the right kind, and its number is the one this paper states."""
    code = Code.LINKS
    paths = [field.path for field in subject.receipt.fields if field.path.startswith("link.")]
    if not paths:
        return skipped(code, "it points to no earlier paper")
    if subject.dossier is None:
        return unknown(
            code,
            Missing(Cause.NOT_GRANTED, "it points to earlier papers that are not here: verify the dossier"),
            links=len(paths),
        )
    if hidden := [path for path in paths if path not in subject.values]:
        return not_supplied(code, hidden)
    waiting: list[Missing] = []
    for path in paths:
        earlier = subject.dossier.get(parse_hex32(subject.values[path]))
        evidence = {"field": path, "asset_id": subject.values[path]}
        if earlier is None or (fault := _link_fault(subject, path, earlier)) is not None:
            fault = fault if earlier is not None else "the paper it points to is not in the dossier"
            return invalid(code, f"{path}: {fault}", None, **evidence)
        waiting += _uncertified(path, earlier)
    if waiting:
        return unknown(code, waiting[0])
    papers = "paper" if len(paths) == 1 else "papers"
    return valid(code, f"{len(paths)} earlier {papers} certified and consistent", links=len(paths))


# The facts that state an earlier paper's number, by relation: what a path must start and end with.
_STATED = {
    "orders": ("fact.order.", ".buyer_order_number"),
    "bills": ("fact.order_number", ""),
    "ships": ("fact.order_number", ""),
    "fulfils": ("fact.despatch_number", ""),
    "corrects": ("fact.corrects_number", ""),
}


def _link_fault(subject: Subject, path: str, earlier: Paper) -> str | None:
    relation, kind = path.split(".")[1], earlier.receipt.values["asset.kind"]
    if kind != RELATIONS[subject.kind, relation]:
        return f"a {subject.kind} cannot point with {relation} to a {kind}"
    report = earlier.report
    if report is None or any(
        # a lien takes nothing from what the paper says
        check.verdict is Verdict.INVALID and check.code is not Code.LIEN
        for check in report.checks
    ):
        return "the paper it points to is not valid itself"
    if (fault := _disagreement(subject, relation, earlier)) is not None:
        return fault
    if relation not in _STATED:
        return None
    start, end = _STATED[relation]
    stated = [
        field for field in subject.receipt.fields if field.path.startswith(start) and field.path.endswith(end)
    ]
    number = next((field for field in earlier.receipt.fields if field.path == "fact.number"), None)
    if not stated or number is None:
        return None
    shown = {_number(field.value) for field in stated if field.value is not None}
    if number.value is not None and _number(number.value) in shown:
        return None
    if number.value is None or any(field.value is None for field in stated):
        return "the numbers of the two papers are not shown"
    return f"it states number {stated[0].value}, the paper it points to has {number.value}"


_SAME_PARTIES = frozenset({"bills", "fulfils", "ships", "corrects"})


def _disagreement(subject: Subject, relation: str, earlier: Paper) -> str | None:
    """What the two papers state differently of their parties; of a correction, also what cannot be taken back.

    Numbers of different schemes (a tax number, a GLN) are not compared, nor is what is not shown.
    """
    ours, theirs = subject.values, earlier.receipt.values
    for party in ("seller", "buyer") if relation in _SAME_PARTIES else ():
        mine, other = (ident(values.get(f"fact.{party}_id", "")) for values in (ours, theirs))
        if mine is not None and other is not None and len(mine) == len(other) and mine != other:
            return f"its {party} is {mine}, that of the paper it points to {other}"
    if relation != "corrects":
        return None
    dates = [values.get("fact.issue_date") for values in (ours, theirs)]
    if dates[0] is not None and dates[1] is not None and dates[0] < dates[1]:
        return f"it is of {dates[0]}, before the invoice of {dates[1]} that it corrects"
    totals = [values.get("fact.total") for values in (ours, theirs)]
    if totals[0] is not None and totals[1] is not None and abs(Decimal(totals[0])) > abs(Decimal(totals[1])):
        return f"it takes back {totals[0]} of {totals[1]}"
    return None


def _number(value: str) -> str:
    return ident(value) or value


_CERTIFIED = (Code.COMMITMENT, Code.REGISTRATION, Code.ISSUER, Code.STANDING)


def _uncertified(path: str, earlier: Paper) -> list[Missing]:
    """Why it is not established that an earlier paper is certified: what its own report could not establish."""
    assert earlier.report is not None
    checks = [earlier.report.check(code) for code in _CERTIFIED]
    return [
        Missing(check.cause or Cause.UNSUPPORTED, f"{path}: {check.message}")
        for check in checks
        if check.verdict is not Verdict.VALID
    ]
