"""Tables of who may come in, and all SQL on them. Only this database holds them: `reindex` cannot bring them back.

Of a secret that somebody shows again (a session's token, a machine's key, a recovery code) only the SHA-256 is here; a password's
argon2 hash; a TOTP secret sealed under the home's identity key. Times are seconds of the wall clock.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, LargeBinary, String, Text, delete, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from gateway.db.models import Base, Id
from gateway.db.paging import Cut, Part, part

__all__ = [
    "ApiKey",
    "Approval",
    "Ceremony",
    "IdempotentAnswer",
    "Passkey",
    "ProofSeen",
    "RecoveryCode",
    "Throttle",
    "User",
    "UserSession",
    "advance_totp",
    "api_key",
    "api_key_of",
    "api_keys_of",
    "approval",
    "approvals_in",
    "approvals_of",
    "end_sessions",
    "forget_expired",
    "forget_unfinished_answers",
    "note_method",
    "passkey_by_credential",
    "passkeys_of",
    "recent_sessions",
    "replace_recovery_codes",
    "session_of",
    "take_ceremony",
    "use_recovery_code",
    "user_ever_named",
    "user_invited",
    "user_named",
    "user_of",
    "user_of_subject",
    "users_of",
]

_Key = String(48)
_Hash = LargeBinary(32)


class User(Base):
    """A person of one organisation. `name` is what they sign in with, unique in the installation; `ended_at` closes the account.

    A password that somebody else has given opens it until `one_time_until`. `email` is an invitation: the first subject of `provider` that has this address takes the account, and it is empty again.
    """

    __tablename__ = "users"

    id: Mapped[str] = mapped_column(_Key, primary_key=True)
    org: Mapped[str] = mapped_column(Id, index=True)
    name: Mapped[str] = mapped_column(String(64), unique=True)
    display_name: Mapped[str] = mapped_column(Text)
    roles: Mapped[list[str]] = mapped_column(JSON)
    locale: Mapped[str] = mapped_column(String(8))
    password: Mapped[str | None] = mapped_column(Text)
    one_time_until: Mapped[int | None] = mapped_column(BigInteger)
    totp: Mapped[bytes | None] = mapped_column(LargeBinary)
    totp_pending: Mapped[bytes | None] = mapped_column(LargeBinary)
    totp_step: Mapped[int] = mapped_column(BigInteger, default=0)
    provider: Mapped[str | None] = mapped_column(String(64))
    subject: Mapped[str | None] = mapped_column(String(255))
    email: Mapped[str | None] = mapped_column(String(254))
    created_at: Mapped[int] = mapped_column(BigInteger)
    ended_at: Mapped[int | None] = mapped_column(BigInteger)
    version: Mapped[int] = mapped_column(default=1)

    @property
    def must_change(self) -> bool:
        """Whether somebody else has given the password: nothing but changing it is allowed."""
        return self.one_time_until is not None

    def __repr__(self) -> str:
        return f"User(id={self.id!r}, name={self.name!r})"


class RecoveryCode(Base):
    """A code that takes the place of a second factor once."""

    __tablename__ = "recovery_codes"

    digest: Mapped[bytes] = mapped_column(_Hash, primary_key=True)
    user_id: Mapped[str] = mapped_column(_Key, ForeignKey("users.id"), index=True)


class Passkey(Base):
    """A WebAuthn credential of a user."""

    __tablename__ = "passkeys"

    id: Mapped[str] = mapped_column(_Key, primary_key=True)
    user_id: Mapped[str] = mapped_column(_Key, ForeignKey("users.id"), index=True)
    credential_id: Mapped[bytes] = mapped_column(LargeBinary(1023), unique=True)
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    sign_count: Mapped[int] = mapped_column(BigInteger)
    transports: Mapped[list[str]] = mapped_column(JSON)
    name: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[int] = mapped_column(BigInteger)
    used_at: Mapped[int | None] = mapped_column(BigInteger)


class UserSession(Base):
    """A signed-in browser. It ends at `ends_at` at the latest, and when nothing came for the idle time."""

    __tablename__ = "user_sessions"

    digest: Mapped[bytes] = mapped_column(_Hash, primary_key=True)
    id: Mapped[str] = mapped_column(_Key, unique=True)
    user_id: Mapped[str] = mapped_column(_Key, ForeignKey("users.id"), index=True)
    csrf: Mapped[str] = mapped_column(String(64))
    method: Mapped[str] = mapped_column(String(32))
    agent: Mapped[str] = mapped_column(Text)
    address: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[int] = mapped_column(BigInteger)
    seen_at: Mapped[int] = mapped_column(BigInteger)
    ends_at: Mapped[int] = mapped_column(BigInteger)

    def __repr__(self) -> str:
        return f"UserSession(id={self.id!r})"


class ApiKey(Base):
    """A machine's key. With `thumbprint` it counts only beside a DPoP proof by that key (RFC 9449), with `certificate`, the SHA-256 of one,
    only over a TLS connection that showed it (RFC 8705)."""

    __tablename__ = "api_keys"

    id: Mapped[str] = mapped_column(_Key, primary_key=True)
    digest: Mapped[bytes] = mapped_column(_Hash, unique=True)
    org: Mapped[str] = mapped_column(Id, index=True)
    name: Mapped[str] = mapped_column(String(64))
    roles: Mapped[list[str]] = mapped_column(JSON)
    thumbprint: Mapped[str | None] = mapped_column(String(64))
    certificate: Mapped[str | None] = mapped_column(String(64))
    created_by: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[int] = mapped_column(BigInteger)
    expires_at: Mapped[int | None] = mapped_column(BigInteger)
    ended_at: Mapped[int | None] = mapped_column(BigInteger)
    used_at: Mapped[int | None] = mapped_column(BigInteger)

    def __repr__(self) -> str:
        return f"ApiKey(id={self.id!r})"


class ProofSeen(Base):
    """A DPoP proof that was used: it is not taken a second time."""

    __tablename__ = "dpop_proofs"

    digest: Mapped[bytes] = mapped_column(_Hash, primary_key=True)
    expires_at: Mapped[int] = mapped_column(BigInteger, index=True)


class Ceremony(Base):
    """What is remembered between the two halves of a sign-in or a registration; used once."""

    __tablename__ = "ceremonies"

    digest: Mapped[bytes] = mapped_column(_Hash, primary_key=True)
    kind: Mapped[str] = mapped_column(String(32))
    user_id: Mapped[str | None] = mapped_column(_Key)
    data: Mapped[dict[str, Any]] = mapped_column(JSON)
    expires_at: Mapped[int] = mapped_column(BigInteger, index=True)


class Throttle(Base):
    """Failed attempts to sign in under a name, whether an account has it or not."""

    __tablename__ = "throttles"

    digest: Mapped[bytes] = mapped_column(_Hash, primary_key=True)
    failures: Mapped[int] = mapped_column(default=0)
    until: Mapped[int] = mapped_column(BigInteger, default=0)
    at: Mapped[int] = mapped_column(BigInteger)


class Approval(Base):
    """An act that one person prepared and another one must release."""

    __tablename__ = "approvals"

    id: Mapped[str] = mapped_column(_Key, primary_key=True)
    org: Mapped[str] = mapped_column(Id, index=True)
    action: Mapped[str] = mapped_column(String(48))
    subject: Mapped[str] = mapped_column(String(128))
    detail: Mapped[dict[str, Any]] = mapped_column(JSON)
    maker: Mapped[str] = mapped_column(String(64))
    made_at: Mapped[int] = mapped_column(BigInteger)
    checker: Mapped[str | None] = mapped_column(String(64))
    decided_at: Mapped[int | None] = mapped_column(BigInteger)
    state: Mapped[str] = mapped_column(String(16))
    note: Mapped[str | None] = mapped_column(Text)
    version: Mapped[int] = mapped_column(default=1)


class IdempotentAnswer(Base):
    """The answer that was given to a key of a caller; without a status it is still being worked out."""

    __tablename__ = "idempotent_answers"

    caller: Mapped[str] = mapped_column(_Key, primary_key=True)
    key: Mapped[str] = mapped_column(String(255), primary_key=True)
    digest: Mapped[bytes] = mapped_column(_Hash)
    status: Mapped[int | None]
    headers: Mapped[list[list[str]] | None] = mapped_column(JSON)
    body: Mapped[bytes | None] = mapped_column(LargeBinary)
    at: Mapped[int] = mapped_column(BigInteger, index=True)


def user_named(session: Session, name: str) -> User | None:
    """The open account of that name."""
    return session.scalars(select(User).where(User.name == name.lower(), User.ended_at.is_(None))).first()


def user_ever_named(session: Session, name: str) -> User | None:
    """The account of that name, ended or not."""
    return session.scalars(select(User).where(User.name == name.lower())).first()


def user_of(session: Session, org: str, user_id: str) -> User | None:
    """An organisation's account, ended ones too; None for another's."""
    return session.scalars(select(User).where(User.org == org, User.id == user_id)).first()


def user_of_subject(session: Session, provider: str, subject: str) -> User | None:
    """The open account that is tied to a subject of an identity provider."""
    where = (User.provider == provider, User.subject == subject, User.ended_at.is_(None))
    return session.scalars(select(User).where(*where)).first()


def user_invited(session: Session, provider: str, email: str) -> User | None:
    """The open account that waits for the first subject of a provider with that e-mail address."""
    where = (User.provider == provider, User.email == email, User.ended_at.is_(None))
    return session.scalars(select(User).where(*where)).first()


def users_of(session: Session, org: str, *, after: str | None, limit: int) -> list[User]:
    """An organisation's accounts, in the order of their ids."""
    query = select(User).where(User.org == org, User.id > (after or "")).order_by(User.id).limit(limit)
    return list(session.scalars(query))


