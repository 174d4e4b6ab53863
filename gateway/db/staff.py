"""SQL of an organisation's people and of its machines' keys, as lists that are searched and shown in parts."""

from __future__ import annotations

from typing import TypeVar

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from gateway.db.identity import ApiKey, User
from gateway.db.paging import Cut, Part, part

__all__ = ["keys", "people"]

_Row = TypeVar("_Row", User, ApiKey)


def people(session: Session, org: str, text: str, cut: Cut) -> Part[User]:
    """Accounts that have the text in a name, open ones first, the newest of them first."""
    return _part(session, User, org, text, (User.name, User.display_name), cut)


def keys(session: Session, org: str, text: str, cut: Cut) -> Part[ApiKey]:
    """Keys that have the text in their machine's name or in their maker's, likewise."""
    return _part(session, ApiKey, org, text, (ApiKey.name, ApiKey.created_by), cut)


def _part(
    session: Session,
    kind: type[_Row],
    org: str,
    text: str,
    names: tuple[InstrumentedAttribute[str], ...],
    cut: Cut,
) -> Part[_Row]:
    query: Select[_Row] = select(kind).where(kind.org == org)
    if text:
        query = query.where(or_(*(name.icontains(text, autoescape=True) for name in names)))
    key = (kind.ended_at.is_(None), kind.created_at, kind.id)
    return part(session, query, key, cut).map(lambda row: row[0])
