"""What a person did about an application or a loan: who, as which role, by which code, why, and the state before and after."""

from __future__ import annotations

from sqlalchemy.orm import Session

from gateway.db import credit
from gateway.installation import Installation

__all__ = ["note"]


def note(
    session: Session,
    installation: Installation,
    subject: str,
    who: str,
    role: str,
    code: str,
    text: str,
    before: str,
    after: str,
) -> None:
    """Keep an act with its time."""
    session.add(
        credit.Act(
            subject=subject,
            who=who,
            role=role,
            code=code,
            text=text,
            before=before,
            after=after,
            at=installation.now(),
        )
    )
