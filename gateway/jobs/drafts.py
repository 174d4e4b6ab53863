"""What an accountant has prepared and a signatory signs: papers to certify, an offer, a permission to read (PRODUCT 1a).

A draft is an approval (`gateway.identity.approvals`) that says what a form said. Signing claims it first, so that two signatories do it once,
then does it in the organisation's name; what could not be done waits again. Before that nothing stands on the ledger.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from sqlalchemy.orm import Session

from gateway.db import identity as table
from gateway.db.identity import Approval
from gateway.db.paging import WHOLE, Cut, Part
from gateway.errors import NotFoundError
from gateway.identity import approvals
from gateway.identity.principal import Principal, authorise
from gateway.identity.roles import Action
from gateway.jobs import papers
from gateway.jobs.running import Jobs
from gateway.service import offering
from gateway.signing.signatory import SignatureNeededError, all_of
from ledger.types import keccak

__all__ = ["KINDS", "known", "listed", "prepare", "send_back", "sign", "waiting", "withdraw"]


def _certify(jobs: Jobs, signer: Principal, row: Approval) -> None:
    papers.certify(jobs, signer.org, row.detail["papers"])


def _offer(jobs: Jobs, signer: Principal, row: Approval) -> None:
    terms = offering.Terms.from_json(row.detail)
    offering.offer(jobs.installation, signer.organisation, row.subject, terms, keccak(row.id.encode()))
    jobs.tell()


def _grant(jobs: Jobs, signer: Principal, row: Approval) -> None:
    permission = offering.Permission.from_json(row.detail)
    give = partial(offering.grant, jobs.installation, signer.organisation)
    all_of(partial(give, asset_id, permission) for asset_id in row.detail["assets"])
    jobs.tell()


KINDS: Mapping[Action, Callable[[Jobs, Principal, Approval], None]] = {
    Action.ASSETS_CERTIFY: _certify,
    Action.OFFERS_MAKE: _offer,
    Action.GRANTS_GIVE: _grant,
}
"""What can be prepared, named by what its signatory must be allowed to do, and how it is done."""


def prepare(
    session: Session, maker: Principal, action: Action, subject: str, detail: dict[str, Any]
) -> Approval:
    """Put an act before the signatory. ConflictError where the same one waits already."""
    assert action in KINDS
    return approvals.propose(session, maker, action, subject, detail)


def listed(session: Session, org: str, cut: Cut = WHOLE) -> Part[Approval]:
    """An organisation's drafts: those that wait and those that came back, the newest first."""
    return table.approvals_in(session, org, KINDS, (approvals.PENDING, approvals.REJECTED), cut)


def waiting(session: Session, org: str) -> Sequence[Approval]:
    """Those that wait for a signatory, the newest first."""
    return table.approvals_in(session, org, KINDS, (approvals.PENDING,), WHOLE).rows


def known(session: Session, org: str, draft_id: str) -> Approval:
    """One draft. NotFoundError for another organisation's, and for an approval of another kind."""
    row = table.approval(session, org, draft_id)
    if row is None or row.action not in KINDS:
        raise NotFoundError("NOT_FOUND", f"there is no draft {draft_id}")
    return row


def sign(jobs: Jobs, signer: Principal, draft_id: str) -> Approval:
    """Do it, as the organisation's act. ForbiddenError for its maker; ConflictError where somebody was first."""
    database = jobs.installation.database
    with database.session() as session:
        row = known(session, signer.org, draft_id)
        authorise(signer, Action(row.action))
        approvals.decide(session, signer, row, approve=True, note="")
        approvals.spend(session, signer.org, row.action, row.subject)
    try:
        KINDS[Action(row.action)](jobs, signer, row)
    except SignatureNeededError:  # decided: what is left is the organisation's signature in the browser
        raise
    except BaseException:
        with database.session() as session:
            approvals.reopen(known(session, signer.org, draft_id))
        raise
    return row


def send_back(jobs: Jobs, signer: Principal, draft_id: str, reason: str) -> None:
    """Give it back to who prepared it, who reads why."""
    with jobs.installation.database.session() as session:
        approvals.decide(session, signer, known(session, signer.org, draft_id), approve=False, note=reason)


def withdraw(session: Session, maker: Principal, draft_id: str) -> Approval:
    """Take it back before it is signed, or off the list once it came back: its maker's alone."""
    row = known(session, maker.org, draft_id)
    approvals.withdraw(session, maker, row)
    return row
