"""One's own account: who I am and what I may do, password, second factor, passkeys, sessions."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field, SecretStr
from sqlalchemy.orm import Session

from gateway.api.depends import Db, Here, May
from gateway.api.guard import Guarded
from gateway.api.shapes import IfMatch, Strict, Time, etag
from gateway.db import identity as table
from gateway.db.identity import Passkey, User, UserSession
from gateway.errors import ForbiddenError, NotFoundError
from gateway.identity import accounts, passkeys, sessions, totp
from gateway.identity.principal import Principal, may
from gateway.identity.roles import Action, UserRole
from gateway.installation import Organisation

__all__ = ["Me", "OrganisationOut", "SessionOut", "me_of", "router"]

router = APIRouter(tags=["me"], route_class=Guarded)
Caller = Annotated[Principal, May(Action.ME)]
Password = Annotated[SecretStr, Field(min_length=1, max_length=512)]
Code = Annotated[str, Field(min_length=6, max_length=32)]
Label = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[^\x00-\x1f\x7f]+$")]


class OrganisationOut(BaseModel):
    """An organisation by its id, its legal identifier and its name."""

    id: str
    identifier: str
    name: str
    short: str

    @classmethod
    def of(cls, organisation: Organisation) -> OrganisationOut:
        """As this home calls it."""
        return cls(
            id=organisation.hex,
            identifier=organisation.identifier,
            name=organisation.name,
            short=organisation.short,
        )


class Me(BaseModel):
    """The caller. `must_change_password`: nothing else is allowed before."""

    id: str
    name: str
    kind: Literal["person", "machine"]
    organisation: OrganisationOut
    roles: list[UserRole]
    permissions: list[Action]
    locale: str
    must_change_password: bool


class MeChange(Strict):
    """What one changes of oneself."""

    locale: Literal["zh", "en"] | None = None
    display_name: Label | None = None


class PasswordChange(Strict):
    """The present password and the new one."""

    current: Password
    new: Password


class TotpSecret(BaseModel):
    """For the app, shown this once; `uri` is for a QR code."""

    secret: str
    uri: str


class CodeIn(Strict):
    """A code of the app, or a recovery code."""

    code: Code


class RecoveryCodes(BaseModel):
    """Shown this once."""

    recovery_codes: list[str]


class Factors(BaseModel):
    """How this account can be opened."""

    password: bool
    totp: bool
    passkeys: int
    provider: str | None


class PasskeyBegun(BaseModel):
    """Bring `ceremony` back with what `navigator.credentials.create({publicKey: options})` answers."""

    ceremony: str
    options: dict[str, Any]


class PasskeyIn(Strict):
    """The device's answer (`PublicKeyCredential.toJSON()`), and what the owner calls it."""

    ceremony: Annotated[str, Field(max_length=64)]
    credential: dict[str, Any]
    name: Label = "passkey"


class PasskeyOut(BaseModel):
    """A passkey of mine."""

    id: str
    name: str
    created_at: Time
    used_at: Time | None

    @classmethod
    def of(cls, row: Passkey) -> PasskeyOut:
        """Of a row."""
        return cls(id=row.id, name=row.name, created_at=row.created_at, used_at=row.used_at)


class PasskeyList(BaseModel):
    """All of mine."""

    items: list[PasskeyOut]


class SessionOut(BaseModel):
    """A signed-in browser."""

    id: str
    method: str
    agent: str
    address: str
    created_at: Time
    seen_at: Time
    ends_at: Time
    current: bool

    @classmethod
    def of(cls, row: UserSession, current: str | None = None) -> SessionOut:
        """Of a row."""
        return cls(
            id=row.id,
            method=row.method,
            agent=row.agent,
            address=row.address,
            created_at=row.created_at,
            seen_at=row.seen_at,
            ends_at=row.ends_at,
            current=row.id == current,
        )


class SessionList(BaseModel):
    """All that are open."""

    items: list[SessionOut]


@router.get("/me")
def me(caller: Caller) -> Me:
    """The caller, and what they may do."""
    return me_of(caller)


@router.patch("/me")
def change_me(said: MeChange, caller: Caller, db: Db, match: IfMatch, response: Response) -> Me:
    """Change one's language or name."""
    user = _person(db, caller)
    match.check(user.version)
    user.locale = said.locale or user.locale
    user.display_name = said.display_name or user.display_name
    user.version += 1
    response.headers["ETag"] = etag(user.version)
    return me_of(principal_of(user, caller.organisation, caller.session))


@router.put("/me/password", status_code=204)
def change_password(said: PasswordChange, caller: Caller, gateway: Here, db: Db) -> None:
    """Change one's password; every other session of the account ends."""
    user = _person(db, caller)
    accounts.change_password(
        gateway.database, user, said.current.get_secret_value(), said.new.get_secret_value()
    )
    table.end_sessions(db, user.id, but=caller.session)


@router.get("/me/factors")
def factors(caller: Caller, db: Db) -> Factors:
    """How this account can be opened."""
    user = _person(db, caller)
    return Factors(
        password=user.password is not None,
        totp=user.totp is not None,
        passkeys=len(table.passkeys_of(db, user.id)),
        provider=user.provider,
    )