def passkeys_of(session: Session, user_id: str) -> list[Passkey]:
    """A user's passkeys, the oldest first."""
    query = select(Passkey).where(Passkey.user_id == user_id).order_by(Passkey.created_at, Passkey.id)
    return list(session.scalars(query))


def passkey_by_credential(session: Session, credential_id: bytes) -> tuple[Passkey, User] | None:
    """A passkey and its open account."""
    joined = select(Passkey, User).join(User, User.id == Passkey.user_id)
    where = (Passkey.credential_id == credential_id, User.ended_at.is_(None))
    row = session.execute(joined.where(*where)).first()
    return None if row is None else (row[0], row[1])


def session_of(session: Session, digest: bytes) -> tuple[UserSession, User] | None:
    """A session by its token's digest, and its open account."""
    joined = select(UserSession, User).join(User, User.id == UserSession.user_id)
    row = session.execute(joined.where(UserSession.digest == digest, User.ended_at.is_(None))).first()
    return None if row is None else (row[0], row[1])


def recent_sessions(session: Session, user_id: str) -> list[UserSession]:
    """A user's sessions, the newest first."""
    query = select(UserSession).where(UserSession.user_id == user_id).order_by(UserSession.created_at.desc())
    return list(session.scalars(query))


def end_sessions(session: Session, user_id: str, *, but: str | None = None, only: str | None = None) -> int:
    """End a user's sessions: all, all `but` one, or `only` one. How many ended."""
    where = [UserSession.user_id == user_id]
    if but is not None:
        where.append(UserSession.id != but)
    if only is not None:
        where.append(UserSession.id == only)
    return int(session.execute(delete(UserSession).where(*where)).rowcount)  # type: ignore[attr-defined]


