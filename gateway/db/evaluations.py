"""The registrar's log of blind evaluations: who asked when for how many points. No point is kept: they say nothing."""

from __future__ import annotations

from sqlalchemy import BigInteger, Index, func, insert, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from gateway.db.models import Base, Id

__all__ = ["Evaluated", "asked_since", "log_evaluation"]


class Evaluated(Base):
    """One request for evaluations."""

    __tablename__ = "evaluations"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    org: Mapped[str] = mapped_column(Id)
    at: Mapped[int] = mapped_column(BigInteger)
    points: Mapped[int]

    __table_args__ = (Index("evaluations_of_org", "org", "at"),)


def log_evaluation(session: Session, org: str, at: int, points: int) -> None:
    """One more request."""
    session.execute(insert(Evaluated).values(org=org, at=at, points=points))


def asked_since(session: Session, org: str, since: int) -> int:
    """How many points an organisation has asked for since then."""
    where = (Evaluated.org == org, Evaluated.at >= since)
    return session.scalars(select(func.coalesce(func.sum(Evaluated.points), 0)).where(*where)).one()
