"""What an enterprise offers a lender, and lets others read, as its forms say it: terms that are the same whether signed at once or prepared first."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any, Self

from gateway.errors import UsageError
from gateway.installation import Installation, Organisation
from gateway.service import granting, pledging
from gateway.service.own import own_receipt
from gateway.service.times import DAY
from gateway.signing.signatory import all_of
from ledger.types import parse_hex32

__all__ = ["Permission", "Terms", "grant", "offer"]

_WHOLE = 10_000
_READABLE = 30 * DAY


@dataclass(frozen=True)
class Permission:
    """Who may read a document with every fact of it, for what, until which second."""

    reader: str
    purpose: str
    until: int

    @classmethod
    def from_json(cls, detail: Mapping[str, Any]) -> Self:
        """As `to_json` wrote it."""
        return cls(str(detail["reader"]), str(detail["purpose"]), int(detail["until"]))

    def to_json(self) -> dict[str, Any]:
        """As it is kept while it waits."""
        return asdict(self)


@dataclass(frozen=True)
class Terms:
    """An offer of one receivable: to whom, what share, for how long; `purpose` where the lender may also read the document."""

    lender: str
    percent: int
    accept_days: int
    days: int
    purpose: str | None

    @classmethod
    def from_json(cls, detail: Mapping[str, Any]) -> Self:
        """As `to_json` wrote it."""
        return cls(
            str(detail["lender"]),
            int(detail["percent"]),
            int(detail["accept_days"]),
            int(detail["days"]),
            detail["purpose"],
        )

    def to_json(self) -> dict[str, Any]:
        """As it is kept while it waits."""
        return asdict(self)


def offer(
    installation: Installation, owner: Organisation, asset_id: str, terms: Terms, under: bytes | None = None
) -> None:
    """Sign the offer, and let the lender read the document where the terms say so. `under`: the hash that makes it one offer."""
    acts: list[Callable[[], object]] = [partial(_make, installation, owner, asset_id, terms, under)]
    if terms.purpose is not None:
        permission = Permission(terms.lender, terms.purpose, installation.now() + _READABLE)
        acts.append(partial(grant, installation, owner, asset_id, permission))
    all_of(acts)


def _make(
    installation: Installation, owner: Organisation, asset_id: str, terms: Terms, under: bytes | None
) -> None:
    receipts = [own_receipt(installation, owner, asset_id)]
    if under is None or pledging.offered_under(installation, owner, under, receipts) is None:
        pledging.make_offer(
            installation,
            owner,
            _member(terms.lender),
            receipts,
            share=terms.percent * _WHOLE // 100,
            accept_days=terms.accept_days,
            days=terms.days,
            terms=under,
        )


def grant(installation: Installation, owner: Organisation, asset_id: str, permission: Permission) -> None:
    """Let an organisation read one document and every fact of it."""
    receipt = own_receipt(installation, owner, asset_id)
    fields = [*sorted(path for path in receipt.values if path.startswith("fact.")), "content"]
    reader = _member(permission.reader)
    granting.make_grant(installation, owner, reader, receipt, fields, permission.purpose, permission.until)


def _member(org: str) -> bytes:
    try:
        return parse_hex32(org)
    except ValueError as error:
        raise UsageError("UNKNOWN_ORG", "choose an organisation from the list") from error