@router.post("/me/totp", status_code=201)
def begin_totp(caller: Caller, gateway: Here, db: Db) -> TotpSecret:
    """Begin a second factor; it counts once a code of it was shown."""
    enrolment = totp.begin(gateway.sealing, _guarded(db, caller))
    return TotpSecret(secret=enrolment.secret, uri=enrolment.uri)


@router.put("/me/totp")
def confirm_totp(said: CodeIn, caller: Caller, gateway: Here, db: Db) -> RecoveryCodes:
    """Turn the second factor on, with a code of the app."""
    return RecoveryCodes(
        recovery_codes=totp.confirm(db, gateway.sealing, _person(db, caller), said.code, caller.session)
    )


@router.post("/me/totp/removal", status_code=204)
def remove_totp(said: CodeIn, caller: Caller, gateway: Here, db: Db) -> None:
    """Turn it off, with a code."""
    user = _person(db, caller)
    accounts.check_second_factor(gateway.database, gateway.sealing, user, said.code)
    totp.remove(db, user)


@router.post("/me/recovery-codes")
def renew_recovery_codes(said: CodeIn, caller: Caller, gateway: Here, db: Db) -> RecoveryCodes:
    """New recovery codes instead of the old ones, with a code of the app."""
    user = _person(db, caller)
    accounts.check_second_factor(gateway.database, gateway.sealing, user, said.code)
    return RecoveryCodes(recovery_codes=totp.new_recovery_codes(db, user))


@router.get("/me/passkeys")
def list_passkeys(caller: Caller, db: Db) -> PasskeyList:
    """One's passkeys."""
    return PasskeyList(items=[PasskeyOut.of(row) for row in table.passkeys_of(db, _person(db, caller).id)])


@router.post("/me/passkeys/options")
def begin_passkey(caller: Caller, gateway: Here, db: Db, request: Request) -> PasskeyBegun:
    """Begin a passkey: what the browser needs to make one."""
    party = gateway.settings.party(request.headers.get("host"))
    ceremony, options = passkeys.begin_registration(db, party, _guarded(db, caller))
    return PasskeyBegun(ceremony=ceremony, options=options)


@router.post("/me/passkeys", status_code=201)
def add_passkey(said: PasskeyIn, caller: Caller, gateway: Here, db: Db, request: Request) -> PasskeyOut:
    """Keep the passkey that the browser has made."""
    party = gateway.settings.party(request.headers.get("host"))
    row = passkeys.register(
        gateway.database, db, party, _person(db, caller), said.ceremony, said.credential, said.name
    )
    table.note_method(db, caller.session, sessions.PASSWORD, sessions.PASSKEY)
    return PasskeyOut.of(row)


@router.delete("/me/passkeys/{passkey_id}", status_code=204)
def remove_passkey(passkey_id: str, caller: Caller, db: Db) -> None:
    """Forget a passkey of mine."""
    passkeys.forget(db, _guarded(db, caller), passkey_id)


@router.get("/sessions")
def list_sessions(caller: Caller, db: Db) -> SessionList:
    """Where one is signed in."""
    rows = table.recent_sessions(db, _person(db, caller).id)
    return SessionList(items=[SessionOut.of(row, caller.session) for row in rows])


@router.delete("/sessions/{session_id}", status_code=204)
def end_session(session_id: str, caller: Caller, db: Db) -> None:
    """Sign out a browser of mine."""
    if not table.end_sessions(db, _person(db, caller).id, only=session_id):
        raise NotFoundError("NOT_FOUND", "you have no such session")


@router.delete("/sessions", status_code=204)
def end_other_sessions(caller: Caller, db: Db) -> None:
    """Sign out everywhere but here."""
    table.end_sessions(db, _person(db, caller).id, but=caller.session)


def _person(db: Session, caller: Principal) -> User:
    user = table.user_of(db, caller.org, caller.id)
    if user is None:
        raise ForbiddenError(
            "PEOPLE_ONLY", "a machine has neither password nor sessions: sign in as a person"
        )
    return user


def _guarded(db: Session, caller: Principal) -> User:
    """The caller's account, to change how it opens."""
    user = _person(db, caller)
    accounts.require_shown(db, user, strong=caller.strong)
    return user


def principal_of(user: User, organisation: Organisation, session_id: str | None) -> Principal:
    """A person in a session."""
    roles = frozenset(map(UserRole, user.roles))
    return Principal(
        user.id, user.name, organisation, roles, "person", user.locale, session_id, user.must_change
    )


def me_of(caller: Principal) -> Me:
    """The caller as they see themselves."""
    return Me(
        id=caller.id,
        name=caller.user,
        kind=caller.kind,
        organisation=OrganisationOut.of(caller.organisation),
        roles=sorted(caller.roles),
        permissions=sorted(action for action in Action if may(caller, action)),
        locale=caller.locale,
        must_change_password=caller.must_change,
    )
