"""What waits for a signature in the browser, and its SQL. Only this database holds these rows.

A row is found again by what is to be signed, so that whoever asks twice asks once; it goes when what was signed is done.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    delete,
    func,
    select,
    update,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from gateway.db.jobs import QUEUED, RUNNING, Job
from gateway.db.models import Base, Id
from gateway.db.repository import insert_new

__all__ = [
    "SignatureRequest",
    "count",
    "drop",
    "request",
    "unsign",
    "waited_for",
    "waiting",
    "wake",
    "wake_if_signed",
    "wanted",
]


class SignatureRequest(Base):
    """Something that `account` is to sign: an `act` (to be relayed, `content` its contract and data) or a struct (its typed data).

    `gas`, `nonce`, `deadline`: of the ForwardRequest that was shown last. `signature` is of that one, by the person `signed_by`.
    """

    __tablename__ = "signature_requests"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    org: Mapped[str] = mapped_column(Id)
    account: Mapped[str] = mapped_column(String(42))
    subject: Mapped[str] = mapped_column(Id)
    kind: Mapped[str] = mapped_column(String(8))
    content: Mapped[dict[str, Any]] = mapped_column(JSON)
    gas: Mapped[int | None] = mapped_column(BigInteger)
    nonce: Mapped[int | None] = mapped_column(BigInteger)
    deadline: Mapped[int | None] = mapped_column(BigInteger)
    signature: Mapped[bytes | None] = mapped_column(LargeBinary)
    signed_by: Mapped[str | None] = mapped_column(Text)
    asked_at: Mapped[int] = mapped_column(BigInteger)

    __table_args__ = (UniqueConstraint("org", "account", "subject", name="signature_requests_by_subject"),)


def wanted(session: Session, row: Mapping[str, Any]) -> SignatureRequest:
    """The request for that subject, made where absent."""
    insert_new(session, SignatureRequest, [row])
    same = {name: row[name] for name in ("org", "account", "subject")}
    return session.scalars(select(SignatureRequest).filter_by(**same)).one()


def request(session: Session, org: str, request_id: str) -> SignatureRequest | None:
    """An organisation's request; None for another's."""
    row = session.get(SignatureRequest, request_id)
    return row if row is not None and row.org == org else None


def waiting(session: Session, org: str) -> list[SignatureRequest]:
    """An organisation's requests, the oldest first."""
    query = select(SignatureRequest).where(SignatureRequest.org == org)
    return list(session.scalars(query.order_by(SignatureRequest.asked_at, SignatureRequest.id)))


def count(session: Session, org: str) -> int:
    """How many nobody has signed yet."""
    unsigned = (SignatureRequest.org == org, SignatureRequest.signature.is_(None))
    return session.scalars(select(func.count()).select_from(SignatureRequest).where(*unsigned)).one()


def unsign(session: Session, row: SignatureRequest) -> None:
    """The signature that the row was read with counts no more; one that came since does."""
    that_one = (SignatureRequest.id == row.id, SignatureRequest.signature == row.signature)
    session.execute(update(SignatureRequest).where(*that_one).values(signature=None, signed_by=None))


def waited_for(session: Session, request_id: str) -> bool:
    """Whether a job waits for it, or goes on with it."""
    jobs = select(Job.id).where(Job.group_key == request_id, Job.state.in_((QUEUED, RUNNING)))
    return session.scalars(jobs.limit(1)).first() is not None


def wake(session: Session, request_id: str) -> None:
    """Let the jobs that wait for it be claimed now."""
    session.execute(update(Job).where(Job.group_key == request_id, Job.state == QUEUED).values(due=0.0))


def wake_if_signed(session: Session, request_id: str) -> None:
    """The same where it was signed, or is gone."""
    row = session.get(SignatureRequest, request_id)
    if row is None or row.signature is not None:
        wake(session, request_id)


def drop(session: Session, request_id: str) -> None:
    """It is done, or can be done no more."""
    session.execute(delete(SignatureRequest).where(SignatureRequest.id == request_id))
