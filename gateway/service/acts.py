"""What a person did about an application or a loan: who, as which role, by which code, why, and the state before and after.

A state changes once: who has read an older one is told so.
"""

from __future__ import annotations

from sqlalchemy.orm import Session

from gateway.db import credit
from gateway.errors import ConflictError
from gateway.installation import Installation

__all__ = ["move", "note"]


def move(session: Session, row: credit.Application | credit.Loan, state: str, **values: object) -> None:
    """Bring it from the state it was read in to another. ConflictError where somebody was first, and then nothing is done."""
    if not credit.moved(session, row, state, **values):
        raise ConflictError(
            "STATE", f"it is {row.state} no more, so it cannot be {state}: look at what it is now"
        )


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
