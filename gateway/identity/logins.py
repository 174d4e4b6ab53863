"""Logins that are made for people rather than by them: of a demo, and the first one of a new installation. Passwords are shown once."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from sqlalchemy.orm import Session

from gateway.db import identity as table
from gateway.identity import accounts
from gateway.identity.roles import UserRole, roles_for
from gateway.installation import Installation, Organisation
from ledger.membership import Role

__all__ = ["Login", "admitted", "for_each_role"]

Login = dict[str, str]
"""`user`, `password`, `organisation` (its short name) and `role`."""


def admitted(installation: Installation, organisation: Organisation) -> frozenset[UserRole]:
    """What the users of an organisation can be, by what the ledger admits it as now."""
    ledger = installation.ledger
    return roles_for(ledger.read_one(ledger.membership.organisation(organisation.id), ledger.pin()).roles)


def for_each_role(
    session: Session, organisations: Iterable[tuple[Organisation, Role]], say: Callable[[Login], object]
) -> None:
    """One account per organisation and role, `<short>-<role>`, with a new random password each time; `say` is told it."""
    for organisation, admitted_as in organisations:
        for role in sorted(roles_for(admitted_as)):
            name = f"{organisation.short}-{role}".lower()
            password = _given(session, organisation, name, role)
            say({"user": name, "password": password, "organisation": organisation.short, "role": role})


def _given(session: Session, organisation: Organisation, name: str, role: UserRole) -> str:
    """The new password of an account that is made, or is as if it were: also where it was ended, or has a second factor."""
    user = table.user_ever_named(session, name)
    if user is None:
        password = accounts.one_time_password()
        accounts.create(session, organisation, name, {role}, password=password, must_change=False)
        return password
    password = accounts.recover(session, user)
    user.one_time_until, user.ended_at, user.roles = None, None, [role]
    return password