def note_method(session: Session, session_id: str | None, before: str, method: str) -> None:
    """The owner of a session that was opened in one way has shown who they are in another."""
    where = (UserSession.id == session_id, UserSession.method == before)
    session.execute(update(UserSession).where(*where).values(method=method))


def api_key_of(session: Session, digest: bytes) -> ApiKey | None:
    """The open key with that digest."""
    where = (ApiKey.digest == digest, ApiKey.ended_at.is_(None))
    return session.scalars(select(ApiKey).where(*where)).first()


def api_keys_of(session: Session, org: str, *, after: str | None, limit: int) -> list[ApiKey]:
    """An organisation's keys, ended ones too, in the order of their ids."""
    query = select(ApiKey).where(ApiKey.org == org, ApiKey.id > (after or "")).order_by(ApiKey.id)
    return list(session.scalars(query.limit(limit)))


def api_key(session: Session, org: str, key_id: str) -> ApiKey | None:
    """An organisation's key by its id; None for another's."""
    return session.scalars(select(ApiKey).where(ApiKey.org == org, ApiKey.id == key_id)).first()


def take_ceremony(session: Session, digest: bytes, kind: str) -> Ceremony | None:
    """A ceremony that is not over, taken away: whoever comes second finds none."""
    row = session.scalars(select(Ceremony).where(Ceremony.digest == digest, Ceremony.kind == kind)).first()
    if row is None:
        return None
    session.expunge(row)
    taken = session.execute(delete(Ceremony).where(Ceremony.digest == digest))
    fresh = bool(taken.rowcount) and row.expires_at >= time.time()  # type: ignore[attr-defined]
    return row if fresh else None


