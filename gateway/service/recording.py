"""Decision records of a home: what one says, how it comes to stand on the ledger, and whether it does (PRODUCT 2.9).

A record is committed first, then certified by its lender as a document: its digest stands on the ledger. Until then it is provisional.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any

from certifier.documents import Reading, read_file
from certifier.evidence.policy import DEFAULT as EVIDENCE_POLICY
from gateway.credit.decision import Inquiry, Loans, decide
from gateway.credit.documents import canonical, digest
from gateway.credit.features import Debts
from gateway.credit.matching import Ask
from gateway.credit.products import Product
from gateway.credit.record import Header, compose
from gateway.credit.rules import RulePack
from gateway.credit.scorecard import Scorecard
from gateway.db import catalogue, credit, repository
from gateway.errors import ConflictError, NotFoundError, UsageError
from gateway.installation import Installation, Organisation
from gateway.service import certifying
from gateway.service.examining import Examined
from gateway.service.granting import Granting, make_grant
from gateway.service.own import own_receipt
from gateway.service.times import DAY
from gateway.signing.signatory import all_of
from ledger.membership import Role
from ledger.types import hex32, parse_hex32

__all__ = ["Case", "anchor", "disclose", "is_anchored", "record_of", "row_of", "stored"]


@dataclass(frozen=True)
class Case:
    """What one lender is asked, under which policies, and what stands between it and the applicant."""

    decision_id: str
    application_id: str
    application: Mapping[str, Any]
    consent: Mapping[str, Any]
    products: tuple[Product, ...]
    card: Scorecard
    rules: RulePack
    loans: Loans
    transient: tuple[str, ...]
    previous: str | None


def record_of(case: Case, seen: Examined, contracts: Mapping[str, str]) -> dict[str, Any]:
    """Decide, and say how: the members of the record."""
    inquiry = _inquiry(case, seen)
    attributes = sorted(f"{one.party}/{one.name}/{hex32(one.token)}" for one in seen.attributes)
    header = Header(
        decision_id=case.decision_id,
        application_id=case.application_id,
        application=case.application,
        lender=case.products[0].lender,
        applicant=parse_hex32(case.application["applicant"]),
        as_of=seen.as_of,
        contracts=contracts,
        inputs=seen.vetted.inputs,
        context=[digest(sorted(hex32(one.asset_id) for one in seen.others)), digest(attributes)],
        consent=case.consent,
        evidence_policy=digest(EVIDENCE_POLICY.to_json()),
        engine=f"assetcert {version('assetcert')}",
        previous=case.previous,
    )
    return compose(header, inquiry, decide(inquiry)) | {"transient": list(case.transient)}


def _inquiry(case: Case, seen: Examined) -> Inquiry:
    content, order, vetted = case.application, case.application["order"], seen.vetted
    offered = order["offered"]
    lender, expires = hex32(case.products[0].lender), case.consent["expires_at"][:10]
    return Inquiry(
        ask=Ask(case.application_id, Decimal(content["amount"]), content["days"], seen.day, content["purpose"], order["profile"]),
        products=case.products,
        card=case.card,
        rules=case.rules,
        found=seen.found,
        standing=vetted.standing,
        offered=None if offered is None else tuple(parse_hex32(one) for one in offered),
        consent=lender in case.consent["grantees"] and str(seen.day) <= expires,
        suspended=vetted.suspended,
        asks_for_person=order["asks_for_person"],
        invalid=vetted.invalid,
        invalid_assets=vetted.invalid_assets,
        unknown=(*vetted.unknown, *case.transient),
        withdrawn=vetted.withdrawn,
        debts=Debts(declared=Decimal(order["declared_debt"])),
        loans=case.loans,
    )  # fmt: skip


def stored(record: Mapping[str, Any], at: int, reviews: str | None = None) -> credit.CreditDecision:
    """A record as its table keeps it: the canonical text and its digest."""
    text = canonical(record)
    return credit.CreditDecision(
        decision_id=record["decision_id"],
        application_id=record["application_id"],
        lender=record["lender"],
        applicant=record["applicant"],
        outcome=record["outcome"],
        amount=record["amount"],
        score=record["score"],
        record=text.decode(),
        digest="0x" + sha256(text).hexdigest(),
        asset_id=None,
        reviews=reviews,
        latency={},
        at=at,
    )


def row_of(installation: Installation, decision_id: str) -> credit.CreditDecision:
    """A decision. NotFoundError where there is none."""
    with installation.database.session() as session:
        row = session.get(credit.CreditDecision, decision_id)
    if row is None:
        raise NotFoundError("UNKNOWN_DECISION", f"this home has no decision {decision_id!r}")
    return row


def anchor(installation: Installation, decision_ids: Iterable[str]) -> dict[str, str]:
    """Certify records as their lenders' documents, one batch a lender: their bytes' digests stand on the ledger then. Asset ids by decision."""
    found, left = {}, defaultdict[str, dict[Path, str]](dict)
    for row in (row_of(installation, one) for one in decision_ids):
        if row.asset_id is not None:
            found[row.decision_id] = row.asset_id
        else:
            left[row.lender][_written(installation, row)] = row.decision_id

    def certify(lender: str, files: Mapping[Path, str]) -> None:
        done = certifying.certify(installation, installation.book.find(lender), list(files), reader=_Here())
        with installation.database.session() as session:
            for asset in done.assets:
                known = session.get(credit.CreditDecision, files[asset.path])
                assert known is not None
                known.asset_id = found[known.decision_id] = asset.asset_id
        if done.errors:
            first = done.errors[0]
            raise ConflictError(
                first.code, f"the record {files[first.path]} was not anchored: {first.message}"
            )

    all_of(partial(certify, lender, files) for lender, files in left.items())
    return found


def _written(installation: Installation, row: credit.CreditDecision) -> Path:
    folder = installation.home.root / "decisions"
    folder.mkdir(mode=0o700, exist_ok=True)
    path = folder / f"{row.decision_id}.json"
    path.write_bytes(row.record.encode())
    return path


class _Here:
    """Reads records in this process: they are this program's own, and a worker's start costs more than all else."""

    def read(self, paths: Iterable[Path]) -> Iterator[Reading]:
        """One reading per path."""
        return map(read_file, paths)


def is_anchored(installation: Installation, row: credit.CreditDecision) -> bool:
    """Whether the record's bytes are what its lender certified."""
    if row.asset_id is None:
        return False
    with installation.database.session() as session:
        asset = repository.asset(session, row.asset_id)
    if asset is None or asset.org != row.lender or asset.root is None:
        return False
    return (asset.fields or {}).get("content.sha256") == "0x" + sha256(row.record.encode()).hexdigest()


def disclose(
    installation: Installation,
    lender: Organisation,
    decision_id: str,
    auditor: bytes,
    purpose: str,
    days: int,
) -> Granting:
    """Let an auditor read the whole record: a grant of the lender's document, like any other."""
    row = row_of(installation, decision_id)
    if row.lender != lender.hex:
        raise NotFoundError("UNKNOWN_DECISION", f"{lender.short} has no decision {decision_id!r}")
    with installation.database.session() as session:
        known = catalogue.organisation(session, hex32(auditor))
    if known is None or Role.AUDITOR not in Role(known.roles):
        raise UsageError("NO_AUDITOR", "a record is shown to an auditor that the consortium has admitted")
    receipt = own_receipt(installation, lender, anchor(installation, [decision_id])[decision_id])
    return make_grant(
        installation, lender, auditor, receipt, ["content"], purpose, installation.now() + days * DAY
    )
