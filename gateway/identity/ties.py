"""Which account somebody has whom an OpenID provider has signed in: one that is tied to (provider, subject), and no other.

A tie is made in three ways: an administrator enters the subject; an administrator invites an e-mail address, and the first subject that the
provider vouches it for takes it, once; somebody who is signed in connects their own account. An address that anybody could get at the
provider would be a key: it opens no account that keeps other people's.
"""

from __future__ import annotations

from sqlalchemy.orm import Session

from gateway.db import identity as table
from gateway.db.identity import User
from gateway.errors import ConflictError, ForbiddenError, UsageError
from gateway.identity.oidc import Known
from gateway.identity.provider import Provider
from gateway.identity.roles import ADMINISTRATORS

__all__ = ["account_of", "expect", "invite", "tie", "untie"]


def account_of(session: Session, known: Known) -> User:
    """The account; an invitation is taken. ForbiddenError for somebody who has none here."""
    name = known.provider.name
    user = table.user_of_subject(session, name, known.subject)
    if user is None and known.email is not None:
        user = table.user_invited(session, name, known.email)
        if user is not None and ADMINISTRATORS.isdisjoint(user.roles):
            expect(session, user, known.provider, known.subject)
        else:
            user = None
    if user is None:
        raise ForbiddenError(
            "NO_ACCOUNT",
            f"{known.provider.label} knows you as {known.subject!r}, and no account here is tied to that: send this to your administrator",
        )
    return user


def expect(session: Session, user: User, provider: Provider, subject: str) -> None:
    """Tie an account to a subject. ConflictError where another one is."""
    other = table.user_of_subject(session, provider.name, subject)
    if other is not None and other.id != user.id:
        raise ConflictError("SUBJECT_TAKEN", f"another account is tied to this person of {provider.label}")
    user.provider, user.subject, user.email = provider.name, subject, None


def invite(session: Session, user: User, provider: Provider, email: str) -> None:
    """Let the first subject with this address take the account. UsageError for an administrator's, ConflictError for an address that is invited."""
    if not ADMINISTRATORS.isdisjoint(user.roles):
        raise UsageError(
            "INVITED_ADMINISTRATOR",
            "an account that keeps other people's is not opened by an e-mail address: give its subject, or let its owner connect it",
        )
    if table.user_invited(session, provider.name, email.lower()) is not None:
        raise ConflictError("EMAIL_TAKEN", "this address is invited already")
    user.provider, user.subject, user.email = provider.name, None, email.lower()


def tie(session: Session, user: User, known: Known) -> None:
    """Connect the account of who is signed in. ConflictError where somebody else began it, or another account is tied to this subject."""
    if known.user_id != user.id:
        raise ConflictError("CEREMONY", "this was begun by somebody else: begin again")
    expect(session, user, known.provider, known.subject)
    user.version += 1


def untie(session: Session, user: User) -> None:
    """Sign in there no more. ConflictError where nothing else would open the account."""
    if user.password is None and not table.passkeys_of(session, user.id):
        raise ConflictError("LAST_WAY_IN", "nothing else opens your account: add a passkey first")
    user.provider = user.subject = user.email = None
    user.version += 1