def use_recovery_code(session: Session, user_id: str, digest: bytes) -> bool:
    """Whether the code was there; it is gone."""
    where = (RecoveryCode.user_id == user_id, RecoveryCode.digest == digest)
    return bool(session.execute(delete(RecoveryCode).where(*where)).rowcount)  # type: ignore[attr-defined]


def replace_recovery_codes(session: Session, user_id: str, digests: Sequence[bytes]) -> None:
    """Only these codes count from now on."""
    session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user_id))
    session.add_all(RecoveryCode(digest=digest, user_id=user_id) for digest in digests)


def advance_totp(session: Session, user_id: str, step: int) -> bool:
    """Whether no code of this step or a later one was used; this one is now."""
    newer = update(User).where(User.id == user_id, User.totp_step < step).values(totp_step=step)
    return bool(session.execute(newer).rowcount)  # type: ignore[attr-defined]


def approvals_of(
    session: Session, org: str, *, state: str | None, after: str | None, limit: int
) -> list[Approval]:
    """An organisation's approvals, in the order of their ids."""
    query = select(Approval).where(Approval.org == org, Approval.id > (after or "")).order_by(Approval.id)
    if state is not None:
        query = query.where(Approval.state == state)
    return list(session.scalars(query.limit(limit)))


def approvals_in(
    session: Session, org: str, actions: Collection[str], states: Collection[str], cut: Cut
) -> Part[Approval]:
    """A part of an organisation's approvals of these acts that stand so, the newest first."""
    query = select(Approval).where(
        Approval.org == org, Approval.action.in_(actions), Approval.state.in_(states)
    )
    found: Part[tuple[Approval]] = part(session, query, (Approval.id,), cut)
    return found.map(lambda row: row[0])


def approval(session: Session, org: str, approval_id: str) -> Approval | None:
    """An organisation's approval; None for another's."""
    return session.scalars(select(Approval).where(Approval.org == org, Approval.id == approval_id)).first()


def forget_expired(session: Session, now: int, answers_before: int) -> None:
    """Delete what no longer counts: sessions, ceremonies, proofs, old answers."""
    session.execute(delete(UserSession).where(UserSession.ends_at < now))
    session.execute(delete(Ceremony).where(Ceremony.expires_at < now))
    session.execute(delete(ProofSeen).where(ProofSeen.expires_at < now))
    session.execute(delete(IdempotentAnswer).where(IdempotentAnswer.at < answers_before))


def forget_unfinished_answers(session: Session) -> None:
    """For the start of the only process that answers: what a killed one was working out is worked out anew."""
    session.execute(delete(IdempotentAnswer).where(IdempotentAnswer.status.is_(None)))
