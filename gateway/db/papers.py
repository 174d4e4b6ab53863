"""Papers that were dropped and are not certified yet: what was read from an uploaded file, for its owner to confirm.

A paper's file is an upload in the spool (`db.jobs.Upload`, the same id). Only this database holds these rows; they go once certified papers
are cleared from the list.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import JSON, BigInteger, Index, String, Text, delete, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from gateway.db.jobs import Upload
from gateway.db.models import Base, Id

__all__ = ["Paper", "forget", "mark", "paper", "paper_with", "papers_of", "unread"]

MOST = 1000


class Paper(Base):
    """`reading` is None until the file was read; `job` names the certification it was sent to."""

    __tablename__ = "papers"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    org: Mapped[str] = mapped_column(Id)
    token: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(Id)
    bytes: Mapped[int] = mapped_column(BigInteger)
    reading: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    job: Mapped[str | None] = mapped_column(String(40))
    dossier: Mapped[str | None] = mapped_column(String(128))
    created_at: Mapped[int] = mapped_column(BigInteger)

    __table_args__ = (
        Index("papers_of_org", "org", "id"),
        Index("papers_by_token", "org", "token", unique=True),
    )


def papers_of(session: Session, org: str) -> Sequence[Paper]:
    """An organisation's papers, in the order in which they came."""
    query = select(Paper).where(Paper.org == org).order_by(Paper.id).limit(MOST)
    return session.scalars(query).all()


def paper(session: Session, org: str, paper_id: str) -> Paper | None:
    """One paper; None for another organisation's."""
    row = session.get(Paper, paper_id)
    return row if row is not None and row.org == org else None


def paper_with(session: Session, org: str, token: str) -> Paper | None:
    """The paper that was sent under that token: sent again, it is not a second one."""
    return session.scalars(select(Paper).where(Paper.org == org, Paper.token == token)).first()


def unread(session: Session, limit: int) -> Sequence[Paper]:
    """Papers that nobody has read yet, the oldest first."""
    query = select(Paper).where(Paper.reading.is_(None))
    return session.scalars(query.order_by(Paper.id).limit(limit)).all()


def mark(session: Session, org: str, ids: Collection[str], job: str, dossier: str | None) -> None:
    """These papers were sent to be certified by that job, into that dossier."""
    where = (Paper.org == org, Paper.id.in_(ids))
    session.execute(update(Paper).where(*where).values(job=job, dossier=dossier))


def forget(session: Session, org: str, ids: Collection[str]) -> None:
    """Take papers off the list, and the uploads that they are; what was certified of them stays certified."""
    session.execute(delete(Paper).where(Paper.org == org, Paper.id.in_(ids)))
    session.execute(delete(Upload).where(Upload.org == org, Upload.id.in_(ids)))
