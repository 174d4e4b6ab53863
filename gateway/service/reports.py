"""Verification reports as documents, of receipts and dossiers as requests bring them, for many requests in one go.

Nothing is decided here and nothing kept: `certifier.verify` decides.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from certifier.errors import InvalidReceiptError, UnreadableReceiptError
from certifier.receipt import Dossier, Receipt, parse, parse_any
from certifier.verify import Cause, Given, Report, Verdict, Verifier, dossier_verdict, malformed
from certifier.verify.report import worst
from gateway.errors import GatewayError, UnreadableError, UsageError
from ledger import jsontext

__all__ = ["Asked", "answers", "as_json", "receipt_of"]

_Document = Mapping[str, Any]
_Found = list[Receipt | Report] | Dossier | GatewayError
"""What a request names: a report stands for a receipt that is malformed."""


@dataclass(frozen=True)
class Asked:
    """What to verify, for whom: a JSON document with the list `receipts`, or with one `dossier`."""

    body: bytes
    as_org: bytes | None


def answers(verifier: Verifier, asked: Sequence[Asked]) -> list[bytes | GatewayError]:
    """For each its document {verdict, dossier, reports}, or why it has none: UnreadableError, UsageError. All receipts are read at one block."""
    found = [_found(one) for one in asked]
    given: dict[bytes | None, list[Given]] = {one.as_org: [] for one in asked}
    for one, what in zip(asked, found, strict=True):
        if isinstance(what, list):
            given[one.as_org] += [Given(receipt) for receipt in what if isinstance(receipt, Receipt)]
    made = {as_org: verifier.verify_many(these, as_org=as_org) for as_org, these in given.items()}
    return [
        _answer(verifier, what, one.as_org, made[one.as_org]) for one, what in zip(asked, found, strict=True)
    ]


def _found(asked: Asked) -> _Found:
    try:
        document = jsontext.loads(asked.body)
        if document.get("dossier") is None:
            return [receipt_of(one) for one in document["receipts"]]
        found = _parsed(document["dossier"])
        if isinstance(found, Receipt):
            raise UsageError("NOT_A_DOSSIER", "this is a receipt: give it among `receipts`")
    except GatewayError as error:
        return error
    except ValueError as error:
        return UnreadableError("RECEIPT", f"this is no receipt and no dossier: {error}")
    return [found] if isinstance(found, Report) else found


def _answer(
    verifier: Verifier, found: _Found, as_org: bytes | None, made: Iterator[Report]
) -> bytes | GatewayError:
    """`made` gives the reports on receipts, in order."""
    if isinstance(found, GatewayError):
        return found
    if isinstance(found, Dossier):
        reports = verifier.verify_dossier([Given(one) for one in found.receipts], as_org=as_org)
        return _together(dossier_verdict(reports), found.name, reports)
    reports = [next(made) if isinstance(one, Receipt) else one for one in found]
    return _together(worst([one.verdict for one in reports]), None, reports)


def _together(verdict: Verdict, dossier: str | None, reports: Sequence[Report]) -> bytes:
    said = {"verdict": verdict.value, "dossier": dossier, "reports": [one.to_json() for one in reports]}
    return as_json(said)


def as_json(document: object) -> bytes:
    """The verifier's own document, which needs no second look."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def receipt_of(given: _Document | bytes) -> Receipt | Report:
    """The receipt, or the report on one that is malformed. UnreadableError for what is none at all."""
    found = _parsed(given)
    if isinstance(found, Dossier):
        raise UsageError("NOT_A_RECEIPT", "this is a dossier: give it as `dossier`")
    return found


def _parsed(given: _Document | bytes) -> Receipt | Dossier | Report:
    try:
        return parse(given) if isinstance(given, bytes) else parse_any(given)
    except InvalidReceiptError as error:
        cause = Cause(error.cause) if error.cause is not None else None
        return malformed(f"the receipt is malformed: {error}", cause=cause)
    except UnreadableReceiptError as error:
        raise UnreadableError("RECEIPT", f"this is no receipt and no dossier: {error}") from error
